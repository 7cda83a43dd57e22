/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
 * in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the License
 * is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express
 * or implied. See the License for the specific language governing permissions and limitations under
 * the License.
 */

package io.meru.writer;

import io.meru.memtable.SealedMemtable;
import io.meru.metrics.WriterMetrics;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sealed memtables on their way to the flushing thread. One thread submits and waits; the executor
 * runs one flush after the other, in order. The first failure, of whatever kind, stops all later
 * flushes and is thrown to whoever submits or waits next.
 */
final class FlushQueue {
  private static final long CLOSE_TIMEOUT_NANOS = 30_000_000_000L;
  private static final long CLOSE_POLL_MILLIS = 100;
  private static final String FLUSH_FAILED =
      "A flush failed; the writer must be restarted from its last checkpoint";
  private static final String COMPACTION_BROKE =
      "A compaction failed; the writer must be restarted from its last checkpoint. If memory was"
          + " short, give the process more, make compaction.max-size smaller, or set"
          + " compaction.enabled = false and run meru compact elsewhere";

  private final Executor executor;
  private final int maxSealed;
  private final Consumer<SealedMemtable> flush;
  private final LongSupplier nanoClock;
  private final WriterMetrics metrics;

  private int waiting;
  private int tasks;
  private long waitingBytes;
  private @Nullable Failure failure;
  private boolean closed;

  private record Failure(String message, Throwable cause) {}

  /**
   * A queue before {@code flush}.
   *
   * @param executor runs its tasks one at a time, in order
   * @param maxSealed memtables that may wait or be in their flush
   */
  FlushQueue(
      Executor executor,
      int maxSealed,
      Consumer<SealedMemtable> flush,
      LongSupplier nanoClock,
      WriterMetrics metrics) {
    this.executor = executor;
    this.maxSealed = maxSealed;
    this.flush = flush;
    this.nanoClock = nanoClock;
    this.metrics = metrics;
  }

  /** Hands over {@code memtable}; waits while too many are on their way. */
  void submit(SealedMemtable memtable) {
    waitForRoom();
    synchronized (this) {
      waiting++;
      waitingBytes += memtable.memoryBytes();
      metrics.sealedBytes(waitingBytes);
    }
    try {
      executor.execute(() -> run(memtable));
    } catch (RuntimeException | Error e) {
      fail(FLUSH_FAILED, e);
      done(memtable.memoryBytes());
      throw e;
    }
  }

  /** Runs {@code task} in its turn; whoever drains waits for it, whoever submits does not. */
  void run(Runnable task) {
    synchronized (this) {
      if (closed) {
        return;
      }
      tasks++;
    }
    try {
      executor.execute(() -> runTask(task));
    } catch (RuntimeException | Error e) {
      fail(FLUSH_FAILED, e);
      taskDone();
      throw e;
    }
  }

  private void runTask(Runnable task) {
    try {
      if (mayFlush()) {
        task.run();
      }
    } catch (Throwable t) {
      fail(FLUSH_FAILED, t);
    } finally {
      taskDone();
    }
  }

  private synchronized void taskDone() {
    tasks--;
    notifyAll();
  }

  /** Waits for every flush and task submitted so far. */
  synchronized void drain() {
    check();
    while (waiting > 0 || tasks > 0) {
      await();
      check();
    }
  }

  /** Throws what stopped the flushes, if something did. */
  synchronized void check() {
    if (failure != null) {
      throw new FlushFailedException(failure.message(), failure.cause());
    }
  }

  /**
   * Skips flushes that have not started and waits for the one that has, but not for ever: it may
   * hang on storage, and the job is to be cancelled.
   */
  synchronized void close() {
    closed = true;
    long deadline = nanoClock.getAsLong() + CLOSE_TIMEOUT_NANOS;
    try {
      while ((waiting > 0 || tasks > 0) && nanoClock.getAsLong() < deadline) {
        wait(CLOSE_POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(SealedMemtable memtable) {
    try {
      if (mayFlush()) {
        flush.accept(memtable);
      }
    } catch (Throwable t) {
      fail(FLUSH_FAILED, t);
    } finally {
      long bytes = memtable.memoryBytes();
      memtable.release();
      done(bytes);
    }
  }

  private synchronized boolean mayFlush() {
    return failure == null && !closed;
  }

  /** Stops all flushes: the virtual machine failed a compaction. From any thread. */
  void compactionBroke(VirtualMachineError cause) {
    fail(COMPACTION_BROKE, cause);
  }

  private synchronized void fail(String message, Throwable cause) {
    if (failure == null) {
      failure = new Failure(message, cause);
    }
    notifyAll();
  }

  private synchronized void done(long bytes) {
    waiting--;
    waitingBytes -= bytes;
    metrics.sealedBytes(waitingBytes);
    notifyAll();
  }

  /** A wait here is the input's, and counts as a stall; one for a barrier does not. */
  private void waitForRoom() {
    long start = nanoClock.getAsLong();
    if (waitUntil(maxSealed - 1)) {
      metrics.stalled(nanoClock.getAsLong() - start);
    }
  }

  /** Returns whether it had to wait. */
  private synchronized boolean waitUntil(int atMost) {
    check();
    boolean waits = waiting > atMost;
    while (waiting > atMost) {
      await();
      check();
    }
    return waits;
  }

  @SuppressWarnings("WaitNotInLoop") // its callers loop
  private void await() {
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      // a memtable may be lost on the way: nothing may be handed out any more
      fail(FLUSH_FAILED, e);
      throw new IllegalStateException("Interrupted while waiting for a flush", e);
    }
  }

  /**
   * A flush, or what else the writer rests on, failed on its own thread; thrown on the writer's.
   */
  static final class FlushFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FlushFailedException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}

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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.memtable.Memtable;
import io.meru.memtable.SealedMemtable;
import io.meru.metrics.WriterMetrics;
import io.meru.row.ByteBuilder;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlushQueueTest {
  private final ExecutorService flushes = Executors.newSingleThreadExecutor();
  private final AtomicInteger stalls = new AtomicInteger();
  private final CountDownLatch mayFlush = new CountDownLatch(1);
  private final AtomicInteger flushed = new AtomicInteger();
  private final Queue<Long> sealedBytes = new ConcurrentLinkedQueue<>();

  private final WriterMetrics metrics =
      new WriterMetrics() {
        @Override
        public void stalled(long nanos) {
          stalls.incrementAndGet();
        }

        @Override
        public void sealedBytes(long bytes) {
          sealedBytes.add(bytes);
        }
      };

  @AfterEach
  void stop() {
    mayFlush.countDown();
    flushes.shutdownNow();
  }

  @Test
  void waitingForABarrierIsNoStall() {
    FlushQueue queue = queue(2);
    queue.submit(sealed());
    mayFlush.countDown();
    queue.drain();

    assertThat(flushed).hasValue(1);
    assertThat(stalls).hasValue(0);
  }

  @Test
  void aFullQueueStallsTheInput() {
    FlushQueue queue = queue(1);
    queue.submit(sealed());
    Thread input = Thread.currentThread();
    Thread opener =
        new Thread(
            () -> {
              while (input.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
              }
              mayFlush.countDown();
            });
    opener.start();
    queue.submit(sealed());
    queue.drain();

    assertThat(flushed).hasValue(2);
    assertThat(stalls).hasValue(1);
    assertThat(sealedBytes).hasSize(4).anyMatch(bytes -> bytes > 0).endsWith(0L);
  }

  @Test
  void aFailedFlushStopsTheOnesBehindItAndIsThrownToTheWriter() {
    mayFlush.countDown();
    FlushQueue queue =
        new FlushQueue(
            flushes,
            2,
            memtable -> {
              throw new IllegalStateException("disk full");
            },
            System::nanoTime,
            metrics);
    queue.submit(sealed());

    assertThatThrownBy(queue::drain)
        .hasMessage("A flush failed; the writer must be restarted from its last checkpoint")
        .hasRootCauseMessage("disk full");
    assertThatThrownBy(() -> queue.submit(sealed())).hasRootCauseMessage("disk full");
  }

  @Test
  void aRefusedFlushIsAFailureAndCloseDoesNotWaitForIt() {
    FlushQueue queue = queue(2);
    flushes.shutdown();

    assertThatThrownBy(() -> queue.submit(sealed())).isInstanceOf(RejectedExecutionException.class);
    assertThatThrownBy(queue::check).isInstanceOf(FlushQueue.FlushFailedException.class);
    queue.close();
    assertThat(sealedBytes).hasSize(2).anyMatch(bytes -> bytes > 0).endsWith(0L);
  }

  @Test
  void anInterruptedWaitForRoomIsAFailure() {
    FlushQueue queue = queue(1);
    queue.submit(sealed());
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> queue.submit(sealed()))
        .hasMessage("Interrupted while waiting for a flush");
    assertThat(Thread.interrupted()).isTrue();
    assertThatThrownBy(queue::check).isInstanceOf(FlushQueue.FlushFailedException.class);
  }

  private FlushQueue queue(int maxSealed) {
    return new FlushQueue(flushes, maxSealed, this::flush, System::nanoTime, metrics);
  }

  private void flush(SealedMemtable memtable) {
    try {
      mayFlush.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    assertThat(memtable.size()).isEqualTo(1);
    flushed.incrementAndGet();
  }

  private static SealedMemtable sealed() {
    Memtable memtable = new Memtable();
    ByteBuilder key = new ByteBuilder(8);
    key.appendLongBigEndian(1);
    memtable.delete(key);
    return memtable.seal();
  }
}

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

package io.meru.benchmarks.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets the readers of a {@link BatchSource} send one batch at a time. The driver opens a batch and
 * waits until every reader has sent its part; readers wait for the next. All in one process.
 */
final class BatchGate {
  private static volatile @Nullable BatchGate current;

  private final int readers;
  private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
  private int openBatch;
  private int sent;

  /** A gate in front of batch {@code firstBatch}, closed. */
  BatchGate(int readers, int firstBatch) {
    this.readers = readers;
    this.openBatch = firstBatch - 1;
  }

  /** Makes this the gate that readers started from now on go through. */
  void install() {
    current = this;
  }

  static BatchGate current() {
    BatchGate gate = current;
    if (gate == null) {
      throw new IllegalStateException("No gate is installed in this process");
    }
    return gate;
  }

  /** Driver: lets the next batch pass. */
  void openNext() {
    List<CompletableFuture<Void>> woken;
    synchronized (this) {
      openBatch++;
      sent = 0;
      woken = List.copyOf(waiting);
      waiting.clear();
    }
    woken.forEach(future -> future.complete(null));
  }

  /** Driver: waits until all readers have sent the open batch; false when that takes longer. */
  synchronized boolean awaitSent(long timeoutMillis) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    while (sent < readers) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  /** Reader: whether batch {@code batch} may be sent. */
  synchronized boolean isOpen(int batch) {
    return batch <= openBatch;
  }

  /** Reader: its part of the open batch is sent. */
  synchronized void sent() {
    sent++;
    notifyAll();
  }

  /** Reader: completes when batch {@code batch} may be sent. */
  synchronized CompletableFuture<Void> whenOpen(int batch) {
    if (isOpen(batch)) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> future = new CompletableFuture<>();
    waiting.add(future);
    return future;
  }
}

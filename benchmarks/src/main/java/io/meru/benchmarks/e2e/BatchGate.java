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
 * waits until every reader has sent its part; readers wait for the next. Or the readers run freely,
 * none of them far ahead of the others, until the driver stops them. All in one process.
 */
final class BatchGate {
  private static volatile @Nullable BatchGate current;

  private final int readers;
  private final int firstBatch;
  private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
  private int openBatch;

  /** Parts of batches, all readers' together. */
  private int sent;

  /** Batches that are open beyond those that were sent; 0 when only the driver opens one. */
  private int ahead;

  /** A gate in front of batch {@code firstBatch}, closed. */
  BatchGate(int readers, int firstBatch) {
    this.readers = readers;
    this.firstBatch = firstBatch;
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
      woken = openUntil(openBatch + 1);
    }
    woken.forEach(future -> future.complete(null));
  }

  /** Driver: from now on {@code batches} are open beyond those that were sent. */
  void openAhead(int batches) {
    List<CompletableFuture<Void>> woken;
    synchronized (this) {
      ahead = batches;
      woken = openUntil(sentBatches() + ahead - 1);
    }
    woken.forEach(future -> future.complete(null));
  }

  /** Driver: no further batch opens by itself; returns the first that stays closed. */
  synchronized int stop() {
    ahead = 0;
    return openBatch + 1;
  }

  /** Driver: the batch before which all are sent, on average over the readers. */
  synchronized int sentBatches() {
    return firstBatch + sent / readers;
  }

  private List<CompletableFuture<Void>> openUntil(int batch) {
    openBatch = Math.max(openBatch, batch);
    List<CompletableFuture<Void>> woken = List.copyOf(waiting);
    waiting.clear();
    return woken;
  }

  /** Driver: waits until all readers have sent all open batches; false when that takes longer. */
  synchronized boolean awaitSent(long timeoutMillis) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    while (sent < readers * (openBatch - firstBatch + 1)) {
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

  /** Reader: its part of a batch is sent. */
  void sent() {
    List<CompletableFuture<Void>> woken = List.of();
    synchronized (this) {
      sent++;
      notifyAll();
      if (ahead > 0) {
        woken = openUntil(sentBatches() + ahead - 1);
      }
    }
    woken.forEach(future -> future.complete(null));
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

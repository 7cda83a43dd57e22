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

import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes that one writer and its committer write, and how long the input waited. */
final class WriteMeter implements WriterMetrics, CommitMetrics {
  private final AtomicLong flushedBytes = new AtomicLong();
  private final AtomicLong flushedRows = new AtomicLong();
  private final AtomicLong compactions = new AtomicLong();
  private final AtomicLong compactedBytes = new AtomicLong();
  private final AtomicLong compactedRows = new AtomicLong();
  private final AtomicLong compactionNanos = new AtomicLong();
  private final AtomicLong compactionsInVain = new AtomicLong();
  private final AtomicLong vectorBytes = new AtomicLong();
  private final AtomicLong flushWaitNanos = new AtomicLong();
  private final AtomicLong compactionWaitNanos = new AtomicLong();
  private volatile boolean isCompacting;
  private volatile int levelZeroFiles;

  /**
   * What was counted since the writer was opened.
   *
   * @param flushedBytes of level-0 files
   * @param flushedRows in them
   * @param compactions that were written
   * @param compactedBytes they wrote, whether or not they were installed
   * @param compactedRows they wrote
   * @param compactionNanos they took
   * @param compactionsInVain failed, discarded by the writer or dropped by the committer
   * @param vectorBytes of deletion vectors
   * @param flushWaitNanos the input waited for flushes
   * @param compactionWaitNanos the input waited for compactions
   */
  record Totals(
      long flushedBytes,
      long flushedRows,
      long compactions,
      long compactedBytes,
      long compactedRows,
      long compactionNanos,
      long compactionsInVain,
      long vectorBytes,
      long flushWaitNanos,
      long compactionWaitNanos) {

    Totals minus(Totals earlier) {
      return new Totals(
          flushedBytes - earlier.flushedBytes,
          flushedRows - earlier.flushedRows,
          compactions - earlier.compactions,
          compactedBytes - earlier.compactedBytes,
          compactedRows - earlier.compactedRows,
          compactionNanos - earlier.compactionNanos,
          compactionsInVain - earlier.compactionsInVain,
          vectorBytes - earlier.vectorBytes,
          flushWaitNanos - earlier.flushWaitNanos,
          compactionWaitNanos - earlier.compactionWaitNanos);
    }

    /** Bytes of data files written for each byte flushed. */
    double amplification() {
      return (double) (flushedBytes + compactedBytes) / flushedBytes;
    }

    /** The same with deletion vectors among what is written. */
    double amplificationWithVectors() {
      return (double) (flushedBytes + compactedBytes + vectorBytes) / flushedBytes;
    }
  }

  Totals totals() {
    return new Totals(
        flushedBytes.get(),
        flushedRows.get(),
        compactions.get(),
        compactedBytes.get(),
        compactedRows.get(),
        compactionNanos.get(),
        compactionsInVain.get(),
        vectorBytes.get(),
        flushWaitNanos.get(),
        compactionWaitNanos.get());
  }

  boolean isCompacting() {
    return isCompacting;
  }

  int levelZeroFiles() {
    return levelZeroFiles;
  }

  @Override
  public void flushed(long puts, long deletes, int files, long bytes, long nanos) {
    flushedBytes.addAndGet(bytes);
    flushedRows.addAndGet(puts);
  }

  @Override
  public void stalled(long nanos) {
    flushWaitNanos.addAndGet(nanos);
  }

  @Override
  public void compactionStalled(long nanos) {
    compactionWaitNanos.addAndGet(nanos);
  }

  @Override
  public void level0Files(int files) {
    levelZeroFiles = files;
  }

  @Override
  public void compacting(boolean isRunning) {
    isCompacting = isRunning;
  }

  @Override
  public void compacted(
      int inputs,
      int outputs,
      long rows,
      long rowsDropped,
      long bytesRead,
      long bytesWritten,
      long nanos) {
    compactions.incrementAndGet();
    compactedBytes.addAndGet(bytesWritten);
    compactedRows.addAndGet(rows);
    compactionNanos.addAndGet(nanos);
  }

  @Override
  public void compactionFailed(Throwable cause) {
    compactionsInVain.incrementAndGet();
  }

  @Override
  public void compactionDiscarded() {
    compactionsInVain.incrementAndGet();
  }

  @Override
  public void compactionsDropped(int writers) {
    compactionsInVain.addAndGet(writers);
  }

  @Override
  public void committed(
      int files,
      long records,
      long bytes,
      long newPositions,
      int vectors,
      long bytesOfVectors,
      int droppedFiles,
      long nanos) {
    vectorBytes.addAndGet(bytesOfVectors);
  }
}

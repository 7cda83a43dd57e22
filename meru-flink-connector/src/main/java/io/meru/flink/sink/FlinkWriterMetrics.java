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

package io.meru.flink.sink;

import io.meru.metrics.WriterMetrics;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntToLongFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.ThreadSafeSimpleCounter;
import org.apache.flink.metrics.groups.SinkWriterMetricGroup;

/**
 * A writer's figures as Flink metrics: Meru's own in the group {@code meru}, and Flink's standard
 * ones for sinks. Rows are counted by the task thread, everything else by whichever thread runs a
 * flush.
 */
final class FlinkWriterMetrics implements WriterMetrics {
  /** Tiers beyond this one have hundreds of thousands of flushes in a file. */
  private static final int LEVELS_SHOWN = 6;

  /** What the writer's version has of each level; the deepest one shown has all deeper ones. */
  private record Levels(int[] files, long[] bytes) {
    long files(int level) {
      return sum(level, i -> files[i]);
    }

    long bytes(int level) {
      return sum(level, i -> bytes[i]);
    }

    private long sum(int level, IntToLongFunction values) {
      long sum = 0;
      int end = level == LEVELS_SHOWN - 1 ? files.length : Math.min(files.length, level + 1);
      for (int i = level; i < end; i++) {
        sum += values.applyAsLong(i);
      }
      return sum;
    }
  }

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Counter puts;
  private final Counter deletes;
  private final Counter recordsSend;
  private final Counter bytesSend;
  private final Counter flushes;
  private final Counter flushedRows;
  private final Counter flushedDeletes;
  private final Counter flushedFiles;
  private final Counter flushedBytes;
  private final Counter stalls;
  private final Counter resolvedKeys;
  private final Counter deletedPositions;
  private final Counter pagesRead;
  private final Counter pagesSkipped;
  private final Counter keyIndexesBuilt;
  private final Counter keyIndexedKeys;
  private final Counter keyIndexMergedRows;
  private final Counter lineagesStarted;
  private final Counter compactions;
  private final Counter compactionFailures;
  private final Counter compactionsAtRest;
  private final Counter compactionsGivenUp;
  private final Counter compactionsDiscarded;
  private final Counter compactedFiles;
  private final Counter compactedRows;
  private final Counter compactionRowsDropped;
  private final Counter compactionBytesRead;
  private final Counter compactionBytesWritten;

  private final AtomicLong flushNanos = new AtomicLong();
  private final AtomicLong stallNanos = new AtomicLong();
  private final AtomicLong resolveNanos = new AtomicLong();
  private final AtomicLong keyIndexBuildNanos = new AtomicLong();
  private final AtomicLong compactionNanos = new AtomicLong();
  private final AtomicLong compactionStallNanos = new AtomicLong();

  private volatile long lastFlushNanos;
  private volatile long activeBytes;
  private volatile long sealedBytes;
  private volatile int level0Files;
  private volatile boolean isCompacting;
  private volatile Levels levels = new Levels(new int[0], new long[0]);
  private volatile long keyIndexBytes;

  FlinkWriterMetrics(SinkWriterMetricGroup group) {
    // Flink counts these as numRecordsOut and numBytesOut, too
    this.recordsSend = group.getNumRecordsSendCounter();
    this.bytesSend = group.getNumBytesSendCounter();
    MetricGroup meru = group.addGroup("meru");
    this.puts = meru.counter("puts");
    this.deletes = meru.counter("deletes");
    this.flushes = counter(meru, "flushes");
    this.flushedRows = counter(meru, "flushedRows");
    this.flushedDeletes = counter(meru, "flushedDeletes");
    this.flushedFiles = counter(meru, "flushedFiles");
    this.flushedBytes = counter(meru, "flushedBytes");
    this.stalls = counter(meru, "stalls");
    this.resolvedKeys = counter(meru, "resolvedKeys");
    this.deletedPositions = counter(meru, "deletedPositions");
    this.pagesRead = counter(meru, "resolverPagesRead");
    this.pagesSkipped = counter(meru, "resolverPagesSkipped");
    this.keyIndexesBuilt = counter(meru, "keyIndexesBuilt");
    this.keyIndexedKeys = counter(meru, "keyIndexedKeys");
    this.keyIndexMergedRows = counter(meru, "keyIndexMergedRows");
    this.lineagesStarted = counter(meru, "lineagesStarted");
    this.compactions = counter(meru, "compactions");
    this.compactionFailures = counter(meru, "compactionFailures");
    this.compactionsAtRest = counter(meru, "compactionsAtRest");
    this.compactionsGivenUp = counter(meru, "compactionsGivenUp");
    this.compactionsDiscarded = counter(meru, "compactionsDiscarded");
    this.compactedFiles = counter(meru, "compactedFiles");
    this.compactedRows = counter(meru, "compactedRows");
    this.compactionRowsDropped = counter(meru, "compactionRowsDropped");
    this.compactionBytesRead = counter(meru, "compactionBytesRead");
    this.compactionBytesWritten = counter(meru, "compactionBytesWritten");
    gauge(meru, "compactionRunning", () -> isCompacting ? 1L : 0L);
    gauge(meru, "compactionTimeMs", () -> compactionNanos.get() / NANOS_PER_MILLI);
    gauge(meru, "compactionStallTimeMs", () -> compactionStallNanos.get() / NANOS_PER_MILLI);
    for (int level = 0; level < LEVELS_SHOWN; level++) {
      int shown = level;
      MetricGroup ofLevel = meru.addGroup("level", Integer.toString(level));
      gauge(ofLevel, "files", () -> levels.files(shown));
      gauge(ofLevel, "bytes", () -> levels.bytes(shown));
    }
    meru.gauge(
        "writeAmplification",
        (Gauge<Double>)
            () ->
                1
                    + (double) compactionBytesWritten.getCount()
                        / Math.max(1, flushedBytes.getCount()));
    gauge(meru, "flushTimeMs", () -> flushNanos.get() / NANOS_PER_MILLI);
    gauge(meru, "lastFlushDurationMs", () -> lastFlushNanos / NANOS_PER_MILLI);
    gauge(meru, "stallTimeMs", () -> stallNanos.get() / NANOS_PER_MILLI);
    gauge(meru, "resolveTimeMs", () -> resolveNanos.get() / NANOS_PER_MILLI);
    gauge(meru, "keyIndexBuildTimeMs", () -> keyIndexBuildNanos.get() / NANOS_PER_MILLI);
    gauge(meru, "memtableActiveBytes", () -> activeBytes);
    gauge(meru, "memtableSealedBytes", () -> sealedBytes);
    gauge(meru, "level0Files", () -> (long) level0Files);
    gauge(meru, "keyIndexBytes", () -> keyIndexBytes);
  }

  private static Counter counter(MetricGroup group, String name) {
    return group.counter(name, new ThreadSafeSimpleCounter());
  }

  private static void gauge(MetricGroup group, String name, Gauge<Long> value) {
    group.gauge(name, value);
  }

  @Override
  public void row(boolean put) {
    (put ? puts : deletes).inc();
    recordsSend.inc();
  }

  @Override
  public void flushed(long putRows, long deleteRows, int files, long bytes, long nanos) {
    flushes.inc();
    flushedRows.inc(putRows);
    flushedDeletes.inc(deleteRows);
    flushedFiles.inc(files);
    flushedBytes.inc(bytes);
    bytesSend.inc(bytes);
    flushNanos.addAndGet(nanos);
    lastFlushNanos = nanos;
  }

  @Override
  public void stalled(long nanos) {
    stalls.inc();
    stallNanos.addAndGet(nanos);
  }

  @Override
  public void activeBytes(long bytes) {
    activeBytes = bytes;
  }

  @Override
  public void sealedBytes(long bytes) {
    sealedBytes = bytes;
  }

  @Override
  public void level0Files(int files) {
    level0Files = files;
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
    compactedFiles.inc(inputs);
    compactedRows.inc(rows);
    compactionRowsDropped.inc(rowsDropped);
    compactionBytesRead.inc(bytesRead);
    compactionBytesWritten.inc(bytesWritten);
    compactionNanos.addAndGet(nanos);
  }

  @Override
  public void compactedAtRest() {
    compactionsAtRest.inc();
  }

  @Override
  public void compactionGivenUp() {
    compactionsGivenUp.inc();
  }

  @Override
  public void compactionInstalled() {
    compactions.inc();
  }

  @Override
  public void compactionFailed(Throwable cause) {
    compactionFailures.inc();
  }

  @Override
  public void compactionDiscarded() {
    compactionsDiscarded.inc();
  }

  @Override
  public void compactionStalled(long nanos) {
    compactionStallNanos.addAndGet(nanos);
  }

  @Override
  public void levels(int[] files, long[] bytes) {
    levels = new Levels(files, bytes);
  }

  @Override
  public void lineagesStarted(long rows) {
    lineagesStarted.inc(rows);
  }

  @Override
  public void resolved(long keys, long positions, long nanos) {
    resolvedKeys.inc(keys);
    deletedPositions.inc(positions);
    resolveNanos.addAndGet(nanos);
  }

  @Override
  public void resolverPages(long read, long skipped) {
    pagesRead.inc(read);
    pagesSkipped.inc(skipped);
  }

  @Override
  public void keyIndexBytes(long bytes) {
    keyIndexBytes = bytes;
  }

  @Override
  public void keyIndexBuilt(long keys, long nanos) {
    keyIndexesBuilt.inc();
    keyIndexedKeys.inc(keys);
    keyIndexBuildNanos.addAndGet(nanos);
  }

  @Override
  public void keyIndexesMerged(long rows) {
    keyIndexMergedRows.inc(rows);
  }
}

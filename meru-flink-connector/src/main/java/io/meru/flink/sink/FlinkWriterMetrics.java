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

  private final AtomicLong flushNanos = new AtomicLong();
  private final AtomicLong stallNanos = new AtomicLong();
  private final AtomicLong resolveNanos = new AtomicLong();
  private final AtomicLong keyIndexBuildNanos = new AtomicLong();

  private volatile long lastFlushNanos;
  private volatile long activeBytes;
  private volatile long sealedBytes;
  private volatile int level0Files;
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

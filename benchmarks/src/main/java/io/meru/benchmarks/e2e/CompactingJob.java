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

import io.meru.TableWriters;
import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.commit.TableCommitter;
import io.meru.config.CompactionOptions;
import io.meru.config.WriteOptions;
import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.data.RowKinds;
import io.meru.flink.data.RowPlan;
import io.meru.key.HashRange;
import io.meru.maintenance.CleanUpOptions;
import io.meru.maintenance.RetentionOptions;
import io.meru.maintenance.TableCleaner;
import io.meru.metrics.CleanUpMetrics;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.Table;

/**
 * One writer with the threads that it has in a sink, one for flushes and one for compactions, its
 * committer and its cleaner, on one table. The calling thread makes rows, writes them, and commits
 * at each barrier.
 */
final class CompactingJob implements AutoCloseable {
  /** Rows timed together: the clock would be a good part of a single one. */
  private static final int TIMED_ROWS = 1_000;

  private static final int EXPIRE_EVERY = 10;
  private static final int SNAPSHOTS = 20;

  /** Files of expired snapshots go soon: compactions write the table many times over. */
  private static final Duration RETAINED = Duration.ofSeconds(30);

  /** Checkpoints in a row in which nothing happened, after which nothing is left to do. */
  private static final int QUIET = 4;

  /** After which all is merged that can be. */
  private static final Duration LONG_REST = Duration.ofDays(1);

  private static final int MAX_REST_CHECKPOINTS = 10_000;
  private static final int POLL_MILLIS = 5;
  private static final int MAX_SHUTDOWN_SECONDS = 60;

  private final Path directory;
  private final Rows rows;
  private final Workload workload;
  private final RowDataAccessor accessor;
  private final WriteMeter meter = new WriteMeter();
  private final ExecutorService flushes = Executors.newSingleThreadExecutor();
  private final ExecutorService compactions = Executors.newSingleThreadExecutor();
  private final ExecutorService cleanUp = Executors.newSingleThreadExecutor();
  private final LsmWriter writer;
  private final TableCommitter committer;
  private final TableCleaner cleaner;
  private final String runId = UUID.randomUUID().toString();
  private long checkpointId;

  /** Time that is taken to have passed. */
  private final AtomicLong skippedNanos = new AtomicLong();

  /**
   * Figures of one checkpoint.
   *
   * @param rows changes in it
   * @param writeNanos making and writing them
   * @param longestWriteNanos the longest {@value #TIMED_ROWS} of them
   * @param barrierNanos until the edit was handed out
   * @param commitNanos the commit
   * @param cleanNanos what the cleaner took of the committing thread
   * @param levelZeroFiles in the writer's version after it
   * @param totals bytes and waits since the writer was opened
   */
  record Checkpoint(
      int rows,
      long writeNanos,
      long longestWriteNanos,
      long barrierNanos,
      long commitNanos,
      long cleanNanos,
      int levelZeroFiles,
      WriteMeter.Totals totals) {
    long checkpointNanos() {
      return barrierNanos + commitNanos;
    }

    double rowsPerSecond() {
      return rows / ((writeNanos + barrierNanos + commitNanos + cleanNanos) / 1e9);
    }
  }

  /** A run of a job on {@code db.t} below {@code directory}, which exists. */
  CompactingJob(Path directory, Workload workload, CompactionOptions compaction) {
    this.directory = directory;
    this.workload = workload;
    this.rows = new Rows(workload);
    Table table = load();
    this.accessor = new RowDataAccessor(RowPlan.of("db.t", Rows.type(workload), table.schema()));
    this.writer =
        TableWriters.open(
            load(),
            "db.t",
            HashRange.ALL,
            "benchmark",
            options(compaction),
            flushes,
            compactions,
            meter,
            () -> System.nanoTime() + skippedNanos.get(),
            UUID::randomUUID);
    this.committer =
        new TableCommitter(
            table, "db.t", CommitOptions.DEFAULTS, meter, Clock.systemUTC(), UUID::randomUUID);
    this.cleaner =
        new TableCleaner(
            table,
            "db.t",
            new CleanUpOptions(
                true,
                Duration.ZERO, // asked every EXPIRE_EVERY checkpoints only
                new RetentionOptions(RETAINED, Duration.ZERO, SNAPSHOTS, SNAPSHOTS),
                Duration.ZERO,
                CleanUpOptions.DEFAULTS.orphans()),
            committer::isNewestRun,
            Opened::new,
            CleanUpMetrics.NONE,
            Clock.systemUTC(),
            UUID::randomUUID,
            cleanUp);
  }

  /** Options of compaction at their defaults but for these. */
  static CompactionOptions compaction(boolean enabled, long targetFileBytes, double deletedRatio) {
    CompactionOptions defaults = CompactionOptions.DEFAULTS;
    return new CompactionOptions(
        enabled,
        defaults.levelTrigger(),
        deletedRatio,
        targetFileBytes,
        defaults.maxBytes(),
        defaults.slowdownTrigger(),
        defaults.stopTrigger(),
        defaults.maxStallMillis(),
        defaults.maxBytesPerSecond(),
        defaults.restAfterMillis(),
        defaults.levels());
  }

  private static WriteOptions options(CompactionOptions compaction) {
    WriteOptions defaults = WriteOptions.DEFAULTS;
    return new WriteOptions(
        defaults.writeBufferBytes(),
        defaults.maxSealed(),
        defaults.resolverCacheBytes(),
        defaults.pendingEditMaxBytes(),
        defaults.level0(),
        compaction);
  }

  private Table load() {
    return IcebergTables.load(directory, IcebergTables.NAME);
  }

  /** Writes and commits batch {@code batch} of the workload. */
  Checkpoint checkpoint(int batch) {
    int from = workload.firstOperation(batch);
    int until = workload.firstOperation(batch + 1);
    long start = System.nanoTime();
    long longest = 0;
    for (int next = from; next < until; next += TIMED_ROWS) {
      long before = System.nanoTime();
      write(next, Math.min(next + TIMED_ROWS, until));
      longest = Math.max(longest, System.nanoTime() - before);
    }
    long written = System.nanoTime();
    VersionEdit edit = barrier();
    long flushed = System.nanoTime();
    commit(edit);
    long committed = System.nanoTime();
    if (batch % EXPIRE_EVERY == EXPIRE_EVERY - 1) {
      cleaner.checkpointDone(true);
    }
    return new Checkpoint(
        until - from,
        written - start,
        longest,
        flushed - written,
        committed - flushed,
        System.nanoTime() - committed,
        meter.levelZeroFiles(),
        meter.totals());
  }

  private void write(int from, int until) {
    for (int n = from; n < until; n++) {
      RowData row = rows.row(n);
      writer.write(RowKinds.of(row.getRowKind()), accessor.wrap(row));
    }
  }

  private VersionEdit barrier() {
    checkpointId++;
    return writer.barrier(checkpointId);
  }

  private void commit(VersionEdit edit) {
    committer.commit(
        new Committable("benchmark", runId, checkpointId, Committable.NO_WATERMARK, List.of(edit)));
  }

  /**
   * Checkpoints without rows until nothing is left to merge, as if the table had been at rest for a
   * day before the first of them; returns how many it took. No snapshot is expired meanwhile.
   */
  int rest() throws InterruptedException, ExecutionException {
    skippedNanos.addAndGet(LONG_REST.toNanos());
    int quiet = 0;
    for (int count = 1; count <= MAX_REST_CHECKPOINTS; count++) {
      long before = meter.totals().compactions();
      VersionEdit edit = barrier();
      commit(edit);
      awaitIdle();
      quiet = edit.isEmpty() && meter.totals().compactions() == before ? quiet + 1 : 0;
      if (quiet == QUIET) {
        return count;
      }
    }
    throw new IllegalStateException(
        "Compactions go on after %d checkpoints without rows".formatted(MAX_REST_CHECKPOINTS));
  }

  /** The flushing thread starts merges, and takes what they have done. */
  private void awaitIdle() throws InterruptedException, ExecutionException {
    flushes.submit(() -> {}).get();
    while (meter.isCompacting()) {
      Thread.sleep(POLL_MILLIS);
    }
    compactions.submit(() -> {}).get();
    flushes.submit(() -> {}).get();
  }

  WriteMeter.Totals totals() {
    return meter.totals();
  }

  @Override
  public void close() {
    writer.close();
    committer.close();
    cleaner.close();
    for (ExecutorService executor : List.of(flushes, compactions, cleanUp)) {
      end(executor);
    }
  }

  private static void end(ExecutorService executor) {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(MAX_SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("A background thread did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Opened implements TableCleaner.OpenTable {
    private final Table table = load();

    @Override
    public Table table() {
      return table;
    }

    @Override
    public void close() {}
  }
}

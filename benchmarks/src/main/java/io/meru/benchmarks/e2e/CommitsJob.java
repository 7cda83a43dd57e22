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
import io.meru.config.WriteOptions;
import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.data.RowKinds;
import io.meru.flink.data.RowPlan;
import io.meru.key.HashRange;
import io.meru.maintenance.CleanUpOptions;
import io.meru.maintenance.RetentionOptions;
import io.meru.maintenance.TableCleaner;
import io.meru.metrics.CleanUpMetrics;
import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.Table;

/** The writer, committer and cleaner of {@link Commits} on one table. */
final class CommitsJob implements AutoCloseable {
  /** An expiry a minute, in checkpoints of a second. */
  private static final int EXPIRE_EVERY = 60;

  /** What is younger than five minutes, in checkpoints of a second. */
  private static final int SNAPSHOTS = 300;

  /**
   * Files of expired snapshots stay for an hour by default. Here for half a minute, so that they
   * are deleted while the benchmark runs.
   */
  private static final Duration RETAINED = Duration.ofSeconds(30);

  private static final int MAX_SHUTDOWN_SECONDS = 60;

  private final Path directory;
  private final boolean compaction;
  private final Workload workload;
  private final Rows rows;
  private final RowDataAccessor accessor;
  private final LsmWriter writer;
  private final TableCommitter committer;
  private final ExecutorService background = Executors.newSingleThreadExecutor();
  private final TableCleaner cleaner;
  private final String runId = UUID.randomUUID().toString();

  CommitsJob(Path directory, Workload workload, boolean cleanUp, boolean compaction) {
    this.compaction = compaction;
    this.directory = directory;
    this.workload = workload;
    this.rows = new Rows(workload);
    Table table = load();
    this.accessor = new RowDataAccessor(RowPlan.of("db.t", Rows.type(workload), table.schema()));
    this.writer = open("benchmark");
    this.committer =
        new TableCommitter(
            table,
            "db.t",
            CommitOptions.DEFAULTS,
            CommitMetrics.NONE,
            Clock.systemUTC(),
            UUID::randomUUID);
    this.cleaner =
        new TableCleaner(
            table,
            "db.t",
            new CleanUpOptions(
                cleanUp,
                Duration.ZERO, // asked every EXPIRE_EVERY checkpoints only
                new RetentionOptions(RETAINED, Duration.ZERO, SNAPSHOTS, SNAPSHOTS),
                Duration.ofDays(1),
                CleanUpOptions.DEFAULTS.orphans()),
            committer::isNewestRun,
            Opened::new,
            CleanUpMetrics.NONE,
            Clock.systemUTC(),
            UUID::randomUUID,
            background);
  }

  private Table load() {
    return IcebergTables.load(directory, IcebergTables.NAME);
  }

  private LsmWriter open(String sinkId) {
    return TableWriters.open(
        load(),
        "db.t",
        HashRange.ALL,
        sinkId,
        WriteOptions.DEFAULTS.withCompaction(compaction),
        Runnable::run,
        Runnable::run,
        WriterMetrics.NONE,
        System::nanoTime,
        UUID::randomUUID);
  }

  /** Writes and commits batch {@code batch}; looks at the table then, if it is to. */
  Commits.Checkpoint checkpoint(int batch, boolean look) {
    write(writer, workload.firstOperation(batch), workload.firstOperation(batch + 1));
    long start = System.nanoTime();
    VersionEdit edit = writer.barrier(batch + 1);
    long flushed = System.nanoTime();
    committer.commit(
        new Committable("benchmark", runId, batch + 1, Committable.NO_WATERMARK, List.of(edit)));
    long committed = System.nanoTime();
    if (batch % EXPIRE_EVERY == EXPIRE_EVERY - 1) {
      cleaner.checkpointDone(true);
    }
    long cleaned = System.nanoTime();
    return new Commits.Checkpoint(
        batch,
        flushed - start,
        committed - flushed,
        cleaned - committed,
        look ? startNanos(batch) : 0,
        look ? state() : null);
  }

  private void write(LsmWriter target, int from, int until) {
    for (int n = from; n < until; n++) {
      RowData row = rows.row(n);
      target.write(RowKinds.of(row.getRowKind()), accessor.wrap(row));
    }
  }

  /** A writer that starts now, with a small first flush, which nobody commits. */
  private long startNanos(int batch) {
    long start = System.nanoTime();
    try (LsmWriter fresh = open("fresh")) {
      int from = workload.firstOperation(batch);
      write(fresh, from, Math.min(from + 100, workload.firstOperation(batch + 1)));
      VersionEdit edit = fresh.barrier(1);
      long end = System.nanoTime();
      Table table = load();
      edit.added().forEach(added -> table.io().deleteFile(added.file().path()));
      return end - start;
    }
  }

  private Commits.State state() {
    return TableState.of(load(), directory, heapBytes());
  }

  private static long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Fails unless the table holds what the workload says, key by key. */
  void check() throws IOException {
    Verifier verifier = new Verifier(workload, workload.batches(), false);
    new IcebergReader(directory, IcebergTableNames.TABLE).verify(verifier);
    if (!verifier.outcome().isRight()) {
      throw new IllegalStateException("The table is wrong: " + verifier.outcome());
    }
  }

  @Override
  public void close() {
    writer.close();
    committer.close();
    cleaner.close();
    background.shutdown();
    try {
      if (!background.awaitTermination(MAX_SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("The cleaner did not end");
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

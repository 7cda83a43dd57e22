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
import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.Table;

/**
 * Meru's write path without Flink: one writer of all keys and its committer, all on the calling
 * thread, so that its CPU can be told apart by step.
 */
final class EmbeddedJob implements AutoCloseable {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Workload workload;
  private final Rows rows;
  private final RowDataAccessor accessor;
  private final LsmWriter writer;
  private final TableCommitter committer;
  private final String runId = UUID.randomUUID().toString();
  private long checkpointId;
  private long resolveNanos;
  private long indexNanos;

  /** A run of a job on {@code db.t} below {@code directory}, which exists. */
  EmbeddedJob(Path directory, Workload workload) {
    this.workload = workload;
    this.rows = new Rows(workload);
    Table table = IcebergTables.load(directory, IcebergTables.NAME);
    this.accessor = new RowDataAccessor(RowPlan.of("db.t", Rows.type(workload), table.schema()));
    this.writer =
        TableWriters.open(
            table,
            "db.t",
            HashRange.ALL,
            "benchmark",
            WriteOptions.DEFAULTS,
            Runnable::run,
            null,
            new ResolverClock(),
            THREADS::getCurrentThreadCpuTime,
            UUID::randomUUID);
    this.committer =
        new TableCommitter(
            IcebergTables.load(directory, IcebergTables.NAME),
            "db.t",
            CommitOptions.DEFAULTS,
            CommitMetrics.NONE,
            Clock.systemUTC(),
            UUID::randomUUID);
  }

  /**
   * CPU of the calling thread for one checkpoint, in nanoseconds.
   *
   * @param resolve finding old positions, with {@code index}
   * @param index building key indexes of files
   * @param barrier all of the flush: sort, {@code resolve}, Parquet
   * @param commit deletion vectors, Puffin, Iceberg's commit
   */
  record Cost(long resolve, long index, long barrier, long commit) {
    /** What the comparison bounds: the resolver's and the deletion vectors' work. */
    long resolveAndVectors() {
      return resolve + commit;
    }
  }

  /** Writes operations {@code from} to {@code until} (excluded) and commits them. */
  Cost checkpoint(int from, int until) {
    resolveNanos = 0;
    indexNanos = 0;
    for (int n = from; n < until; n++) {
      RowData row = rows.row(n);
      writer.write(RowKinds.of(row.getRowKind()), accessor.wrap(row));
    }
    long start = THREADS.getCurrentThreadCpuTime();
    checkpointId++;
    VersionEdit edit = writer.barrier(checkpointId);
    long flushed = THREADS.getCurrentThreadCpuTime();
    committer.commit(
        new Committable("benchmark", runId, checkpointId, Committable.NO_WATERMARK, List.of(edit)));
    long committed = THREADS.getCurrentThreadCpuTime();
    return new Cost(resolveNanos, indexNanos, flushed - start, committed - flushed);
  }

  /** Writes and commits batch {@code batch} of the workload. */
  Cost batch(int batch) {
    return checkpoint(workload.firstOperation(batch), workload.firstOperation(batch + 1));
  }

  @Override
  public void close() {
    writer.close();
    committer.close();
  }

  /** Flushes run on the calling thread, whose CPU time is the writer's clock. */
  private final class ResolverClock implements WriterMetrics {
    @Override
    public void resolved(long keys, long positions, long nanos) {
      resolveNanos += nanos;
    }

    @Override
    public void keyIndexBuilt(long keys, long nanos) {
      indexNanos += nanos;
    }
  }
}

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

package io.meru;

import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.commit.CommittableCodec;
import io.meru.commit.TableCommitter;
import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import io.meru.row.RowKind;
import io.meru.testing.RecordAccessor;
import io.meru.testing.Records;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One writer and the committer on a table on disk, with checkpoint state as bytes between them:
 * where a limit is tested, the size of these bytes and the time of each step are of interest.
 * Merges are done when the test says so.
 */
final class LimitJob implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LimitJob.class);

  static final TableIdentifier NAME = TableIdentifier.of("db", "t");
  private final String runId;
  private final Table table;
  private final Types.StructType type;
  private final LsmWriter writer;
  private final TableCommitter committer;
  private final Clock clock = Clock.systemUTC();
  private final Deque<Runnable> merges = new ArrayDeque<>();
  private long checkpointId;

  /** What a checkpoint took. */
  record Figures(
      TableCommitter.Outcome outcome, int committableBytes, long flushMillis, long commitMillis) {}

  LimitJob(Path warehouse, WriteOptions options) {
    this(warehouse, options, "run");
  }

  LimitJob(Path warehouse, WriteOptions options, String runId) {
    this.runId = runId;
    this.table = load(warehouse);
    this.type = table.schema().asStruct();
    this.writer =
        TableWriters.open(
            load(warehouse),
            NAME.toString(),
            HashRange.ALL,
            "sink",
            options,
            Runnable::run,
            merges::addLast,
            WriterMetrics.NONE,
            () -> 0L,
            UUID::randomUUID);
    this.committer =
        new TableCommitter(
            load(warehouse),
            NAME.toString(),
            CommitOptions.DEFAULTS,
            CommitMetrics.NONE,
            clock,
            UUID::randomUUID);
  }

  /** Makes the table in a catalog over {@code warehouse}. */
  static void create(
      Path warehouse, Schema schema, PartitionSpec spec, Map<String, String> properties) {
    HadoopCatalog catalog = catalog(warehouse);
    catalog.createNamespace(Namespace.of("db"));
    catalog
        .buildTable(NAME, schema)
        .withPartitionSpec(spec)
        .withProperties(properties)
        .withProperty("format-version", "3")
        .create();
  }

  static Table load(Path warehouse) {
    return catalog(warehouse).loadTable(NAME);
  }

  private static HadoopCatalog catalog(Path warehouse) {
    return new HadoopCatalog(new Configuration(), warehouse.toUri().toString());
  }

  /** A row of the table, with its first columns' values. */
  Record row(@Nullable Object... values) {
    return Records.of(type, values);
  }

  void put(Record row) {
    writer.write(RowKind.INSERT, RecordAccessor.of(type, row));
  }

  void delete(Record key) {
    writer.write(RowKind.DELETE, RecordAccessor.of(type, key));
  }

  /** Does the merges that wait, which later checkpoints put into the table. */
  void compact() {
    while (!merges.isEmpty()) {
      merges.removeFirst().run();
    }
  }

  /** A barrier passes; returns the bytes that lie in checkpoint state. */
  byte[] barrier() {
    checkpointId++;
    byte[] edit = CommittableCodec.encodeEdit(writer.barrier(checkpointId));
    VersionEdit sent = CommittableCodec.decodeEdit(CommittableCodec.VERSION, edit);
    return CommittableCodec.encode(
        new Committable("sink", runId, checkpointId, Committable.NO_WATERMARK, List.of(sent)));
  }

  TableCommitter.Outcome commit(byte[] committable) {
    return committer.commit(CommittableCodec.decode(CommittableCodec.VERSION, committable));
  }

  /** A barrier, and the commit of what was before it. */
  Figures checkpoint() {
    long start = clock.millis();
    byte[] committable = barrier();
    long flushed = clock.millis();
    TableCommitter.Outcome outcome = commit(committable);
    Figures figures =
        new Figures(outcome, committable.length, flushed - start, clock.millis() - flushed);
    LOG.info("Checkpoint {}: {}", checkpointId, figures);
    return figures;
  }

  Table table() {
    table.refresh();
    return table;
  }

  @Override
  public void close() {
    compact(); // a writer waits for the one that it has begun
    writer.close();
    committer.close();
  }
}

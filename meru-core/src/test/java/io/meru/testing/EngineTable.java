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

package io.meru.testing;

import io.meru.TableWriters;
import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.commit.LocalTable;
import io.meru.commit.TableCommitter;
import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.key.KeyEncoder;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import io.meru.row.ByteBuilder;
import io.meru.row.RowKind;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopTables;

/**
 * A table in a folder that the engine's own writers and committer fill, one checkpoint after the
 * other, all on the calling thread.
 */
public final class EngineTable implements AutoCloseable {
  /** The sink id of all it writes. */
  public static final String SINK_ID = "orders";

  /** Ids differ from one attempt to the next, and are the same in each run of the tests. */
  private static final AtomicInteger OPENED = new AtomicInteger();

  /** Time passes whenever somebody asks for it. */
  private final AtomicLong millis = new AtomicLong();

  private final String location;
  private final KeySpec keySpec;
  private final Schema schema;
  private final List<LsmWriter> writers = new ArrayList<>();
  private final TableCommitter committer;
  private final String runId;
  private long checkpointId;

  private EngineTable(String location, int parallelism, WriteOptions options) {
    this.location = location;
    this.schema = load().schema();
    this.keySpec = KeySpec.of("t", schema);
    Random random = new Random(OPENED.incrementAndGet());
    Supplier<UUID> ids = () -> new UUID(random.nextLong(), random.nextLong());
    this.runId = ids.get().toString();
    for (int subtask = 0; subtask < parallelism; subtask++) {
      writers.add(
          TableWriters.open(
              load(),
              "t",
              HashRange.ofSubtask(subtask, parallelism),
              SINK_ID,
              options,
              Runnable::run,
              Runnable::run,
              WriterMetrics.NONE,
              () -> millis.incrementAndGet() * 1_000_000,
              ids));
    }
    this.committer =
        new TableCommitter(
            load(), "t", CommitOptions.DEFAULTS, CommitMetrics.NONE, Clock.systemUTC(), ids);
  }

  /** Creates the table, and opens writers that each own their part of the hash space. */
  public static EngineTable create(
      String location, Schema schema, PartitionSpec spec, int parallelism) {
    new HadoopTables(new Configuration())
        .create(schema, spec, Map.of("format-version", "3"), location);
    return open(location, parallelism);
  }

  /** Opens writers on a table that is there; they leave its files as they are. */
  public static EngineTable open(String location, int parallelism) {
    return open(location, parallelism, WriteOptions.DEFAULTS.withCompaction(false));
  }

  /** Opens writers with these options; compactions run on the calling thread, when started. */
  public static EngineTable open(String location, int parallelism, WriteOptions options) {
    EngineTable table = new EngineTable(location, parallelism, options);
    table.committer.claim(SINK_ID);
    return table;
  }

  /** The table, loaded anew. */
  public Table load() {
    return LocalTable.of(new HadoopTables(new Configuration()).load(location));
  }

  /** The table's folder. */
  public String location() {
    return location;
  }

  /** Upserts a row of these values. */
  public EngineTable put(Object... values) {
    return write(RowKind.INSERT, Records.of(schema.asStruct(), values));
  }

  /** Deletes the row with the key that these values hold. */
  public EngineTable delete(Object... values) {
    return write(RowKind.DELETE, Records.of(schema.asStruct(), values));
  }

  private EngineTable write(RowKind kind, Record row) {
    RecordAccessor accessor = RecordAccessor.of(schema.asStruct(), row);
    ByteBuilder key = new ByteBuilder(64);
    new KeyEncoder(keySpec).encode(accessor, kind, key);
    int hash = KeyHash.hash16(KeyHash.hash64(key.array(), 0, key.size()));
    writers.get(HashRange.subtaskOf(hash, writers.size())).write(kind, accessor);
    return this;
  }

  /** Commits what was written as the next checkpoint. */
  public EngineTable checkpoint() {
    checkpointId++;
    List<VersionEdit> edits = writers.stream().map(writer -> writer.barrier(checkpointId)).toList();
    committer.commit(
        new Committable(SINK_ID, runId, checkpointId, Committable.NO_WATERMARK, edits));
    return this;
  }

  @Override
  public void close() {
    writers.forEach(LsmWriter::close);
    committer.close();
  }
}

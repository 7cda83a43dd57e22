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

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.flink.testing.Changes;
import io.meru.flink.testing.TestTable;
import io.meru.testing.TableChecks;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Inputs that Flink itself could stumble over: rows beyond its buffers, or none at all. */
class UnusualInputITCase {
  private static final int ROW_BYTES = 16 << 20;

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(2)
              .build());

  @TempDir Path folder;

  @Test
  void rowsOf16MebibytesPassFlinksNetwork() throws Exception {
    Schema schema =
        new Schema(
            List.of(
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.optional(2, "body", Types.BinaryType.get())),
            Set.of(1));
    TestTable table = TestTable.create(folder, schema, Map.of());
    RowType rowType =
        RowType.of(
            new LogicalType[] {new BigIntType(false), new VarBinaryType(VarBinaryType.MAX_LENGTH)},
            new String[] {"id", "body"});
    int count = 6;
    StreamExecutionEnvironment env = environment(2);
    env.enableCheckpointing(200);
    MeruSink.forRowData(rowType)
        .tableLoader(table.loader())
        .set("write-buffer.size", "1mb")
        .append(
            env.fromSequence(0, count - 1)
                .setParallelism(1)
                .map(new ToLargeRow())
                .setParallelism(1)
                .returns(InternalTypeInfo.of(rowType)));

    env.execute();

    Map<Long, ByteBuffer> bodies = new HashMap<>();
    for (Record row : rows(table)) {
      bodies.put((Long) row.getField("id"), (ByteBuffer) row.getField("body"));
    }
    assertThat(bodies).hasSize(count);
    bodies.forEach((id, body) -> assertThat(body).isEqualTo(ByteBuffer.wrap(body(id))));
  }

  @Test
  void checkpointsWithoutRowsMakeSnapshotsByOptionOnly() throws Exception {
    for (boolean emptyCheckpoints : List.of(false, true)) {
      TestTable table =
          TestTable.create(folder.resolve("" + emptyCheckpoints), Changes.SCHEMA, Map.of());
      StreamExecutionEnvironment env = environment(2);
      env.enableCheckpointing(100);
      MeruSink.forRowData(Changes.ROW_TYPE)
          .tableLoader(table.loader())
          .set("commit.empty-checkpoints", Boolean.toString(emptyCheckpoints))
          .append(
              env.fromSequence(0, 300)
                  .setParallelism(1)
                  .flatMap(new FirstOnly())
                  .setParallelism(1)
                  .returns(InternalTypeInfo.of(Changes.ROW_TYPE)));

      env.execute();

      assertThat(rows(table)).hasSize(1);
      List<Snapshot> flushes = table.flushes();
      if (!emptyCheckpoints) {
        assertThat(flushes).hasSize(1);
        continue;
      }
      assertThat(flushes).hasSizeGreaterThan(2);
      assertThat(flushes)
          .filteredOn(snapshot -> snapshot.summary().containsKey("added-data-files"))
          .hasSize(1);
      long before = 0;
      for (Snapshot snapshot : flushes) {
        long checkpoint = Long.parseLong(snapshot.summary().get("meru.checkpoint-id"));
        assertThat(checkpoint).isGreaterThan(before);
        before = checkpoint;
      }
    }
  }

  @Test
  void anInputOfDeletesOnlyDeletesWhatIsThere() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());

    write(table, 99, new ToDelete());
    assertThat(table.flushes()).as("deletes of absent keys").isEmpty();

    write(table, 119, new ToRow());
    write(table, 99, new ToDelete());
    assertThat(table.flushes()).hasSize(2);
    assertThat(rows(table))
        .extracting(row -> row.get(0))
        .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(100, 119).boxed().toList());
  }

  /** A job that ends, over the ids from 0 to {@code last}. */
  private static void write(TestTable table, long last, MapFunction<Long, RowData> toRow)
      throws Exception {
    StreamExecutionEnvironment env = environment(2);
    MeruSink.forRowData(Changes.ROW_TYPE)
        .tableLoader(table.loader())
        .append(
            env.fromSequence(0, last).map(toRow).returns(InternalTypeInfo.of(Changes.ROW_TYPE)));
    env.execute();
  }

  private static List<Record> rows(TestTable table) {
    Table loaded = table.load();
    return TableChecks.rows(loaded, loaded.currentSnapshot().snapshotId());
  }

  private static byte[] body(long id) {
    byte[] body = new byte[ROW_BYTES];
    new Random(id).nextBytes(body);
    return body;
  }

  private static StreamExecutionEnvironment environment(int parallelism) {
    Configuration config = new Configuration();
    config.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
    env.setParallelism(parallelism);
    return env;
  }

  private static final class ToLargeRow implements MapFunction<Long, RowData> {
    private static final long serialVersionUID = 1L;

    @Override
    public RowData map(Long id) {
      return GenericRowData.of(id, body(id));
    }
  }

  /** One row, then a time in which checkpoints have none. */
  private static final class FirstOnly implements FlatMapFunction<Long, RowData> {
    private static final long serialVersionUID = 1L;
    private static final int PAUSE_MS = 5;

    @Override
    public void flatMap(Long n, Collector<RowData> out) throws InterruptedException {
      Thread.sleep(PAUSE_MS);
      if (n == 0) {
        out.collect(GenericRowData.of(StringData.fromString("only"), n, 1L));
      }
    }
  }

  private static final class ToRow implements MapFunction<Long, RowData> {
    private static final long serialVersionUID = 1L;

    @Override
    public RowData map(Long id) {
      return GenericRowData.of(null, id, id);
    }
  }

  private static final class ToDelete implements MapFunction<Long, RowData> {
    private static final long serialVersionUID = 1L;

    @Override
    public RowData map(Long id) {
      return GenericRowData.ofKind(RowKind.DELETE, null, id, null);
    }
  }
}

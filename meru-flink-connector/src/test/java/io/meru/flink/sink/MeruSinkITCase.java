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
import static org.assertj.core.api.Assertions.tuple;

import io.meru.flink.testing.ChangeSource;
import io.meru.flink.testing.Changes;
import io.meru.flink.testing.TestTable;
import io.meru.testing.TableChecks;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The sink from a stream to the table, without failures. */
class MeruSinkITCase {
  private static final long CHANGES = 4_000;

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path folder;

  private final Changes changes = new Changes(1, 500);

  @Test
  void eachSnapshotHoldsTheChangesUpToItsCheckpoint() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    StreamExecutionEnvironment env = streaming(3);
    ChangeSource.stream(env, changes, CHANGES, 3_000)
        .sinkTo(MeruSink.forRowData(Changes.ROW_TYPE).tableLoader(table.loader()).build())
        .uid("sink");

    env.execute();

    table.assertEachSnapshotIsAPrefixOf(changes);
    table.assertHolds(changes, CHANGES);
    assertThat(table.flushes()).hasSizeGreaterThan(2);
  }

  @Test
  void snapshotsStayFewAndNoRowIsLost() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    StreamExecutionEnvironment env = streaming(2);
    MeruSink.forRowData(Changes.ROW_TYPE)
        .tableLoader(table.loader())
        .set("clean-up.interval", "0s")
        .set("snapshot.time-retained", "0s")
        .set("snapshot.min-time-retained", "0s")
        .set("snapshot.num-retained.min", "2")
        .append(ChangeSource.stream(env, changes, CHANGES, 3_000));

    env.execute();

    table.assertHolds(changes, CHANGES);
    int commits = (int) table.load().currentSnapshot().sequenceNumber();
    assertThat(commits).isGreaterThan(6);
    assertThat(table.load().snapshots()).hasSizeLessThan(commits / 2 + 2);
  }

  @Test
  void aJobThatCompactsHoldsTheSameRowsInFewerFiles() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    Changes spread = new Changes(1, 20_000); // files live until they are merged
    long count = 12_000;
    StreamExecutionEnvironment env = streaming(2);
    MeruSink.forRowData(Changes.ROW_TYPE)
        .tableLoader(table.loader())
        .set("compaction.level-trigger", "2")
        .append(ChangeSource.stream(env, spread, count, 3_000));

    env.execute();

    table.assertEachSnapshotIsAPrefixOf(spread);
    table.assertHolds(spread, count);
    assertThat(table.compactions())
        .isNotEmpty()
        .allSatisfy(
            snapshot ->
                assertThat(
                        Integer.parseInt(snapshot.summary().get("added-data-files"))
                            <= Integer.parseInt(snapshot.summary().get("deleted-data-files")))
                    .isTrue());
  }

  @Test
  void updatedRowsKeepTheirRowIds() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    StreamExecutionEnvironment env = streaming(2);
    MeruSink.forRowData(Changes.ROW_TYPE)
        .tableLoader(table.loader())
        .append(ChangeSource.stream(env, changes, CHANGES, 2_000));

    env.execute();

    List<Snapshot> flushes = table.flushes();
    Map<Long, Long> before = table.rowIds(flushes.get(flushes.size() - 4));
    Map<Long, Long> after = table.rowIds(flushes.get(flushes.size() - 1));
    before.keySet().retainAll(after.keySet());
    long kept =
        before.entrySet().stream()
            .filter(row -> row.getValue().equals(after.get(row.getKey())))
            .count();
    // not those that were inserted and updated while a commit was on its way, or deleted in between
    assertThat(kept).isGreaterThan(before.size() / 2);
    assertThat(after.get(changes.marker()))
        .as("the marker is updated by every checkpoint, deleted by none")
        .isEqualTo(before.get(changes.marker()));
  }

  @Test
  void snapshotsSayWhereTheyComeFrom() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    StreamExecutionEnvironment env = streaming(2);
    MeruSink.forRowData(Changes.ROW_TYPE)
        .tableLoader(table.loader())
        .sinkId("orders")
        .setSnapshotProperty("team", "billing")
        .append(ChangeSource.stream(env, changes, CHANGES, 3_000));

    String jobId = env.execute().getJobID().toHexString();

    long before = 0;
    for (Snapshot snapshot : table.flushes()) {
      assertThat(snapshot.summary())
          .containsEntry("meru.sink-id", "orders")
          .containsEntry("flink.operator-id", "orders")
          .containsEntry("flink.job-id", jobId)
          .containsEntry("team", "billing");
      long checkpoint = Long.parseLong(snapshot.summary().get("meru.checkpoint-id"));
      assertThat(snapshot.summary())
          .containsEntry("flink.max-committed-checkpoint-id", Long.toString(checkpoint));
      assertThat(checkpoint).isGreaterThan(before);
      before = checkpoint;
    }
  }

  @Test
  void manyFlushesInOneCheckpointAreOneSnapshot() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    long count = 60_000;
    Changes spread = new Changes(5, 100_000);
    StreamExecutionEnvironment env = environment(1);
    MeruSink.forRowData(Changes.ROW_TYPE)
        .tableLoader(table.loader())
        .set("write-buffer.size", "1mb")
        .append(ChangeSource.stream(env, spread, count, 0));

    env.execute();

    table.assertHolds(spread, count);
    assertThat(table.flushes()).hasSize(1);
    int files = Integer.parseInt(table.flushes().get(0).summary().get("added-data-files"));
    assertThat(files).isGreaterThan(3);
  }

  @Test
  void batchExecutionCommitsOnceAtTheEndOfInput() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    StreamExecutionEnvironment env = environment(3);
    env.setRuntimeMode(RuntimeExecutionMode.BATCH);
    ChangeSource.stream(env, changes, CHANGES, 0)
        .sinkTo(MeruSink.forRowData(Changes.ROW_TYPE).tableLoader(table.loader()).build())
        .uid("sink");

    env.execute();

    table.assertHolds(changes, CHANGES);
    assertThat(table.flushes()).hasSize(1);
  }

  @Test
  void boundedInputWithoutCheckpointsIsCommittedAtItsEnd() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    StreamExecutionEnvironment env = environment(2);
    ChangeSource.stream(env, changes, CHANGES, 0)
        .sinkTo(MeruSink.forRowData(Changes.ROW_TYPE).tableLoader(table.loader()).build());

    env.execute();

    table.assertHolds(changes, CHANGES);
    assertThat(table.flushes()).hasSize(1);
  }

  @Test
  void aSecondJobUpdatesTheRowsOfTheFirst() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    for (int parallelism : List.of(1, 3)) {
      StreamExecutionEnvironment env = environment(parallelism);
      env.setRuntimeMode(RuntimeExecutionMode.BATCH);
      MeruSink.forRowData(Changes.ROW_TYPE)
          .tableLoader(table.loader())
          .writeParallelism(parallelism)
          .append(ChangeSource.stream(env, changes, CHANGES, 0));
      env.execute();
    }

    table.assertHolds(changes, CHANGES);
    assertThat(table.flushes()).hasSize(2);
  }

  @Test
  void rowsAndOwnTypesAreWritten() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    StreamExecutionEnvironment env = environment(2);
    env.setRuntimeMode(RuntimeExecutionMode.BATCH);
    MeruSink.forRow(
            DataTypes.ROW(
                DataTypes.FIELD("id", DataTypes.BIGINT()),
                DataTypes.FIELD("name", DataTypes.STRING())))
        .tableLoader(table.loader())
        .append(
            env.fromData(
                Row.ofKind(RowKind.INSERT, 1L, "one"),
                Row.ofKind(RowKind.INSERT, 2L, "two"),
                Row.ofKind(RowKind.DELETE, 1L, null)));
    env.execute();
    RowDataConverter<Long> toRow =
        n -> {
          List<RowData> rows = new Changes(3, 5).rows(n);
          return rows.get(rows.size() - 1);
        };
    MeruSink.builderFor(toRow, Changes.ROW_TYPE)
        .tableLoader(table.loader())
        .append(env.fromSequence(0, 9));
    env.execute();

    Table loaded = table.load();
    List<Record> rows = TableChecks.rows(loaded, loaded.currentSnapshot().snapshotId());
    assertThat(rows)
        .extracting(row -> row.getField("id"), row -> row.getField("name"))
        .contains(tuple(2L, "two"))
        .hasSize(2);
  }

  private static StreamExecutionEnvironment environment(int parallelism) {
    Configuration config = new Configuration();
    config.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
    env.setParallelism(parallelism);
    return env;
  }

  private static StreamExecutionEnvironment streaming(int parallelism) {
    StreamExecutionEnvironment env = environment(parallelism);
    env.enableCheckpointing(200);
    return env;
  }
}

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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import io.meru.flink.testing.Changes;
import io.meru.flink.testing.TestTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.util.InstantiationUtil;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeruSinkBuilderTest {
  @TempDir Path folder;

  @Test
  void aSinkSurvivesSerialization() throws Exception {
    MeruSink<RowData> sink = builder(table(3)).sinkId("orders").build();

    MeruSink<RowData> copy = InstantiationUtil.clone(sink);

    assertThat(copy.tableName()).isEqualTo(sink.tableName());
  }

  @Test
  void aTableOfFormatVersion2IsRefusedAndTheMessageSaysHowToUpgrade() {
    TestTable table = table(2);

    assertThatThrownBy(() -> builder(table).build())
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            ("Cannot write to table %s: it has format version 2, and deletion vectors need 3."
                    + " Upgrade it once with: ALTER TABLE %s SET TBLPROPERTIES"
                    + " ('format-version'='3') in Spark SQL, or ALTER TABLE %s SET"
                    + " ('format-version'='3') in Flink SQL.")
                .replace("%s", table.load().name()));
  }

  @Test
  void aTableWithoutPrimaryKeyIsRefused() {
    TestTable table = TestTable.create(folder, new Schema(Changes.SCHEMA.columns()), 3, Map.of());

    assertThatThrownBy(() -> builder(table).build())
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("SET IDENTIFIER FIELDS");
  }

  @Test
  void aTableWithEqualityDeletesIsRefusedAndTheMessageSaysHowToGetRidOfThem() {
    TestTable table = table(2);
    Table loaded = table.load();
    DeleteFile deletes =
        FileMetadata.deleteFileBuilder(loaded.spec())
            .ofEqualityDeletes(1)
            .withPath(table.location() + "/data/eq.parquet")
            .withFormat(FileFormat.PARQUET)
            .withFileSizeInBytes(10)
            .withRecordCount(1)
            .build();
    loaded.newRowDelta().addDeletes(deletes).commit();
    loaded.updateProperties().set("format-version", "3").commit();

    assertThatThrownBy(() -> builder(table).build())
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining(
            "its snapshot %d holds equality deletes (%s/data/eq.parquet)",
            loaded.currentSnapshot().snapshotId(), table.location())
        .hasMessageContaining("rewrite_data_files");
  }

  @Test
  void rowsThatDoNotFitTheTableAreRefused() {
    RowType rowType =
        RowType.of(
            new LogicalType[] {new BigIntType(), new IntType()}, new String[] {"id", "name"});

    assertThatThrownBy(() -> MeruSink.forRowData(rowType).tableLoader(table(3).loader()).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("column 'name' has type string and the rows have INT");
  }

  @Test
  void aStreamOfOtherColumnsThanTheSinksIsRefused() {
    RowType rowType =
        RowType.of(
            new LogicalType[] {
              new VarCharType(VarCharType.MAX_LENGTH), new BigIntType(), new IntType()
            },
            new String[] {"name", "id", "amount"});
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    DataStream<RowData> rows =
        environment.fromCollection(List.of(new GenericRowData(3)), InternalTypeInfo.of(rowType));
    MeruSink<RowData> sink = MeruSink.forRowData().tableLoader(table(3).loader()).build();

    assertThatThrownBy(() -> sink.addPreWriteTopology(rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("column 1 is 'name' of type STRING in the stream")
        .hasMessageContaining("to table " + sink.tableName());
  }

  @Test
  void badOptionsAreRefusedWhenTheSinkIsBuilt() {
    TestTable table = table(3);
    assertRefused(
        table,
        "sink-id",
        "a b",
        "must have 1 to 64 letters, digits, dots or underscores but was 'a b'");
    assertRefused(table, "write-parallelism", "0", "must lie between 1 and 32768 but was 0");
    assertRefused(table, "write-buffer.size", "0b", "'write-buffer.size' must be at least 1");
    assertRefused(table, "bloom-filter.fpp", "1.5", "Bloom filter fpp must lie between 0 and 1");
    assertRefused(table, "write-buffers", "1", "Unknown options of the Meru sink: [write-buffers]");
  }

  @Test
  void aSinkNeedsATable() {
    assertThatThrownBy(() -> MeruSink.forRowData().build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("A Meru sink needs a table: call tableLoader(...)");
  }

  @Test
  void appendSetsNameUidAndParallelism() {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(3);
    TestTable table = table(3);

    var inherited =
        builder(table).append(env.fromData(new Changes(1, 1).rows(0))).getTransformation();
    var set =
        builder(table)
            .writeParallelism(5)
            .uidSuffix("orders")
            .append(env.fromData(new Changes(1, 1).rows(0)))
            .getTransformation();

    assertThat(inherited.getParallelism()).isEqualTo(3);
    assertThat(inherited.isParallelismConfigured()).isTrue();
    assertThat(inherited.getUid()).isNull();
    assertThat(set.getParallelism()).isEqualTo(5);
    assertThat(set.getUid()).isEqualTo("meru-sink-orders");
    assertThat(set.getName()).isEqualTo("Meru " + table.load().name());
  }

  @Test
  void theOptionWinsOverRestoredStateAndThatOverTheDrawnName() throws IOException {
    List<MeruWriterState> restored = List.of(new MeruWriterState("restored"));
    SinkSettings drawn = new SinkSettings(table(3).loader(), "drawn", Map.of(), Map.of());
    SinkSettings named =
        new SinkSettings(drawn.loader(), "drawn", Map.of("sink-id", "named"), Map.of());

    assertThat(drawn.sinkId(List.of())).isEqualTo("drawn");
    assertThat(drawn.sinkId(restored)).isEqualTo("restored");
    assertThat(named.sinkId(restored)).isEqualTo("named");
  }

  private static void assertRefused(TestTable table, String key, String value, String message) {
    assertThatThrownBy(() -> builder(table).set(key, value).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private TestTable table(int formatVersion) {
    return TestTable.create(folder, Changes.SCHEMA, formatVersion, Map.of());
  }

  private static MeruSinkBuilder<RowData> builder(TestTable table) {
    return MeruSink.forRowData(Changes.ROW_TYPE).tableLoader(table.loader());
  }
}

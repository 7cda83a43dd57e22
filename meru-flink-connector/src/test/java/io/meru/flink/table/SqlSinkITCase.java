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

package io.meru.flink.table;

import static org.apache.flink.types.RowKind.DELETE;
import static org.apache.flink.types.RowKind.INSERT;
import static org.apache.flink.types.RowKind.UPDATE_AFTER;
import static org.apache.flink.types.RowKind.UPDATE_BEFORE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.runtime.typeutils.ExternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What SQL jobs write to a Meru table, read back by Iceberg's source. */
class SqlSinkITCase extends SqlTestBase {
  private static final Schema ID_NAME_QTY =
      Schema.newBuilder()
          .column("id", DataTypes.INT().notNull())
          .column("name", DataTypes.STRING())
          .column("qty", DataTypes.INT())
          .primaryKey("id")
          .build();
  private static final TypeInformation<Row> ID_NAME_QTY_ROWS =
      Types.ROW_NAMED(new String[] {"id", "name", "qty"}, Types.INT, Types.STRING, Types.INT);
  private static final String COLUMNS =
      "id INT NOT NULL, name STRING, qty INT, PRIMARY KEY (id) NOT ENFORCED";

  @ParameterizedTest
  @EnumSource(
      value = RuntimeExecutionMode.class,
      names = {"BATCH", "STREAMING"})
  void aMissingTableIsCreatedAndInsertedInto(RuntimeExecutionMode mode) throws Exception {
    StreamTableEnvironment tables = environment(mode);
    declare(tables, "t", COLUMNS);
    run(tables, "INSERT INTO t VALUES (1, 'a', 10), (2, 'b', CAST(NULL AS INT))");

    assertThat(rows("t")).containsExactly("+I[1, a, 10]", "+I[2, b, null]");
    assertThat(TableUtil.formatVersion(table("t"))).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource(
      value = RuntimeExecutionMode.class,
      names = {"BATCH", "STREAMING"})
  void aSecondInsertReplacesRowsByKey(RuntimeExecutionMode mode) throws Exception {
    StreamTableEnvironment tables = environment(mode);
    declare(tables, "t", COLUMNS);
    run(tables, "INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', 30)");
    run(tables, "INSERT INTO t VALUES (2, 'B', 21), (4, 'd', 40)");
    run(tables, "INSERT INTO t (id, qty) VALUES (1, 11)");

    assertThat(rows("t"))
        .containsExactly("+I[1, null, 11]", "+I[2, B, 21]", "+I[3, c, 30]", "+I[4, d, 40]");
    assertNoEqualityDeletes("t");
  }

  @Test
  void aChangelogWithBeforeImagesIsApplied() throws Exception {
    StreamTableEnvironment tables = streaming();
    declare(tables, "t", COLUMNS);
    changes(
        tables,
        "changes",
        ID_NAME_QTY_ROWS,
        ID_NAME_QTY,
        ChangelogMode.all(),
        Row.ofKind(INSERT, 1, "a", 1),
        Row.ofKind(INSERT, 2, "b", 2),
        Row.ofKind(UPDATE_BEFORE, 1, "a", 1),
        Row.ofKind(UPDATE_AFTER, 1, "A", 10),
        Row.ofKind(DELETE, 2, "b", 2),
        Row.ofKind(INSERT, 3, "c", 3),
        Row.ofKind(DELETE, 3, "c", 3),
        Row.ofKind(INSERT, 3, "C", 30));
    run(tables, "INSERT INTO t SELECT * FROM changes");

    assertThat(rows("t")).containsExactly("+I[1, A, 10]", "+I[3, C, 30]");
  }

  @Test
  void deletesThatCarryOnlyTheKeyAreApplied() throws Exception {
    StreamTableEnvironment tables = streaming();
    declare(tables, "t", COLUMNS);
    run(tables, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
    keyOnlyDeletes(tables);
    run(tables, "INSERT INTO t SELECT * FROM changes");

    assertThat(rows("t")).containsExactly("+I[2, B, 20]", "+I[3, c, 3]");
  }

  /**
   * Flink checks NOT NULL of declared columns for deletes too. Declared nullable, a required column
   * of the table is checked by the sink, which knows better.
   */
  @Test
  void deletesThatCarryOnlyTheKeyFitRequiredColumnsThatAreDeclaredNullable() throws Exception {
    StreamTableEnvironment tables = streaming();
    declare(
        tables,
        "t",
        "id INT NOT NULL, name STRING NOT NULL, qty INT NOT NULL, PRIMARY KEY (id) NOT ENFORCED");
    run(tables, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
    tables.executeSql("DROP TEMPORARY TABLE t");
    declare(tables, "t", COLUMNS);
    keyOnlyDeletes(tables);
    run(tables, "INSERT INTO t SELECT * FROM changes");

    assertThat(rows("t")).containsExactly("+I[2, B, 20]", "+I[3, c, 3]");
    assertThatThrownBy(() -> run(tables, "INSERT INTO t (id, name) VALUES (9, 'x')"))
        .hasStackTraceContaining("'qty'")
        .hasStackTraceContaining("NULL");
  }

  private static void keyOnlyDeletes(StreamTableEnvironment tables) {
    changes(
        tables,
        "changes",
        ID_NAME_QTY_ROWS,
        ID_NAME_QTY,
        ChangelogMode.upsert(true),
        Row.ofKind(DELETE, 1, null, null),
        Row.ofKind(UPDATE_AFTER, 2, "B", 20),
        Row.ofKind(DELETE, 99, null, null));
  }

  @Test
  void deletesThatCarryOnlyTheKeyFindTheirRowInAnyPartition() throws Exception {
    StreamTableEnvironment tables = streaming();
    declareAs(tables, "meru", "t", COLUMNS, "name");
    run(tables, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'a', 3)");
    changes(
        tables,
        "changes",
        ID_NAME_QTY_ROWS,
        ID_NAME_QTY,
        ChangelogMode.upsert(true),
        Row.ofKind(DELETE, 2, null, null),
        Row.ofKind(DELETE, 3, null, null));
    run(tables, "INSERT INTO t SELECT * FROM changes");

    assertThat(rows("t")).containsExactly("+I[1, a, 1]");
  }

  @Test
  void aRowMovesBetweenPartitionsThatAreNoPartOfTheKey() throws Exception {
    StreamTableEnvironment tables = batch();
    declareAs(tables, "meru", "t", COLUMNS, "name");
    run(tables, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)");
    run(tables, "INSERT INTO t VALUES (1, 'b', 10)");

    assertThat(query(tables, "t")).containsExactly("+I[1, b, 10]", "+I[2, b, 2]");
    assertThat(query(tables, "t WHERE name = 'a'")).isEmpty();
  }

  @Test
  void aStaticPartitionIsWritten() throws Exception {
    StreamTableEnvironment tables = batch();
    declareAs(tables, "meru", "t", COLUMNS, "name");
    run(tables, "INSERT INTO t PARTITION (name='x') SELECT 1, 5");

    assertThat(query(tables, "t")).containsExactly("+I[1, x, 5]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "k BIGINT NOT NULL, a STRING, b INT|k",
        "a STRING, k BIGINT NOT NULL, b INT|k",
        "a STRING, b INT, k BIGINT NOT NULL|k",
        "k BIGINT NOT NULL, a STRING NOT NULL, b INT|k, a",
        "a STRING NOT NULL, b INT, k BIGINT NOT NULL|k, a"
      })
  void theKeyMayStandAnywhere(String columns, String key) throws Exception {
    StreamTableEnvironment tables = batch();
    declare(tables, "t", columns + ", PRIMARY KEY (" + key + ") NOT ENFORCED");
    run(tables, "INSERT INTO t (k, a, b) VALUES (1, 'x', 1), (2, 'y', 2)");
    run(tables, "INSERT INTO t (k, a, b) VALUES (2, 'y', 20), (3, 'z', 3)");

    assertThat(query(tables, "SELECT k, a, b FROM t"))
        .containsExactly("+I[1, x, 1]", "+I[2, y, 20]", "+I[3, z, 3]");
  }

  @Test
  void everyTypeComesBackAsItWasWritten() throws Exception {
    StreamTableEnvironment tables = batch();
    declare(
        tables,
        "t",
        """
        id BIGINT NOT NULL, b BOOLEAN, ti TINYINT, si SMALLINT, i INT, f FLOAT, d DOUBLE,
        de DECIMAL(20, 4), c CHAR(3), s STRING, bin BINARY(4), vb VARBINARY(10), dt DATE,
        tm TIME, ts3 TIMESTAMP(3), ts6 TIMESTAMP(6), ts9 TIMESTAMP(9), tz TIMESTAMP_LTZ(6),
        PRIMARY KEY (id) NOT ENFORCED
        """);
    tables.getConfig().set("table.local-time-zone", "UTC");
    run(
        tables,
        """
        INSERT INTO t VALUES
        (1, TRUE, CAST(-7 AS TINYINT), CAST(300 AS SMALLINT), -5, CAST(1.5 AS FLOAT), 2.25e0,
         CAST(1234567890.1234 AS DECIMAL(20, 4)), 'abc', 'häß', x'01020304', x'0a0b',
         DATE '1969-12-31', TIME '23:59:58', TIMESTAMP '1969-12-31 23:59:59.123',
         TIMESTAMP '2026-01-02 03:04:05.123456', TIMESTAMP '2026-01-02 03:04:05.123456789',
         CAST(TIMESTAMP '2026-01-02 03:04:05.123456' AS TIMESTAMP_LTZ(6)))
        """);
    run(tables, "INSERT INTO t (id) VALUES (2)");

    assertThat(rows("t", "id, b, ti, si, i, f, d, de, c, s"))
        .containsExactly(
            "+I[1, true, -7, 300, -5, 1.5, 2.25, 1234567890.1234, abc, häß]",
            "+I[2, null, null, null, null, null, null, null, null, null]");
    assertThat(rows("t", "id, bin, vb, dt, tm, ts3, ts6, ts9, tz"))
        .containsExactly(
            "+I[1, [1, 2, 3, 4], [10, 11], 1969-12-31, 23:59:58, 1969-12-31T23:59:59.123, 2026-01-02T03:04:05.123456, 2026-01-02T03:04:05.123456789, 2026-01-02T03:04:05.123456Z]",
            "+I[2, null, null, null, null, null, null, null, null]");
  }

  @Test
  void nestedTypesComeBackAsTheyWereWritten() throws Exception {
    DataType arr = DataTypes.ARRAY(DataTypes.INT());
    DataType map = DataTypes.MAP(DataTypes.STRING().notNull(), DataTypes.INT());
    DataType row =
        DataTypes.ROW(
            DataTypes.FIELD("x", DataTypes.INT()),
            DataTypes.FIELD("y", DataTypes.ROW(DataTypes.FIELD("z", DataTypes.STRING()))));
    DataType deep =
        DataTypes.ARRAY(
            DataTypes.ROW(
                DataTypes.FIELD("k", DataTypes.STRING()),
                DataTypes.FIELD(
                    "v",
                    DataTypes.MAP(
                        DataTypes.INT().notNull(), DataTypes.ARRAY(DataTypes.DECIMAL(5, 2))))));
    DataType all =
        DataTypes.ROW(
            DataTypes.FIELD("id", DataTypes.INT().notNull()),
            DataTypes.FIELD("arr", arr),
            DataTypes.FIELD("mp", map),
            DataTypes.FIELD("rw", row),
            DataTypes.FIELD("deep", deep));
    Map<String, Integer> withNull = new HashMap<>();
    withNull.put("a", 1);
    withNull.put("b", null);
    StreamTableEnvironment tables = streaming();
    declare(
        tables,
        "t",
        """
        id INT NOT NULL, arr ARRAY<INT>, mp MAP<STRING NOT NULL, INT>,
        rw ROW<x INT, y ROW<z STRING>>,
        deep ARRAY<ROW<k STRING, v MAP<INT NOT NULL, ARRAY<DECIMAL(5, 2)>>>>,
        PRIMARY KEY (id) NOT ENFORCED
        """);
    changes(
        tables,
        "changes",
        ExternalTypeInfo.of(all),
        Schema.newBuilder().fromRowDataType(all).primaryKey("id").build(),
        ChangelogMode.upsert(true),
        Row.of(
            1,
            new Integer[] {1, null, 3},
            withNull,
            Row.of(7, Row.of("in")),
            new Row[] {
              Row.of("k", Map.of(1, new BigDecimal[] {new BigDecimal("1.25"), null})), null
            }),
        Row.of(2, new Integer[0], Map.of(), Row.of(null, null), new Row[0]),
        Row.of(3, null, null, null, null));
    run(tables, "INSERT INTO t SELECT * FROM changes");

    assertThat(rows("t"))
        .containsExactly(
            "+I[1, [1, null, 3], {a=1, b=null}, +I[7, +I[in]], [+I[k, {1=[1.25, null]}], null]]",
            "+I[2, [], {}, +I[null, null], []]",
            "+I[3, null, null, null, null]");
  }

  @Test
  void anAggregateIsKeptUpToDate() throws Exception {
    StreamTableEnvironment tables = streaming();
    declare(tables, "t", "w STRING NOT NULL, c BIGINT NOT NULL, PRIMARY KEY (w) NOT ENFORCED");
    run(
        tables,
        "INSERT INTO t SELECT w, COUNT(*) FROM (VALUES ('a'), ('b'), ('a'), ('a'), ('c'), ('b')) AS v (w) GROUP BY w");

    assertThat(rows("t")).containsExactly("+I[a, 3]", "+I[b, 2]", "+I[c, 1]");
  }

  @Test
  void aLongRandomChangelogEndsWhereAMapEnds() throws Exception {
    long seed = Long.getLong("meru.seed", 20261122L);
    Random random = new Random(seed);
    Map<Integer, Row> oracle = new TreeMap<>();
    List<Row> log = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      log.add(nextChange(random, oracle));
    }
    StreamTableEnvironment tables = streaming();
    declareAs(tables, "meru", "t", COLUMNS, "name", "write-parallelism", "3");
    changes(
        tables,
        "changes",
        ID_NAME_QTY_ROWS,
        ID_NAME_QTY,
        ChangelogMode.upsert(true),
        log.toArray(Row[]::new));
    run(tables, "INSERT INTO t SELECT * FROM changes");

    List<String> expected = oracle.values().stream().map(Row::toString).sorted().toList();
    assertThat(rows("t")).as("seed %d", seed).isEqualTo(expected);
  }

  private static Row nextChange(Random random, Map<Integer, Row> oracle) {
    int id = random.nextInt(700);
    if (random.nextInt(4) == 0) {
      oracle.remove(id);
      return Row.ofKind(DELETE, id, null, null);
    }
    String name = "p" + random.nextInt(5);
    int qty = random.nextInt();
    oracle.put(id, Row.of(id, name, qty));
    RowKind kind = random.nextBoolean() ? INSERT : UPDATE_AFTER;
    return Row.ofKind(kind, id, name, qty);
  }

  @Test
  void aHintOverridesTheDefinition() throws Exception {
    StreamTableEnvironment tables = batch();
    declare(tables, "t", COLUMNS, "write-parallelism", "1");
    String insert = "INSERT INTO t /*+ OPTIONS('write-parallelism'='%s') */ VALUES (1, 'a', 1)";

    assertThat(tables.explainSql(insert.formatted(3), JSON_EXECUTION_PLAN))
        .containsPattern("\"parallelism\" : 3");
    assertThat(tables.explainSql("INSERT INTO t VALUES (1, 'a', 1)", JSON_EXECUTION_PLAN))
        .doesNotContainPattern("\"parallelism\" : 3");
  }

  @Test
  void aHintWithAnUnknownOptionIsRefused() {
    StreamTableEnvironment tables = batch();
    declare(tables, "t", COLUMNS);

    assertThatThrownBy(
            () ->
                run(
                    tables,
                    "INSERT INTO t /*+ OPTIONS('write-paralelism'='3') */ VALUES (1, 'a', 1)"))
        .rootCause()
        .hasMessageStartingWith(
            "Unknown option 'write-paralelism' for connector 'meru'. Did you mean 'write-parallelism'?");
  }

  @Test
  void aBadValueOfAnOptionIsRefused() {
    StreamTableEnvironment tables = batch();
    declare(tables, "t", COLUMNS, "write-buffer.size", "many");

    assertThatThrownBy(() -> run(tables, "INSERT INTO t VALUES (1, 'a', 1)"))
        .hasStackTraceContaining("write-buffer.size");
  }

  @Test
  void insertOverwriteIsRefused() {
    StreamTableEnvironment tables = batch();
    declare(tables, "t", COLUMNS);

    assertThatThrownBy(() -> run(tables, "INSERT OVERWRITE t VALUES (1, 'a', 1)"))
        .hasMessageContaining("INSERT OVERWRITE is not supported by connector 'meru'");
  }

  @Test
  void aSnapshotInThePastIsRead() throws Exception {
    StreamTableEnvironment tables = batch();
    declare(tables, "t", COLUMNS);
    run(tables, "INSERT INTO t VALUES (1, 'a', 1)");
    long before = table("t").currentSnapshot().snapshotId();
    run(tables, "INSERT INTO t VALUES (1, 'b', 2)");

    assertThat(query(tables, "t")).containsExactly("+I[1, b, 2]");
    assertThat(query(tables, "t /*+ OPTIONS('snapshot-id'='%d') */".formatted(before)))
        .containsExactly("+I[1, a, 1]");
  }

  @Test
  void aJobMovesFromIcebergsConnectorByOneWord() throws Exception {
    StreamTableEnvironment tables = batch();
    String[] options = {
      "format-version",
      "3",
      "write-parallelism",
      "2",
      "distribution-mode",
      "hash",
      "target-file-size-bytes",
      "134217728",
      "compression-codec",
      "zstd"
    };
    declareAs(tables, "iceberg", "t", COLUMNS, "", options);
    run(tables, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)");
    tables.executeSql("DROP TEMPORARY TABLE t");
    declareAs(tables, "meru", "t", COLUMNS, "", options);
    run(tables, "INSERT INTO t VALUES (2, 'B', 20), (3, 'c', 3)");

    assertThat(query(tables, "t")).containsExactly("+I[1, a, 1]", "+I[2, B, 20]", "+I[3, c, 3]");
    assertNoEqualityDeletes("t");
  }

  @Test
  void aTableWithEqualityDeletesIsRefused() throws Exception {
    StreamTableEnvironment tables = batch();
    declareAs(tables, "iceberg", "t", COLUMNS, "", "format-version", "3", "upsert-enabled", "true");
    run(tables, "INSERT INTO t VALUES (1, 'a', 1)");
    tables.executeSql("DROP TEMPORARY TABLE t");
    declareAs(tables, "meru", "t", COLUMNS, "", "upsert-enabled", "true");

    assertThatThrownBy(() -> run(tables, "INSERT INTO t VALUES (2, 'b', 2)"))
        .rootCause()
        .hasMessageContaining("equality deletes")
        .hasMessageContaining("rewrite_data_files");
  }

  @Test
  void aTableOfIcebergsFlinkCatalogIsReachedWithLike() throws Exception {
    StreamTableEnvironment tables = batch();
    tables.executeSql(
        "CREATE CATALOG ice WITH ('type'='iceberg', 'catalog-type'='hadoop', 'warehouse'='%s')"
            .formatted(warehouse));
    tables.executeSql("CREATE DATABASE ice.db");
    tables.executeSql(
        "CREATE TABLE ice.db.t (%s) WITH ('format-version'='3', 'team.owner'='me')"
            .formatted(COLUMNS));
    tables.executeSql("CREATE TEMPORARY TABLE s WITH ('connector'='meru') LIKE ice.db.t");
    run(tables, "INSERT INTO s VALUES (1, 'a', 1)");
    run(tables, "INSERT INTO s VALUES (1, 'b', 2)");

    assertThat(query(tables, "ice.db.t")).containsExactly("+I[1, b, 2]");
  }

  @Test
  void computedColumnsAreNotWritten() throws Exception {
    StreamTableEnvironment tables = batch();
    declare(
        tables,
        "t",
        "id INT NOT NULL, name STRING, up AS UPPER(name), PRIMARY KEY (id) NOT ENFORCED");
    run(tables, "INSERT INTO t VALUES (1, 'a')");

    assertThat(query(tables, "t")).containsExactly("+I[1, a, A]");
    assertThat(table("t").schema().columns()).hasSize(2);
  }

  @Test
  void aNullInTheKeyIsRefused() {
    StreamTableEnvironment tables = batch();
    declare(tables, "t", COLUMNS);

    assertThatThrownBy(() -> run(tables, "INSERT INTO t SELECT CAST(NULL AS INT), 'a', 1"))
        .hasStackTraceContaining("Column 'id' is NOT NULL");
  }

  private static final org.apache.flink.table.api.ExplainDetail JSON_EXECUTION_PLAN =
      org.apache.flink.table.api.ExplainDetail.JSON_EXECUTION_PLAN;

  private void assertNoEqualityDeletes(String name) {
    Table table = table(name);
    for (Snapshot snapshot : table.snapshots()) {
      assertThat(snapshot.summary().getOrDefault("total-equality-deletes", "0")).isEqualTo("0");
      assertThat(snapshot.operation()).isNotEqualTo(DataOperations.REPLACE);
    }
  }
}

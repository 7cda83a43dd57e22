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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.testing.SparkReader;
import java.util.Locale;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The steps of docs/migrate-from-iceberg-sink.md, with the statements that stand there, on a table
 * that Iceberg's sink has filled with equality deletes. Spark does the clean-up.
 */
@Timeout(600)
class MoveFromIcebergITCase extends SqlTestBase {
  private static final String COLUMNS =
      "id INT NOT NULL, name STRING, PRIMARY KEY (id) NOT ENFORCED";
  private static final String COLUMNS_WITHOUT_KEY = "id INT NOT NULL, name STRING";

  @Test
  void anUpsertedTableOfVersionTwoIsTakenOverAfterTheCleanUp() throws Exception {
    StreamTableEnvironment tables = batch();
    declareAs(tables, "iceberg", "t", COLUMNS, "", "format-version", "2", "upsert-enabled", "true");
    run(tables, "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (3, 'cc')");
    run(tables, "INSERT INTO t VALUES (2, 'B')");
    changeTheWord(tables, COLUMNS);
    assertThatThrownBy(() -> run(tables, "INSERT INTO t VALUES (3, 'C')"))
        .hasStackTraceContaining("format version 2");

    SparkReader spark = SparkReader.shared();
    String catalog = spark.hadoopCatalog(warehouse);
    spark.query(
        "ALTER TABLE %s.db.t SET TBLPROPERTIES ('format-version' = '3')".formatted(catalog));
    assertThatThrownBy(() -> run(tables, "INSERT INTO t VALUES (3, 'C')"))
        .hasStackTraceContaining("equality deletes");

    spark.query(
        """
        CALL %s.system.rewrite_data_files(
          table => 'db.t',
          options => map('rewrite-all', 'true', 'use-starting-sequence-number', 'false'))
        """
            .formatted(catalog));
    spark.query(
        """
        CALL %s.system.rewrite_data_files(
          table => 'db.t',
          where => 'id < 3',
          options => map('rewrite-all', 'true', 'use-starting-sequence-number', 'false'))
        """
            .formatted(catalog));
    assertThat(
            spark
                .query(
                    "SELECT count(*) FROM %s.db.t.delete_files WHERE content = 2"
                        .formatted(catalog))
                .onlyLong())
        .isZero();

    run(tables, "INSERT INTO t VALUES (3, 'C'), (4, 'd')");
    assertThat(rows("t")).containsExactly("+I[1, a]", "+I[2, B]", "+I[3, C]", "+I[4, d]");
    assertThat(spark.query("SELECT * FROM %s.db.t".formatted(catalog)).sortedLines())
        .containsExactly("1, \"a\"", "2, \"B\"", "3, \"C\"", "4, \"d\"");
  }

  @Test
  void aTableWithoutKeyIsTakenOverOnceSparkHasSetIt() throws Exception {
    StreamTableEnvironment tables = batch();
    declareAs(tables, "iceberg", "t", COLUMNS_WITHOUT_KEY, "", "format-version", "3");
    run(tables, "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    changeTheWord(tables, COLUMNS);
    assertThatThrownBy(() -> run(tables, "INSERT INTO t VALUES (2, 'B')"))
        .hasStackTraceContaining("SET IDENTIFIER FIELDS");

    SparkReader spark = SparkReader.shared();
    String catalog = spark.hadoopCatalog(warehouse);
    spark.query("ALTER TABLE %s.db.t SET IDENTIFIER FIELDS id".formatted(catalog));

    run(tables, "INSERT INTO t VALUES (2, 'B'), (3, 'c')");
    assertThat(rows("t")).containsExactly("+I[1, a]", "+I[2, B]", "+I[3, c]");
  }

  @Test
  void sparkRefusesToMakeANullableColumnRequired() throws Exception {
    StreamTableEnvironment tables = batch();
    declareAs(tables, "iceberg", "t", "id INT, name STRING", "", "format-version", "3");
    run(tables, "INSERT INTO t VALUES (1, 'a')");

    SparkReader spark = SparkReader.shared();
    String catalog = spark.hadoopCatalog(warehouse);
    assertThatThrownBy(
            () ->
                spark.query("ALTER TABLE %s.db.t ALTER COLUMN id SET NOT NULL".formatted(catalog)))
        .satisfies(e -> assertThat(e.getMessage().toLowerCase(Locale.ROOT)).contains("nullable"));
    table("t")
        .updateSchema()
        .allowIncompatibleChanges()
        .requireColumn("id")
        .setIdentifierFields("id")
        .commit();

    changeTheWord(tables, COLUMNS);
    run(tables, "INSERT INTO t VALUES (1, 'A')");
    assertThat(rows("t")).containsExactly("+I[1, A]");
  }

  private void changeTheWord(StreamTableEnvironment tables, String columns) {
    tables.executeSql("DROP TEMPORARY TABLE t");
    declare(tables, "t", columns);
  }
}

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

package io.meru.cli;

import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meru.error.UnsupportedTableException;
import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableUtil;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rewrite of other writers' deletes as a user runs it. */
class RewriteDeletesCommandTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              required(1, "id", Types.LongType.get()),
              required(2, "region", Types.StringType.get()),
              optional(3, "v", Types.StringType.get())),
          Set.of(1, 2));

  @TempDir Path folder;

  private String create(int formatVersion) {
    String table = folder.resolve("orders").toUri().toString();
    new HadoopTables(new Configuration())
        .create(
            SCHEMA,
            PartitionSpec.unpartitioned(),
            Map.of("format-version", Integer.toString(formatVersion)),
            table);
    return table;
  }

  private static Table load(String table) {
    return new HadoopTables(new Configuration()).load(table);
  }

  private static Record row(long id, String v) {
    return Records.of(SCHEMA.asStruct(), id, "eu", v);
  }

  private static void append(Table loaded, long from, long to) {
    List<Record> rows = new ArrayList<>();
    for (long id = from; id < to; id++) {
      rows.add(row(id, "v" + id));
    }
    new ForeignWriter(loaded).append(rows);
  }

  /** Three files of ten rows; keys 3 and 14 are deleted, then 14 is there again. */
  private static void appendAndDeleteKeys(Table loaded) {
    append(loaded, 0, 10);
    append(loaded, 10, 20);
    append(loaded, 20, 30);
    new OldDeletesWriter(loaded).deleteKeys(List.of(row(3, "any"), row(14, "any")));
    new ForeignWriter(loaded).append(List.of(row(14, "new")));
  }

  private static List<String> rows(Table loaded) {
    loaded.refresh();
    return TableChecks.rows(loaded, loaded.currentSnapshot().snapshotId()).stream()
        .map(Record::toString)
        .sorted()
        .toList();
  }

  private static void checkOnlyVectorsAreLeft(String table, List<String> rows) {
    Table loaded = load(table);
    assertThat(rows(loaded)).isEqualTo(rows);
    TableChecks.assertDeletes(loaded, loaded.currentSnapshot());
    CommandRun verify = CommandRun.of("verify", table);
    assertThat(verify.status()).as(verify::out).isZero();
  }

  @Test
  void equalityDeletesBecomeVectorsAndAJobMayWrite() {
    String table = create(3);
    appendAndDeleteKeys(load(table));
    List<String> rows = rows(load(table));
    assertThat(rows).hasSize(29);
    assertThatThrownBy(() -> EngineTable.open(table, 1))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("holds equality deletes");

    CommandRun run = CommandRun.of("rewrite-deletes", table);
    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .isEqualTo(
            """
            Table         orders
            Delete files  1 of equality deletes, 0 of position deletes, for 2 data files
            Vectors       2 written
            Deleted rows  2 that no vector had covered
            Dropped       0 data files without a live row
            Commits       1
            """);
    checkOnlyVectorsAreLeft(table, rows);
    try (EngineTable engine = EngineTable.open(table, 1)) {
      engine.put(3L, "eu", "back").checkpoint();
    }
    assertThat(rows(load(table))).hasSize(30);
  }

  @Test
  void aTableOfFormatVersion2IsRaisedOnlyWhenThatIsAskedFor() throws IOException {
    String table = create(2);
    appendAndDeleteKeys(load(table));
    new OldDeletesWriter(load(table)).deleteFirstRows();
    List<String> rows = rows(load(table));
    assertThat(rows).hasSize(25);

    for (List<String> options : List.of(List.<String>of(), List.of("--dry-run"))) {
      List<String> arguments = new ArrayList<>(List.of("rewrite-deletes", table));
      arguments.addAll(options);
      CommandRun refused = CommandRun.of(arguments.toArray(String[]::new));
      assertThat(refused.status()).isEqualTo(2);
      assertThat(refused.err())
          .startsWith(
              "meru: Cannot rewrite the delete files of table orders: it has format version 2")
          .contains("add --upgrade-format, which cannot be taken back");
      assertThat(refused.out()).isEmpty();
    }
    CommandRun dry = CommandRun.of("rewrite-deletes", table, "--upgrade-format", "--dry-run");
    assertThat(dry.out())
        .isEqualTo(
            """
            Table         orders
            Format        would be raised to version 3
            Delete files  1 of equality deletes, 1 of position deletes, for 4 data files
            Changed       nothing, since this is a dry run
            """);
    assertThat(TableUtil.formatVersion(load(table))).isEqualTo(2);

    CommandRun run = CommandRun.of("rewrite-deletes", table, "--upgrade-format", "--json");
    assertThat(run.status()).as(run::err).isZero();
    JsonNode result = new ObjectMapper().readTree(run.out());
    assertThat(result.get("table").asText()).isEqualTo("orders");
    assertThat(result.get("dryRun").asBoolean()).isFalse();
    assertThat(result.get("upgraded").asBoolean()).isTrue();
    assertThat(result.get("equalityDeletes").asInt()).isEqualTo(1);
    assertThat(result.get("positionDeletes").asInt()).isEqualTo(1);
    assertThat(result.get("vectors").asInt()).isEqualTo(3);
    assertThat(result.get("droppedFiles").asInt()).isEqualTo(1);
    assertThat(result.get("deletedRows").asLong()).isEqualTo(6);
    assertThat(TableUtil.formatVersion(load(table))).isEqualTo(3);
    checkOnlyVectorsAreLeft(table, rows);
  }

  @Test
  void aDryRunChangesNothing() throws IOException {
    String table = create(3);
    appendAndDeleteKeys(load(table));
    long head = load(table).currentSnapshot().snapshotId();

    CommandRun dry = CommandRun.of("rewrite-deletes", table, "--dry-run", "--json");

    JsonNode result = new ObjectMapper().readTree(dry.out());
    assertThat(result.get("dryRun").asBoolean()).isTrue();
    assertThat(result.get("equalityDeletes").asInt()).isEqualTo(1);
    assertThat(load(table).currentSnapshot().snapshotId()).isEqualTo(head);
  }

  @Test
  void aTableWithVectorsAloneIsLeftAsItIs() {
    String table = create(3);
    append(load(table), 0, 10);
    new ForeignWriter(load(table)).delete(row -> row.getField("id").equals(3L));
    long head = load(table).currentSnapshot().snapshotId();

    CommandRun run = CommandRun.of("rewrite-deletes", table);
    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.out())
        .contains("0 of equality deletes, 0 of position deletes", "Commits       0");
    assertThat(load(table).currentSnapshot().snapshotId()).isEqualTo(head);
  }

  @Test
  void smallBatchesAreCommitsOfTheirOwn() {
    String table = create(3);
    appendAndDeleteKeys(load(table));
    List<String> rows = rows(load(table));

    CommandRun run =
        CommandRun.of("rewrite-deletes", table, "--batch-rows", "1", "--keys-in-memory", "1");
    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.out()).contains("Vectors       2 written", "Commits       2\n");
    checkOnlyVectorsAreLeft(table, rows);
  }

  @Test
  void wrongArgumentsExitWithTwoAndSayWhatToDo() {
    String table = create(3);
    for (String option : List.of("--batch-rows", "--keys-in-memory", "--max-attempts")) {
      CommandRun run = CommandRun.of("rewrite-deletes", table, option, "0");
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.err()).isEqualTo("meru: " + option + " must be 1 or more but was 0\n");
      CommandRun words = CommandRun.of("rewrite-deletes", table, option, "many");
      assertThat(words.status()).isEqualTo(2);
      assertThat(words.err()).startsWith("Invalid value for option '" + option + "'");
    }
    CommandRun nothing = CommandRun.of("rewrite-deletes");
    assertThat(nothing.status()).isEqualTo(2);
    assertThat(nothing.err()).startsWith("Missing required parameter: 'TABLE'");
  }

  @Test
  void whoIsOvertakenAgainAndAgainGivesUpAndSaysSo() throws IOException {
    String warehouse = folder.resolve("lake").toUri().toString();
    TableIdentifier name = TableIdentifier.of("shop", "orders");
    try (OvertakingCatalog catalog = new OvertakingCatalog()) {
      catalog.setConf(new Configuration());
      catalog.initialize("lake", Map.of("warehouse", warehouse));
      catalog.createNamespace(Namespace.of("shop"));
      Table loaded =
          catalog.createTable(
              name, SCHEMA, PartitionSpec.unpartitioned(), Map.of("format-version", "3"));
      appendAndDeleteKeys(loaded);

      CommandRun run =
          CommandRun.of(
              "rewrite-deletes",
              "shop.orders",
              "--max-attempts=2",
              "--catalog-impl=" + OvertakingCatalog.class.getName(),
              "--warehouse=" + warehouse);
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.err())
          .startsWith("meru: Cannot rewrite the delete files of table")
          .contains("2 times in a row. Stop them");
      assertThat(run.out()).isEmpty();
      assertThat(rows(loaded)).hasSize(29 + 2);
    }
  }
}

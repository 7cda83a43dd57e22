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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands on a table that the engine wrote, as a user runs them. */
class CommandTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              required(1, "id", Types.LongType.get()),
              required(2, "region", Types.StringType.get()),
              optional(3, "v", Types.StringType.get())),
          Set.of(1, 2));

  @TempDir Path folder;
  private EngineTable engine;
  private String table;
  private String out;
  private String err;

  @BeforeEach
  void writeTable() {
    table = folder.resolve("orders").toUri().toString();
    engine = EngineTable.create(table, SCHEMA, PartitionSpec.unpartitioned(), 2);
    for (long id = 0; id < 1000; id++) {
      engine.put(id, "eu", "first");
    }
    engine.checkpoint();
    engine.put(7L, "eu", "second").put(8L, "eu", null).delete(9L, "eu", null).checkpoint();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private int run(String... args) {
    CommandRun run = CommandRun.of(args);
    out = run.out();
    err = run.err();
    return run.status();
  }

  private JsonNode json(int status, String... args) throws IOException {
    assertThat(run(args)).as(() -> err).isEqualTo(status);
    return new ObjectMapper().readTree(out);
  }

  private void appendSecondRowOfKey7() {
    new ForeignWriter(engine.load())
        .append(List.of(Records.of(SCHEMA.asStruct(), 7L, "eu", "again")));
  }

  // inspect

  @Test
  void inspectShowsLevelsFilesSinksSnapshotsAndCleanUp() {
    assertThat(run("inspect", table)).isZero();

    assertThat(err).isEmpty();
    assertThat(out)
        .contains("Table        orders\n")
        .contains("Key          id, region, fingerprint ")
        .contains("Rows         999 live, 3 deleted (0.3 % of all)\n")
        .contains("Deletes      2 deletion vectors, ")
        .containsPattern("Last commit  .*, flush, checkpoint 2 of sink orders, generation 1\n")
        .containsPattern("  L0 +3 +1,002 +999 +0\\.3 %")
        .containsPattern(
            "  L0 +[0-9a-f]{4}-[0-9a-f]{4}  .*  0, eu \\.\\. 998, eu  orders  meru-L0-")
        .containsPattern("  orders +1  [0-9a-f-]{36} +1 +2\n")
        .contains("  0 snapshots could be expired")
        .contains("  3 older metadata files");
  }

  @Test
  void aCommitOfNoSinkIsMerusAllTheSame() {
    assertThat(run("compact", table)).as(() -> err).isZero();
    run("inspect", table);
    assertThat(out).containsPattern("Last commit  .*, compaction by a process beside the jobs\n");

    appendSecondRowOfKey7();
    run("inspect", table);
    assertThat(out).containsPattern("Last commit  .*, by another writer \\(append\\)\n");
  }

  @Test
  void rowsAreLiveAtMostWhileOldDeletesHideSome() {
    new OldDeletesWriter(engine.load())
        .deleteKeys(List.of(Records.of(SCHEMA.asStruct(), 10L, "eu", null)));
    run("inspect", table);
    assertThat(out)
        .contains("Rows         at most 999 live, 3 deleted")
        .contains("1 equality delete file: Meru cannot write to this table before");
  }

  @Test
  void aCopiedFolderIsRefusedByEachCommand() throws IOException {
    Path copy = folder.resolve("copy");
    try (Stream<Path> files = Files.walk(folder.resolve("orders"))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(folder.resolve("orders").relativize(file)));
      }
    }
    for (List<String> command :
        List.of(
            List.of("inspect"),
            List.of("key", "7", "eu"),
            List.of("verify"),
            List.of("compact"),
            List.of("expire"),
            List.of("remove-orphans"),
            List.of("rewrite-deletes"))) {
      List<String> args = new ArrayList<>(command);
      args.add(1, copy.toString());
      assertThat(run(args.toArray(String[]::new))).as(command.get(0)).isEqualTo(2);
      assertThat(err).as(command.get(0)).contains("This folder was copied or moved from there");
    }
  }

  @Test
  void outputThatCannotBeWrittenIsAFailureUnlessNobodyReadsIt() {
    StringWriter errors = new StringWriter();
    PrintWriter toErrors = new PrintWriter(errors, true);
    assertThat(MeruCommand.run(failing("Broken pipe"), toErrors, "verify", table, "--json"))
        .isZero();
    assertThat(errors.toString()).isEmpty();

    assertThat(MeruCommand.run(failing("No space left"), toErrors, "verify", table, "--json"))
        .isEqualTo(2);
    assertThat(errors.toString()).contains("the output could not be written: No space left");
  }

  private static OutputStream failing(String message) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(message);
      }
    };
  }

  @Test
  void listsAreCutAtTheLimitAndSaySo() {
    run("inspect", table, "--limit", "1");
    assertThat(out).contains("  ... and 2 more; --limit 0 shows all\n");

    run("inspect", table, "--limit", "0");
    assertThat(out).doesNotContain("more; --limit");

    assertThat(run("inspect", table, "--limit", "-1")).isEqualTo(2);
  }

  @Test
  void inspectAsJsonHasTheFieldsOfTheRecords() throws IOException {
    JsonNode shape = json(0, "inspect", table, "--json");

    assertThat(shape.get("table").asText()).isEqualTo("orders");
    assertThat(shape.get("liveRows").asLong()).isEqualTo(999);
    assertThat(shape.get("keyColumns").get(1).asText()).isEqualTo("region");
    assertThat(shape.get("levels").get(0).get("level").asInt()).isZero();
    assertThat(shape.get("dataFiles")).hasSize(3);
    assertThat(shape.get("snapshots").get(2).get("checkpointId").asLong()).isEqualTo(2);
    assertThat(shape.get("sinks").get(0).get("runs").get(0).get("lastCheckpointId").asLong())
        .isEqualTo(2);
    assertThat(shape.get("cleanUp").get("expirableSnapshots").asInt()).isZero();
    assertThat(shape.get("snapshots").get(0).get("checkpointId").isNull()).isTrue();
  }

  /** Programs rely on the names: docs/cli.md lists them all. */
  @Test
  void theGuideNamesEveryFieldOfTheJson() throws IOException {
    appendSecondRowOfKey7();
    String guide = Files.readString(Path.of("..", "docs", "cli.md"));
    for (List<String> command :
        List.of(
            List.of("inspect", table, "--json"),
            List.of("key", table, "7", "eu", "--json"),
            List.of("verify", table, "--json"),
            List.of("expire", table, "--older-than", "0s", "--dry-run", "--json"),
            List.of("remove-orphans", table, "--dry-run", "--json"),
            List.of("rewrite-deletes", table, "--dry-run", "--json"))) {
      run(command.toArray(String[]::new));
      List<String> names = new ArrayList<>();
      collectNames(new ObjectMapper().readTree(out), names);
      assertThat(names).isNotEmpty();
      for (String name : names) {
        assertThat(guide).as(() -> "field of " + command.get(0)).contains("`" + name + "`");
      }
    }
  }

  private static void collectNames(JsonNode node, List<String> names) {
    node.properties()
        .forEach(
            field -> {
              names.add(field.getKey());
              boolean namesAreData = Set.of("key", "row").contains(field.getKey());
              if (!namesAreData) {
                collectNames(field.getValue(), names);
              }
            });
    if (node.isArray()) {
      node.forEach(element -> collectNames(element, names));
    }
  }

  @Test
  void theHtmlPageHoldsItsChartsAndLoadsNothing() throws Exception {
    appendSecondRowOfKey7();
    assertThat(run("inspect", table, "--html", folder.resolve("no/report.html").toString()))
        .isEqualTo(2);
    assertThat(err).contains("no/report.html: its folder is not there");
    Path page = folder.resolve("report.html");
    assertThat(run("inspect", table, "--html", page.toString())).isZero();

    assertThat(out).isEqualTo("Wrote " + page + System.lineSeparator());
    String html = Files.readString(page);
    assertThat(html).doesNotContain("<script").doesNotContain("http").doesNotContain("<link");
    List<String> pictures = new ArrayList<>();
    Matcher svg = Pattern.compile("<svg .*?</svg>", Pattern.DOTALL).matcher(html);
    while (svg.find()) {
      pictures.add(svg.group());
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new ByteArrayInputStream(svg.group().getBytes("UTF-8")));
    }
    assertThat(pictures).hasSize(8);
    assertThat(pictures.get(1))
        .contains("Files by level and hash range")
        .contains("meru-L0-")
        .contains("foreign-")
        .contains("class=\"foreign\"");
    assertThat(pictures.get(5)).contains("Live rows: 1,000 at").contains("checkpoint 2");
  }

  @Test
  void whatIsInATableCannotBreakThePage() {
    assertThat(Html.escape("<b>\"x\" & 'y'</b>"))
        .isEqualTo("&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;");
  }

  // key

  @Test
  void keyShowsTheRowAndItsHistory() {
    assertThat(run("key", table, "7", "eu")).isZero();

    assertThat(out)
        .contains("Key    id = 7, region = eu\n")
        .contains("Now: one row\n")
        .containsPattern("  v       second\n")
        .containsPattern("(?s)Changes, newest first.* 2  L0 row \\d+ of meru-L0.* 1  L0 row 3 of ");
  }

  @Test
  void aKeyThatIsGoneHasNoRowNow() {
    run("key", table, "9", "eu");
    assertThat(out).contains("Now: no row\n").containsPattern("  2  no row\n");

    run("key", table, "8", "eu");
    assertThat(out).containsPattern("  v       NULL\n");
  }

  @Test
  void keyAsJsonHasEverySnapshot() throws IOException {
    JsonNode history = json(0, "key", table, "7", "eu", "--json");

    assertThat(history.get("key").get("region").asText()).isEqualTo("eu");
    assertThat(history.get("head").get(0).get("row").get("v").asText()).isEqualTo("second");
    assertThat(history.get("snapshots")).hasSize(3);
    assertThat(history.get("snapshots").get(0).get("places")).isEmpty();
  }

  @Test
  void aNegativeKeyStandsBehindTwoDashes() {
    assertThat(run("key", table, "--", "-7", "eu")).isZero();
    assertThat(out).contains("id = -7");
  }

  @Test
  void aKeyOfTheWrongTypeIsRefused() {
    assertThat(run("key", table, "seven", "eu")).isEqualTo(2);
    assertThat(err)
        .startsWith("meru: 'seven' is no value of key column 'id' of table orders")
        .doesNotContain("\tat ");
  }

  // verify

  @Test
  void verifyOfAWholeTableSaysSoAndExitsWithZero() {
    assertThat(run("verify", table, "--all-snapshots")).isZero();
    assertThat(out)
        .contains("Verified 3 snapshots of table orders: ")
        .contains("999 live rows.\nNothing found.\n");
  }

  @Test
  void verifyThatFindsSomethingExitsWithOne() throws IOException {
    appendSecondRowOfKey7();

    assertThat(run("verify", table)).isEqualTo(1);
    assertThat(out)
        .contains("ERROR one-row-per-key\n  file      ")
        .contains("  expected  one live row of key 7, eu\n")
        .contains("  found     2 live rows: row ")
        .contains("1 error, 0 warnings.\n");
    JsonNode report = json(1, "verify", table, "--json");
    assertThat(report.get("errors").asLong()).isEqualTo(1);
    assertThat(report.get("findings").get(0).get("invariant").asText())
        .isEqualTo("one-row-per-key");
    assertThat(report.get("findings").get(0).get("severity").asText()).isEqualTo("ERROR");
  }

  @Test
  void verifyThatCannotBeDoneExitsWithTwo() {
    assertThat(run("verify", folder.resolve("nowhere").toUri().toString())).isEqualTo(2);
    assertThat(err).startsWith("meru: Table does not exist");
    assertThat(out).isEmpty();
  }

  // expire

  @Test
  void expireWithoutOptionsGoesByTheTablesProperties() {
    assertThat(run("expire", table)).isZero();
    assertThat(out).isEqualTo("Expired 0 snapshots of table orders; 3 snapshots remain.\n");
  }

  @Test
  void aDryRunChangesNothing() throws IOException {
    JsonNode result = json(0, "expire", table, "--older-than", "0s", "--dry-run", "--json");

    assertThat(result.get("dryRun").asBoolean()).isTrue();
    assertThat(result.get("expired")).hasSize(2);
    assertThat(result.get("remaining").asInt()).isEqualTo(1);
    assertThat(engine.load().snapshots()).hasSize(3);
  }

  @Test
  void expireRemovesSnapshotsAndTheFilesThatOnlyTheyNeed() throws IOException {
    for (long id = 0; id < 1000; id++) {
      engine.put(id, "eu", "third");
    }
    engine.checkpoint();
    long before = parquetFiles();

    assertThat(run("expire", table, "--older-than", "0s", "--retain-last", "2")).isZero();
    assertThat(out)
        .contains("Expired 2 snapshots of table orders; 2 snapshots remain.")
        .contains("append");
    assertThat(engine.load().snapshots()).hasSize(2);
    assertThat(parquetFiles()).isEqualTo(before);

    assertThat(run("expire", table, "--older-than", "0s")).isZero();
    assertThat(engine.load().snapshots()).hasSize(1);
    assertThat(parquetFiles()).isLessThan(before);
    assertThat(run("verify", table)).isZero();
    engine.put(1L, "eu", "fourth").checkpoint();
    assertThat(run("verify", table)).isZero();
  }

  /**
   * Iceberg's own expiry by age takes the whole Puffin file away once one of its vectors was
   * replaced; see docs/operations.md.
   */
  @Test
  void vectorsThatShareAPuffinFileWithReplacedOnesStay() {
    Table loaded = engine.load();
    ForeignWriter other = new ForeignWriter(loaded);
    other.delete(row -> (long) row.getField("id") >= 20 && (long) row.getField("id") < 40);
    other.delete(row -> row.getField("id").equals(100L));
    other.append(List.of(Records.of(SCHEMA.asStruct(), 5000L, "eu", "new")));
    int live = TableChecks.rows(loaded, loaded.currentSnapshot().snapshotId()).size();

    assertThat(run("expire", table, "--older-than", "0s")).isZero();

    Table after = engine.load();
    assertThat(after.snapshots()).hasSize(1);
    assertThat(TableChecks.rows(after, after.currentSnapshot().snapshotId())).hasSize(live);
    assertThat(run("verify", table)).as(() -> out).isZero();
  }

  @Test
  void anAgeOrATimeIsUnderstoodAndAnythingElseRefused() {
    for (String age : List.of("1s", "90m", "12h", "7d", "2020-01-31T12:00:00Z")) {
      assertThat(run("expire", table, "--older-than", age, "--dry-run")).as(age).isZero();
    }
    run("expire", table, "--older-than", "7d", "--dry-run");
    assertThat(out).startsWith("Would expire 0 snapshots");
    run("expire", table, "--older-than", "2099-01-31T12:00:00+01:00", "--dry-run");
    assertThat(out).contains("Would expire 2 snapshots of table orders; 1 snapshot would remain.");

    assertThat(run("expire", table, "--older-than", "yesterday")).isEqualTo(2);
    assertThat(err).startsWith("meru: --older-than 'yesterday' is neither an age such as 90m");
  }

  // where the table is

  @Test
  void aTableInACatalogIsFoundByItsName() throws IOException {
    String warehouse = folder.resolve("lake").toUri().toString();
    Map<String, String> jdbc =
        Map.of(
            "catalog-impl",
            "org.apache.iceberg.jdbc.JdbcCatalog",
            "uri",
            "jdbc:sqlite:" + folder.resolve("catalog.db"),
            "warehouse",
            warehouse,
            "jdbc.schema-version",
            "V1");
    create("lake", jdbc);

    assertThat(
            run(
                "inspect",
                "shop.orders",
                "--catalog-name=lake",
                "--catalog-impl=org.apache.iceberg.jdbc.JdbcCatalog",
                "--uri=" + jdbc.get("uri"),
                "--warehouse=" + warehouse,
                "--property",
                "jdbc.schema-version=V1"))
        .as(() -> err)
        .isZero();
    assertThat(out).contains("Table        shop.orders\n");

    Path file = folder.resolve("lake.properties");
    StringBuilder lines = new StringBuilder("catalog-name = lake\n");
    jdbc.forEach((key, value) -> lines.append(key).append(" = ").append(value).append('\n'));
    Files.writeString(file, lines);
    assertThat(run("verify", "shop.orders", "--catalog", file.toString())).as(() -> err).isZero();

    assertThat(run("verify", "shop.orders", "--catalog", file.toString(), "--catalog-name=other"))
        .isEqualTo(2);
    assertThat(err).contains("Table does not exist: shop.orders");
  }

  @Test
  void aTableInAHadoopCatalogIsFoundByItsName() {
    String warehouse = folder.resolve("lake").toUri().toString();
    create("any", Map.of("type", "hadoop", "warehouse", warehouse));

    assertThat(run("inspect", "shop.orders", "--catalog-type", "hadoop", "--warehouse", warehouse))
        .as(() -> err)
        .isZero();
    assertThat(
            run(
                "inspect",
                "shop.orders",
                "--catalog-type",
                "hadoop",
                "--property",
                "catalog-property.warehouse=" + warehouse))
        .as(() -> err)
        .isZero();
  }

  private void create(String name, Map<String, String> options) {
    Catalog catalog = CatalogUtil.buildIcebergCatalog(name, options, new Configuration());
    ((SupportsNamespaces) catalog).createNamespace(Namespace.of("shop"));
    catalog.createTable(
        TableIdentifier.of("shop", "orders"),
        SCHEMA,
        PartitionSpec.unpartitioned(),
        Map.of("format-version", "3"));
  }

  @Test
  void optionsThatDoNotSayWhichTableAreRefused() {
    assertThat(run("inspect", "shop.orders")).isEqualTo(2);
    assertThat(err).startsWith("meru: 'shop.orders' is no folder of a table, and no catalog");

    assertThat(run("inspect", "shop.orders", "--uri=http://localhost:1")).isEqualTo(2);
    assertThat(err).contains("Give one of --catalog-type and --catalog-impl: none says");

    assertThat(run("inspect", "shop.orders", "--catalog-type=rest", "--catalog-impl=x.Y"))
        .isEqualTo(2);
    assertThat(err).contains("not both");

    assertThat(run("inspect", "shop.orders", "--catalog-type=jdbc", "--uri=jdbc:sqlite:x"))
        .isEqualTo(2);
    assertThat(err).contains("A JDBC catalog needs --catalog-name");

    assertThat(run("inspect", "shop.orders", "--catalog=" + folder.resolve("none.properties")))
        .isEqualTo(2);
    assertThat(err).contains("Cannot read the catalog's options from");
  }

  // the command itself

  @Test
  void wrongUseExitsWithTwoAndShowsTheUsage() {
    assertThat(run()).isEqualTo(2);
    assertThat(err)
        .startsWith("Missing command")
        .contains("inspect", "key", "verify", "expire", "remove-orphans", "rewrite-deletes");
    assertThat(run("inspect")).isEqualTo(2);
    assertThat(err).contains("Missing required parameter: 'TABLE'");
    assertThat(run("inspect", table, "--unknown")).isEqualTo(2);
    assertThat(err).contains("--unknown");
  }

  @Test
  void helpAndVersionArePrinted() {
    assertThat(run("--help")).isZero();
    assertThat(out).contains("inspect", "key", "verify", "expire");
    assertThat(run("verify", "--help")).isZero();
    assertThat(out).contains("--all-snapshots", "--json", "--catalog-type", "Exit status:");
    assertThat(run("--version")).isZero();
    assertThat(out).startsWith("meru ");
  }

  /** Each option is in the guide. */
  @Test
  void theGuideNamesEveryOption() throws IOException {
    String guide = Files.readString(Path.of("..", "docs", "cli.md"));
    for (CommandLine command :
        MeruCommand.commandLine(Clock.systemUTC()).getSubcommands().values()) {
      command.getCommandSpec().options().stream()
          .map(CommandLine.Model.OptionSpec::longestName)
          .filter(name -> !Set.of("--help", "--version").contains(name))
          .forEach(name -> assertThat(guide).contains("`" + name));
    }
  }

  private long parquetFiles() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("orders"))) {
      return files.filter(file -> file.toString().endsWith(".parquet")).count();
    }
  }
}

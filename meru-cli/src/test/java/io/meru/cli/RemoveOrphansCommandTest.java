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
import io.meru.testing.TableChecks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orphan removal as a user runs it, on a table whose files are ten days old. */
class RemoveOrphansCommandTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              required(1, "id", Types.LongType.get()), optional(2, "v", Types.StringType.get())),
          Set.of(1));

  private static final String PLANTED = "planted";

  private final Instant now = Clock.systemUTC().instant();
  @TempDir Path folder;
  private EngineTable engine;
  private String table;

  @BeforeEach
  void writeTable() {
    table = folder.resolve("orders").toUri().toString();
    engine = EngineTable.create(table, SCHEMA, PartitionSpec.unpartitioned(), 1);
    for (long id = 0; id < 100; id++) {
      engine.put(id, "first");
    }
    engine.checkpoint();
    engine.put(7L, "second").delete(9L, null).checkpoint();
    everyFile().forEach(file -> changed(file, Duration.ofDays(10)));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private List<Path> everyFile() {
    try (Stream<Path> files = Files.walk(folder.resolve("orders"))) {
      return files.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void changed(Path file, Duration age) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(now.minus(age)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path plant(String path, Duration age) {
    try {
      Path file = folder.resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, PLANTED);
      changed(file, age);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A level file as an attempt that failed leaves it: named as its neighbours are. */
  private Path plantLevelFile(int number, Duration age) {
    String name =
        everyFile().stream()
            .map(file -> file.getFileName().toString())
            .filter(file -> file.startsWith("meru-L0-"))
            .findFirst()
            .orElseThrow();
    String id = "%032x".formatted(number);
    return plant("orders/data/" + name.replaceAll("[0-9a-f]{32}", id), age);
  }

  private void checkTableIsWhole() {
    CommandRun verify = CommandRun.of("verify", table, "--all-snapshots");
    assertThat(verify.status()).as(verify::out).isZero();
    Table loaded = engine.load();
    assertThat(TableChecks.rows(loaded, loaded.currentSnapshot().snapshotId())).hasSize(99);
  }

  @Test
  void anOrphanIsListedByADryRunAndDeletedWithoutIt() {
    List<Path> needed = everyFile();
    Path orphan = plantLevelFile(1, Duration.ofDays(4));
    Path young = plantLevelFile(2, Duration.ofDays(2));

    CommandRun dry = CommandRun.of("remove-orphans", table, "--dry-run");
    assertThat(dry.status()).as(dry::err).isZero();
    assertThat(dry.out())
        .contains("  ORPHAN\n  file:" + orphan)
        .doesNotContain(young.getFileName().toString())
        .contains("\nTable    orders\n")
        .contains("\nListed   %d files\n".formatted(needed.size() + 2))
        .contains("\nFound    1 orphan, 7 B, last changed before ")
        .contains("\nDeleted  none, since this is a dry run\n");
    assertThat(orphan).exists();

    CommandRun run = CommandRun.of("remove-orphans", table);
    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.out())
        .contains("  ORPHAN\n  file:" + orphan)
        .contains("\nFound    1 orphan, 7 B")
        .contains("\nDeleted  1 file\n");
    assertThat(orphan).doesNotExist();
    assertThat(young).exists();
    assertThat(needed).allSatisfy(file -> assertThat(file).exists());
    checkTableIsWhole();

    CommandRun again = CommandRun.of("remove-orphans", table);
    assertThat(again.out()).startsWith("Table    orders\n").contains("Found    0 orphans, 0 B");
  }

  @Test
  void asJsonItNamesEveryFileAndItsSize() throws IOException {
    Path orphan = plantLevelFile(1, Duration.ofDays(4));

    CommandRun run = CommandRun.of("remove-orphans", table, "--json");
    JsonNode result = new ObjectMapper().readTree(run.out());

    assertThat(result.get("table").asText()).isEqualTo("orders");
    assertThat(result.get("dryRun").asBoolean()).isFalse();
    assertThat(result.get("orphans")).hasSize(1);
    assertThat(Path.of(URI.create(result.get("orphans").get(0).asText()))).isEqualTo(orphan);
    assertThat(result.get("orphanBytes").asLong()).isEqualTo(PLANTED.length());
    assertThat(result.get("deletedFiles").asInt()).isEqualTo(1);
    assertThat(Instant.ofEpochMilli(result.get("olderThanMs").asLong()))
        .isBetween(now.minus(Duration.ofDays(3)).minusSeconds(1), now.minus(Duration.ofDays(2)));
  }

  @Test
  void filesOfOtherWritersGoOnlyWhenThatIsAskedFor() {
    Path other = plant("orders/data/00000-0-spark.parquet", Duration.ofDays(4));

    CommandRun careful = CommandRun.of("remove-orphans", table);
    assertThat(careful.out())
        .contains("Found    0 orphans", "Omitted  files with names of other writers; --any-name");
    assertThat(other).exists();

    CommandRun run = CommandRun.of("remove-orphans", table, "--any-name");
    assertThat(run.out()).contains("Found    1 orphan, 7 B").doesNotContain("--any-name");
    assertThat(other).doesNotExist();
    checkTableIsWhole();
  }

  @Test
  void aTimeIsUnderstoodAsAnAgeIs() {
    Path older = plantLevelFile(1, Duration.ofDays(6));
    Path younger = plantLevelFile(2, Duration.ofDays(4));
    String time = now.minus(Duration.ofDays(5)).truncatedTo(ChronoUnit.SECONDS).toString();

    CommandRun run = CommandRun.of("remove-orphans", table, "--older-than", time);
    assertThat(run.status()).as(run::err).isZero();
    assertThat(older).doesNotExist();
    assertThat(younger).exists();

    assertThat(CommandRun.of("remove-orphans", table, "--older-than", "96h").status()).isZero();
    assertThat(younger).doesNotExist();
  }

  @Test
  void aShortAgeHasToBeAllowed() {
    Path file = plantLevelFile(1, Duration.ofHours(2));

    CommandRun refused = CommandRun.of("remove-orphans", table, "--older-than", "1h");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.err())
        .startsWith("meru: --older-than '1h' is less than 24 h ago: a checkpoint that is not")
        .contains("add --allow-short-age");
    assertThat(refused.out()).isEmpty();
    assertThat(file).exists();

    CommandRun run =
        CommandRun.of("remove-orphans", table, "--older-than", "1h", "--allow-short-age");
    assertThat(run.status()).as(run::err).isZero();
    assertThat(file).doesNotExist();
    assertThat(CommandRun.of("remove-orphans", table, "--older-than", "1d").status()).isZero();
    checkTableIsWhole();
  }

  @Test
  void wrongArgumentsExitWithTwoAndSayWhatToDo() {
    assertRefused(
        "meru: --older-than 'yesterday' is neither an age such as 90m",
        "--older-than",
        "yesterday");
    assertRefused(
        "meru: --older-than '2999-01-31T12:00:00Z' lies in the future: give an age",
        "--older-than",
        "2999-01-31T12:00:00Z");
    assertRefused("meru: --max-files must be 1 or more but was 0", "--max-files", "0");
    assertRefused("meru: --limit must be 0, for all, or more but was -1", "--limit", "-1");
    assertRefused("Invalid value for option '--max-files'", "--max-files", "many");
    assertThat(CommandRun.of("remove-orphans").err())
        .startsWith("Missing required parameter: 'TABLE'");
  }

  private void assertRefused(String message, String... options) {
    List<String> arguments = new ArrayList<>(List.of("remove-orphans", table));
    arguments.addAll(List.of(options));
    CommandRun run = CommandRun.of(arguments.toArray(String[]::new));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith(message).doesNotContain("\tat ");
  }

  @Test
  void oneRunDeletesNoMoreThanItMayAndSaysThatThereAreMore() {
    for (int number = 1; number <= 3; number++) {
      plantLevelFile(number, Duration.ofDays(4));
    }

    CommandRun first = CommandRun.of("remove-orphans", table, "--max-files", "2");
    assertThat(first.out())
        .contains("Deleted  2 files\n")
        .contains("More     are there; run it again, or raise --max-files\n");
    CommandRun second = CommandRun.of("remove-orphans", table, "--max-files", "2");
    assertThat(second.out()).contains("Deleted  1 file\n").doesNotContain("More ");
  }

  @Test
  void theListIsCutAtTheLimit() {
    for (int number = 1; number <= 3; number++) {
      plantLevelFile(number, Duration.ofDays(4));
    }

    CommandRun cut = CommandRun.of("remove-orphans", table, "--dry-run", "--limit", "1");
    assertThat(cut.out()).contains("  ... and 2 more; --limit 0 shows all\n", "Found    3 orphans");
    assertThat(CommandRun.of("remove-orphans", table, "--dry-run", "--limit", "0").out())
        .doesNotContain("more; --limit");
  }

  @Test
  void aFolderOutsideTheTableIsNamedAndListedOnlyWhenItIsGiven() {
    Path orphan = plant("shared/orders/data.parquet", Duration.ofDays(4));
    String shared = folder.resolve("shared/orders").toUri().toString().replaceAll("/$", "");
    engine.load().updateProperties().set(TableProperties.WRITE_DATA_LOCATION, shared).commit();

    CommandRun careful = CommandRun.of("remove-orphans", table, "--any-name");
    assertThat(careful.out())
        .contains("Not listed  " + shared + ", which lies outside the table's location")
        .contains("add --also-under " + shared);
    assertThat(orphan).exists();

    CommandRun run = CommandRun.of("remove-orphans", table, "--any-name", "--also-under", shared);
    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.out()).contains("Deleted  1 file\n").doesNotContain("Not listed");
    assertThat(orphan).doesNotExist();
  }

  @Test
  void aFolderThatIsGivenAndHoldsNothingIsNamed() {
    String absent = folder.resolve("absent").toString();

    CommandRun run = CommandRun.of("remove-orphans", table, "--also-under", absent + "/");
    assertThat(run.status()).as(run::err).isZero();
    assertThat(run.out()).contains("No files  in " + absent + "; see whether --also-under");
    assertThat(CommandRun.of("remove-orphans", table).out()).doesNotContain("No files");
  }

  @Test
  void aTableWhoseFilesMustNotBeDeletedIsLeftAlone() {
    Path orphan = plantLevelFile(1, Duration.ofDays(4));
    engine.load().updateProperties().set(TableProperties.GC_ENABLED, "false").commit();

    CommandRun run = CommandRun.of("remove-orphans", table);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).startsWith("meru: Cannot remove orphans of table").contains("gc.enabled");
    assertThat(orphan).exists();
  }

  @Test
  void anOrphanThatCannotBeDeletedIsAFailure() {
    String warehouse = folder.resolve("lake").toUri().toString();
    Catalog catalog =
        CatalogUtil.buildIcebergCatalog(
            "lake", Map.of("type", "hadoop", "warehouse", warehouse), new Configuration());
    ((SupportsNamespaces) catalog).createNamespace(Namespace.of("shop"));
    catalog.createTable(TableIdentifier.of("shop", "orders"), SCHEMA);
    Path orphan = plant("lake/shop/orders/data/old.parquet", Duration.ofDays(4));

    CommandRun run =
        CommandRun.of(
            "remove-orphans",
            "shop.orders",
            "--any-name",
            "--catalog-type=hadoop",
            "--warehouse=" + warehouse,
            "--property",
            "io-impl=" + UndeletingFileIO.class.getName());
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out())
        .contains("Found    1 orphan, 7 B")
        .contains("Deleted  0 files\nFailed   1 file\n");
    assertThat(run.err())
        .startsWith("meru: Could not delete 1 orphan of table shop.orders: ")
        .contains("See whether you may delete there, and run it again");
    assertThat(orphan).exists();
  }
}

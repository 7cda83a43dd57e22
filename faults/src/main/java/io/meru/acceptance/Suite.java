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

package io.meru.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import io.meru.audit.TableFiles;
import io.meru.servers.Spark;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.TableUtil;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;

/** The suite on one pair: the jobs, and then everything that the table says of them. */
final class Suite {
  private final Lake lake;
  private final TableIdentifier name;
  private final Spark spark;
  private final Path directory;
  private final List<String> violations = new ArrayList<>();

  Suite(Lake lake, Spark spark, Path directory) {
    this.lake = lake;
    this.name = TableIdentifier.of(lake.database(), ItemJob.TABLE);
    this.spark = spark;
    this.directory = directory;
  }

  /** Runs it. What is wrong is in the outcome; what cannot be run throws. */
  Outcome run() throws Exception {
    long start = System.nanoTime();
    try (OpenCatalog open = lake.open()) {
      Catalog catalog = open.catalog();
      try (JobSteps steps = new JobSteps(lake, catalog, name, directory, violations)) {
        steps.run();
      }
      Table table = catalog.loadTable(name);
      checkDefinition(table);
      History history = new History(table, violations);
      history.check();
      history.checkEnd(List.of(JobSteps.OTHERS_ITEM));
      if (history.compactions() == 0) {
        violations.add("No compaction was committed");
      }
      TableFiles files = TableFiles.of(table);
      files.check(violations::add);
      Leftovers leftovers = Leftovers.of(files, history);
      leftovers.check(violations::add);
      leftovers.all().forEach(table.io()::deleteFile);
      checkUnchanged(catalog.loadTable(name));
      checkReaders(catalog.loadTable(name), history.rows());
      if (lake.pair().commitsAtomically()) {
        RivalCommits.check(lake, catalog, table, violations);
      }
      return new Outcome(
          lake.pair(),
          Duration.ofNanos(System.nanoTime() - start),
          history.flushes(),
          history.compactions(),
          history.others(),
          history.attempts(),
          files.named().size(),
          leftovers.data().size(),
          leftovers.metadata().size(),
          List.copyOf(violations));
    }
  }

  /** The table is as the job's CREATE TABLE says. */
  private void checkDefinition(Table table) {
    if (TableUtil.formatVersion(table) != 3
        || !table.schema().identifierFieldNames().equals(Set.of("tenant", "id"))
        || table.spec().fields().size() != 1
        || !table.spec().fields().get(0).name().equals("region")) {
      violations.add(
          "The table was created with format version %d, %s, %s"
              .formatted(TableUtil.formatVersion(table), table.schema(), table.spec()));
    }
  }

  /** Without the leftovers every snapshot is what it was: whole, and as the map says. */
  private void checkUnchanged(Table table) {
    List<String> found = new ArrayList<>();
    new History(table, found).check();
    TableFiles.of(table).check(found::add);
    found.removeAll(violations); // said before
    found.forEach(violation -> violations.add("Without its orphan files: " + violation));
  }

  private void checkReaders(Table table, List<Item> rows) throws IOException, InterruptedException {
    ItemModel expected = new ItemModel();
    expected.append(rows);
    String difference =
        expected.difference(ItemTable.read(table, table.currentSnapshot().snapshotId()));
    if (!difference.isEmpty()) {
      violations.add("Without its orphan files, " + difference);
    }
    // a class that Spark does not have
    table.updateProperties().remove(TableProperties.WRITE_LOCATION_PROVIDER_IMPL).commit();
    difference = expected.difference(rowsInSpark());
    if (!difference.isEmpty()) {
      violations.add("In Spark, " + difference);
    }
  }

  private List<Item> rowsInSpark() throws IOException, InterruptedException {
    spark.addCatalog(lake.name(), lake.properties());
    return spark
        .query("select tenant, id, region, n, payload from %s.%s".formatted(lake.name(), name))
        .stream()
        .map(Suite::item)
        .toList();
  }

  private static Item item(JsonNode row) {
    return new Item(
        row.get(0).asInt(),
        row.get(1).asLong(),
        Spark.unquoted(row.get(2)),
        row.get(3).asLong(),
        Spark.unquoted(row.get(4)));
  }
}

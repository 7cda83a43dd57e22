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

package io.meru.flink.foreign;

import io.meru.flink.testing.Changes;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.jspecify.annotations.Nullable;

/**
 * The table that a job and another process write to. Its catalog is SQLite's: a commit there is
 * atomic between processes, as the Hadoop catalog's rename on a local disk is not.
 */
final class SharedTable implements AutoCloseable {
  /** The catalog's name, which is part of the tables' addresses in its database. */
  static final String CATALOG = "shared";

  private static final TableIdentifier NAME = TableIdentifier.of(Namespace.of("db"), "t");

  private final Path folder;
  private final JdbcCatalog catalog = new JdbcCatalog();

  private SharedTable(Path folder) {
    this.folder = folder;
  }

  /** Creates catalog and table in {@code folder}. */
  static SharedTable create(Path folder, Map<String, String> properties) {
    SharedTable table = new SharedTable(folder);
    table.catalog.setConf(new Configuration());
    table.catalog.initialize(CATALOG, table.catalogProperties());
    table.catalog.createNamespace(NAME.namespace());
    Map<String, String> all = new HashMap<>(properties);
    all.put("format-version", "3");
    table.catalog.createTable(NAME, Changes.SCHEMA, PartitionSpec.unpartitioned(), all);
    return table;
  }

  /** How anyone gets at the catalog. */
  Map<String, String> catalogProperties() {
    return Map.of(
        "uri",
        "jdbc:sqlite:" + folder.resolve("catalog.db"),
        "warehouse",
        folder.resolve("warehouse").toUri().toString(),
        "jdbc.busy_timeout",
        "60000",
        "jdbc.schema-version",
        "V1");
  }

  /** A handle of its own on the table as it is now. */
  Table load() {
    return catalog.loadTable(NAME);
  }

  /** What changes with each commit. */
  String version() {
    return ((HasTableOperations) load()).operations().current().metadataFileLocation();
  }

  /** For a job. */
  TableLoader loader() {
    return TableLoader.fromCatalog(
        CatalogLoader.custom(
            CATALOG, catalogProperties(), new Configuration(), JdbcCatalog.class.getName()),
        NAME);
  }

  /** Where its files lie. */
  Path files() {
    return folder.resolve("warehouse/db/t");
  }

  /** Checkpoints that {@code sinkId} has in the history of the table. */
  long flushes(String sinkId) {
    Table table = load();
    long flushes = 0;
    @Nullable Snapshot snapshot = table.currentSnapshot();
    while (snapshot != null) {
      Map<String, String> summary = snapshot.summary();
      if ("flush".equals(summary.get("meru.job")) && sinkId.equals(summary.get("meru.sink-id"))) {
        flushes++;
      }
      snapshot = snapshot.parentId() == null ? null : table.snapshot(snapshot.parentId());
    }
    return flushes;
  }

  @Override
  public void close() {
    catalog.close();
  }
}

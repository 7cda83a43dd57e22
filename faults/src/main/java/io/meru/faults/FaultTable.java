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

package io.meru.faults;

import io.meru.audit.TableFiles;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.flink.TableLoader;

/**
 * The table of one schedule, on the local disk.
 *
 * @param name in its catalog
 * @param catalog the harness's own way to it
 * @param jobs the job's way to it
 * @param sparkProperties of Spark's catalog that has it
 * @param location its folder
 */
record FaultTable(
    TableIdentifier name,
    Catalog catalog,
    CatalogLoader jobs,
    Map<String, String> sparkProperties,
    Path location)
    implements AutoCloseable {

  /** Creates the table, empty, in a Hadoop catalog. */
  static FaultTable create(Path warehouse) {
    AtomicHadoopCatalog loader = AtomicHadoopCatalog.at(warehouse);
    return create(
        TableIdentifier.of("db", "changes"),
        loader,
        loader,
        loader.sparkProperties(),
        warehouse.resolve("db/changes"));
  }

  /** Creates the table, empty, in {@code namespace} of a REST catalog. */
  static FaultTable create(RestCatalog rest, String namespace, Path warehouse) {
    return create(
        TableIdentifier.of(namespace, "changes"),
        CatalogLoader.rest("faults", new Configuration(), rest.properties()),
        CatalogLoader.rest("faults", new Configuration(), rest.propertiesOfTheJob()),
        sparkProperties(rest),
        warehouse.resolve("db/changes"));
  }

  private static FaultTable create(
      TableIdentifier name,
      CatalogLoader own,
      CatalogLoader jobs,
      Map<String, String> sparkProperties,
      Path location) {
    Catalog catalog = own.loadCatalog();
    Namespace namespace = name.namespace();
    if (catalog instanceof SupportsNamespaces spaces && !spaces.namespaceExists(namespace)) {
      spaces.createNamespace(namespace);
    }
    catalog
        .buildTable(name, Workload.SCHEMA)
        .withLocation(location.toUri().toString())
        .withProperties(Map.of(TableProperties.FORMAT_VERSION, "3"))
        .create();
    return new FaultTable(name, catalog, jobs, sparkProperties, location);
  }

  /** A handle of its own on the table as it is now. */
  Table load() {
    return catalog.loadTable(name);
  }

  /** For the job. */
  TableLoader loader() {
    return TableLoader.fromCatalog(jobs, name);
  }

  /** Where the data files lie. */
  Path data() {
    return location.resolve("data");
  }

  /** Where metadata and manifests lie. */
  Path metadata() {
    return location.resolve("metadata");
  }

  /** Data files and vectors that no snapshot names: of what failed, or is not committed yet. */
  List<Path> dataOrphans() {
    return TableFiles.of(load()).dataOrphans().stream()
        .map(at -> Path.of(URI.create(at).getPath()))
        .toList();
  }

  /**
   * Checksum files of metadata. Hadoop's own local file system puts one beside each file, so a
   * Hadoop catalog's table has some if somebody, in whatever process, has committed past {@link
   * ExclusiveRename}.
   */
  List<Path> checksums() throws IOException {
    try (Stream<Path> files = Files.list(metadata())) {
      return files.filter(file -> file.toString().endsWith(".crc")).toList();
    }
  }

  @Override
  public void close() throws IOException {
    if (catalog instanceof Closeable open) {
      open.close();
    }
  }

  private static Map<String, String> sparkProperties(RestCatalog rest) {
    Map<String, String> properties = new HashMap<>(rest.properties());
    properties.put("type", "rest");
    return Map.copyOf(properties);
  }
}

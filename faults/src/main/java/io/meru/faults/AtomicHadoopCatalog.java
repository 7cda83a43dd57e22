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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.hadoop.HadoopCatalog;

/**
 * A Hadoop catalog on the local disk whose commits are atomic between processes, by {@link
 * ExclusiveRename}. One party with another file system would be enough to replace a commit, so a
 * catalog that has one is not handed out.
 */
final class AtomicHadoopCatalog implements CatalogLoader {
  private static final long serialVersionUID = 1;

  /**
   * Without Hadoop's cache, which answers by scheme alone: whoever in a JVM asked first for a local
   * file, such as Spark itself or a table of another catalog, would decide for all.
   */
  private static final Map<String, String> FILE_SYSTEM =
      Map.of("fs.file.impl", ExclusiveRename.class.getName(), "fs.file.impl.disable.cache", "true");

  private final String warehouse;
  private final CatalogLoader hadoop;

  private AtomicHadoopCatalog(String warehouse, CatalogLoader hadoop) {
    this.warehouse = warehouse;
    this.hadoop = hadoop;
  }

  /** The catalog of the tables in {@code warehouse}. */
  static AtomicHadoopCatalog at(Path warehouse) {
    String uri = warehouse.toUri().toString();
    Configuration configuration = new Configuration();
    FILE_SYSTEM.forEach(configuration::set);
    return new AtomicHadoopCatalog(
        uri,
        CatalogLoader.hadoop(
            "faults", configuration, Map.of(CatalogProperties.WAREHOUSE_LOCATION, uri)));
  }

  /** Of Spark's catalog; Spark needs {@link ExclusiveRename} on its class path. */
  Map<String, String> sparkProperties() {
    Map<String, String> properties = new HashMap<>();
    properties.put("type", "hadoop");
    properties.put(CatalogProperties.WAREHOUSE_LOCATION, warehouse);
    FILE_SYSTEM.forEach((key, value) -> properties.put("hadoop." + key, value));
    return Map.copyOf(properties);
  }

  @Override
  public Catalog loadCatalog() {
    HadoopCatalog catalog = (HadoopCatalog) hadoop.loadCatalog();
    FileSystem files = fileSystem(catalog);
    if (!(files instanceof ExclusiveRename)) {
      throw new IllegalStateException(
          "Commits to %s must go through %s but would go through %s"
              .formatted(warehouse, ExclusiveRename.class.getName(), files.getClass().getName()));
    }
    return catalog;
  }

  /** As the catalog's commits get it. */
  private FileSystem fileSystem(HadoopCatalog catalog) {
    try {
      return new org.apache.hadoop.fs.Path(warehouse).getFileSystem(catalog.getConf());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot open the file system of " + warehouse, e);
    }
  }

  @Override
  @SuppressWarnings("MethodOverridesCloneWithoutSuper") // Iceberg's interface asks for a new one
  public CatalogLoader clone() {
    return new AtomicHadoopCatalog(warehouse, hadoop.clone());
  }
}

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

import io.meru.commit.TableRequirements;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.hadoop.HadoopTables;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Which table a command is for: a path of a table without a catalog, or a name in a catalog. The
 * catalog's options have the names that {@code 'connector'='meru'} has for them in SQL.
 */
final class TableOptions {
  private static final String CATALOG_NAME = "catalog-name";
  private static final String CATALOG_TYPE = "catalog-type";
  private static final String CATALOG_IMPL = "catalog-impl";
  private static final String WAREHOUSE = "warehouse";
  private static final String URI = "uri";
  private static final String CATALOG_PROPERTY_PREFIX = "catalog-property.";
  private static final String JDBC = "jdbc";
  private static final String DEFAULT_NAME = "meru";

  @Parameters(
      index = "0",
      paramLabel = "TABLE",
      description = {
        "A name in the catalog, such as shop.orders; without options of a catalog, the folder of a"
            + " table that Hadoop's file system alone keeps."
      })
  private String table = "";

  @Option(
      names = "--catalog",
      paramLabel = "FILE",
      description = "File with the options of the catalog, a line \"key = value\" for each.")
  private @Nullable Path file;

  @Option(
      names = "--" + CATALOG_NAME,
      paramLabel = "NAME",
      description = "The catalog's name, which JDBC catalogs keep beside each table.")
  private @Nullable String catalogName;

  @Option(
      names = "--" + CATALOG_TYPE,
      paramLabel = "TYPE",
      description = "hadoop, hive, rest, jdbc, glue or nessie.")
  private @Nullable String catalogType;

  @Option(
      names = "--" + CATALOG_IMPL,
      paramLabel = "CLASS",
      description = "Class of another catalog.")
  private @Nullable String catalogImpl;

  @Option(names = "--" + WAREHOUSE, paramLabel = "URI", description = "Where its tables lie.")
  private @Nullable String warehouse;

  @Option(names = "--" + URI, paramLabel = "URI", description = "Where the catalog answers.")
  private @Nullable String uri;

  @Option(
      names = "--property",
      paramLabel = "KEY=VALUE",
      description = "Any other option of the catalog; may be given several times.")
  private Map<String, String> properties = new LinkedHashMap<>();

  /**
   * Opens the table.
   *
   * @throws IllegalArgumentException if the options contradict each other or are not enough
   * @throws NoSuchTableException if it is not there
   * @throws io.meru.error.UnsupportedTableException if its folder is a copy of another one
   */
  OpenTable open() {
    OpenTable open = load();
    try {
      TableRequirements.checkNotCopied(open.table(), open.name());
      return open;
    } catch (RuntimeException e) {
      open.close();
      throw e;
    }
  }

  private OpenTable load() {
    Map<String, String> options = options();
    Configuration hadoop = HadoopConf.load(options);
    if (options.isEmpty()) {
      return openPath(hadoop);
    }
    Catalog catalog = CatalogUtil.buildIcebergCatalog(name(options), toIceberg(options), hadoop);
    try {
      TableIdentifier identifier = TableIdentifier.parse(table);
      return new OpenTable(catalog.loadTable(identifier), identifier.toString(), catalog);
    } catch (RuntimeException e) {
      OpenTable.close(catalog);
      throw e;
    }
  }

  private OpenTable openPath(Configuration hadoop) {
    if (!table.contains("/")) {
      throw new IllegalArgumentException(
          ("'%s' is no folder of a table, and no catalog is given to look it up in. Give the"
                  + " table's folder with its slashes, or the catalog by --catalog FILE or"
                  + " --catalog-type and the options that belong to it.")
              .formatted(table));
    }
    Table loaded = new HadoopTables(hadoop).load(table);
    String folder = table.replaceAll("/+$", "");
    return new OpenTable(loaded, folder.substring(folder.lastIndexOf('/') + 1), null);
  }

  /** Those of the file, over which the command line goes. */
  private Map<String, String> options() {
    Map<String, String> options = new HashMap<>();
    if (file != null) {
      options.putAll(read(file));
    }
    put(options, CATALOG_NAME, catalogName);
    put(options, CATALOG_TYPE, catalogType);
    put(options, CATALOG_IMPL, catalogImpl);
    put(options, WAREHOUSE, warehouse);
    put(options, URI, uri);
    options.putAll(properties);
    return options;
  }

  private static Map<String, String> read(Path file) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the catalog's options from " + file, e);
    }
    Map<String, String> options = new HashMap<>();
    properties.stringPropertyNames().forEach(key -> options.put(key, properties.getProperty(key)));
    return options;
  }

  private static void put(Map<String, String> options, String key, @Nullable String value) {
    if (value != null) {
      options.put(key, value);
    }
  }

  private static String name(Map<String, String> options) {
    String name = options.get(CATALOG_NAME);
    if (name != null) {
      return name;
    }
    boolean jdbc =
        JDBC.equalsIgnoreCase(options.get(CATALOG_TYPE))
            || options.getOrDefault(CATALOG_IMPL, "").endsWith(".JdbcCatalog");
    if (jdbc) {
      throw new IllegalArgumentException(
          "A JDBC catalog needs --catalog-name: it is a part of its tables' addresses, so give the"
              + " name under which the job writes to it.");
    }
    return DEFAULT_NAME;
  }

  private static Map<String, String> toIceberg(Map<String, String> options) {
    String type = options.get(CATALOG_TYPE);
    String impl = options.get(CATALOG_IMPL);
    if ((type == null) == (impl == null)) {
      throw new IllegalArgumentException(
          type == null
              ? "Give one of --catalog-type and --catalog-impl: none says what the catalog is."
              : "Give one of --catalog-type and --catalog-impl, not both.");
    }
    Map<String, String> result = new HashMap<>();
    options.forEach(
        (key, value) -> {
          switch (key) {
            case CATALOG_NAME -> {}
            case CATALOG_TYPE ->
                result.put(CatalogUtil.ICEBERG_CATALOG_TYPE, value.toLowerCase(Locale.ROOT));
            default ->
                result.put(
                    key.startsWith(CATALOG_PROPERTY_PREFIX)
                        ? key.substring(CATALOG_PROPERTY_PREFIX.length())
                        : key,
                    value);
          }
        });
    return result;
  }
}

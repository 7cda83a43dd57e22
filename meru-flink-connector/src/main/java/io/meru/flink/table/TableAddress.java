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

import static io.meru.flink.table.MeruConnectorOptions.CATALOG_DATABASE;
import static io.meru.flink.table.MeruConnectorOptions.CATALOG_IMPL;
import static io.meru.flink.table.MeruConnectorOptions.CATALOG_NAME;
import static io.meru.flink.table.MeruConnectorOptions.CATALOG_TABLE;
import static io.meru.flink.table.MeruConnectorOptions.CATALOG_TYPE;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.flink.FlinkCatalogFactory;
import org.apache.iceberg.util.JsonUtil;
import org.jspecify.annotations.Nullable;

/**
 * Where a table lies: the catalog, as a recipe that can be sent to task managers, and the table's
 * name in it. The same options lead to the same table as with Iceberg's connector.
 *
 * @param catalogName the Iceberg catalog's name, for messages
 * @param catalogLoader opens the catalog
 * @param identifier the table in it
 */
record TableAddress(String catalogName, CatalogLoader catalogLoader, TableIdentifier identifier) {
  private static final String BASE_NAMESPACE = "base-namespace";

  /**
   * Reads the address from a table's options; the Flink table's own name fills what is left out.
   */
  static TableAddress of(Map<String, String> tableOptions, ObjectIdentifier flinkName) {
    Map<String, String> options = withSourceCatalog(tableOptions);
    String catalogName = options.get(CATALOG_NAME.key());
    if (catalogName == null) {
      throw new ValidationException(
          "Table %s with connector 'meru' names no Iceberg catalog. Set '%s'."
              .formatted(flinkName.asSummaryString(), CATALOG_NAME.key()));
    }
    String database = options.getOrDefault(CATALOG_DATABASE.key(), flinkName.getDatabaseName());
    String table = options.getOrDefault(CATALOG_TABLE.key(), flinkName.getObjectName());
    return new TableAddress(
        catalogName,
        catalogLoader(catalogName, OptionKeys.catalogProperties(options)),
        TableIdentifier.of(namespace(options.get(BASE_NAMESPACE), database), table));
  }

  /** The table's full name, for messages. */
  String fullName() {
    return catalogName + "." + identifier;
  }

  /**
   * A table made with {@code LIKE} a table of Iceberg's Flink catalog carries that catalog's
   * properties as JSON in one option; own options go before them.
   */
  private static Map<String, String> withSourceCatalog(Map<String, String> options) {
    String json = options.get(OptionKeys.SOURCE_CATALOG);
    if (json == null) {
      return options;
    }
    Map<String, String> merged =
        JsonUtil.parse(
            json,
            node -> {
              Map<String, String> all = new HashMap<>(JsonUtil.getStringMap("catalog-props", node));
              for (var option : List.of(CATALOG_NAME, CATALOG_DATABASE, CATALOG_TABLE)) {
                all.put(option.key(), JsonUtil.getString(option.key(), node));
              }
              return all;
            });
    merged.putAll(options);
    return merged;
  }

  private static Namespace namespace(@Nullable String base, String database) {
    List<String> levels = new ArrayList<>();
    if (base != null) {
      levels.addAll(List.of(base.split("\\.")));
    }
    levels.add(database);
    return Namespace.of(levels.toArray(String[]::new));
  }

  private static CatalogLoader catalogLoader(String name, Map<String, String> properties) {
    Configuration hadoop = FlinkCatalogFactory.clusterHadoopConf();
    String impl = properties.get(CATALOG_IMPL.key());
    String type = properties.get(CATALOG_TYPE.key());
    if (impl != null && type != null) {
      throw new ValidationException(
          "Both '%s'='%s' and '%s'='%s' are set. Keep one."
              .formatted(CATALOG_TYPE.key(), type, CATALOG_IMPL.key(), impl));
    }
    if (impl != null) {
      return CatalogLoader.custom(name, properties, hadoop, impl);
    }
    String kind = type == null ? CATALOG_TYPE.defaultValue() : type.toLowerCase(Locale.ROOT);
    return switch (kind) {
      case "hadoop" -> CatalogLoader.hadoop(name, hadoop, properties);
      case "rest" -> CatalogLoader.rest(name, hadoop, properties);
      case "hive" -> CatalogLoader.hive(name, hiveConf(hadoop, properties), properties);
      default ->
          throw new ValidationException(
              "Unknown '%s'='%s': it must be hive, hadoop or rest. For another catalog, set '%s' to its class."
                  .formatted(CATALOG_TYPE.key(), type, CATALOG_IMPL.key()));
    };
  }

  private static Configuration hiveConf(Configuration hadoop, Map<String, String> properties) {
    Configuration conf = new Configuration(hadoop);
    String hiveConfDir = properties.get("hive-conf-dir");
    if (hiveConfDir != null) {
      addFile(conf, "hive-conf-dir", hiveConfDir, "hive-site.xml");
    } else {
      var onClassPath = TableAddress.class.getClassLoader().getResource("hive-site.xml");
      if (onClassPath != null) {
        conf.addResource(onClassPath);
      }
    }
    String hadoopConfDir = properties.get("hadoop-conf-dir");
    if (hadoopConfDir != null) {
      addFile(conf, "hadoop-conf-dir", hadoopConfDir, "hdfs-site.xml");
      addFile(conf, "hadoop-conf-dir", hadoopConfDir, "core-site.xml");
    }
    return conf;
  }

  private static void addFile(Configuration conf, String option, String folder, String name) {
    Path file = Path.of(folder, name);
    if (!Files.exists(file)) {
      throw new ValidationException(
          "Option '%s'='%s': there is no %s in this folder.".formatted(option, folder, name));
    }
    conf.addResource(new org.apache.hadoop.fs.Path(file.toUri()));
  }
}

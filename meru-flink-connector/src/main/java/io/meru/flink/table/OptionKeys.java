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

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Which option keys a {@code 'connector'='meru'} table takes, and who reads them. Iceberg's
 * connector hands every key that it doesn't know to the catalog, so a misspelt option is silently
 * without effect there. Here each key belongs to a known name or a known prefix; any other fails,
 * with the nearest known name.
 */
final class OptionKeys {
  /** Set by {@code CREATE TABLE ... LIKE} a table of Iceberg's Flink catalog. */
  static final String SOURCE_CATALOG = "src-catalog";

  /** The way to hand a catalog a property that no list here knows. */
  static final String CATALOG_PROPERTY_PREFIX = "catalog-property.";

  /** Options of the SELECT side: those of Iceberg's Flink source. */
  static final Set<String> READ =
      Set.of(
          "snapshot-id",
          "tag",
          "branch",
          "start-tag",
          "end-tag",
          "case-sensitive",
          "as-of-timestamp",
          "starting-strategy",
          "start-snapshot-timestamp",
          "start-snapshot-id",
          "end-snapshot-id",
          "split-size",
          "split-lookback",
          "split-file-open-cost",
          "streaming",
          "monitor-interval",
          "include-column-stats",
          "max-planning-snapshot-count",
          "limit",
          "max-allowed-planning-failures",
          "watermark-column",
          "watermark-column-time-unit",
          FactoryUtil.SOURCE_PARALLELISM.key());

  private static final Set<String> CONNECTOR =
      Set.of(
          FactoryUtil.CONNECTOR.key(),
          FactoryUtil.PROPERTY_VERSION.key(),
          SOURCE_CATALOG,
          MeruConnectorOptions.CATALOG_NAME.key(),
          MeruConnectorOptions.CATALOG_DATABASE.key(),
          MeruConnectorOptions.CATALOG_TABLE.key(),
          MeruConnectorOptions.LOCATION.key());

  private static final Set<String> CATALOG =
      Set.of(
          MeruConnectorOptions.CATALOG_TYPE.key(),
          MeruConnectorOptions.CATALOG_IMPL.key(),
          MeruConnectorOptions.WAREHOUSE.key(),
          MeruConnectorOptions.URI.key(),
          "io-impl",
          "cache-enabled",
          "clients",
          "client-pool-cache-keys",
          "metrics-reporter-impl",
          "unique-table-location",
          "list-all-tables",
          "lock-impl",
          "app-id",
          "app-name",
          "user",
          "default-database",
          "base-namespace",
          "hive-conf-dir",
          "hadoop-conf-dir",
          "credential",
          "token",
          "token-expires-in-ms",
          "token-refresh-enabled",
          "token-exchange-enabled",
          "oauth2-server-uri",
          "scope",
          "audience",
          "resource",
          "prefix",
          "view-endpoints-supported",
          "namespace-separator",
          "snapshot-loading-mode",
          "scan-planning-mode",
          "ref");

  private static final List<String> CATALOG_PREFIXES =
      List.of(
          "s3.",
          "s3tables.",
          "client.",
          "client-",
          "http-client.",
          "glue.",
          "dynamodb.",
          "gcs.",
          "gcp.",
          "bigquery.",
          "adls.",
          "oss.",
          "ecs.",
          "aliyun.",
          "io.",
          "fs.",
          "dfs.",
          "hadoop.",
          "hive.",
          "jdbc.",
          "lock.",
          "cache.",
          "auth.",
          "rest.",
          "rest-",
          "signer.",
          "urn:",
          "header.",
          "nessie.",
          "authentication.",
          "snowflake.",
          "encryption.kms-",
          "metrics-reporter.",
          "view-default.",
          "view-override.",
          "table-default.",
          "table-override.");

  private static final Set<String> TABLE =
      Set.of(
          "format-version",
          "schema.name-mapping.default",
          "comment",
          "identifier-fields.rely",
          "flink.max-continuous-empty-commits");

  private static final List<String> TABLE_PREFIXES =
      List.of(
          "write.",
          "read.",
          "commit.",
          "history.",
          "gc.",
          "compatibility.",
          "engine.",
          "encryption.key-id",
          "encryption.data-key-length");

  private final Set<String> writeKeys;

  /** Keys, given the options that the sink reads. */
  OptionKeys(Collection<ConfigOption<?>> writeOptions) {
    Set<String> keys = new HashSet<>(MovedOptions.KEYS);
    writeOptions.forEach(option -> keys.add(option.key()));
    keys.addAll(SinkOptions.OTHER_NAMES.keySet());
    this.writeKeys = Set.copyOf(keys);
  }

  /**
   * Refuses a key that nobody declares.
   *
   * @param alsoKnown properties of the table itself, which {@code LIKE} mixes with the options
   */
  void check(Set<String> keys, Set<String> alsoKnown) {
    List<String> complaints = new ArrayList<>();
    keys.stream()
        .filter(key -> !isKnown(key) && !alsoKnown.contains(key))
        .sorted()
        .forEach(key -> complaints.add(complaint(key)));
    if (!complaints.isEmpty()) {
      throw new ValidationException(String.join("\n", complaints));
    }
  }

  /** What the catalog is opened with. */
  static Map<String, String> catalogProperties(Map<String, String> options) {
    Map<String, String> properties = new TreeMap<>();
    options.forEach(
        (key, value) -> {
          if (key.startsWith(CATALOG_PROPERTY_PREFIX)) {
            properties.put(key.substring(CATALOG_PROPERTY_PREFIX.length()), value);
          } else if (isCatalogKey(key)) {
            properties.put(key, value);
          }
        });
    return properties;
  }

  /** The properties that a new table gets. */
  Map<String, String> tableProperties(Map<String, String> options) {
    Map<String, String> properties = new TreeMap<>();
    options.forEach(
        (key, value) -> {
          if (isTableKey(key) && !writeKeys.contains(key)) {
            properties.put(key, value);
          }
        });
    return properties;
  }

  private boolean isKnown(String key) {
    return CONNECTOR.contains(key)
        || READ.contains(key)
        || writeKeys.contains(key)
        || MovedOptions.isMaintenance(key)
        || key.startsWith(CATALOG_PROPERTY_PREFIX)
        || isCatalogKey(key)
        || isTableKey(key);
  }

  private static boolean isCatalogKey(String key) {
    return CATALOG.contains(key) || CATALOG_PREFIXES.stream().anyMatch(key::startsWith);
  }

  private static boolean isTableKey(String key) {
    return TABLE.contains(key) || TABLE_PREFIXES.stream().anyMatch(key::startsWith);
  }

  private String complaint(String key) {
    String nearest = nearest(key).map(name -> " Did you mean '%s'?".formatted(name)).orElse("");
    return ("Unknown option '%s' for connector 'meru'.%s A property that only the catalog knows is"
            + " written '%s%s'.")
        .formatted(key, nearest, CATALOG_PROPERTY_PREFIX, key);
  }

  private Optional<String> nearest(String key) {
    int limit = Math.max(2, key.length() / 3);
    return Stream.of(CONNECTOR, CATALOG, TABLE, READ, writeKeys)
        .flatMap(Set::stream)
        .filter(name -> distance(key, name) <= limit)
        .min(Comparator.comparingInt((String name) -> distance(key, name)).thenComparing(n -> n));
  }

  /** Levenshtein's distance: the fewest single characters to insert, delete or replace. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}

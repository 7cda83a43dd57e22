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

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.flink.table.api.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Options of Iceberg's sink that a moved job may still carry and that Meru's sink has no use for.
 * Where leaving one out changes nothing that a reader of the table sees, it is accepted and logged;
 * where it would, the job fails and the message says what to do.
 */
final class MovedOptions {
  private static final Logger LOG = LoggerFactory.getLogger(MovedOptions.class);

  private static final String MAINTENANCE_PREFIX = "flink-maintenance.";

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "upsert-enabled",
              Rule.only("true"),
              "a Meru table has one row per key, so every write is an upsert",
              "Remove the option, or stay with 'connector'='iceberg' for a table that takes"
                  + " duplicates."),
          new Rule(
              "write.upsert.enabled",
              Rule.only("true"),
              "a Meru table has one row per key, so every write is an upsert",
              "Remove the option, or stay with 'connector'='iceberg' for a table that takes"
                  + " duplicates."),
          new Rule(
              "overwrite-enabled",
              Rule.only("false"),
              "a Meru sink replaces rows by key and never whole partitions",
              "Remove the option, and delete what must go with another engine first."),
          new Rule(
              "write-format",
              Rule.only("parquet"),
              "Meru's data files are Parquet",
              "Remove the option."),
          new Rule(
              "write.format.default",
              Rule.only("parquet"),
              "Meru's data files are Parquet",
              "Remove the option."),
          new Rule(
              "branch",
              Rule.only("main"),
              "Meru writes to the main branch only",
              "Remove the option, or stay with 'connector'='iceberg' for another branch."),
          new Rule(
              "use-dynamic-iceberg-sink",
              Rule.only("false"),
              "a Meru sink writes one table",
              "Declare one table per target."),
          new Rule(
              "dynamic-record-generator-impl",
              value -> false,
              "a Meru sink writes one table",
              "Declare one table per target."),
          Rule.ofMaintenance("compaction-enabled"),
          Rule.ignored(
              "distribution-mode", "rows are always routed by the hash of their primary key"),
          Rule.ignored(
              "range-distribution-statistics-type",
              "rows are always routed by the hash of their primary key"),
          Rule.ignored(
              "range-distribution-sort-key-base-weight",
              "rows are always routed by the hash of their primary key"),
          Rule.ignored(
              "target-file-size-bytes", "a file is as large as the write buffer's share of it"),
          Rule.ignored("compression-strategy", "it is an option of ORC, and files are Parquet"),
          Rule.ignored(
              "table-refresh-interval",
              "writers look at the table's metadata at every checkpoint"));

  /** The keys that a rule exists for. */
  static final Set<String> KEYS = RULES.stream().map(Rule::key).collect(Collectors.toSet());

  private MovedOptions() {}

  /** Whether the key belongs to the maintenance that Iceberg's sink can run behind itself. */
  static boolean isMaintenance(String key) {
    return key.startsWith(MAINTENANCE_PREFIX);
  }

  /** Refuses what would change the meaning of a job that writes, and logs what has no effect. */
  static void check(Map<String, String> options) {
    RULES.forEach(rule -> rule.check(options));
    options.forEach(MovedOptions::checkMaintenance);
  }

  private static void checkMaintenance(String key, String value) {
    if (!isMaintenance(key)) {
      return;
    }
    Rule rule =
        key.endsWith(".enabled") ? Rule.ofMaintenance(key) : Rule.ignored(key, Rule.NO_MAINTENANCE);
    rule.check(Map.of(key, value));
  }

  /**
   * What becomes of one option.
   *
   * @param accepts values that may stay
   * @param reason why Meru has no use for it
   * @param wayOut what to do about a value that may not stay
   */
  private record Rule(String key, Predicate<String> accepts, String reason, String wayOut) {
    static final String NO_MAINTENANCE = "Meru's sink runs no maintenance of Iceberg's";

    static Predicate<String> only(String value) {
      return value::equalsIgnoreCase;
    }

    static Rule ignored(String key, String reason) {
      return new Rule(key, value -> true, reason, "");
    }

    static Rule ofMaintenance(String key) {
      return new Rule(
          key,
          only("false"),
          NO_MAINTENANCE,
          "Remove the option: Meru compacts ('compaction.enabled') and cleans up"
              + " ('clean-up.enabled') by itself.");
    }

    void check(Map<String, String> options) {
      String value = options.get(key);
      if (value == null) {
        return;
      }
      if (!accepts.test(value)) {
        throw new ValidationException(
            "Option '%s'='%s' cannot be kept with connector 'meru': %s. %s"
                .formatted(key, value, reason, wayOut));
      }
      LOG.info("Option '{}'='{}' has no effect: {}.", key, value, reason);
    }
  }
}

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

import io.meru.servers.Spark;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.apache.iceberg.catalog.TableIdentifier;

/** The table of one schedule, as Spark sees it. */
record SparkTable(Spark spark, String catalog, TableIdentifier name) {
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

  /** Makes the table's catalog known to Spark. */
  static SparkTable open(Spark spark, String catalog, FaultTable table)
      throws IOException, InterruptedException {
    spark.addCatalog(catalog, table.sparkProperties());
    return new SparkTable(spark, catalog, table.name());
  }

  /** All rows now. */
  List<Row> rows() throws IOException, InterruptedException {
    return spark.query("select id, n, payload from " + catalog + "." + name).stream()
        .map(row -> new Row(row.get(0).asLong(), row.get(1).asLong(), Spark.unquoted(row.get(2))))
        .toList();
  }

  /** Expires all older snapshots but the head, and removes the files that only they named. */
  void expireOlderThan(Instant limit) throws IOException, InterruptedException {
    spark.query(
        "call %s.system.expire_snapshots(table => '%s', older_than => timestamp '%s', retain_last => 1)"
            .formatted(catalog, name, TIMESTAMP.format(limit)));
  }
}

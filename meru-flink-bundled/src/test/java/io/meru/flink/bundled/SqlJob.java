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

package io.meru.flink.bundled;

import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * A SQL script in a JVM of its own: creates a table, upserts into it and prints its rows, once
 * through Meru's connector and once through Iceberg's, which the bundled jar brings along.
 */
public final class SqlJob {
  private SqlJob() {}

  /** Runs the script on a table under the folder {@code args[0]}. */
  public static void main(String[] args) throws Exception {
    TableEnvironment tables = TableEnvironment.create(EnvironmentSettings.inBatchMode());
    tables.getConfig().set("parallelism.default", "2");
    declare(tables, "orders", "meru", args[0]);
    tables.executeSql("INSERT INTO orders VALUES (1, 'new'), (2, 'new'), (3, 'new')").await();
    tables.executeSql("INSERT INTO orders VALUES (2, 'paid')").await();
    print(tables, "SELECT * FROM orders");
    declare(tables, "orders_iceberg", "iceberg", args[0]);
    print(tables, "SELECT * FROM orders_iceberg");
  }

  private static void declare(
      TableEnvironment tables, String name, String connector, String warehouse) {
    tables.executeSql(
        """
        CREATE TEMPORARY TABLE %s (
          id BIGINT NOT NULL, status STRING, PRIMARY KEY (id) NOT ENFORCED
        ) WITH (
          'connector'='%s', 'catalog-name'='lake', 'catalog-type'='hadoop',
          'catalog-database'='shop', 'catalog-table'='orders', 'warehouse'='%s'
        )
        """
            .formatted(name, connector, warehouse));
  }

  private static void print(TableEnvironment tables, String query) throws Exception {
    try (CloseableIterator<Row> rows = tables.executeSql(query).collect()) {
      rows.forEachRemaining(row -> System.out.println("ROW " + row));
    }
  }
}

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

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.api.bridge.java.internal.StreamTableEnvironmentImpl;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** SQL jobs on a small cluster in this JVM, over tables of a catalog on the local file system. */
@Timeout(300)
abstract class SqlTestBase {
  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path warehouse;
  private HadoopCatalog catalog;

  @BeforeEach
  void openCatalog() {
    catalog = new HadoopCatalog(new org.apache.hadoop.conf.Configuration(), warehouse.toString());
  }

  @AfterEach
  void closeCatalog() throws Exception {
    catalog.close();
  }

  static StreamTableEnvironment batch() {
    return environment(RuntimeExecutionMode.BATCH);
  }

  static StreamTableEnvironment streaming() {
    return environment(RuntimeExecutionMode.STREAMING);
  }

  static StreamTableEnvironment environment(RuntimeExecutionMode mode) {
    Configuration conf = new Configuration();
    conf.set(ExecutionOptions.RUNTIME_MODE, mode);
    conf.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(conf);
    env.setParallelism(2);
    if (mode == RuntimeExecutionMode.STREAMING) {
      env.enableCheckpointing(200);
    }
    return StreamTableEnvironment.create(env);
  }

  /**
   * Declares {@code name} as a Meru table of the same name in database db of the test's catalog.
   */
  void declare(StreamTableEnvironment tables, String name, String columns, String... options) {
    declareAs(tables, "meru", name, columns, "", options);
  }

  /** As above, for another connector, and partitioned. */
  void declareAs(
      StreamTableEnvironment tables,
      String connector,
      String name,
      String columns,
      String partitionedBy,
      String... options) {
    Map<String, String> all = new HashMap<>();
    all.put("connector", connector);
    all.put("catalog-name", "lake");
    all.put("catalog-type", "hadoop");
    all.put("catalog-database", "db");
    all.put("catalog-table", name);
    all.put("warehouse", warehouse.toString());
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    tables.executeSql(
        "CREATE TEMPORARY TABLE %s (%s) %s WITH (%s)"
            .formatted(
                name,
                columns,
                partitionedBy.isEmpty() ? "" : "PARTITIONED BY (" + partitionedBy + ")",
                all.entrySet().stream()
                    .map(option -> "'%s'='%s'".formatted(option.getKey(), option.getValue()))
                    .collect(Collectors.joining(", "))));
  }

  /** Runs a statement that writes, until its job has ended and committed. */
  static void run(StreamTableEnvironment tables, String statement) throws Exception {
    try {
      tables.executeSql(statement).await();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** Registers a stream of changes as a view. */
  static void changes(
      StreamTableEnvironment tables,
      String view,
      TypeInformation<Row> type,
      Schema schema,
      ChangelogMode mode,
      Row... rows) {
    StreamExecutionEnvironment env = ((StreamTableEnvironmentImpl) tables).execEnv();
    tables.createTemporaryView(
        view, tables.fromChangelogStream(env.fromData(type, rows), schema, mode));
  }

  /** The rows of a table or query, each as text, sorted. */
  static List<String> query(StreamTableEnvironment tables, String tableOrQuery) throws Exception {
    String query =
        tableOrQuery.startsWith("SELECT") ? tableOrQuery : "SELECT * FROM " + tableOrQuery;
    List<String> rows = new ArrayList<>();
    try (CloseableIterator<Row> iterator = tables.executeSql(query).collect()) {
      iterator.forEachRemaining(row -> rows.add(row.toString()));
    }
    rows.sort(null);
    return rows;
  }

  /** The rows that any other user of the table sees, through Iceberg's own catalog in Flink. */
  List<String> rows(String name) throws Exception {
    return rows(name, "*");
  }

  /** As above, some columns. */
  List<String> rows(String name, String columns) throws Exception {
    StreamTableEnvironment tables = batch();
    tables.executeSql(
        "CREATE CATALOG reader WITH ('type'='iceberg', 'catalog-type'='hadoop', 'warehouse'='%s')"
            .formatted(warehouse));
    return query(tables, "SELECT %s FROM reader.db.%s".formatted(columns, name));
  }

  Table table(String name) {
    return catalog.loadTable(TableIdentifier.of("db", name));
  }

  HadoopCatalog catalog() {
    return catalog;
  }
}

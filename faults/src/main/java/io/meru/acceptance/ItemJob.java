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

package io.meru.acceptance;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.types.Row;

/**
 * The SQL job: the changes, at a limited rate, into a Meru table, on a small cluster of its own in
 * this JVM.
 *
 * @param checkpoints where its checkpoints go and stay
 * @param parallelism of the writers
 * @param restoreFrom checkpoint or savepoint
 */
record ItemJob(Lake lake, Path checkpoints, int parallelism, Optional<String> restoreFrom) {
  static final String TABLE = "items";

  private static final String COLUMNS =
      "tenant INT NOT NULL, id BIGINT NOT NULL, region STRING, n BIGINT, payload STRING,"
          + " PRIMARY KEY (tenant, id) NOT ENFORCED";
  private static final TypeInformation<Row> ROWS =
      Types.ROW_NAMED(
          new String[] {"tenant", "id", "region", "n", "payload"},
          Types.INT,
          Types.LONG,
          Types.STRING,
          Types.LONG,
          Types.STRING);
  private static final Schema SCHEMA =
      Schema.newBuilder()
          .column("tenant", DataTypes.INT().notNull())
          .column("id", DataTypes.BIGINT().notNull())
          .column("region", DataTypes.STRING())
          .column("n", DataTypes.BIGINT())
          .column("payload", DataTypes.STRING())
          .primaryKey("tenant", "id")
          .build();
  private static final int CHANGES_PER_SECOND = 1_000;

  /** The suite has few checkpoints: with eight files of a level hardly any would be merged. */
  private static final String MERGE_SOON = "'compaction.level-trigger' = '2'";

  /** Starts the job on a table that its definition creates if it is not there. */
  JobClient startWithDefinition() {
    StreamTableEnvironment tables = environment();
    tables.executeSql(
        "CREATE TABLE items (%s) PARTITIONED BY (region) WITH (%s, %s)"
            .formatted(
                COLUMNS,
                "'connector' = 'meru', 'catalog-name' = '%s', 'catalog-database' = '%s'"
                        .formatted(lake.name(), lake.database())
                    + ", 'uid-suffix' = 'items', 'write.location-provider.impl' = '%s'"
                        .formatted(RacingLocations.class.getName()),
                lake.sqlOptions()));
    return insert(tables);
  }

  /** Starts the job on the table that it finds in Iceberg's own Flink catalog. */
  JobClient startLikeTableOfCatalog() {
    StreamTableEnvironment tables = environment();
    tables.executeSql(
        "CREATE CATALOG %s WITH ('type' = 'iceberg', %s)"
            .formatted(lake.name(), lake.sqlOptions()));
    tables.executeSql(
        "CREATE TEMPORARY TABLE items WITH ('connector' = 'meru', 'uid-suffix' = 'items')"
            + " LIKE %s.%s.%s".formatted(lake.name(), lake.database(), TABLE));
    return insert(tables);
  }

  private JobClient insert(StreamTableEnvironment tables) {
    return tables
        .executeSql(
            "INSERT INTO items /*+ OPTIONS('write-parallelism' = '%d', %s) */ SELECT * FROM changes"
                .formatted(parallelism, MERGE_SOON))
        .getJobClient()
        .orElseThrow();
  }

  private StreamTableEnvironment environment() {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration());
    DataGeneratorSource<Long> numbers =
        new DataGeneratorSource<>(
            (GeneratorFunction<Long, Long>) n -> n,
            Long.MAX_VALUE,
            RateLimiterStrategy.perSecond(CHANGES_PER_SECOND),
            Types.LONG);
    DataStream<Row> rows =
        env.fromSource(numbers, WatermarkStrategy.noWatermarks(), "numbers")
            .uid("numbers")
            .flatMap(new ItemRows())
            .uid("changes")
            .returns(ROWS);
    StreamTableEnvironment tables = StreamTableEnvironment.create(env);
    tables.createTemporaryView(
        "changes", tables.fromChangelogStream(rows, SCHEMA, ChangelogMode.all()));
    return tables;
  }

  private Configuration configuration() {
    Map<String, String> config = new HashMap<>();
    config.put("parallelism.default", "1"); // a key's changes keep their order
    config.put("execution.checkpointing.interval", "700 ms");
    config.put("execution.checkpointing.dir", checkpoints.toUri().toString());
    config.put(
        "execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
    config.put("execution.checkpointing.num-retained", "100");
    config.put("restart-strategy.type", "fixed-delay");
    config.put("restart-strategy.fixed-delay.attempts", "10");
    config.put("restart-strategy.fixed-delay.delay", "200 ms");
    config.put("taskmanager.memory.network.max", "32 mb");
    config.put("taskmanager.memory.network.min", "32 mb");
    config.put("taskmanager.memory.managed.size", "16 mb");
    restoreFrom.ifPresent(path -> config.put("execution.state-recovery.path", path));
    return Configuration.fromMap(config);
  }
}

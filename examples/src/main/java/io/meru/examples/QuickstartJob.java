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

package io.meru.examples;

import io.meru.flink.sink.MeruSink;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.flink.TableLoader;

/** The Flink job: each table's changes through a Meru sink, a checkpoint every second. */
final class QuickstartJob {
  /** The stream is spread over at least this many checkpoints. */
  private static final int CHECKPOINTS = 12;

  private final String warehouse;
  private final double scaleFactor;
  private final int rounds;

  QuickstartJob(String warehouse, double scaleFactor, int rounds) {
    this.warehouse = warehouse;
    this.scaleFactor = scaleFactor;
    this.rounds = rounds;
  }

  /**
   * Starts the job in a cluster inside this JVM.
   *
   * @param checkpoints where its checkpoints go
   * @param changes number of changes per table
   */
  JobClient start(Path checkpoints, Map<TpchTable, Long> changes) throws Exception {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(2, configuration(checkpoints));
    for (TpchTable table : TpchTable.values()) {
      addPipeline(env, table, changes.get(table));
    }
    return env.executeAsync("Meru quickstart");
  }

  private static Configuration configuration(Path checkpoints) {
    return Configuration.fromMap(
        Map.of(
            "execution.checkpointing.interval", "1 s",
            "execution.checkpointing.dir", checkpoints.toUri().toString(),
            "restart-strategy.type", "fixed-delay",
            "restart-strategy.fixed-delay.attempts", "3",
            "restart-strategy.fixed-delay.delay", "200 ms"));
  }

  private void addPipeline(StreamExecutionEnvironment env, TpchTable table, long changes) {
    DataGeneratorSource<RowData> source =
        new DataGeneratorSource<>(
            new ChangeSource(table, scaleFactor, rounds, plannedFailure(table, changes)),
            changes,
            RateLimiterStrategy.perCheckpoint((int) Math.max(100, changes / CHECKPOINTS)),
            InternalTypeInfo.of(FlinkSchemaUtil.convert(table.schema())));
    DataStream<RowData> rows =
        env.fromSource(source, WatermarkStrategy.noWatermarks(), "TPC-H " + table)
            .setParallelism(1); // changes of a key keep their order
    MeruSink.forRowData().tableLoader(tableLoader(table)).append(rows);
  }

  /** The job fails once, among the updates of the larger table. */
  private static long plannedFailure(TpchTable table, long changes) {
    return table == TpchTable.LINEITEM ? changes * 3 / 4 : ChangeSource.NEVER;
  }

  private TableLoader tableLoader(TpchTable table) {
    return TableLoader.fromCatalog(
        CatalogLoader.hadoop(
            "meru",
            new org.apache.hadoop.conf.Configuration(),
            Map.of(CatalogProperties.WAREHOUSE_LOCATION, warehouse)),
        table.identifier());
  }
}

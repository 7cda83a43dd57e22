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

import io.meru.flink.sink.MeruSink;
import io.meru.flink.sink.MeruSinkOptions;
import java.util.Map;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.abilities.SupportsOverwrite;
import org.apache.flink.table.connector.sink.abilities.SupportsPartitioning;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.flink.TableLoader;

/**
 * The sink of a {@code 'connector'='meru'} table. It takes upserts and deletes that carry no more
 * than the key, so the planner neither asks the source for rows as they were before an update nor
 * keeps a copy of the table in state to make them up.
 */
final class MeruTableSink implements DynamicTableSink, SupportsPartitioning, SupportsOverwrite {
  private final String tableName;
  private final TableLoader tableLoader;
  private final ResolvedSchema schema;
  private final Map<String, String> sinkOptions;

  /**
   * A sink for an existing table.
   *
   * @param schema physical columns and primary key
   * @param sinkOptions options of the sink under the sink's own names
   */
  MeruTableSink(
      String tableName,
      TableLoader tableLoader,
      ResolvedSchema schema,
      Map<String, String> sinkOptions) {
    this.tableName = tableName;
    this.tableLoader = tableLoader;
    this.schema = schema;
    this.sinkOptions = sinkOptions;
  }

  @Override
  public ChangelogMode getChangelogMode(ChangelogMode requestedMode) {
    return ChangelogMode.upsert(true);
  }

  @Override
  public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
    return (DataStreamSinkProvider)
        (providerContext, rows) -> {
          DataStreamSink<RowData> sink =
              MeruSink.forRowData()
                  .tableLoader(tableLoader)
                  .schema(schema)
                  .setAll(sinkOptions)
                  .append(rows);
          if (!sinkOptions.containsKey(MeruSinkOptions.UID_SUFFIX.key())) {
            providerContext.generateUid("meru-sink").ifPresent(sink::uid);
          }
          return sink;
        };
  }

  /** Nothing to do: the planner puts the values of a static partition into the rows. */
  @Override
  public void applyStaticPartition(Map<String, String> partition) {}

  @Override
  public void applyOverwrite(boolean overwrite) {
    if (overwrite) {
      throw new ValidationException(
          ("INSERT OVERWRITE is not supported by connector 'meru' (table %s): it replaces rows by"
                  + " key. Use INSERT INTO; rows that have to go are deleted with DELETE FROM in"
                  + " another engine, such as Spark.")
              .formatted(tableName));
    }
  }

  @Override
  public DynamicTableSink copy() {
    return new MeruTableSink(tableName, tableLoader, schema, sinkOptions);
  }

  @Override
  public String asSummaryString() {
    return "Meru table " + tableName;
  }
}

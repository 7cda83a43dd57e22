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

package io.meru.flink.sink;

import io.meru.flink.data.RowPlan;
import io.meru.flink.loader.LoadedTable;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.flink.TableLoader;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link MeruSink}. The table must exist: {@link #build} opens it once to check it and to
 * learn its key.
 *
 * @param <T> the stream's record type
 */
public final class MeruSinkBuilder<T> {
  private static final Pattern SINK_ID = Pattern.compile("[A-Za-z0-9._]{1,64}");

  private final RowDataConverter<T> converter;
  private final Map<String, String> options = new HashMap<>();
  private final Map<String, String> snapshotProperties = new HashMap<>();
  private @Nullable RowType rowType;
  private @Nullable TableLoader tableLoader;

  MeruSinkBuilder(RowDataConverter<T> converter, @Nullable RowType rowType) {
    this.converter = converter;
    this.rowType = rowType;
  }

  /** The table to write to, such as {@code TableLoader.fromCatalog(...)}. */
  public MeruSinkBuilder<T> tableLoader(TableLoader loader) {
    this.tableLoader = loader;
    return this;
  }

  /**
   * The type of the rows. Columns are matched with the table's by name, in any order. Columns that
   * only the table has are written as NULL, and must be optional. Default: the table's own columns
   * in their order.
   */
  public MeruSinkBuilder<T> rowType(RowType type) {
    this.rowType = type;
    return this;
  }

  /** The type of the rows, from the physical columns of {@code schema}. */
  public MeruSinkBuilder<T> schema(ResolvedSchema schema) {
    return rowType((RowType) schema.toSinkRowDataType().getLogicalType());
  }

  /** Stable name of the sink on the table: {@link MeruSinkOptions#SINK_ID}. */
  public MeruSinkBuilder<T> sinkId(String sinkId) {
    return set(MeruSinkOptions.SINK_ID.key(), sinkId);
  }

  /** Number of writers: {@link MeruSinkOptions#WRITE_PARALLELISM}. {@link #append} obeys it. */
  public MeruSinkBuilder<T> writeParallelism(int parallelism) {
    return set(MeruSinkOptions.WRITE_PARALLELISM.key(), Integer.toString(parallelism));
  }

  /** Suffix of the sink's uid: {@link MeruSinkOptions#UID_SUFFIX}. {@link #append} obeys it. */
  public MeruSinkBuilder<T> uidSuffix(String suffix) {
    return set(MeruSinkOptions.UID_SUFFIX.key(), suffix);
  }

  /** Sets an option of {@link MeruSinkOptions} by its key. */
  public MeruSinkBuilder<T> set(String key, String value) {
    options.put(key, value);
    return this;
  }

  /** Sets options of {@link MeruSinkOptions} by their keys. */
  public MeruSinkBuilder<T> setAll(Map<String, String> values) {
    options.putAll(values);
    return this;
  }

  /** A further property in the summary of every snapshot that the sink commits. */
  public MeruSinkBuilder<T> setSnapshotProperty(String key, String value) {
    snapshotProperties.put(key, value);
    return this;
  }

  /**
   * Opens and checks the table and makes the sink, for {@code stream.sinkTo(sink)}. Options of the
   * stream's operators (parallelism, uid) are left to the caller; {@link #append} sets them.
   *
   * @throws io.meru.error.UnsupportedTableException if Meru cannot write to the table: no primary
   *     key, format version below 3, equality deletes
   * @throws IllegalArgumentException if the row type does not fit the table, or an option is
   *     unknown or has a bad value
   */
  public MeruSink<T> build() {
    checkOptions();
    TableLoader loader = requireLoader();
    try (LoadedTable loaded = LoadedTable.open(loader.clone())) {
      loaded.checkWritable();
      RowType type = rowType == null ? FlinkSchemaUtil.convert(loaded.schema()) : rowType;
      RowPlan.of(loaded.name(), type, loaded.schema());
      return new MeruSink<>(
          converter,
          new RowShape(loaded.name(), loaded.schema(), type),
          new SinkSettings(
              loader, drawSinkId(), Map.copyOf(options), Map.copyOf(snapshotProperties)));
    }
  }

  /**
   * Builds the sink and adds it to {@code stream} with a name, the uid suffix and an explicit
   * parallelism: the option's, else the stream's environment's.
   */
  public DataStreamSink<T> append(DataStream<T> stream) {
    MeruSink<T> sink = build();
    ReadableConfig config = MeruSinkOptions.configuration(options);
    DataStreamSink<T> appended = stream.sinkTo(sink).name("Meru " + sink.tableName());
    config
        .getOptional(MeruSinkOptions.UID_SUFFIX)
        .ifPresent(suffix -> appended.uid("meru-sink-" + suffix));
    int inherited = Math.max(1, stream.getExecutionEnvironment().getParallelism());
    return appended.setParallelism(
        config.getOptional(MeruSinkOptions.WRITE_PARALLELISM).orElse(inherited));
  }

  /** Reads every option once, so that a bad value fails here and not on a task manager. */
  private void checkOptions() {
    MeruSinkOptions.checkKeys(options);
    ReadableConfig config = MeruSinkOptions.configuration(options);
    config.getOptional(MeruSinkOptions.SINK_ID).ifPresent(MeruSinkBuilder::checkSinkId);
    config
        .getOptional(MeruSinkOptions.WRITE_PARALLELISM)
        .ifPresent(MeruSinkBuilder::checkParallelism);
    MeruSinkOptions.writeOptions(config);
    MeruSinkOptions.commitOptions(config, Map.of());
    MeruSinkOptions.cleanUpOptions(config);
  }

  private static void checkSinkId(String sinkId) {
    if (!SINK_ID.matcher(sinkId).matches()) {
      throw new IllegalArgumentException(
          "Option '%s' must have 1 to 64 letters, digits, dots or underscores but was '%s'"
              .formatted(MeruSinkOptions.SINK_ID.key(), sinkId));
    }
  }

  private static void checkParallelism(int parallelism) {
    if (parallelism < 1 || parallelism > 1 << 15) {
      throw new IllegalArgumentException(
          "Option '%s' must lie between 1 and 32768 but was %d"
              .formatted(MeruSinkOptions.WRITE_PARALLELISM.key(), parallelism));
    }
  }

  private TableLoader requireLoader() {
    if (tableLoader == null) {
      throw new IllegalStateException("A Meru sink needs a table: call tableLoader(...)");
    }
    return tableLoader;
  }

  private static String drawSinkId() {
    return UUID.randomUUID().toString().replace("-", "").substring(0, 16);
  }
}

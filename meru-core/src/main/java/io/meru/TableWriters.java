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

package io.meru;

import io.meru.commit.TableLevelFileStore;
import io.meru.commit.TableMerges;
import io.meru.commit.TableVersionSource;
import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.levelfile.KeyFileOpener;
import io.meru.metrics.WriterMetrics;
import io.meru.writer.LsmWriter;
import io.meru.writer.LsmWriterSettings;
import io.meru.writer.VersionSource;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/** Puts writers together for a host. */
public final class TableWriters {
  private TableWriters() {}

  /**
   * Opens the writer of {@code range} on {@code table}.
   *
   * @param table loaded for this writer alone: it refreshes it from the flushing thread
   * @param tableName for messages and logs
   * @param sinkId the sink's stable name on the table
   * @param flushExecutor runs its tasks one at a time and in order; the caller shuts it down after
   *     the writer
   * @param compactionExecutor runs compactions, likewise; null for a writer that does not compact,
   *     whatever its options say
   * @param nanoClock for durations, such as {@code System::nanoTime}
   * @param ids source of edit ids and file names, such as {@code UUID::randomUUID}
   * @throws io.meru.error.UnsupportedTableException if the table has no primary key that Meru can
   *     keep, a format version below 3, or equality deletes
   */
  public static LsmWriter open(
      Table table,
      String tableName,
      HashRange range,
      String sinkId,
      WriteOptions options,
      Executor flushExecutor,
      @Nullable Executor compactionExecutor,
      WriterMetrics metrics,
      LongSupplier nanoClock,
      Supplier<UUID> ids) {
    return open(
        table,
        tableName,
        range,
        sinkId,
        options,
        flushExecutor,
        compactionExecutor,
        metrics,
        nanoClock,
        ids,
        UnaryOperator.identity());
  }

  /**
   * As above, for a host that stands between the writer and the table: the writer asks what {@code
   * versions} makes of the table's version source.
   */
  public static LsmWriter open(
      Table table,
      String tableName,
      HashRange range,
      String sinkId,
      WriteOptions options,
      Executor flushExecutor,
      @Nullable Executor compactionExecutor,
      WriterMetrics metrics,
      LongSupplier nanoClock,
      Supplier<UUID> ids,
      UnaryOperator<VersionSource> versions) {
    KeySpec keySpec = KeySpec.of(tableName, table.schema());
    KeyFileOpener keyFiles = TableMerges.keyFiles(table, keySpec);
    LsmWriterSettings settings =
        new LsmWriterSettings(
            tableName,
            table.schema(),
            table.spec(),
            table.sortOrder(),
            MetricsConfig.forTable(table),
            keySpec,
            range,
            sinkId,
            options);
    return new LsmWriter(
        settings,
        new LsmWriter.Collaborators(
            versions.apply(new TableVersionSource(table, tableName, keySpec, range, sinkId)),
            new TableLevelFileStore(table),
            keyFiles,
            TableMerges.job(table, keySpec, table.spec(), options.compaction().levels()),
            flushExecutor,
            compactionExecutor,
            metrics,
            nanoClock,
            ids));
  }
}

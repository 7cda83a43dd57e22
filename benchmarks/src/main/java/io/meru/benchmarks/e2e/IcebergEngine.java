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

package io.meru.benchmarks.e2e;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.sink.IcebergSink;
import org.jspecify.annotations.Nullable;

/** Iceberg's own sink on a v3 table, appending or upserting. */
final class IcebergEngine implements Engine {
  /** The codec that every engine uses. */
  static final Map<String, String> CODEC =
      Map.of("write.parquet.compression-codec", "zstd", "write.parquet.compression-level", "1");

  private final Path directory;
  private final boolean upsert;

  private @Nullable CommitWatch watch;

  IcebergEngine(Path directory, boolean upsert) {
    this.directory = directory;
    this.upsert = upsert;
  }

  @Override
  public void createTable(Workload workload) {
    IcebergTables.create(directory, IcebergTables.NAME, workload, upsert, CODEC);
  }

  @Override
  public void attach(DataStream<RowData> rows) {
    Table table = IcebergTables.load(directory, IcebergTables.NAME);
    watch = new CommitWatch(table);
    IcebergSink.Builder sink =
        IcebergSink.forRowData(rows)
            .table(table)
            .tableLoader(IcebergTables.loader(directory))
            .writeParallelism(rows.getParallelism());
    if (upsert) {
      sink.upsert(true).equalityFieldColumns(List.of(Rows.NAMES[Rows.ID]));
    }
    sink.append();
  }

  @Override
  public boolean isVisible(long checkpointId) {
    return Objects.requireNonNull(watch).isCommitted(checkpointId);
  }
}

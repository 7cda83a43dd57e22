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

import io.meru.flink.sink.MeruSink;
import io.meru.flink.sink.MeruSinkOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/** Meru's sink. */
final class MeruEngine implements Engine {
  /** The codec that every engine uses, and no compaction, as the append sink does none. */
  static final Map<String, String> COMPARABLE =
      Map.of(
          MeruSinkOptions.COMPACTION_ENABLED.key(), "false",
          MeruSinkOptions.LEVEL0_CODEC.key(), "zstd",
          MeruSinkOptions.LEVEL0_CODEC_LEVEL.key(), "1");

  private final Path directory;
  private final Map<String, String> options;
  private @Nullable CommitWatch watch;

  /** Writes below {@code directory}; {@code options} are the sink's. */
  MeruEngine(Path directory, Map<String, String> options) {
    this.directory = directory;
    this.options = options;
  }

  @Override
  public void createTable(Workload workload) {
    IcebergTables.create(directory, IcebergTables.NAME, workload, true, Map.of());
  }

  @Override
  public void attach(DataStream<RowData> rows) {
    watch = new CommitWatch(IcebergTables.load(directory, IcebergTables.NAME));
    MeruSink.forRowData()
        .tableLoader(IcebergTables.loader(directory))
        .writeParallelism(rows.getParallelism())
        .setAll(options)
        .append(rows);
  }

  @Override
  public boolean isVisible(long checkpointId) {
    return Objects.requireNonNull(watch).isCommitted(checkpointId);
  }
}

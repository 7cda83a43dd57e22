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
import java.util.Objects;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.paimon.Snapshot;
import org.apache.paimon.catalog.Catalog;
import org.apache.paimon.catalog.CatalogContext;
import org.apache.paimon.catalog.CatalogFactory;
import org.apache.paimon.catalog.Identifier;
import org.apache.paimon.flink.LogicalTypeConversion;
import org.apache.paimon.flink.sink.FlinkSinkBuilder;
import org.apache.paimon.options.Options;
import org.apache.paimon.schema.Schema;
import org.apache.paimon.table.FileStoreTable;
import org.jspecify.annotations.Nullable;

/** Paimon's primary-key table with deletion vectors, one bucket per lane. */
final class PaimonEngine implements Engine {
  private static final Identifier NAME = Identifier.create("db", "t");

  private final Path directory;
  private @Nullable FileStoreTable table;

  PaimonEngine(Path directory) {
    this.directory = directory;
  }

  @Override
  public void createTable(Workload workload) throws Exception {
    Schema.Builder schema = Schema.newBuilder();
    RowType type = Rows.type(workload);
    for (int i = 0; i < type.getFieldCount(); i++) {
      LogicalType column = type.getTypeAt(i);
      schema.column(Rows.NAMES[i], LogicalTypeConversion.toDataType(column));
    }
    schema
        .primaryKey(Rows.NAMES[Rows.ID])
        .option("bucket", Integer.toString(workload.lanes()))
        .option("deletion-vectors.enabled", "true")
        .option("file.format", "parquet")
        .option("file.compression", "zstd")
        .option("file.compression.zstd-level", "1");
    Catalog catalog = catalog(directory);
    catalog.createDatabase(NAME.getDatabaseName(), true);
    catalog.createTable(NAME, schema.build(), false);
    catalog.close();
  }

  @Override
  public void attach(DataStream<RowData> rows) throws Exception {
    FileStoreTable loaded = load(directory);
    table = loaded;
    new FlinkSinkBuilder(loaded).forRowData(rows).parallelism(rows.getParallelism()).build();
  }

  /**
   * With deletion vectors a checkpoint's rows are seen once they have left level 0, in the second
   * of its two snapshots.
   */
  @Override
  public boolean isVisible(long checkpointId) {
    Snapshot head = Objects.requireNonNull(table).snapshotManager().latestSnapshotFromFileSystem();
    return head != null
        && head.commitIdentifier() == checkpointId
        && head.commitKind() == Snapshot.CommitKind.COMPACT;
  }

  static FileStoreTable load(Path directory) throws Exception {
    Catalog catalog = catalog(directory);
    FileStoreTable loaded = (FileStoreTable) catalog.getTable(NAME);
    catalog.close();
    return loaded;
  }

  private static Catalog catalog(Path directory) {
    Options options = new Options();
    options.set("warehouse", directory.toUri().toString());
    return CatalogFactory.createCatalog(CatalogContext.create(options));
  }
}

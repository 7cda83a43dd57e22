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

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.flink.sink.RowDataTaskWriterFactory;
import org.apache.iceberg.io.TaskWriter;

/** A table of a workload's final rows, written once by Iceberg's append writer of Flink rows. */
final class AppendedTable {
  private AppendedTable() {}

  /** Order of the rows. */
  enum Order {
    /** Ascending keys, as in Meru's files: what compresses best, and what a sorting job writes. */
    KEY,
    /** The order in which the keys were loaded, which is random in the keys. */
    LOAD;

    /** Name of the table in {@code db}. */
    String table() {
      return "appended_by_" + name().toLowerCase(Locale.ROOT);
    }
  }

  /** Makes the table in the catalog at {@code directory}, with the codec that Meru's has. */
  static Table write(Path directory, Workload workload, Order order, long targetFileBytes)
      throws IOException {
    Table table =
        IcebergTables.create(
            directory,
            TableIdentifier.of(IcebergTables.NAME.namespace(), order.table()),
            workload,
            false,
            IcebergEngine.CODEC);
    RowDataTaskWriterFactory writers =
        new RowDataTaskWriterFactory(
            table,
            Rows.type(workload),
            targetFileBytes,
            FileFormat.PARQUET,
            IcebergEngine.CODEC,
            null,
            false);
    writers.initialize(0, 0);
    int[] versions = workload.expectedVersions(workload.batches());
    Rows rows = new Rows(workload);
    AppendFiles append = table.newFastAppend();
    try (TaskWriter<RowData> writer = writers.create()) {
      for (int key : keys(workload, order)) {
        if (versions[key] >= 0) {
          writer.write(rows.row(versions[key]));
        }
      }
      for (DataFile file : writer.dataFiles()) {
        append.appendFile(file);
      }
    }
    append.commit();
    return table;
  }

  private static int[] keys(Workload workload, Order order) {
    return switch (order) {
      case LOAD -> IntStream.range(0, workload.keys()).toArray();
      case KEY -> {
        long[] ids = new long[workload.keys()];
        Arrays.setAll(ids, Bits::scatter);
        Arrays.sort(ids);
        yield Arrays.stream(ids).mapToInt(id -> (int) Bits.gather(id)).toArray();
      }
    };
  }
}

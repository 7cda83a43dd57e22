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

package io.meru.simulation;

import io.meru.config.LevelOptions;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.levelfile.LevelFileWriter;
import io.meru.testing.Entries;
import io.meru.testing.Keys;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.parquet.Parquet;

/**
 * Writes data files under names that are no level file's. By Iceberg's writer, rows stand in them
 * in any order, keys more than once; it parses Hadoop's configuration for each file, though, so
 * that most schedules have Meru's write them.
 */
final class ForeignFiles {
  private static final LevelOptions OPTIONS =
      new LevelOptions("uncompressed", 0, 100, 1 << 20, 1 << 20, false, 0.01);

  private final boolean byIceberg;
  private int count;

  ForeignFiles(boolean byIceberg) {
    this.byIceberg = byIceberg;
  }

  /** Writes the rows, each partition's to files of its own. */
  List<DataFile> write(Table table, List<Record> rows) {
    PartitionKey key = new PartitionKey(table.spec(), table.schema());
    InternalRecordWrapper wrapper = new InternalRecordWrapper(table.schema().asStruct());
    Map<PartitionKey, List<Record>> partitions = new LinkedHashMap<>();
    for (Record row : rows) {
      key.partition(wrapper.wrap(row));
      partitions.computeIfAbsent(key.copy(), same -> new ArrayList<>()).add(row);
    }
    List<DataFile> written = new ArrayList<>();
    partitions.forEach(
        (partition, some) -> {
          if (byIceberg) {
            written.add(writeByIceberg(table, partition, some));
          } else {
            writeByMeru(table, partition, some, written);
          }
        });
    return written;
  }

  private DataFile writeByIceberg(Table table, PartitionKey partition, List<Record> rows) {
    OutputFile output = newFile(table);
    try {
      FileAppender<Record> appender =
          Parquet.write(output)
              .schema(table.schema())
              .createWriterFunc(GenericParquetWriter::create)
              .build();
      try (appender) {
        rows.forEach(appender::add);
      }
      return dataFile(table, output, appender.length(), appender.metrics(), partition);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A key that has several rows has each in a file of its own. */
  private void writeByMeru(
      Table table, PartitionKey partition, List<Record> rows, List<DataFile> written) {
    KeySpec keySpec = KeySpec.of(MemoryTable.NAME, table.schema());
    List<Record> left = new ArrayList<>(rows);
    while (!left.isEmpty()) {
      Map<byte[], Record> unique = new TreeMap<>(Arrays::compareUnsigned);
      for (Iterator<Record> next = left.iterator(); next.hasNext(); ) {
        Record row = next.next();
        byte[] key = Keys.encode(keySpec, table.schema().asStruct(), row);
        if (unique.putIfAbsent(key, row) == null) {
          next.remove();
        }
      }
      Entries entries = Entries.of(keySpec, table.schema(), unique.values());
      written.add(writeByMeru(table, partition, keySpec, entries));
    }
  }

  private DataFile writeByMeru(
      Table table, PartitionKey partition, KeySpec keySpec, Entries entries) {
    OutputFile output = newFile(table);
    LevelFileWriter writer =
        new LevelFileWriter(
            table.schema(), keySpec, table.sortOrder(), MetricsConfig.forTable(table), OPTIONS);
    AddedFile added =
        writer.write(
            output,
            entries,
            entries.all(),
            0,
            entries.size(),
            null,
            new LevelFileName(
                0, HashRange.ALL, keySpec.fingerprint(), "others", "%032x".formatted(count)),
            PartitionTuple.unpartitioned(table.spec().specId()));
    return dataFile(table, output, added.file().fileSizeBytes(), added.metrics(), partition);
  }

  private OutputFile newFile(Table table) {
    count++;
    String path = table.locationProvider().newDataLocation("others-" + count + ".parquet");
    return table.io().newOutputFile(path);
  }

  private static DataFile dataFile(
      Table table, OutputFile output, long length, Metrics metrics, PartitionKey partition) {
    DataFiles.Builder builder =
        DataFiles.builder(table.spec())
            .withPath(output.location())
            .withFormat("parquet")
            .withFileSizeInBytes(length)
            .withMetrics(metrics);
    return (table.spec().isPartitioned() ? builder.withPartition(partition) : builder).build();
  }
}

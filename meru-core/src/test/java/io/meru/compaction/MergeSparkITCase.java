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

package io.meru.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.config.LevelOptions;
import io.meru.dv.DeletionVectors;
import io.meru.flush.LevelFileStore;
import io.meru.io.TableFiles;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.levelfile.LevelFileWriter;
import io.meru.levelfile.MergeControl;
import io.meru.levelfile.MergedFileWriter;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.testing.Entries;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import io.meru.testing.SparkReader;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Spark as the judge of merged files: it has vectorized readers of its own, and reads row lineage
 * by its own code. What it sees of a table must be the same before and after a merge.
 */
class MergeSparkITCase {
  private static final TableIdentifier NAME = TableIdentifier.of("db", "t");

  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "status", Types.StringType.get()),
              Types.NestedField.optional(3, "note", Types.StringType.get()),
              Types.NestedField.optional(4, "amount", Types.DecimalType.of(12, 2)),
              Types.NestedField.optional(5, "much", Types.DecimalType.of(30, 2)),
              Types.NestedField.optional(6, "ratio", Types.DoubleType.get()),
              Types.NestedField.optional(7, "paid", Types.BooleanType.get()),
              Types.NestedField.optional(8, "never", Types.StringType.get()),
              Types.NestedField.optional(
                  9, "tags", Types.ListType.ofOptional(10, Types.StringType.get())),
              Types.NestedField.optional(
                  11,
                  "place",
                  Types.StructType.of(
                      Types.NestedField.optional(12, "x", Types.IntegerType.get()),
                      Types.NestedField.optional(13, "y", Types.IntegerType.get())))),
          Set.of(1));

  @TempDir private Path warehouse;
  private int names;

  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void sparkSeesTheSameRowsWithTheSameLineageAfterAMerge(int outputs) throws IOException {
    HadoopCatalog tables = new HadoopCatalog(new Configuration(), warehouse.toUri().toString());
    tables.createNamespace(Namespace.of("db"));
    Table table =
        tables.createTable(
            NAME, SCHEMA, PartitionSpec.unpartitioned(), Map.of("format-version", "3"));
    for (int file = 0; file < 4; file++) {
      append(table, file);
    }
    new ForeignWriter(table).delete(row -> (long) row.get(0) % 7 == 3);
    String catalog = SparkReader.shared().hadoopCatalog(warehouse);
    List<String> before = read(catalog);

    merge(table, outputs);

    assertThat(read(catalog)).isEqualTo(before).hasSizeGreaterThan(6000);
    assertThat(files(table)).isBetween((outputs + 1) / 2, 2 * outputs);
  }

  private static List<String> read(String catalog) {
    return SparkReader.shared()
        .query("select *, _row_id, _last_updated_sequence_number from " + catalog + ".db.t")
        .sortedLines();
  }

  private static int files(Table table) throws IOException {
    table.refresh();
    int files = 0;
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      for (FileScanTask task : tasks) {
        assertThat(task.deletes()).isEmpty();
        files++;
      }
    }
    return files;
  }

  private void append(Table table, int file) {
    Random random = new Random(file);
    Types.StructType place = SCHEMA.findType(11).asStructType();
    List<Record> rows = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      Integer x = i % 5 == 0 ? null : i;
      rows.add(
          Records.of(
              SCHEMA.asStruct(),
              4L * i + file,
              i % 11 == 0 ? null : "status " + i % 3,
              "note " + random.nextLong(),
              BigDecimal.valueOf(random.nextInt(), 2),
              i % 3 == 0 ? null : BigDecimal.valueOf(random.nextLong(), 2),
              random.nextDouble(),
              random.nextBoolean(),
              null,
              i % 4 == 0 ? null : List.of("a" + i, "b"),
              i % 6 == 0 ? null : Records.of(place, x, 1)));
    }
    KeySpec spec = KeySpec.of("t", table.schema());
    Entries entries = Entries.of(spec, table.schema(), rows);
    LevelFileName name = name(0, HashRange.ALL);
    LevelOptions options = new LevelOptions("zstd", 1, 300, 1 << 20, 1 << 27, false, 0.01);
    AddedFile added =
        new LevelFileWriter(
                table.schema(), spec, SortOrder.unsorted(), MetricsConfig.getDefault(), options)
            .write(
                output(table, name),
                entries,
                entries.all(),
                0,
                entries.size(),
                null,
                name,
                PartitionTuple.unpartitioned(0));
    AppendFiles append = table.newAppend();
    append.appendFile(dataFile(table, added));
    append.commit();
  }

  private void merge(Table table, int outputs) throws IOException {
    table.refresh();
    List<MergeInput> inputs = new ArrayList<>();
    RewriteFiles rewrite =
        table.newRewrite().validateFromSnapshot(table.currentSnapshot().snapshotId());
    long bytes = 0;
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      for (FileScanTask task : tasks) {
        DataFile file = task.file();
        bytes += file.fileSizeInBytes();
        inputs.add(
            MergeInput.whole(
                file.location(),
                file.fileSizeInBytes(),
                file.recordCount(),
                HashRange.ALL,
                DeletionVectors.load(table.io(), task.deletes(), file.location()),
                file.firstRowId(),
                file.dataSequenceNumber()));
        rewrite.deleteFile(file);
        task.deletes().forEach(rewrite::deleteFile);
      }
    }
    MergeResult result =
        job(table)
            .run(
                inputs,
                new MergeTarget(1, bytes / outputs, PartitionTuple.unpartitioned(0), this::name),
                OutputKeys.NONE,
                MergeControl.NONE);
    result.added().forEach(added -> rewrite.addFile(dataFile(table, added)));
    rewrite.commit();
  }

  private static MergeJob job(Table table) {
    KeySpec spec = KeySpec.of("t", table.schema());
    LevelOptions options = new LevelOptions("zstd", 1, 500, 1 << 20, 50_000, false, 0.01);
    MergedFileWriter writer =
        new MergedFileWriter(
            table.schema(),
            spec,
            SortOrder.unsorted(),
            MetricsConfig.getDefault(),
            options,
            (path, length) -> TableFiles.input(table.io(), path, length));
    LevelFileStore store =
        new LevelFileStore() {
          @Override
          public OutputFile create(LevelFileName name, PartitionTuple partition) {
            return output(table, name);
          }

          @Override
          public void discard(String path) {
            TableFiles.delete(table.io(), path);
          }
        };
    return new MergeJob(
        spec,
        options,
        new ParquetKeyFileOpener(
            spec, (path, length) -> TableFiles.input(table.io(), path, length)),
        writer,
        store);
  }

  private LevelFileName name(int level, HashRange range) {
    return new LevelFileName(level, range, "0123abcd", "s", "%032x".formatted(names++));
  }

  private static OutputFile output(Table table, LevelFileName name) {
    return TableFiles.output(table.io(), table.locationProvider().newDataLocation(name.format()));
  }

  private static DataFile dataFile(Table table, AddedFile added) {
    return DataFiles.builder(table.spec())
        .withPath(added.file().path())
        .withFormat(FileFormat.PARQUET)
        .withFileSizeInBytes(added.file().fileSizeBytes())
        .withMetrics(added.metrics())
        .withSplitOffsets(added.splitOffsets())
        .build();
  }
}

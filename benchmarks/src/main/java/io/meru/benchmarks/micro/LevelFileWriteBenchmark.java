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

package io.meru.benchmarks.micro;

import io.meru.benchmarks.e2e.IcebergTables;
import io.meru.benchmarks.e2e.Rows;
import io.meru.benchmarks.e2e.Workload;
import io.meru.config.LevelOptions;
import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.data.RowPlan;
import io.meru.key.HashRange;
import io.meru.key.KeyEncoder;
import io.meru.key.KeySpec;
import io.meru.levelfile.LevelFileWriter;
import io.meru.memtable.Memtable;
import io.meru.memtable.SealedMemtable;
import io.meru.row.ByteBuilder;
import io.meru.row.RowEncoder;
import io.meru.row.RowKind;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.flink.data.FlinkParquetWriters;
import org.apache.iceberg.inmemory.InMemoryOutputFile;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.parquet.Parquet;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a row of the comparison costs to write to a level-0 file, from a sealed memtable; and what
 * Iceberg's append writer, which goes through parquet-java's, asks for the same rows in the same
 * order. Files lie in memory.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LevelFileWriteBenchmark {
  private static final int ROWS = 100_000;
  private static final LevelOptions OPTIONS = LevelOptions.LEVEL_0_DEFAULTS;

  /** Type of the key column. */
  @Param public Workload.KeyType keyType = Workload.KeyType.BIGINT;

  private final int[] all = IntStream.range(0, ROWS).toArray();
  private final List<RowData> sortedRows = new ArrayList<>();
  private Table table = new Table(keyType);
  private SealedMemtable sealed = new Memtable().seal();

  /** What both writers know of the table. */
  private static final class Table {
    final Rows rows;
    final RowType rowType;
    final Schema schema;
    final KeySpec keySpec;
    final LevelFileName name;
    final LevelFileWriter writer;

    Table(Workload.KeyType keyType) {
      Workload workload = new Workload("rows", keyType, ROWS, 1, 0, ROWS, false, 0, 1);
      rows = new Rows(workload);
      rowType = Rows.type(workload);
      schema = IcebergTables.schema(workload, true);
      keySpec = KeySpec.of("benchmark", schema);
      name =
          new LevelFileName(
              0, HashRange.ALL, keySpec.fingerprint(), "benchmark", "%032x".formatted(1));
      writer =
          new LevelFileWriter(
              schema, keySpec, SortOrder.unsorted(), MetricsConfig.getDefault(), OPTIONS);
    }
  }

  /** Makes the rows and checks that both writers' files hold them, as Iceberg's reader sees it. */
  @Setup
  public void setUp() throws IOException {
    table = new Table(keyType);
    sealed = seal();
    Comparator<RowData> byKey =
        switch (keyType) {
          case BIGINT -> Comparator.comparing(row -> row.getLong(0));
          case UUID_STRING -> Comparator.comparing(row -> row.getString(0));
        };
    IntStream.range(0, ROWS).mapToObj(table.rows::row).sorted(byKey).forEach(sortedRows::add);

    InMemoryOutputFile level = new InMemoryOutputFile();
    AddedFile written = writeLevelFile(level);
    InMemoryOutputFile appended = new InMemoryOutputFile();
    append(appended);
    List<Record> records = read(level);
    if (written.file().recordCount() != ROWS || records.size() != ROWS) {
      throw new IllegalStateException(
          "%d rows are said and %d read where %d went in"
              .formatted(written.file().recordCount(), records.size(), ROWS));
    }
    if (!records.equals(read(appended))) {
      throw new IllegalStateException("The level file's rows are not those of the append writer");
    }
  }

  private SealedMemtable seal() {
    RowDataAccessor accessor =
        new RowDataAccessor(RowPlan.of("benchmark", table.rowType, table.schema));
    KeyEncoder keyEncoder = new KeyEncoder(table.keySpec);
    RowEncoder rowEncoder = new RowEncoder(table.schema.asStruct());
    ByteBuilder key = new ByteBuilder(64);
    ByteBuilder row = new ByteBuilder(256);
    Memtable memtable = new Memtable();
    for (int n = 0; n < ROWS; n++) {
      accessor.wrap(table.rows.row(n));
      key.reset();
      keyEncoder.encode(accessor, RowKind.INSERT, key);
      row.reset();
      rowEncoder.encode(accessor, row);
      memtable.put(key, row);
    }
    return memtable.seal();
  }

  private List<Record> read(InMemoryOutputFile file) throws IOException {
    List<Record> records = new ArrayList<>();
    try (CloseableIterable<Record> rows =
        Parquet.read(file.toInputFile())
            .project(table.schema)
            .createReaderFunc(type -> GenericParquetReaders.buildReader(table.schema, type))
            .build()) {
      rows.forEach(records::add);
    }
    return records;
  }

  private AddedFile writeLevelFile(InMemoryOutputFile output) {
    return table.writer.write(
        output, sealed, all, 0, ROWS, null, table.name, PartitionTuple.unpartitioned(0));
  }

  private DataFile append(InMemoryOutputFile output) throws IOException {
    DataWriter<RowData> writer =
        Parquet.writeData(output)
            .schema(table.schema)
            .withSpec(PartitionSpec.unpartitioned())
            .metricsConfig(MetricsConfig.getDefault())
            .set(TableProperties.PARQUET_COMPRESSION, OPTIONS.codec())
            .set(TableProperties.PARQUET_COMPRESSION_LEVEL, Integer.toString(OPTIONS.codecLevel()))
            .createWriterFunc(type -> FlinkParquetWriters.buildWriter(table.rowType, type))
            .build();
    try (writer) {
      for (RowData row : sortedRows) {
        writer.write(row);
      }
    }
    return writer.toDataFile();
  }

  /** From the memtable to the file with its metrics, without the sort. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public AddedFile levelFile() {
    return writeLevelFile(new InMemoryOutputFile());
  }

  /** From Flink's rows to the file with its metrics, by Iceberg's writer for them. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public DataFile icebergAppend() throws IOException {
    return append(new InMemoryOutputFile());
  }
}

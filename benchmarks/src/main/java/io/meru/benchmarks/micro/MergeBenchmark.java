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

import static java.util.Objects.requireNonNull;

import io.meru.benchmarks.e2e.IcebergTables;
import io.meru.benchmarks.e2e.Rows;
import io.meru.benchmarks.e2e.Workload;
import io.meru.compaction.MergeInput;
import io.meru.compaction.MergeJob;
import io.meru.compaction.MergeResult;
import io.meru.compaction.MergeTarget;
import io.meru.compaction.OutputKeys;
import io.meru.config.LevelOptions;
import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.data.RowPlan;
import io.meru.flush.LevelFileStore;
import io.meru.key.HashRange;
import io.meru.key.KeyEncoder;
import io.meru.key.KeySpec;
import io.meru.levelfile.KeyFile;
import io.meru.levelfile.LevelFileWriter;
import io.meru.levelfile.MergeControl;
import io.meru.levelfile.MergedFileWriter;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.memtable.Memtable;
import io.meru.memtable.SealedMemtable;
import io.meru.row.ByteBuilder;
import io.meru.row.RowEncoder;
import io.meru.row.RowKind;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
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
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.parquet.Parquet;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What a row of the comparison costs to merge, and to read from the file that this makes: 16 level
 * files of 100,000 rows each, whose keys interleave, into one; and what Iceberg's append writer
 * asks for the same rows in the same order, and how large its file is. Files lie in memory, outputs
 * go nowhere.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class MergeBenchmark {
  private static final int FILES = 16;
  private static final int ROWS_PER_FILE = 100_000;
  private static final int ROWS = FILES * ROWS_PER_FILE;
  private static final long ONE_FILE = 1L << 40;
  private static final String MERGED = "merged";

  /** Type of the key column. */
  @Param public Workload.KeyType keyType = Workload.KeyType.BIGINT;

  /** Parquet codec. */
  @Param({"zstd"})
  public String codec = "zstd";

  /** Level of zstd; no other codec looks at it. */
  @Param({"1", "3"})
  public int codecLevel = 1;

  /** Rows after which a page ends. */
  @Param({"20000"})
  public int pageRows = 20_000;

  /** MiB after which a row group ends. */
  @Param({"128"})
  public int rowGroupMib = 128;

  private final Map<String, InputFile> files = new HashMap<>();
  private final Random random = new Random(1);
  private final List<MergeInput> inputs = new ArrayList<>();
  private Workload workload = workload(keyType);
  private Rows rows = new Rows(workload);
  private RowType rowType = Rows.type(workload);
  private Schema schema = IcebergTables.schema(workload, true);
  private KeySpec keySpec = KeySpec.of("benchmark", schema);

  private static Workload workload(Workload.KeyType keyType) {
    return new Workload("rows", keyType, ROWS, 1, 0, ROWS, false, 0, 1);
  }

  /** Writes the inputs, and checks that a merge holds their rows in order. */
  @Setup
  public void setUp() throws IOException {
    workload = workload(keyType);
    rows = new Rows(workload);
    rowType = Rows.type(workload);
    schema = IcebergTables.schema(workload, true);
    keySpec = KeySpec.of("benchmark", schema);
    inputs.clear();
    for (int file = 0; file < FILES; file++) {
      writeInput(file);
    }
    InMemoryOutputFile merged = new InMemoryOutputFile(MERGED);
    MergeResult result = run(merged);
    System.out.printf("%.2f bytes a row%n", (double) result.bytesWritten() / ROWS);
    files.put(MERGED, merged.toInputFile());
    List<Record> records = new ArrayList<>();
    read(records::add);
    List<RowData> sorted = sortedRows();
    for (int i = 0; i < ROWS; i++) {
      Object note = sorted.get(i).getString(schema.columns().size() - 1).toString();
      if (!note.equals(records.get(i).get(schema.columns().size() - 1))) {
        throw new IllegalStateException("Row %d of the merged file is another".formatted(i));
      }
    }
  }

  private void read(Consumer<Record> consumer) throws IOException {
    try (CloseableIterable<Record> read =
        Parquet.read(input(MERGED))
            .project(schema)
            .createReaderFunc(type -> GenericParquetReaders.buildReader(schema, type))
            .build()) {
      read.forEach(consumer);
    }
  }

  private void writeInput(int file) {
    RowDataAccessor accessor = new RowDataAccessor(RowPlan.of("benchmark", rowType, schema));
    KeyEncoder keyEncoder = new KeyEncoder(keySpec);
    RowEncoder rowEncoder = new RowEncoder(schema.asStruct());
    ByteBuilder key = new ByteBuilder(64);
    ByteBuilder row = new ByteBuilder(256);
    Memtable memtable = new Memtable();
    for (int n = file * ROWS_PER_FILE; n < (file + 1) * ROWS_PER_FILE; n++) {
      accessor.wrap(rows.row(n));
      key.reset();
      keyEncoder.encode(accessor, RowKind.INSERT, key);
      row.reset();
      rowEncoder.encode(accessor, row);
      memtable.put(key, row);
    }
    SealedMemtable sealed = memtable.seal();
    LevelFileName name = name(0, HashRange.ALL);
    InMemoryOutputFile output = new InMemoryOutputFile("input-" + file);
    new LevelFileWriter(
            schema,
            keySpec,
            SortOrder.unsorted(),
            MetricsConfig.getDefault(),
            LevelOptions.LEVEL_0_DEFAULTS)
        .write(
            output,
            sealed,
            IntStream.range(0, sealed.size()).toArray(),
            0,
            sealed.size(),
            null,
            name,
            PartitionTuple.unpartitioned(0));
    InputFile input = output.toInputFile(); // copies
    files.put(output.location(), input);
    inputs.add(
        MergeInput.whole(
            output.location(),
            input.getLength(),
            ROWS_PER_FILE,
            HashRange.ALL,
            DeletionVector.EMPTY,
            (long) file * ROWS_PER_FILE,
            file + 1));
  }

  private LevelFileName name(int level, HashRange range) {
    return new LevelFileName(
        level, range, keySpec.fingerprint(), "benchmark", "%032x".formatted(1));
  }

  private InputFile input(String path) {
    InputFile file = files.get(path);
    if (file == null) {
      throw new IllegalStateException("No input " + path);
    }
    return file;
  }

  private LevelOptions options() {
    LevelOptions base = LevelOptions.LEVEL_0_DEFAULTS;
    return new LevelOptions(
        codec,
        codecLevel,
        pageRows,
        base.pageBytes(),
        (long) rowGroupMib << 20,
        base.bloomFilter(),
        base.bloomFilterFpp());
  }

  private MergeResult run(OutputFile output) {
    LevelOptions options = options();
    MergedFileWriter writer =
        new MergedFileWriter(
            schema,
            keySpec,
            SortOrder.unsorted(),
            MetricsConfig.getDefault(),
            options,
            (path, length) -> input(path));
    return new MergeJob(
            keySpec,
            options,
            new ParquetKeyFileOpener(keySpec, (path, length) -> input(path)),
            writer,
            new OneFile(output))
        .run(
            inputs,
            new MergeTarget(1, ONE_FILE, PartitionTuple.unpartitioned(0), this::name),
            OutputKeys.NONE,
            MergeControl.NONE);
  }

  private List<RowData> sortedRows() {
    Comparator<RowData> byKey =
        switch (keyType) {
          case BIGINT -> Comparator.comparing(row -> row.getLong(0));
          case UUID_STRING -> Comparator.comparing(row -> row.getString(0));
        };
    return IntStream.range(0, ROWS).mapToObj(rows::row).sorted(byKey).toList();
  }

  /** Where the one output of a merge goes. */
  private record OneFile(OutputFile output) implements LevelFileStore {
    @Override
    public OutputFile create(LevelFileName name, PartitionTuple partition) {
      return output;
    }

    @Override
    public void discard(String path) {}
  }

  /** Counts what is written. */
  private record Nowhere(String location) implements OutputFile {
    @Override
    public PositionOutputStream create() {
      return new PositionOutputStream() {
        private long written;

        @Override
        public long getPos() {
          return written;
        }

        @Override
        public void write(int b) {
          written++;
        }

        @Override
        public void write(byte[] source, int offset, int length) {
          written += length;
        }
      };
    }

    @Override
    public PositionOutputStream createOrOverwrite() {
      return create();
    }

    @Override
    public InputFile toInputFile() {
      throw new IllegalStateException("Nothing was kept");
    }
  }

  /** From 16 open files to the one with its metrics. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public MergeResult merge() {
    return run(new Nowhere("nowhere"));
  }

  /** All columns of the merged file, by Iceberg's generic reader. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void scan(Blackhole hole) throws IOException {
    read(hole::consume);
  }

  /** All keys of the merged file, as a writer reads them that makes an index of it. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public void readKeys(Blackhole hole) {
    try (KeyFile keys = openMerged()) {
      keys.readAll((position, array, offset, length) -> hole.consume(position));
    }
  }

  /** One page's keys: what it costs to find a key in a file that has no index. */
  @Benchmark
  public void readKeyPage(OpenFile open, Blackhole hole) {
    KeyFile keys = requireNonNull(open.keys);
    keys.readPage(
        random.nextInt(keys.pageCount()),
        (position, array, offset, length) -> hole.consume(position));
  }

  private KeyFile openMerged() {
    return new ParquetKeyFileOpener(keySpec, (path, length) -> input(path))
        .open(MERGED, input(MERGED).getLength());
  }

  /** The merged file, open. */
  @State(Scope.Thread)
  public static class OpenFile {
    private @Nullable KeyFile keys;

    /** Opens it. */
    @Setup
    public void setUp(MergeBenchmark benchmark) {
      keys = benchmark.openMerged();
    }

    /** Closes it. */
    @TearDown
    public void tearDown() {
      requireNonNull(keys).close();
    }
  }

  /** The rows that {@link #icebergAppend} writes. */
  @State(Scope.Thread)
  public static class SortedRows {
    private List<RowData> rows = List.of();

    /** Makes them, and says how large they come out. */
    @Setup
    public void setUp(MergeBenchmark benchmark) throws IOException {
      rows = benchmark.sortedRows();
      System.out.printf("%.2f bytes a row%n", (double) benchmark.icebergAppend(this) / ROWS);
    }
  }

  /** From Flink's rows to the file with its metrics, by Iceberg's writer for them. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public long icebergAppend(SortedRows sorted) throws IOException {
    DataWriter<RowData> writer =
        Parquet.writeData(new Nowhere("nowhere"))
            .schema(schema)
            .withSpec(PartitionSpec.unpartitioned())
            .metricsConfig(MetricsConfig.getDefault())
            .set(TableProperties.PARQUET_COMPRESSION, "zstd")
            .set(TableProperties.PARQUET_COMPRESSION_LEVEL, Integer.toString(codecLevel))
            .createWriterFunc(type -> FlinkParquetWriters.buildWriter(rowType, type))
            .build();
    try (writer) {
      for (RowData row : sorted.rows) {
        writer.write(row);
      }
    }
    return writer.length();
  }
}

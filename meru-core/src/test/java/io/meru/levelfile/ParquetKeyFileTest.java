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

package io.meru.levelfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.config.LevelOptions;
import io.meru.error.CorruptFileException;
import io.meru.error.UnsupportedTableException;
import io.meru.key.KeySpec;
import io.meru.levelfile.LevelFiles.Memory;
import io.meru.testing.Entries;
import io.meru.testing.Keys;
import io.meru.testing.RandomRecords;
import io.meru.testing.Records;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.inmemory.InMemoryInputFile;
import org.apache.iceberg.inmemory.InMemoryOutputFile;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.SeekableInputStream;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ParquetKeyFileTest {
  private static final long SEED = Long.getLong("meru.seed", 20261122);
  private static final int ROWS = 1000;

  private final Memory memory = new Memory();

  static Stream<List<Type>> keys() {
    return Stream.of(
        List.of(Types.BooleanType.get(), Types.IntegerType.get()),
        List.of(Types.IntegerType.get()),
        List.of(Types.LongType.get()),
        List.of(Types.DateType.get()),
        List.of(Types.TimeType.get()),
        List.of(Types.TimestampType.withoutZone()),
        List.of(Types.TimestampType.withZone()),
        List.of(Types.TimestampNanoType.withZone()),
        List.of(Types.StringType.get()),
        List.of(Types.BinaryType.get()),
        List.of(Types.UUIDType.get()),
        List.of(Types.FixedType.ofLength(3)),
        List.of(Types.FixedType.ofLength(12)),
        List.of(Types.DecimalType.of(9, 2)),
        List.of(Types.DecimalType.of(18, 4)),
        List.of(Types.DecimalType.of(38, 10)),
        List.of(Types.LongType.get(), Types.StringType.get()),
        List.of(Types.StringType.get(), Types.LongType.get(), Types.DecimalType.of(20, 0)),
        List.of(Types.IntegerType.get(), Types.UUIDType.get(), Types.BooleanType.get()));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void keysOfALevelFileAreThoseWritten(List<Type> types) {
    Schema schema = schema(types);
    Entries entries = randomEntries(schema);
    for (LevelOptions options : List.of(LevelOptions.LEVEL_0_DEFAULTS, smallPages("snappy"))) {
      InMemoryOutputFile output = memory.newOutput("level-" + options.codec());
      LevelFiles.write(output, schema, spec(schema), entries, options);
      assertKeys(output, schema, entries.keys());
    }
  }

  @ParameterizedTest
  @MethodSource("keys")
  void keysOfForeignFilesAreThoseOfTheirRows(List<Type> types) {
    Schema schema = schema(types);
    List<Record> rows = randomRows(schema);
    List<byte[]> keys =
        rows.stream().map(row -> Keys.encode(spec(schema), schema.asStruct(), row)).toList();
    for (List<String> properties : foreignProperties()) {
      InMemoryOutputFile output = memory.newOutput("foreign-" + properties);
      LevelFiles.writeForeign(
          output, schema, rows, MetricsConfig.getDefault(), properties.toArray(String[]::new));
      assertKeys(output, schema, keys);
    }
  }

  private static List<List<String>> foreignProperties() {
    return List.of(
        List.of(),
        List.of("write.parquet.page-row-limit", "100", "write.parquet.compression-codec", "gzip"),
        List.of(
            "write.parquet.page-row-limit", "70",
            "write.parquet.row-group-size-bytes", "20000",
            "write.parquet.row-group-check-min-record-count", "100",
            "write.parquet.compression-codec", "snappy"),
        List.of(
            "write.parquet.page-version", "v2",
            "write.parquet.page-row-limit", "100",
            "write.parquet.compression-codec", "uncompressed"));
  }

  @Test
  void keysThatRepeatAreReadThroughTheirDictionary() {
    Schema schema = schema(List.of(Types.StringType.get(), Types.IntegerType.get()));
    List<Record> rows = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      rows.add(Records.of(schema.asStruct(), "group " + i / 500, i, "x"));
    }
    Entries entries = Entries.of(spec(schema), schema, rows);
    InMemoryOutputFile ours = memory.newOutput("ours");
    InMemoryOutputFile theirs = memory.newOutput("theirs");
    LevelFiles.write(ours, schema, spec(schema), entries, smallPages("zstd"));
    LevelFiles.writeForeign(
        theirs,
        schema,
        entries.records(),
        MetricsConfig.getDefault(),
        "write.parquet.page-row-limit",
        "100");

    for (InMemoryOutputFile file : List.of(ours, theirs)) {
      assertThat(
              LevelFiles.footer(file.toInputFile())
                  .getBlocks()
                  .get(0)
                  .getColumns()
                  .get(0)
                  .hasDictionaryPage())
          .isTrue();
      assertKeys(file, schema, entries.keys());
    }
  }

  @Test
  void longStringsWithACommonStartGetBoundsThatHold() {
    Schema schema = schema(List.of(Types.StringType.get()));
    List<Record> rows = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      rows.add(Records.of(schema.asStruct(), "k" + i % 10 + "\ud83d\ude00".repeat(40) + i, "x"));
    }
    Entries entries = Entries.of(spec(schema), schema, rows);
    InMemoryOutputFile output = memory.newOutput("long");
    LevelFiles.write(output, schema, spec(schema), entries, smallPages("zstd"));
    assertKeys(output, schema, entries.keys());
  }

  @Test
  void pagesOfASortedFileHaveTightBounds() {
    Schema schema = schema(List.of(Types.LongType.get()));
    List<Record> rows =
        IntStream.range(0, 1000)
            .mapToObj(i -> Records.of(schema.asStruct(), i * 10L, "x"))
            .toList();
    Entries entries = Entries.of(spec(schema), schema, rows);
    InMemoryOutputFile output = memory.newOutput("tight");
    LevelFiles.write(output, schema, spec(schema), entries, smallPages("zstd"));
    try (KeyFile file = open(output, schema)) {
      assertThat(file.rowCount()).isEqualTo(1000);
      assertThat(file.pageCount()).isEqualTo(10);
      for (int page = 0; page < 10; page++) {
        assertThat(file.pageFirstRow(page)).isEqualTo(page * 100L);
        assertThat(file.pageMinPrefix(page)).isEqualTo(entries.prefix(page * 100));
        assertThat(file.pageMaxPrefix(page)).isEqualTo(entries.prefix(page * 100 + 99));
      }
    }
  }

  @Test
  void anIntColumnThatIsLongByNowGivesTheKeysOfLongs() {
    Schema then = schema(List.of(Types.IntegerType.get()));
    Schema now = schema(List.of(Types.LongType.get()));
    List<Record> rows =
        Stream.of(5, -3, Integer.MIN_VALUE, Integer.MAX_VALUE, 0)
            .map(i -> Records.of(then.asStruct(), i, "x"))
            .toList();
    InMemoryOutputFile output = memory.newOutput("promoted");
    LevelFiles.writeForeign(output, then, rows, MetricsConfig.getDefault());
    assertKeys(
        output,
        now,
        Stream.of(5L, -3L, (long) Integer.MIN_VALUE, (long) Integer.MAX_VALUE, 0L)
            .map(Keys::ofLong)
            .toList());
  }

  @Test
  void aWiderDecimalChangesNoKey() {
    List<BigDecimal> values =
        Stream.of("0.00", "1.05", "-1.05", "9999999.99", "-9999999.99")
            .map(BigDecimal::new)
            .toList();
    for (int precision : new int[] {9, 15, 20}) {
      Schema then = schema(List.of(Types.DecimalType.of(precision, 2)));
      Schema now = schema(List.of(Types.DecimalType.of(30, 2)));
      InMemoryOutputFile output = memory.newOutput("decimal" + precision);
      LevelFiles.writeForeign(
          output,
          then,
          values.stream().map(value -> Records.of(then.asStruct(), value, "x")).toList(),
          MetricsConfig.getDefault());
      assertKeys(
          output,
          now,
          values.stream()
              .map(
                  value ->
                      Keys.encode(
                          spec(now), now.asStruct(), Records.of(now.asStruct(), value, "x")))
              .toList());
    }
  }

  @Test
  void rowsWithANullInTheKeyAreLeftOut() {
    Schema optional =
        new Schema(
            Types.NestedField.optional(1, "a", Types.LongType.get()),
            Types.NestedField.optional(2, "b", Types.StringType.get()));
    for (List<Type> key :
        List.of(
            List.<Type>of(Types.LongType.get()),
            List.<Type>of(Types.LongType.get(), Types.StringType.get()))) {
      Schema schema = schemaOf(key);
      Random random = new Random(SEED);
      List<Record> rows = new ArrayList<>();
      for (int i = 0; i < ROWS; i++) {
        rows.add(
            Records.of(
                optional.asStruct(),
                random.nextInt(4) == 0 ? null : random.nextLong(),
                random.nextInt(4) == 0 ? null : "text " + random.nextInt(100)));
      }
      TreeMap<Long, String> expected = new TreeMap<>();
      for (int i = 0; i < ROWS; i++) {
        Record row = rows.get(i);
        if (IntStream.range(0, key.size()).allMatch(column -> row.get(column) != null)) {
          expected.put(
              (long) i,
              HexFormat.of().formatHex(Keys.encode(spec(schema), schema.asStruct(), row)));
        }
      }
      for (String version : List.of("v1", "v2")) {
        InMemoryOutputFile output = memory.newOutput("nulls-" + version + key.size());
        LevelFiles.writeForeign(
            output,
            optional,
            rows,
            MetricsConfig.getDefault(),
            "write.parquet.page-version",
            version,
            "write.parquet.page-row-limit",
            "100");
        try (KeyFile file = open(output, schema)) {
          assertThat(readAll(file)).isEqualTo(expected);
          assertThat(readPages(file)).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aFileWithoutAKeyColumnHasNoKeysIfTheColumnHasNoInitialDefault() {
    Schema then = new Schema(Types.NestedField.optional(7, "other", Types.LongType.get()));
    InMemoryOutputFile output = memory.newOutput("older");
    LevelFiles.writeForeign(
        output,
        then,
        List.of(Records.of(then.asStruct(), 1L), Records.of(then.asStruct(), 2L)),
        MetricsConfig.getDefault());
    try (KeyFile file = open(output, schema(List.of(Types.LongType.get())))) {
      assertThat(file.rowCount()).isEqualTo(2);
      assertThat(file.pageCount()).isEqualTo(1);
      assertThat(readAll(file)).isEmpty();
      assertThat(readPages(file)).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("keys")
  void rowsOfAFileWithoutAKeyColumnHaveItsInitialDefault(List<Type> types) {
    Schema schema = schema(types);
    StructLike defaults =
        new InternalRecordWrapper(schema.asStruct()).wrap(randomRows(schema).get(0));
    for (int missing = 0; missing < types.size(); missing++) {
      List<Types.NestedField> fields = new ArrayList<>(schema.columns());
      Types.NestedField added = fields.remove(missing);
      Schema then = new Schema(fields);
      List<Record> rows = randomRows(then);
      InMemoryOutputFile output = memory.newOutput("older-" + types + missing);
      LevelFiles.writeForeign(
          output,
          then,
          rows,
          MetricsConfig.getDefault(),
          "write.parquet.row-group-size-bytes",
          "5000",
          "write.parquet.row-group-check-min-record-count",
          "100");
      Literal<?> value = Expressions.lit(defaults.get(missing, Object.class)).to(added.type());
      fields.add(missing, Types.NestedField.from(added).withInitialDefault(value).build());
      Schema now = new Schema(fields, schema.identifierFieldIds());

      List<Record> read = LevelFiles.read(output.toInputFile(), now);
      assertThat(read).extracting(row -> row.getField(added.name())).doesNotContainNull();
      assertKeys(
          output,
          now,
          read.stream().map(row -> Keys.encode(spec(now), now.asStruct(), row)).toList());
    }
  }

  @Test
  void millisecondsOfOtherWritersAreReadAsMicroseconds() throws IOException {
    Schema schema = schema(List.of(Types.TimestampType.withoutZone()));
    InMemoryOutputFile output =
        writeGroups(
            "message m { required int64 k (TIMESTAMP(MILLIS,false)) = 1; }",
            group -> group.add("k", 1234L),
            group -> group.add("k", -5L));
    assertKeys(output, schema, List.of(Keys.ofLong(1_234_000), Keys.ofLong(-5_000)));
  }

  @Test
  void decimalsInByteArraysAreRead() throws IOException {
    Schema schema = schema(List.of(Types.DecimalType.of(9, 2)));
    InMemoryOutputFile output =
        writeGroups(
            "message m { required binary k (DECIMAL(9,2)) = 1; }",
            group -> group.add("k", Binary.fromConstantByteArray(new byte[] {0, 0, 1, 2})),
            group -> group.add("k", Binary.fromConstantByteArray(new byte[] {-1, 2})));
    assertKeys(
        output,
        schema,
        Stream.of(new BigDecimal("2.58"), new BigDecimal("-2.54"))
            .map(
                value ->
                    Keys.encode(
                        spec(schema), schema.asStruct(), Records.of(schema.asStruct(), value, "x")))
            .toList());
  }

  @Test
  void aFileWithoutFieldIdsIsRefused() throws IOException {
    InMemoryOutputFile output =
        writeGroups("message m { required int64 k0; }", group -> group.add("k0", 1L));
    assertThatThrownBy(() -> open(output, schema(List.of(Types.LongType.get()))))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            "Cannot read the keys of groups: its columns have no field ids, so that key column 'k0'"
                + " of table db.t cannot be found in it. Rewrite the file, for example by Spark's"
                + " rewrite_data_files.");
  }

  @Test
  void aKeyColumnOfAnotherTypeIsRefused() throws IOException {
    InMemoryOutputFile output =
        writeGroups(
            "message m { required int96 k0 = 1; }",
            group -> group.add("k0", Binary.fromConstantByteArray(new byte[12])));
    assertThatThrownBy(() -> open(output, schema(List.of(Types.TimestampType.withoutZone()))))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            "Cannot read the keys of groups: it stores key column 'k0', of type timestamp, as required"
                + " int96 k0 = 1. Rewrite the file, for example by Spark's rewrite_data_files.");
  }

  @Test
  void filesOfOtherFormatsAreRefusedByNameAndByContent() {
    Schema schema = schema(List.of(Types.LongType.get()));
    assertThatThrownBy(() -> openBytes("a/b.avro", new byte[100], schema))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            "Cannot read the keys of a/b.avro: it is an AVRO file, and Meru reads Parquet only. Set"
                + " write.format.default of table db.t to parquet and rewrite its files, for example"
                + " by Spark's rewrite_data_files with rewrite-all.");
    byte[] orc = new byte[100];
    System.arraycopy("ORC".getBytes(), 0, orc, 0, 3);
    assertThatThrownBy(() -> openBytes("a/b", orc, schema))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("it is an ORC file");
  }

  @Test
  void aTruncatedFileIsCorrupt() {
    Schema schema = schema(List.of(Types.LongType.get()));
    byte[] bytes = levelFile(schema);
    byte[] cut = Arrays.copyOf(bytes, bytes.length - 100);
    assertThatThrownBy(() -> openBytes("cut", cut, bytes.length, schema))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith("Cannot read cut: it ends before the")
        .hasMessageContaining(
            "but the table says that it is %d bytes long".formatted(bytes.length));
    assertThatThrownBy(() -> openBytes("cut", cut, schema))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(
            "Cannot read the keys of cut: it does not end as a Parquet file does");
  }

  @Test
  void damagedPagesAreCorruptAndNeverAnythingElse() {
    Schema schema = schema(List.of(Types.StringType.get(), Types.LongType.get()));
    byte[] bytes = levelFile(schema);
    Random random = new Random(SEED);
    int corrupt = 0;
    for (int i = 0; i < 300; i++) {
      byte[] damaged = bytes.clone();
      damaged[4 + random.nextInt(bytes.length - 12)] ^= (byte) (1 << random.nextInt(8));
      try (KeyFile file = openBytes("damaged", damaged, schema)) {
        readAll(file);
        readPages(file);
      } catch (CorruptFileException e) {
        assertThat(e).hasMessageContaining("damaged");
        corrupt++;
      } catch (UnsupportedTableException e) {
        assertThat(e).hasMessageContaining("damaged"); // its schema was hit
      }
    }
    assertThat(corrupt).isPositive();
  }

  @Test
  void aFailingReadNamesTheFile() {
    Schema schema = schema(List.of(Types.LongType.get()));
    byte[] bytes = levelFile(schema);
    InputFile failing = new FailingInput(new InMemoryInputFile("far/away", bytes));
    assertThatThrownBy(
            () ->
                new ParquetKeyFileOpener(spec(schema), (path, length) -> failing)
                    .open("far/away", bytes.length))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(" of far/away")
        .hasRootCauseMessage("connection reset");
  }

  private record FailingInput(InputFile file) implements InputFile {
    @Override
    public long getLength() {
      return file.getLength();
    }

    @Override
    public SeekableInputStream newStream() {
      return new SeekableInputStream() {
        @Override
        public long getPos() {
          return 0;
        }

        @Override
        public void seek(long position) throws IOException {
          throw new IOException("connection reset");
        }

        @Override
        public int read() throws IOException {
          throw new IOException("connection reset");
        }
      };
    }

    @Override
    public String location() {
      return file.location();
    }

    @Override
    public boolean exists() {
      return true;
    }
  }

  private byte[] levelFile(Schema schema) {
    InMemoryOutputFile output = memory.newOutput("level");
    LevelFiles.write(output, schema, spec(schema), randomEntries(schema), smallPages("zstd"));
    return output.toByteArray();
  }

  private void assertKeys(InMemoryOutputFile output, Schema schema, List<byte[]> keys) {
    TreeMap<Long, String> expected = new TreeMap<>();
    for (int i = 0; i < keys.size(); i++) {
      expected.put((long) i, HexFormat.of().formatHex(keys.get(i)));
    }
    try (KeyFile file = open(output, schema)) {
      assertThat(file.rowCount()).isEqualTo(keys.size());
      assertThat(readAll(file)).as("seed %d", SEED).isEqualTo(expected);
      assertThat(readPages(file)).as("seed %d", SEED).isEqualTo(expected);
      assertBoundsHold(file);
      assertThat(readAll(file)).isEqualTo(expected);
    }
  }

  private static TreeMap<Long, String> readAll(KeyFile file) {
    TreeMap<Long, String> keys = new TreeMap<>();
    file.readAll(
        (position, array, offset, length) ->
            keys.put(position, HexFormat.of().formatHex(array, offset, offset + length)));
    return keys;
  }

  /** In random order. */
  private static TreeMap<Long, String> readPages(KeyFile file) {
    List<Integer> pages =
        IntStream.range(0, file.pageCount())
            .boxed()
            .collect(Collectors.toCollection(ArrayList::new));
    java.util.Collections.shuffle(pages, new Random(SEED));
    TreeMap<Long, String> keys = new TreeMap<>();
    for (int page : pages) {
      file.readPage(
          page,
          (position, array, offset, length) ->
              keys.put(position, HexFormat.of().formatHex(array, offset, offset + length)));
    }
    return keys;
  }

  private static void assertBoundsHold(KeyFile file) {
    for (int page = 0; page < file.pageCount(); page++) {
      long min = file.pageMinPrefix(page);
      long max = file.pageMaxPrefix(page);
      file.readPage(
          page,
          (position, array, offset, length) -> {
            long prefix = 0;
            for (int i = 0; i < Long.BYTES; i++) {
              prefix = prefix << 8 | (i < length ? array[offset + i] & 0xff : 0);
            }
            if (Long.compareUnsigned(min, prefix) > 0 || Long.compareUnsigned(prefix, max) > 0) {
              throw new AssertionError(
                  "Row %d: prefix %x outside [%x, %x]".formatted(position, prefix, min, max));
            }
          });
    }
  }

  private KeyFile open(InMemoryOutputFile output, Schema schema) {
    return new ParquetKeyFileOpener(spec(schema), (path, length) -> output.toInputFile())
        .open(output.location(), output.toInputFile().getLength());
  }

  private static KeyFile openBytes(String path, byte[] bytes, Schema schema) {
    return openBytes(path, bytes, bytes.length, schema);
  }

  private static KeyFile openBytes(String path, byte[] bytes, long length, Schema schema) {
    return new ParquetKeyFileOpener(spec(schema), (p, l) -> new InMemoryInputFile(path, bytes))
        .open(path, length);
  }

  private static LevelOptions smallPages(String codec) {
    return new LevelOptions(codec, 1, 100, 1 << 20, 128L << 20, false, 0.01);
  }

  private static KeySpec spec(Schema schema) {
    return KeySpec.of("db.t", schema);
  }

  /** The key columns, then one more. */
  private static Schema schema(List<Type> keyTypes) {
    List<Types.NestedField> fields = new ArrayList<>(schemaOf(keyTypes).columns());
    fields.add(Types.NestedField.optional(100, "more", Types.StringType.get()));
    return new Schema(fields, schemaOf(keyTypes).identifierFieldIds());
  }

  private static Schema schemaOf(List<Type> keyTypes) {
    List<Types.NestedField> fields = new ArrayList<>();
    for (int i = 0; i < keyTypes.size(); i++) {
      fields.add(Types.NestedField.required(i + 1, "k" + i, keyTypes.get(i)));
    }
    Set<Integer> ids = fields.stream().map(Types.NestedField::fieldId).collect(Collectors.toSet());
    return new Schema(fields, ids);
  }

  private static List<Record> randomRows(Schema schema) {
    RandomRecords random = new RandomRecords(SEED);
    List<Record> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(random.nextRecord(schema.asStruct()));
    }
    return rows;
  }

  private static Entries randomEntries(Schema schema) {
    return Entries.of(spec(schema), schema, randomRows(schema));
  }

  @SafeVarargs
  private InMemoryOutputFile writeGroups(String schema, java.util.function.Consumer<Group>... rows)
      throws IOException {
    MessageType type = MessageTypeParser.parseMessageType(schema);
    InMemoryOutputFile output = memory.newOutput("groups");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new FileOutput(output))
            .withConf(new Configuration(false))
            .withType(type)
            .build()) {
      for (java.util.function.Consumer<Group> row : rows) {
        Group group = new SimpleGroup(type);
        row.accept(group);
        writer.write(group);
      }
    }
    return output;
  }
}

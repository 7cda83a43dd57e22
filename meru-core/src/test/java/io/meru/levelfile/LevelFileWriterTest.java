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
import io.meru.key.KeySpec;
import io.meru.testing.Entries;
import io.meru.testing.RandomRecords;
import io.meru.testing.Records;
import io.meru.version.AddedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SchemaParser;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.inmemory.InMemoryOutputFile;
import org.apache.iceberg.types.Types;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LevelFileWriterTest {
  private static final long SEED = Long.getLong("meru.seed", 20261122);
  private static final LevelOptions DEFAULTS = LevelOptions.LEVEL_0_DEFAULTS;

  /** A key beside every type that there is. */
  private static final Schema EVERY_TYPE = withKey(RandomRecords.everyType());

  private static final Schema ORDERS =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.required(2, "customer", Types.LongType.get()),
              Types.NestedField.optional(3, "status", Types.StringType.get()),
              Types.NestedField.optional(4, "amount", Types.DecimalType.of(12, 2)),
              Types.NestedField.optional(5, "price", Types.DoubleType.get()),
              Types.NestedField.optional(6, "note", Types.StringType.get()),
              Types.NestedField.optional(7, "paid", Types.BooleanType.get()),
              Types.NestedField.optional(8, "region code", Types.IntegerType.get())),
          Set.of(1));

  @Test
  void rowsOfEveryTypeReadBackEqualThroughIceberg() {
    System.out.println("seed " + SEED);
    List<Record> rows = randomRows(EVERY_TYPE, 3000, SEED);
    assertReadsBack(EVERY_TYPE, rows, DEFAULTS);
  }

  @Test
  void rowsReadBackEqualWhenPagesAndRowGroupsAreSmall() {
    List<Record> rows = randomRows(EVERY_TYPE, 3000, SEED + 1);
    LevelOptions options = new LevelOptions("zstd", 1, 250, 2000, 200_000, false, 0.01);
    AddedFile added = assertReadsBack(EVERY_TYPE, rows, options);
    assertThat(added.splitOffsets()).hasSizeGreaterThan(2).isSorted();
    assertThat(added.splitOffsets().get(0)).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zstd", "snappy", "gzip", "lz4_raw", "uncompressed"})
  void everyCodecReadsBack(String codec) {
    LevelOptions options = new LevelOptions(codec, 1, 20_000, 1 << 20, 128L << 20, false, 0.01);
    List<Record> rows = orders(500);
    Entries entries = entries(ORDERS, rows);
    InMemoryOutputFile output = new InMemoryOutputFile("orders");
    write(output, ORDERS, entries, options);

    assertEqualRows(LevelFiles.read(output.toInputFile(), ORDERS), entries.records());
    assertThat(LevelFiles.footer(output.toInputFile()).getBlocks().get(0).getColumns())
        .allMatch(column -> column.getCodec() == CompressionCodecName.valueOf(codec.toUpperCase()));
  }

  @Test
  void metricsEqualThoseOfIcebergsOwnWriter() {
    for (int i = 0; i < 5; i++) {
      assertSameMetrics(
          EVERY_TYPE, randomRows(EVERY_TYPE, 400, SEED + i), DEFAULTS, MetricsConfig.getDefault());
    }
    assertSameMetrics(ORDERS, orders(1000), DEFAULTS, MetricsConfig.getDefault());
  }

  @Test
  void metricsOfSeveralRowGroupsEqualThoseOfIcebergsOwnWriter() {
    LevelOptions options = new LevelOptions("zstd", 1, 100, 2000, 50_000, false, 0.01);
    assertSameMetrics(
        EVERY_TYPE, randomRows(EVERY_TYPE, 1000, SEED), options, MetricsConfig.getDefault());
  }

  @Test
  void metricsFollowTheModesOfColumns() {
    MetricsConfig config =
        MetricsConfig.fromProperties(
            Map.of(
                "write.metadata.metrics.default", "truncate(3)",
                "write.metadata.metrics.column.status", "full",
                "write.metadata.metrics.column.note", "none",
                "write.metadata.metrics.column.price", "counts",
                "write.metadata.metrics.column.region code", "counts"));
    assertSameMetrics(ORDERS, orders(300), DEFAULTS, config);
  }

  @Test
  void metricsOfFloatingPointColumnsCountNaNsAndLeaveThemOutOfBounds() {
    Types.StructType inner =
        Types.StructType.of(Types.NestedField.optional(5, "deep", Types.DoubleType.get()));
    Schema schema =
        new Schema(
            List.of(
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.optional(2, "f", Types.FloatType.get()),
                Types.NestedField.required(3, "d", Types.DoubleType.get()),
                Types.NestedField.optional(4, "s", inner)),
            Set.of(1));
    Record present = Records.of(inner, 1.5);
    Record absent = Records.of(inner, (Object) null);
    List<Record> rows =
        List.of(
            Records.of(schema.asStruct(), 1L, Float.NaN, -0.0, present),
            Records.of(schema.asStruct(), 2L, null, 0.0, absent),
            Records.of(schema.asStruct(), 3L, -0.0f, Double.NaN, null),
            Records.of(schema.asStruct(), 4L, 7f, 0.0, Records.of(inner, Double.NaN)));

    AddedFile added = assertSameMetrics(schema, rows, DEFAULTS, MetricsConfig.getDefault());

    assertThat(added.metrics().nanValueCounts())
        .containsExactlyInAnyOrderEntriesOf(Map.of(2, 1L, 3, 1L, 5, 1L));
    assertThat(added.metrics().nullValueCounts()).containsEntry(2, 1L).containsEntry(5, 1L);
    assertSameMetrics(schema, rows.subList(0, 1), DEFAULTS, MetricsConfig.getDefault());
  }

  @Test
  void dictionaryIsChosenForColumnsOfFewDistinctValuesOnly() {
    Entries entries = entries(ORDERS, orders(5000));
    InMemoryOutputFile output = new InMemoryOutputFile("orders");
    write(output, ORDERS, entries, DEFAULTS);

    Map<String, ColumnChunkMetaData> columns = columns(output);
    assertThat(withDictionary(columns)).containsExactlyInAnyOrder("status", "region_x20code");
    assertThat(columns.get("status").getEncodings()).contains(Encoding.RLE_DICTIONARY);
    assertThat(columns.get("id").getEncodings()).contains(Encoding.DELTA_BINARY_PACKED);
    assertThat(columns.get("note").getEncodings()).contains(Encoding.DELTA_LENGTH_BYTE_ARRAY);
  }

  /** Iceberg's vectorized reader fails on lengths by delta where there is no value. */
  @Test
  void aPageOfNullsIsPlain() {
    Schema schema =
        new Schema(
            List.of(
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.optional(2, "never", Types.StringType.get()),
                Types.NestedField.optional(3, "later", Types.StringType.get())),
            Set.of(1));
    List<Record> rows = new ArrayList<>();
    for (long id = 0; id < 200; id++) {
      rows.add(Records.of(schema.asStruct(), id, null, id < 100 ? null : "text " + id));
    }
    Entries entries = entries(schema, rows);
    InMemoryOutputFile output = new InMemoryOutputFile("nulls");
    write(output, schema, entries, new LevelOptions("zstd", 1, 100, 1 << 20, 1 << 20, false, 0.01));

    assertEqualRows(LevelFiles.read(output.toInputFile(), schema), entries.records());
    assertThat(columns(output).get("never").getEncodings())
        .contains(Encoding.PLAIN)
        .doesNotContain(Encoding.DELTA_LENGTH_BYTE_ARRAY);
    assertThat(columns(output).get("later").getEncodings())
        .contains(Encoding.PLAIN, Encoding.DELTA_LENGTH_BYTE_ARRAY);
  }

  @Test
  void aDictionaryThatGrowsTooLargeGivesWayToTheOtherEncoding() {
    Schema schema =
        new Schema(
            List.of(
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.required(2, "text", Types.StringType.get())),
            Set.of(1));
    List<Record> rows = new ArrayList<>();
    for (long id = 0; id < 40_000; id++) {
      // the sample sees every 39th row, and all of these are alike
      String text = id % 39 == 0 ? "same" : "a text that is long enough to fill it: " + id;
      rows.add(Records.of(schema.asStruct(), id, text));
    }
    Entries entries = entries(schema, rows);
    InMemoryOutputFile output = new InMemoryOutputFile("grown");
    LevelOptions options = new LevelOptions("zstd", 1, 2000, 1 << 20, 128L << 20, false, 0.01);
    write(output, schema, entries, options);

    assertEqualRows(LevelFiles.read(output.toInputFile(), schema), entries.records());
    assertThat(columns(output).get("text").getEncodings())
        .contains(Encoding.RLE_DICTIONARY, Encoding.DELTA_LENGTH_BYTE_ARRAY);
  }

  @Test
  void everyColumnHasAPageIndexAndPagesHoldAtMostTheirRows() throws IOException {
    InMemoryOutputFile output = new InMemoryOutputFile("orders");
    LevelOptions options = new LevelOptions("zstd", 1, 300, 1 << 20, 128L << 20, false, 0.01);
    write(output, ORDERS, entries(ORDERS, orders(1000)), options);

    try (ParquetFileReader reader = LevelFiles.open(output.toInputFile())) {
      for (ColumnChunkMetaData column : reader.getRowGroups().get(0).getColumns()) {
        assertThat(reader.readOffsetIndex(column).getPageCount()).isEqualTo(4);
        assertThat(reader.readColumnIndex(column).getMinValues()).hasSize(4);
      }
    }
  }

  @Test
  void bloomFilterOfTheKeyIsThereByOptionAndFindsEveryKey() throws IOException {
    Schema schema =
        new Schema(
            List.of(
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.required(2, "n", Types.IntegerType.get()),
                Types.NestedField.required(3, "text", Types.StringType.get()),
                Types.NestedField.required(4, "big", Types.DecimalType.of(30, 2)),
                Types.NestedField.required(5, "other", Types.LongType.get())),
            Set.of(1, 2, 3, 4));
    RandomRecords random = new RandomRecords(SEED);
    List<Record> rows = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      rows.add(random.nextRecord(schema.asStruct()));
    }
    Entries entries = entries(schema, rows);
    InMemoryOutputFile without = new InMemoryOutputFile("without");
    InMemoryOutputFile with = new InMemoryOutputFile("with");
    write(without, schema, entries, DEFAULTS);
    write(with, schema, entries, new LevelOptions("zstd", 1, 200, 1 << 20, 1 << 27, true, 0.01));

    assertThat(columns(without).values()).allMatch(column -> column.getBloomFilterOffset() < 0);
    assertThat(columns(with).get("other").getBloomFilterOffset()).isNegative();
    try (ParquetFileReader reader = LevelFiles.open(with.toInputFile())) {
      BlockMetaData block = reader.getRowGroups().get(0);
      var byId = reader.getBloomFilterDataReader(block).readBloomFilter(block.getColumns().get(0));
      var byText =
          reader.getBloomFilterDataReader(block).readBloomFilter(block.getColumns().get(2));
      var byBig = reader.getBloomFilterDataReader(block).readBloomFilter(block.getColumns().get(3));
      for (Record row : entries.records()) {
        assertThat(byId.findHash(byId.hash((long) row.get(0)))).isTrue();
        assertThat(byText.findHash(byText.hash(binary(((String) row.get(2)).getBytes("UTF-8")))))
            .isTrue();
        assertThat(byBig.findHash(byBig.hash(binary(fixed13((java.math.BigDecimal) row.get(3))))))
            .isTrue();
      }
      int found = 0;
      for (long absent = 0; absent < 10_000; absent++) {
        found += byId.findHash(byId.hash(absent * 7_919_311_177L + 12345)) ? 1 : 0;
      }
      assertThat(found).isLessThan(500);
    }
  }

  @Test
  void footerSaysWhatTheFileIs() {
    Entries entries = entries(ORDERS, orders(10));
    InMemoryOutputFile output = new InMemoryOutputFile("orders");
    write(output, ORDERS, entries, DEFAULTS);

    Map<String, String> footer =
        LevelFiles.footer(output.toInputFile()).getFileMetaData().getKeyValueMetaData();
    assertThat(footer)
        .containsEntry("meru.format", "1")
        .containsEntry("meru.level", "0")
        .containsEntry("meru.hash-range", "0000-7fff")
        .containsEntry("meru.fingerprint", "0123abcd")
        .containsEntry("meru.key-min", HexFormat.of().formatHex(entries.keys().get(0)))
        .containsEntry("meru.key-max", HexFormat.of().formatHex(entries.keys().get(9)))
        .containsEntry("iceberg.schema", SchemaParser.toJson(ORDERS));
  }

  @Test
  void addedFileStatesWhatWasWritten() {
    Entries entries = entries(ORDERS, orders(100));
    InMemoryOutputFile output = new InMemoryOutputFile("folder/orders.parquet");
    SortOrder byKey = SortOrder.builderFor(ORDERS).withOrderId(3).asc("id").build();
    AddedFile added = writeSelection(output, entries, byKey, new int[] {3, 7, 8, 20, 21}, 1, 4);

    assertThat(added.file().path()).isEqualTo("folder/orders.parquet");
    assertThat(added.file().fileSizeBytes()).isEqualTo(output.toInputFile().getLength());
    assertThat(added.file().recordCount()).isEqualTo(3);
    assertThat(added.file().minPrefix()).isEqualTo(entries.prefix(7));
    assertThat(added.file().maxPrefix()).isEqualTo(entries.prefix(20));
    assertThat(added.file().levelName()).isEqualTo(LevelFiles.NAME);
    assertThat(added.sortOrderId()).isEqualTo(3);
    assertThat(added.splitOffsets()).containsExactly(4L);
    assertEqualRows(
        LevelFiles.read(output.toInputFile(), ORDERS),
        List.of(entries.records().get(7), entries.records().get(8), entries.records().get(20)));
  }

  @Test
  void aSortOrderOtherThanTheKeysIsNotStated() {
    Entries entries = entries(ORDERS, orders(5));
    SortOrder byCustomer = SortOrder.builderFor(ORDERS).withOrderId(4).asc("customer").build();
    SortOrder descending = SortOrder.builderFor(ORDERS).withOrderId(5).desc("id").build();
    for (SortOrder order : List.of(byCustomer, descending)) {
      AddedFile added =
          writeSelection(new InMemoryOutputFile("o"), entries, order, entries.all(), 0, 5);
      assertThat(added.sortOrderId()).isZero();
    }
  }

  @Test
  void oneWriterWritesManyFiles() {
    LevelFileWriter writer =
        new LevelFileWriter(
            EVERY_TYPE,
            KeySpec.of("t", EVERY_TYPE),
            SortOrder.unsorted(),
            MetricsConfig.getDefault(),
            DEFAULTS);
    for (int i = 0; i < 5; i++) {
      List<Record> rows = randomRows(EVERY_TYPE, 200 * i + 1, SEED + i);
      Entries entries = entries(EVERY_TYPE, rows);
      InMemoryOutputFile output = new InMemoryOutputFile("f" + i);
      AddedFile added =
          writer.write(
              output,
              entries,
              entries.all(),
              0,
              entries.size(),
              null,
              LevelFiles.NAME,
              io.meru.version.PartitionTuple.unpartitioned(0));
      assertEqualRows(LevelFiles.read(output.toInputFile(), EVERY_TYPE), entries.records());
      assertSame(
          added.metrics(),
          foreignMetrics(EVERY_TYPE, entries.records(), MetricsConfig.getDefault()));
    }
  }

  @Test
  void aFileWithoutRowsIsRefused() {
    Entries entries = entries(ORDERS, orders(5));
    assertThatThrownBy(
            () ->
                writeSelection(
                    new InMemoryOutputFile("o"), entries, SortOrder.unsorted(), new int[0], 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A level file needs at least one row");
  }

  private static AddedFile assertReadsBack(Schema schema, List<Record> rows, LevelOptions options) {
    Entries entries = entries(schema, rows);
    InMemoryOutputFile output = new InMemoryOutputFile("file");
    AddedFile added = write(output, schema, entries, options);
    assertEqualRows(LevelFiles.read(output.toInputFile(), schema), entries.records());
    return added;
  }

  private static void assertEqualRows(List<Record> read, List<Record> written) {
    assertThat(read).hasSameSizeAs(written);
    for (int i = 0; i < written.size(); i++) {
      assertThat(Records.text(read.get(i)))
          .as("row %d of seed %d", i, SEED)
          .isEqualTo(Records.text(written.get(i)));
    }
  }

  private static AddedFile assertSameMetrics(
      Schema schema, List<Record> rows, LevelOptions options, MetricsConfig config) {
    Entries entries = entries(schema, rows);
    AddedFile added =
        LevelFiles.write(
            new InMemoryOutputFile("ours"),
            schema,
            KeySpec.of("t", schema),
            entries,
            options,
            config);
    assertSame(added.metrics(), foreignMetrics(schema, entries.records(), config));
    return added;
  }

  private static Metrics foreignMetrics(Schema schema, List<Record> rows, MetricsConfig config) {
    return LevelFiles.writeForeign(new InMemoryOutputFile("theirs"), schema, rows, config)
        .metrics();
  }

  private static void assertSame(Metrics ours, Metrics theirs) {
    assertThat(ours.recordCount()).isEqualTo(theirs.recordCount());
    assertThat(ours.valueCounts()).isEqualTo(theirs.valueCounts());
    assertThat(ours.nullValueCounts()).isEqualTo(theirs.nullValueCounts());
    assertThat(ours.nanValueCounts()).isEqualTo(theirs.nanValueCounts());
    assertThat(hex(ours.lowerBounds())).isEqualTo(hex(theirs.lowerBounds()));
    assertThat(hex(ours.upperBounds())).isEqualTo(hex(theirs.upperBounds()));
    assertThat(ours.columnSizes().keySet()).isEqualTo(theirs.columnSizes().keySet());
  }

  private static Map<Integer, String> hex(Map<Integer, ByteBuffer> bounds) {
    Map<Integer, String> result = new HashMap<>();
    bounds.forEach((id, bound) -> result.put(id, Records.text(bound)));
    return result;
  }

  private static AddedFile write(
      InMemoryOutputFile output, Schema schema, Entries entries, LevelOptions options) {
    return LevelFiles.write(output, schema, KeySpec.of("t", schema), entries, options);
  }

  private static AddedFile writeSelection(
      InMemoryOutputFile output,
      Entries entries,
      SortOrder order,
      int[] selection,
      int from,
      int to) {
    return new LevelFileWriter(
            ORDERS, KeySpec.of("t", ORDERS), order, MetricsConfig.getDefault(), DEFAULTS)
        .write(
            output,
            entries,
            selection,
            from,
            to,
            null,
            LevelFiles.NAME,
            io.meru.version.PartitionTuple.unpartitioned(0));
  }

  private static Entries entries(Schema schema, List<Record> rows) {
    return Entries.of(KeySpec.of("t", schema), schema, rows);
  }

  private static Map<String, ColumnChunkMetaData> columns(InMemoryOutputFile file) {
    ParquetMetadata footer = LevelFiles.footer(file.toInputFile());
    return footer.getBlocks().get(0).getColumns().stream()
        .collect(Collectors.toMap(column -> column.getPath().toDotString(), column -> column));
  }

  private static List<String> withDictionary(Map<String, ColumnChunkMetaData> columns) {
    return columns.entrySet().stream()
        .filter(column -> column.getValue().hasDictionaryPage())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static List<Record> orders(int count) {
    List<Record> rows = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      rows.add(
          Records.of(
              ORDERS.asStruct(),
              i * 1000 + 7,
              (i * 7919) % 100_003,
              i % 11 == 0 ? null : "status-" + i % 5,
              java.math.BigDecimal.valueOf(i * 31 - 5000, 2),
              i % 13 == 0 ? null : (i * 17 % 1009) / 4.0,
              i % 3 == 0 ? null : "note of " + i * 104729,
              i % 2 == 0,
              (int) (i % 25)));
    }
    return rows;
  }

  private static List<Record> randomRows(Schema schema, int count, long seed) {
    RandomRecords random = new RandomRecords(seed);
    List<Record> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(random.nextRecord(schema.asStruct()));
    }
    return rows;
  }

  private static Schema withKey(Types.StructType type) {
    List<Types.NestedField> fields = new ArrayList<>();
    fields.add(Types.NestedField.required(1000, "key", Types.StringType.get()));
    fields.addAll(type.fields());
    return new Schema(fields, Set.of(1000));
  }

  private static org.apache.parquet.io.api.Binary binary(byte[] bytes) {
    return org.apache.parquet.io.api.Binary.fromConstantByteArray(bytes);
  }

  private static byte[] fixed13(java.math.BigDecimal value) {
    byte[] shortest = value.unscaledValue().toByteArray();
    byte[] result = new byte[13];
    java.util.Arrays.fill(result, (byte) (shortest[0] >> 7));
    System.arraycopy(shortest, 0, result, 13 - shortest.length, shortest.length);
    return result;
  }
}

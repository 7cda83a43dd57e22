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

package io.meru.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import io.meru.testing.RandomRecords;
import io.meru.testing.RecordAccessor;
import io.meru.testing.Records;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RowEncoderTest {
  private static final Types.StructType EVERY_TYPE = RandomRecords.everyType();

  @Test
  void readingARegionGivesTheRowThatWasEncoded() {
    long seed = Long.getLong("meru.seed", 20261122);
    RandomRecords records = new RandomRecords(seed);
    RowEncoder encoder = new RowEncoder(EVERY_TYPE);
    RowRegion reader = new RowRegion(EVERY_TYPE);
    ByteBuilder target = new ByteBuilder(0);
    for (int i = 0; i < 2000; i++) {
      Record row = records.nextRecord(EVERY_TYPE);
      encoder.encode(RecordAccessor.of(EVERY_TYPE, row), target);

      Record read = Records.copyOf(EVERY_TYPE, reader.wrap(target.array(), 0));

      assertEqual(read, row, "row %d of seed %d".formatted(i, seed));
      target.reset();
    }
  }

  @Test
  void aRowBeyondTheLimitIsRefusedByTheColumnThatExceedsIt() {
    Types.StructType type =
        Types.StructType.of(
            Types.NestedField.required(1, "id", Types.LongType.get()),
            Types.NestedField.optional(2, "title", Types.StringType.get()),
            Types.NestedField.optional(3, "body", Types.StringType.get()));
    RowEncoder encoder = new RowEncoder(type, 1000);
    int fixed = RowLayout.fixedBytes(3);
    ByteBuilder target = new ByteBuilder(0);
    target.append((byte) 1); // what lies there before does not count
    encoder.encode(
        RecordAccessor.ofValues(type, 1L, "x".repeat(500), "y".repeat(500 - fixed)), target);
    assertThat(target.size()).isEqualTo(1001);
    target.reset();

    assertThatThrownBy(
            () ->
                encoder.encode(
                    RecordAccessor.ofValues(type, 1L, "x".repeat(500), "y".repeat(501 - fixed)),
                    target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot write a row: with column 'body' it takes 1001 bytes, and at most 1000 are allowed."
                + " Store values of that size as files of their own, and their paths in the table.");
  }

  @Test
  void aRegionHoldsOffsetsOfItsOwnSoThatItCanBeCopiedAnywhere() {
    RandomRecords records = new RandomRecords(7);
    RowEncoder encoder = new RowEncoder(EVERY_TYPE);
    ByteBuilder target = new ByteBuilder(0);
    List<Record> rows = new ArrayList<>();
    List<Integer> starts = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      rows.add(records.nextRecord(EVERY_TYPE));
      starts.add(target.size());
      encoder.encode(RecordAccessor.of(EVERY_TYPE, rows.get(i)), target);
    }
    byte[] moved = new byte[target.size() + 13];
    System.arraycopy(target.array(), 0, moved, 13, target.size());
    RowRegion reader = new RowRegion(EVERY_TYPE);
    for (int i = 0; i < rows.size(); i++) {
      Record read = Records.copyOf(EVERY_TYPE, reader.wrap(moved, 13 + starts.get(i)));
      assertEqual(read, rows.get(i), "row " + i);
    }
  }

  @Test
  void layoutIsBitmapThenSlotsThenVariablePart() {
    Types.StructType type =
        struct(Types.IntegerType.get(), Types.StringType.get(), Types.LongType.get());
    ByteBuilder target = encode(type, -2, "hé", null);

    byte[] array = target.array();
    assertThat(RowLayout.getLong(array, 0)).as("bitmap: slot 2 is NULL").isEqualTo(0b100);
    assertThat(RowLayout.getLong(array, 8)).isEqualTo(-2);
    assertThat(RowLayout.getLong(array, 16)).isEqualTo(32L << 32 | 3);
    assertThat(RowLayout.getLong(array, 24)).as("slot of a NULL").isZero();
    assertThat(Arrays.copyOfRange(array, 32, target.size()))
        .isEqualTo(new byte[] {'h', (byte) 0xC3, (byte) 0xA9});
  }

  @Test
  void aReusedTargetLeavesNothingBehind() {
    Types.StructType type = struct(Types.LongType.get(), Types.StringType.get());
    ByteBuilder target = new ByteBuilder(0);
    target.append(
        new byte[] {
          -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
          -1, -1
        },
        0,
        24);
    target.reset();
    new RowEncoder(type).encode(RecordAccessor.ofValues(type, null, null), target);
    assertThat(target.size()).isEqualTo(24);
    assertThat(RowLayout.getLong(target.array(), 0)).isEqualTo(0b11);
    assertThat(RowLayout.getLong(target.array(), 8)).isZero();
    assertThat(RowLayout.getLong(target.array(), 16)).isZero();
  }

  @Test
  void longDecimalsAreKeptInTheirShortestForm() {
    Types.StructType type = struct(Types.DecimalType.of(38, 2));
    for (long value : new long[] {0, 1, -1, 127, 128, -128, -129, Long.MAX_VALUE, Long.MIN_VALUE}) {
      byte[] padded = new byte[16];
      byte[] shortest = BigInteger.valueOf(value).toByteArray();
      Arrays.fill(padded, (byte) (value >> 63));
      System.arraycopy(shortest, 0, padded, 16 - shortest.length, shortest.length);
      // a fixed column passes its bytes through as they are, like a reader of Parquet decimals
      Types.StructType raw = struct(Types.FixedType.ofLength(16));
      ByteBuilder target = new ByteBuilder(0);
      new RowEncoder(type).encode(RecordAccessor.ofValues(raw, padded), target);

      long slot = RowLayout.slot(target.array(), 0, 1, 0);
      int offset = RowLayout.offset(slot);
      assertThat(Arrays.copyOfRange(target.array(), offset, offset + RowLayout.length(slot)))
          .as("bytes of %d", value)
          .isEqualTo(shortest);
    }
  }

  @Test
  void aNullInARequiredColumnIsRefusedByName() {
    Types.StructType type =
        Types.StructType.of(Types.NestedField.required(1, "name", Types.StringType.get()));
    assertThatThrownBy(() -> encode(type, (Object) null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot write a row: column 'name' is required, but its value is NULL. Filter such"
                + " rows before the sink, or make the column optional.");
  }

  @Test
  void aNullInARequiredNestedFieldIsRefusedByItsPath() {
    Types.StructType point =
        Types.StructType.of(Types.NestedField.required(2, "x", Types.IntegerType.get()));
    Types.StructType type =
        Types.StructType.of(
            Types.NestedField.optional(1, "points", Types.ListType.ofOptional(3, point)),
            Types.NestedField.optional(
                4,
                "counts",
                Types.MapType.ofRequired(5, 6, Types.StringType.get(), Types.LongType.get())));
    Record noX = Records.of(point, (Object) null);
    Map<String, Object> noValue = new HashMap<>();
    noValue.put("k", null);

    assertThat(encode(type, List.of(), null).size()).isPositive();
    assertThatThrownBy(() -> encode(type, List.of(noX), null))
        .hasMessageContaining("column 'points.element.x' is required, but its value is NULL");
    assertThatThrownBy(() -> encode(type, null, noValue))
        .hasMessageContaining("column 'counts.value' is required, but its value is NULL");
  }

  @Test
  void valuesThatDoNotFitTheirColumnAreRefused() {
    assertThatThrownBy(() -> encode(struct(Types.DecimalType.of(4, 2)), new BigDecimal("100.00")))
        .hasMessage(
            "Cannot write a row: the unscaled value 10000 of column 'c1' exceeds its precision; at"
                + " most 9999 fits");
    assertThatThrownBy(
            () -> encode(struct(Types.DecimalType.of(20, 0)), new BigDecimal("1e30").setScale(0)))
        .hasMessage(
            "Cannot write a row: the decimal of column 'c1' has 13 bytes, and 1 to 9 fit its"
                + " precision");
    assertThatThrownBy(() -> encode(struct(Types.FixedType.ofLength(4)), new byte[3]))
        .hasMessage("Cannot write a row: column 'c1' holds values of 4 bytes, but this one has 3");
  }

  @Test
  void aGeometryColumnIsRefused() {
    assertThatThrownBy(() -> new RowEncoder(struct(Types.GeometryType.crs84())))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("Cannot write column 'c1' of type geometry")
        .hasMessageContaining("store its well-known binary in a binary column");
  }

  private static Types.StructType struct(Type... types) {
    List<Types.NestedField> fields = new ArrayList<>();
    for (Type type : types) {
      fields.add(Types.NestedField.optional(fields.size() + 1, "c" + (fields.size() + 1), type));
    }
    return Types.StructType.of(fields);
  }

  private static ByteBuilder encode(Types.StructType type, @Nullable Object... values) {
    ByteBuilder target = new ByteBuilder(0);
    new RowEncoder(type).encode(RecordAccessor.ofValues(type, values), target);
    return target;
  }

  private static void assertEqual(Record actual, Record expected, String description) {
    assertThat(Records.text(actual)).as(description).isEqualTo(Records.text(expected));
  }
}

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

package io.meru.flink.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.flink.testing.FlinkRows;
import io.meru.testing.RandomRecords;
import io.meru.testing.Records;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.NullType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.DateTimeUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowDataAccessorTest {
  private static final int ROWS = 300;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyTypeReadsTheSameFromEveryFormOfRow(long seed) {
    Types.StructType type = RandomRecords.everyType();
    RowType rowType = shuffled(FlinkSchemaUtil.convert(new Schema(type.fields())), seed);
    RowDataAccessor accessor = accessor(rowType, type);
    RandomRecords random = new RandomRecords(seed);

    for (int i = 0; i < ROWS; i++) {
      Record row = inMillis(type, random.nextRecord(type));
      RowData generic = FlinkRows.generic(type, rowType, RowKind.INSERT, row);
      var binary = FlinkRows.binary(rowType, generic);
      for (RowData form :
          List.of(generic, binary, FlinkRows.spread(binary), FlinkRows.offHeap(binary))) {
        assertThat(Records.text(Records.copyOf(type, accessor.wrap(form))))
            .as("seed %d, row %d, %s", seed, i, form.getClass().getSimpleName())
            .isEqualTo(Records.text(row));
      }
    }
  }

  @Test
  void nullsOfWideRowsAreFound() {
    List<Types.NestedField> columns = new ArrayList<>();
    for (int id = 1; id <= 200; id++) {
      columns.add(Types.NestedField.optional(id, "c" + id, Types.IntegerType.get()));
    }
    Types.StructType type = Types.StructType.of(columns);
    RowType rowType = FlinkSchemaUtil.convert(new Schema(columns));
    RowDataAccessor accessor = accessor(rowType, type);
    Random random = new Random(1);
    for (int i = 0; i < 20; i++) {
      GenericRowData row = new GenericRowData(RowKind.DELETE, columns.size());
      for (int pos = 0; pos < columns.size(); pos++) {
        row.setField(pos, random.nextBoolean() ? pos : null);
      }
      accessor.wrap(FlinkRows.binary(rowType, row));
      for (int pos = 0; pos < columns.size(); pos++) {
        assertThat(accessor.isNullAt(pos)).as("column %d", pos).isEqualTo(row.isNullAt(pos));
      }
    }
  }

  @Test
  void narrowerTypesFitWiderColumns() {
    assertThat(read(new TinyIntType(), Types.IntegerType.get(), (byte) -5)).isEqualTo(-5);
    assertThat(read(new SmallIntType(), Types.IntegerType.get(), (short) -500)).isEqualTo(-500);
    assertThat(read(new TinyIntType(), Types.LongType.get(), (byte) -5)).isEqualTo(-5L);
    assertThat(read(new SmallIntType(), Types.LongType.get(), (short) 7)).isEqualTo(7L);
    assertThat(read(new IntType(), Types.LongType.get(), Integer.MIN_VALUE))
        .isEqualTo((long) Integer.MIN_VALUE);
    assertThat(read(new FloatType(), Types.DoubleType.get(), 1.5f)).isEqualTo(1.5);
    assertThat(
            read(
                new DecimalType(5, 2),
                Types.DecimalType.of(30, 2),
                DecimalData.fromUnscaledLong(-12345, 5, 2)))
        .hasToString("-123.45");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 6, 9})
  void timestampsAreTruncatedToTheColumnsUnitAndNotRounded(int precision) {
    TimestampData before1970 = TimestampData.fromEpochMillis(-1, precision <= 3 ? 0 : 999_999);
    long micros = precision <= 3 ? -1_000 : -1;
    long nanos = precision <= 3 ? -1_000_000 : -1;

    assertThat(read(new TimestampType(precision), Types.TimestampType.withoutZone(), before1970))
        .isEqualTo(DateTimeUtil.timestampFromMicros(micros));
    assertThat(
            read(
                new LocalZonedTimestampType(precision),
                Types.TimestampNanoType.withZone(),
                before1970))
        .isEqualTo(DateTimeUtil.timestamptzFromNanos(nanos));
  }

  @Test
  void aTimestampThatNanosecondsCannotHoldIsRefused() {
    TimestampData year3000 = TimestampData.fromEpochMillis(32_503_680_000_000L, 1);

    assertThatThrownBy(
            () ->
                readGeneric(new TimestampType(9), Types.TimestampNanoType.withoutZone(), year3000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot write a row: column 'v' holds nanoseconds, from 1677-09-21 to 2262-04-11, and"
                + " the row has 3000-01-01T00:00:00.000000001 there");
  }

  @Test
  void aMultisetIsAMapFromElementToCount() {
    Object counts =
        read(
            new MultisetType(new VarCharType(10)),
            Types.MapType.ofRequired(10, 11, Types.StringType.get(), Types.IntegerType.get()),
            new GenericMapData(Map.of(StringData.fromString("a"), 3)));

    assertThat(counts).isEqualTo(Map.of("a", 3));
  }

  @Test
  void uuidsAndFixedValuesComeFromBinaryOfTheirLength() {
    byte[] bytes = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    assertThat(read(new BinaryType(16), Types.UUIDType.get(), bytes))
        .hasToString("30313233-3435-3637-3839-616263646566");
    assertThat((byte[]) read(new BinaryType(16), Types.FixedType.ofLength(16), bytes))
        .isEqualTo(bytes);
  }

  @Test
  void aColumnOfUnknownTypeIsNull() {
    assertThat(readGeneric(new NullType(), Types.UnknownType.get(), null)).isNull();
  }

  @Test
  void columnsThatOnlyTheTableHasAreNull() {
    Types.StructType type =
        Types.StructType.of(
            Types.NestedField.optional(1, "new", Types.StringType.get()),
            Types.NestedField.required(2, "id", Types.LongType.get()));
    RowDataAccessor accessor =
        accessor(RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"id"}), type);

    accessor.wrap(GenericRowData.of(7L));

    assertThat(accessor.isNullAt(0)).isTrue();
    assertThat(accessor.getLong(1)).isEqualTo(7L);
  }

  @Test
  void aNullInARequiredColumnIsRefusedWithItsFullName() {
    Types.StructType type =
        Types.StructType.of(
            Types.NestedField.optional(
                1,
                "points",
                Types.ListType.ofRequired(
                    2,
                    Types.StructType.of(
                        Types.NestedField.required(3, "x", Types.IntegerType.get())))));
    RowType point = RowType.of(new LogicalType[] {new IntType()}, new String[] {"x"});
    RowDataAccessor accessor =
        accessor(
            RowType.of(new LogicalType[] {new ArrayType(point)}, new String[] {"points"}), type);

    accessor.wrap(
        GenericRowData.of(new GenericArrayData(new Object[] {GenericRowData.of((Object) null)})));
    assertThatThrownBy(() -> accessor.getList(0).getStruct(0).isNullAt(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot write a row: column 'points.element.x' is required and the row has NULL there");

    accessor.wrap(GenericRowData.of(new GenericArrayData(new Object[] {null})));
    assertThatThrownBy(() -> accessor.getList(0).isNullAt(0))
        .hasMessage(
            "Cannot write a row: column 'points.element' is required and the row has NULL there");
  }

  @Test
  void aNullInAKeyColumnIsLeftToTheEngine() {
    Schema schema =
        new Schema(
            List.of(Types.NestedField.required(1, "id", Types.LongType.get())),
            Collections.singleton(1));
    RowDataAccessor accessor =
        new RowDataAccessor(
            RowPlan.of(
                "db.t",
                RowType.of(new LogicalType[] {new BigIntType()}, new String[] {"id"}),
                schema));

    assertThat(accessor.wrap(GenericRowData.of((Object) null)).isNullAt(0)).isTrue();
  }

  /** Reads one value from a generic and from a binary row; both must be equal. */
  private static Object read(LogicalType flink, Type iceberg, Object value) {
    RowType rowType = RowType.of(new LogicalType[] {flink}, new String[] {"v"});
    Types.StructType type = Types.StructType.of(Types.NestedField.optional(1, "v", iceberg));
    Record binary =
        Records.copyOf(
            type,
            accessor(rowType, type).wrap(FlinkRows.binary(rowType, GenericRowData.of(value))));
    Object generic = readGeneric(flink, iceberg, value);
    assertThat(Records.text(binary.get(0))).isEqualTo(Records.text(generic));
    return generic;
  }

  private static @Nullable Object readGeneric(
      LogicalType flink, Type iceberg, @Nullable Object value) {
    RowType rowType = RowType.of(new LogicalType[] {flink}, new String[] {"v"});
    Types.StructType type = Types.StructType.of(Types.NestedField.optional(1, "v", iceberg));
    return Records.copyOf(
            type, accessor(rowType, type).wrap(GenericRowData.of(new Object[] {value})))
        .get(0);
  }

  private static RowDataAccessor accessor(RowType rowType, Types.StructType type) {
    return new RowDataAccessor(RowPlan.of("db.t", rowType, new Schema(type.fields())));
  }

  private static RowType shuffled(RowType rowType, long seed) {
    List<RowType.RowField> fields = new ArrayList<>(rowType.getFields());
    fields.removeIf(field -> field.getType() instanceof NullType); // Flink can't serialize it
    Collections.shuffle(fields, new Random(seed));
    return new RowType(fields);
  }

  /** Flink's TIME has milliseconds at most. */
  private static Record inMillis(Types.StructType type, Record row) {
    Record copy = GenericRecord.create(type);
    for (int pos = 0; pos < type.fields().size(); pos++) {
      Object value = row.get(pos);
      copy.set(pos, value instanceof LocalTime time ? time.truncatedTo(ChronoUnit.MILLIS) : value);
    }
    return copy;
  }
}

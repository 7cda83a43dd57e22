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

package io.meru.flink.testing;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.flink.types.variant.BinaryVariant;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.UUIDUtil;
import org.apache.iceberg.variants.Variant;
import org.jspecify.annotations.Nullable;

/** Iceberg's generic rows as Flink's, in each of the forms in which Flink has rows. */
public final class FlinkRows {
  private FlinkRows() {}

  /** A row of objects with the columns of {@code rowType}, taken from {@code row} by name. */
  public static GenericRowData generic(
      Types.StructType type, RowType rowType, RowKind kind, StructLike row) {
    GenericRowData result = new GenericRowData(kind, rowType.getFieldCount());
    List<Types.NestedField> fields = type.fields();
    for (int pos = 0; pos < fields.size(); pos++) {
      int target = rowType.getFieldIndex(fields.get(pos).name());
      if (target >= 0) {
        result.setField(
            target, value(fields.get(pos).type(), rowType, target, row.get(pos, Object.class)));
      }
    }
    return result;
  }

  /** The same row in Flink's binary format. */
  public static BinaryRowData binary(RowType rowType, RowData row) {
    return new RowDataSerializer(rowType).toBinaryRow(row).copy();
  }

  /** The same row with its variable part spread over several memory segments. */
  public static BinaryRowData spread(BinaryRowData row) {
    int fixed = row.getFixedLengthPartSize();
    int size = row.getSizeInBytes();
    int segmentSize = Math.max(fixed, 16);
    MemorySegment[] segments =
        new MemorySegment[Math.max(1, (size + segmentSize - 1) / segmentSize)];
    byte[] bytes = new byte[segments.length * segmentSize];
    row.getSegments()[0].get(row.getOffset(), bytes, 0, size);
    for (int i = 0; i < segments.length; i++) {
      byte[] part = new byte[segmentSize];
      System.arraycopy(bytes, i * segmentSize, part, 0, segmentSize);
      segments[i] = MemorySegmentFactory.wrap(part);
    }
    BinaryRowData result = new BinaryRowData(row.getArity());
    result.pointTo(segments, 0, size);
    return result;
  }

  /** The same row in memory outside the heap. */
  public static BinaryRowData offHeap(BinaryRowData row) {
    int size = row.getSizeInBytes();
    MemorySegment segment = MemorySegmentFactory.allocateUnpooledOffHeapMemory(size);
    row.getSegments()[0].copyTo(row.getOffset(), segment, 0, size);
    BinaryRowData result = new BinaryRowData(row.getArity());
    result.pointTo(segment, 0, size);
    return result;
  }

  private static @Nullable Object value(
      Type type, RowType parent, int field, @Nullable Object value) {
    LogicalType flink = parent.getTypeAt(field);
    return value == null ? null : convert(type, flink, value);
  }

  private static @Nullable Object convertNullable(
      Type type, LogicalType flink, @Nullable Object value) {
    return value == null ? null : convert(type, flink, value);
  }

  private static Object convert(Type type, LogicalType flink, Object value) {
    return switch (type.typeId()) {
      case STRING -> StringData.fromString((String) value);
      case UUID -> UUIDUtil.convert((UUID) value);
      case BINARY -> bytes((ByteBuffer) value);
      case DATE -> (int) ((LocalDate) value).toEpochDay();
      case TIME -> (int) (((LocalTime) value).toNanoOfDay() / 1_000_000);
      case TIMESTAMP, TIMESTAMP_NANO ->
          value instanceof OffsetDateTime zoned
              ? TimestampData.fromInstant(zoned.toInstant())
              : TimestampData.fromLocalDateTime((LocalDateTime) value);
      case DECIMAL -> {
        Types.DecimalType decimal = (Types.DecimalType) type;
        yield DecimalData.fromBigDecimal((BigDecimal) value, decimal.precision(), decimal.scale());
      }
      case VARIANT -> variant((Variant) value);
      case STRUCT ->
          generic(type.asStructType(), (RowType) flink, RowKind.INSERT, (StructLike) value);
      case LIST -> array(type.asListType(), flink, (List<?>) value);
      case MAP -> map(type.asMapType(), flink, (Map<?, ?>) value);
      default -> value;
    };
  }

  private static GenericArrayData array(Types.ListType type, LogicalType flink, List<?> values) {
    Object[] elements = new Object[values.size()];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = convertNullable(type.elementType(), flink.getChildren().get(0), values.get(i));
    }
    return new GenericArrayData(elements);
  }

  private static GenericMapData map(Types.MapType type, LogicalType flink, Map<?, ?> values) {
    Map<Object, @Nullable Object> result = new LinkedHashMap<>();
    values.forEach(
        (key, value) ->
            result.put(
                convert(type.keyType(), flink.getChildren().get(0), key),
                convertNullable(type.valueType(), flink.getChildren().get(1), value)));
    return new GenericMapData(result);
  }

  private static BinaryVariant variant(Variant variant) {
    byte[] metadata = new byte[variant.metadata().sizeInBytes()];
    variant.metadata().writeTo(littleEndian(metadata), 0);
    byte[] value = new byte[variant.value().sizeInBytes()];
    variant.value().writeTo(littleEndian(value), 0);
    return new BinaryVariant(value, metadata);
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}

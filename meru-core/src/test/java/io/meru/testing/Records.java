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

package io.meru.testing;

import io.meru.row.ByteBuilder;
import io.meru.row.ValueAccessor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.DateTimeUtil;
import org.apache.iceberg.variants.Variant;
import org.apache.iceberg.variants.VariantMetadata;
import org.apache.iceberg.variants.VariantValue;
import org.jspecify.annotations.Nullable;

/** Iceberg's generic rows, out of the engine's accessors: the inverse of {@link RecordAccessor}. */
public final class Records {
  private Records() {}

  /** A row of {@code type}; key columns, in field order, are all it needs. */
  public static Record of(Types.StructType type, @Nullable Object... values) {
    Record record = GenericRecord.create(type);
    for (int pos = 0; pos < values.length; pos++) {
      record.set(pos, values[pos]);
    }
    return record;
  }

  /** Copies what {@code row} shows. */
  public static Record copyOf(Types.StructType type, ValueAccessor row) {
    Record record = GenericRecord.create(type);
    for (int pos = 0; pos < type.fields().size(); pos++) {
      record.set(pos, valueOf(type.fields().get(pos).type(), row, pos));
    }
    return record;
  }

  private static @Nullable Object valueOf(Type type, ValueAccessor row, int pos) {
    if (row.isNullAt(pos)) {
      return null;
    }
    return switch (type.typeId()) {
      case BOOLEAN -> row.getBoolean(pos);
      case INTEGER -> row.getInt(pos);
      case DATE -> DateTimeUtil.dateFromDays(row.getInt(pos));
      case LONG -> row.getLong(pos);
      case FLOAT -> row.getFloat(pos);
      case DOUBLE -> row.getDouble(pos);
      case TIME -> DateTimeUtil.timeFromMicros(row.getLong(pos));
      case TIMESTAMP ->
          ((Types.TimestampType) type).shouldAdjustToUTC()
              ? DateTimeUtil.timestamptzFromMicros(row.getLong(pos))
              : DateTimeUtil.timestampFromMicros(row.getLong(pos));
      case TIMESTAMP_NANO ->
          ((Types.TimestampNanoType) type).shouldAdjustToUTC()
              ? DateTimeUtil.timestamptzFromNanos(row.getLong(pos))
              : DateTimeUtil.timestampFromNanos(row.getLong(pos));
      case DECIMAL -> decimal((Types.DecimalType) type, row, pos);
      case STRING -> new String(bytes(row, pos), StandardCharsets.UTF_8);
      case UUID -> uuid(bytes(row, pos));
      case FIXED -> bytes(row, pos);
      case BINARY -> ByteBuffer.wrap(bytes(row, pos));
      case STRUCT -> copyOf(type.asStructType(), row.getStruct(pos));
      case LIST -> list(type.asListType().elementType(), row.getList(pos));
      case MAP -> map(type.asMapType(), row.getMap(pos));
      case VARIANT -> variant(row, pos);
      default -> throw new IllegalStateException("A value of type " + type);
    };
  }

  private static BigDecimal decimal(Types.DecimalType type, ValueAccessor row, int pos) {
    return RecordAccessor.isShortDecimal(type)
        ? BigDecimal.valueOf(row.getLong(pos), type.scale())
        : new BigDecimal(new BigInteger(bytes(row, pos)), type.scale());
  }

  private static byte[] bytes(ValueAccessor row, int pos) {
    ByteBuilder bytes = new ByteBuilder(16);
    row.appendBytes(pos, bytes);
    return copy(bytes);
  }

  private static byte[] copy(ByteBuilder bytes) {
    return Arrays.copyOf(bytes.array(), bytes.size());
  }

  private static UUID uuid(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new UUID(buffer.getLong(), buffer.getLong());
  }

  private static List<@Nullable Object> list(Type type, ValueAccessor.ListAccessor list) {
    List<@Nullable Object> values = new ArrayList<>();
    for (int pos = 0; pos < list.size(); pos++) {
      values.add(valueOf(type, list, pos));
    }
    return values;
  }

  private static Map<@Nullable Object, @Nullable Object> map(
      Types.MapType type, ValueAccessor.MapAccessor map) {
    List<@Nullable Object> keys = list(type.keyType(), map.keys());
    List<@Nullable Object> values = list(type.valueType(), map.values());
    Map<@Nullable Object, @Nullable Object> result = new LinkedHashMap<>();
    for (int pos = 0; pos < keys.size(); pos++) {
      result.put(keys.get(pos), values.get(pos));
    }
    return result;
  }

  private static Variant variant(ValueAccessor row, int pos) {
    ByteBuilder bytes = new ByteBuilder(16);
    row.appendVariantMetadata(pos, bytes);
    VariantMetadata metadata = VariantMetadata.from(littleEndian(copy(bytes)));
    bytes.reset();
    row.appendVariantValue(pos, bytes);
    return Variant.of(metadata, VariantValue.from(metadata, littleEndian(copy(bytes))));
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A text that is equal for equal values: generic records compare arrays and variants by identity.
   */
  public static String text(@Nullable Object value) {
    if (value instanceof StructLike row) {
      return IntStream.range(0, row.size())
          .mapToObj(pos -> text(row.get(pos, Object.class)))
          .toList()
          .toString();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Records::text).toList().toString();
    }
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> text(entry.getKey()) + "=" + text(entry.getValue()))
          .sorted()
          .toList()
          .toString();
    }
    if (value instanceof byte[] bytes) {
      return "0x" + HexFormat.of().formatHex(bytes);
    }
    if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return text(bytes);
    }
    if (value instanceof Variant variant) {
      return variant.metadata() + " " + variant.value();
    }
    return String.valueOf(value);
  }
}

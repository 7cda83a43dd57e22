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
import io.meru.row.RowLayout;
import io.meru.row.ValueAccessor;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.DateTimeUtil;
import org.apache.iceberg.variants.Variant;
import org.jspecify.annotations.Nullable;

/**
 * Shows the values of Iceberg's generic rows ({@link org.apache.iceberg.data.Record}, java.time
 * values and so on) to the engine. Made for tests: it allocates.
 */
public final class RecordAccessor implements ValueAccessor.ListAccessor {
  private final List<Type> types;
  private final List<@Nullable Object> values;

  private RecordAccessor(List<Type> types, List<@Nullable Object> values) {
    this.types = types;
    this.values = values;
  }

  /** The values of {@code row}, a row or struct of {@code type}. */
  public static RecordAccessor of(Types.StructType type, StructLike row) {
    List<Type> types = new ArrayList<>();
    List<@Nullable Object> values = new ArrayList<>();
    for (int pos = 0; pos < type.fields().size(); pos++) {
      types.add(type.fields().get(pos).type());
      values.add(row.get(pos, Object.class));
    }
    return new RecordAccessor(types, values);
  }

  /** The values of one row, given as Iceberg's generic classes. */
  public static RecordAccessor ofValues(Types.StructType type, @Nullable Object... values) {
    List<Type> types = type.fields().stream().map(Types.NestedField::type).toList();
    List<@Nullable Object> list = new ArrayList<>();
    for (@Nullable Object value : values) {
      list.add(value);
    }
    return new RecordAccessor(types, list);
  }

  private static RecordAccessor ofList(Type elementType, Iterable<?> elements) {
    List<Type> types = new ArrayList<>();
    List<@Nullable Object> values = new ArrayList<>();
    for (Object element : elements) {
      types.add(elementType);
      values.add(element);
    }
    return new RecordAccessor(types, values);
  }

  @Override
  public int size() {
    return values.size();
  }

  @Override
  public boolean isNullAt(int pos) {
    return values.get(pos) == null;
  }

  @Override
  public boolean getBoolean(int pos) {
    return (Boolean) value(pos);
  }

  @Override
  public int getInt(int pos) {
    Object value = value(pos);
    return value instanceof LocalDate date ? (int) date.toEpochDay() : (Integer) value;
  }

  @Override
  public long getLong(int pos) {
    Object value = value(pos);
    if (value instanceof LocalTime time) {
      return DateTimeUtil.microsFromTime(time);
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.unscaledValue().longValueExact();
    }
    boolean nanos = types.get(pos).typeId() == Type.TypeID.TIMESTAMP_NANO;
    if (value instanceof LocalDateTime timestamp) {
      return nanos
          ? DateTimeUtil.nanosFromTimestamp(timestamp)
          : DateTimeUtil.microsFromTimestamp(timestamp);
    }
    if (value instanceof OffsetDateTime timestamp) {
      return nanos
          ? DateTimeUtil.nanosFromTimestamptz(timestamp)
          : DateTimeUtil.microsFromTimestamptz(timestamp);
    }
    return (Long) value;
  }

  @Override
  public float getFloat(int pos) {
    return (Float) value(pos);
  }

  @Override
  public double getDouble(int pos) {
    return (Double) value(pos);
  }

  @Override
  public void appendBytes(int pos, ByteBuilder target) {
    byte[] bytes = bytes(value(pos));
    target.append(bytes, 0, bytes.length);
  }

  private static byte[] bytes(Object value) {
    if (value instanceof CharSequence text) {
      return text.toString().getBytes(StandardCharsets.UTF_8);
    }
    if (value instanceof UUID uuid) {
      return ByteBuffer.allocate(16)
          .putLong(uuid.getMostSignificantBits())
          .putLong(uuid.getLeastSignificantBits())
          .array();
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.unscaledValue().toByteArray();
    }
    if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return bytes;
    }
    return (byte[]) value;
  }

  @Override
  public void appendVariantMetadata(int pos, ByteBuilder target) {
    Variant variant = (Variant) value(pos);
    int size = variant.metadata().sizeInBytes();
    variant.metadata().writeTo(reserve(target, size), 0);
  }

  @Override
  public void appendVariantValue(int pos, ByteBuilder target) {
    Variant variant = (Variant) value(pos);
    int size = variant.value().sizeInBytes();
    variant.value().writeTo(reserve(target, size), 0);
  }

  private static ByteBuffer reserve(ByteBuilder target, int size) {
    int at = target.reserve(size);
    return ByteBuffer.wrap(target.array(), at, size).slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public ValueAccessor getStruct(int pos) {
    return of(types.get(pos).asStructType(), (StructLike) value(pos));
  }

  @Override
  public ValueAccessor.ListAccessor getList(int pos) {
    return ofList(types.get(pos).asListType().elementType(), (List<?>) value(pos));
  }

  @Override
  public ValueAccessor.MapAccessor getMap(int pos) {
    Types.MapType type = types.get(pos).asMapType();
    Map<?, ?> map = (Map<?, ?>) value(pos);
    RecordAccessor keys = ofList(type.keyType(), map.keySet());
    RecordAccessor values = ofList(type.valueType(), map.values());
    return new ValueAccessor.MapAccessor() {
      @Override
      public ValueAccessor.ListAccessor keys() {
        return keys;
      }

      @Override
      public ValueAccessor.ListAccessor values() {
        return values;
      }
    };
  }

  private Object value(int pos) {
    Object value = values.get(pos);
    if (value == null) {
      throw new IllegalStateException("The value at %d is NULL".formatted(pos));
    }
    return value;
  }

  /** Whether a decimal of {@code type} passes {@link #getLong} instead of {@link #appendBytes}. */
  static boolean isShortDecimal(Type type) {
    return ((Types.DecimalType) type).precision() <= RowLayout.MAX_SHORT_DECIMAL_PRECISION;
  }
}

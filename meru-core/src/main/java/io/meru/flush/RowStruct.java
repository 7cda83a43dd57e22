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

package io.meru.flush;

import io.meru.row.ByteBuilder;
import io.meru.row.ValueAccessor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * A row as Iceberg's partition transforms want it: values in Iceberg's internal representation. A
 * flyweight: {@link #wrap} points it at a row. Read only. Not thread-safe.
 */
final class RowStruct implements StructLike {
  private final List<Types.NestedField> fields;
  private final ByteBuilder scratch = new ByteBuilder(64);
  private @Nullable ValueAccessor row;

  RowStruct(Types.StructType type) {
    this.fields = type.fields();
  }

  RowStruct wrap(ValueAccessor newRow) {
    this.row = newRow;
    return this;
  }

  @Override
  public int size() {
    return fields.size();
  }

  @Override
  @SuppressWarnings("NullAway") // StructLike predates null marking: a NULL value is a null
  public <T> T get(int pos, Class<T> javaClass) {
    return javaClass.cast(value(pos));
  }

  @Override
  public <T> void set(int pos, T value) {
    throw new UnsupportedOperationException("A row of a sealed memtable cannot be changed");
  }

  private @Nullable Object value(int pos) {
    ValueAccessor values = row;
    if (values == null || values.isNullAt(pos)) {
      return null;
    }
    Type type = fields.get(pos).type();
    return switch (type.typeId()) {
      case BOOLEAN -> values.getBoolean(pos);
      case INTEGER, DATE -> values.getInt(pos);
      case LONG, TIME, TIMESTAMP, TIMESTAMP_NANO -> values.getLong(pos);
      case FLOAT -> values.getFloat(pos);
      case DOUBLE -> values.getDouble(pos);
      case STRING -> new String(bytes(values, pos), StandardCharsets.UTF_8);
      case BINARY, FIXED -> ByteBuffer.wrap(bytes(values, pos));
      case UUID -> uuid(ByteBuffer.wrap(bytes(values, pos)));
      case DECIMAL -> decimal(values, pos, (Types.DecimalType) type);
      case STRUCT -> new RowStruct(type.asStructType()).wrap(values.getStruct(pos));
      default ->
          throw new IllegalArgumentException(
              "Column '%s' of type %s cannot be the source of a partition field"
                  .formatted(fields.get(pos).name(), type));
    };
  }

  private BigDecimal decimal(ValueAccessor values, int pos, Types.DecimalType type) {
    BigInteger unscaled =
        type.precision() <= 18
            ? BigInteger.valueOf(values.getLong(pos))
            : new BigInteger(bytes(values, pos));
    return new BigDecimal(unscaled, type.scale());
  }

  private byte[] bytes(ValueAccessor values, int pos) {
    scratch.reset();
    values.appendBytes(pos, scratch);
    return Arrays.copyOf(scratch.array(), scratch.size());
  }

  private static UUID uuid(ByteBuffer bytes) {
    return new UUID(bytes.getLong(), bytes.getLong());
  }
}

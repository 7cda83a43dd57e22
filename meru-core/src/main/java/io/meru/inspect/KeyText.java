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

package io.meru.inspect;

import io.meru.key.KeyColumn;
import io.meru.key.KeyDecoder;
import io.meru.key.KeyParts;
import io.meru.key.KeySpec;
import io.meru.row.ByteBuilder;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.transforms.Transforms;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/** Keys as people write them, one text per key column, and back. */
public final class KeyText {
  private static final String HEX_PREFIX = "0x";

  private KeyText() {}

  /**
   * The user key of these values: numbers, dates and times as in SQL ({@code 2026-01-31}, {@code
   * 2026-01-31T12:00:00}, with an offset where the column has a zone), {@code true} or {@code
   * false}, bytes in hexadecimal after {@code 0x}, anything else as it is.
   *
   * @param values one per key column, in key order
   * @throws IllegalArgumentException if there are more or fewer, or one is no value of its column
   */
  public static byte[] toKey(KeySpec spec, List<String> values) {
    if (values.size() != spec.columns().size()) {
      throw new IllegalArgumentException(
          "A key of table %s has a value for each of (%s), but %d were given: %s"
              .formatted(
                  spec.table(),
                  spec.columns().stream()
                      .map(column -> column.name() + " " + column.type())
                      .collect(Collectors.joining(", ")),
                  values.size(),
                  values));
    }
    ByteBuilder key = new ByteBuilder(64);
    for (int i = 0; i < values.size(); i++) {
      KeyColumn column = spec.columns().get(i);
      KeyParts.appendSerialized(key, column.type(), parse(spec, column, values.get(i)));
    }
    return Arrays.copyOf(key.array(), key.size());
  }

  /** The values of the user key in {@code [offset, offset + length)}, in key order. */
  public static List<String> ofKey(KeySpec spec, byte[] key, int offset, int length) {
    return Arrays.stream(new KeyDecoder(spec).decode(key, offset, length))
        .map(RowText::of)
        .toList();
  }

  /** The value of {@code column} in Iceberg's single-value serialization, as a bound holds it. */
  static String ofBound(KeyColumn column, ByteBuffer bound) {
    Type type = column.type();
    Object value = Conversions.fromByteBuffer(type, bound);
    return switch (type.typeId()) {
      case DATE, TIME, TIMESTAMP, TIMESTAMP_NANO ->
          Transforms.identity().toHumanString(type, value);
      default -> RowText.of(value);
    };
  }

  private static ByteBuffer parse(KeySpec spec, KeyColumn column, String text) {
    try {
      return Conversions.toByteBuffer(column.type(), value(column.type(), text));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "'%s' is no value of key column '%s' of table %s, which is of type %s"
              .formatted(text, column.name(), spec.table(), column.type()),
          e);
    }
  }

  private static Object value(Type type, String text) {
    return switch (type.typeId()) {
      case BOOLEAN -> bool(text);
      case INTEGER -> Integer.valueOf(text);
      case LONG -> Long.valueOf(text);
      case DECIMAL -> decimal((Types.DecimalType) type, text);
      case DATE, TIME, TIMESTAMP, TIMESTAMP_NANO -> literal(type, text.replace(' ', 'T'));
      case UUID -> literal(type, text);
      case FIXED -> fixed((Types.FixedType) type, text);
      case BINARY -> ByteBuffer.wrap(bytes(text));
      case STRING -> text;
      default ->
          throw new IllegalArgumentException("Values of type %s are no keys".formatted(type));
    };
  }

  private static boolean bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("neither true nor false");
    };
  }

  private static BigDecimal decimal(Types.DecimalType type, String text) {
    BigDecimal value = new BigDecimal(text).setScale(type.scale());
    if (value.precision() > type.precision()) {
      throw new ArithmeticException("more than %d digits".formatted(type.precision()));
    }
    return value;
  }

  private static Object literal(Type type, String text) {
    @Nullable Literal<Object> literal = Literal.of(text).to(type);
    if (literal == null) {
      throw new IllegalArgumentException("no value of type " + type);
    }
    return literal.value();
  }

  private static ByteBuffer fixed(Types.FixedType type, String text) {
    byte[] bytes = bytes(text);
    if (bytes.length != type.length()) {
      throw new IllegalArgumentException(
          "%d bytes instead of %d".formatted(bytes.length, type.length()));
    }
    return ByteBuffer.wrap(bytes);
  }

  private static byte[] bytes(String text) {
    if (!text.startsWith(HEX_PREFIX)) {
      throw new IllegalArgumentException("bytes are written in hexadecimal, after 0x");
    }
    return HexFormat.of().parseHex(text.substring(HEX_PREFIX.length()));
  }
}

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

package io.meru.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.NullKeyException;
import io.meru.row.ByteBuilder;
import io.meru.row.RowKind;
import io.meru.testing.Keys;
import io.meru.testing.RandomRecords;
import io.meru.testing.RecordAccessor;
import io.meru.testing.Records;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Keys as bytes must order and tell apart exactly what the values do; the oracle is a comparator on
 * the values. A key of any type, and any composite of types, is drawn by seed.
 */
class KeyEncoderTest {
  private static final long SEED = Long.getLong("meru.seed", 2026);

  static List<Type.PrimitiveType> keyTypes() {
    return List.of(
        Types.BooleanType.get(),
        Types.IntegerType.get(),
        Types.LongType.get(),
        Types.DecimalType.of(1, 0),
        Types.DecimalType.of(9, 2),
        Types.DecimalType.of(18, 9),
        Types.DecimalType.of(19, 0),
        Types.DecimalType.of(38, 10),
        Types.DateType.get(),
        Types.TimeType.get(),
        Types.TimestampType.withoutZone(),
        Types.TimestampType.withZone(),
        Types.TimestampNanoType.withoutZone(),
        Types.TimestampNanoType.withZone(),
        Types.StringType.get(),
        Types.UUIDType.get(),
        Types.FixedType.ofLength(3),
        Types.BinaryType.get());
  }

  @ParameterizedTest
  @MethodSource("keyTypes")
  void byteOrderIsValueOrder(Type.PrimitiveType type) {
    assertKeysAreTrueToTheirValues(new Table(List.of(type)), 400);
  }

  @Test
  void byteOrderOfCompositeKeysIsColumnOrder() {
    Random random = new Random(SEED);
    List<Type.PrimitiveType> types = keyTypes();
    for (int round = 0; round < 60; round++) {
      List<Type.PrimitiveType> key =
          IntStream.range(0, 2 + random.nextInt(3))
              .mapToObj(i -> types.get(random.nextInt(types.size())))
              .toList();
      assertKeysAreTrueToTheirValues(new Table(key), 120);
    }
  }

  private static void assertKeysAreTrueToTheirValues(Table table, int count) {
    RandomRecords random = new RandomRecords(SEED);
    List<Object[]> values = new ArrayList<>();
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Object[] value = table.types.stream().map(random::nextValue).toArray();
      if (i > 0 && table.types.size() > 1 && i % 2 == 0) {
        value[0] = values.get(i - 1)[0]; // so that the later columns decide, too
      }
      values.add(value);
      keys.add(table.key(value));
    }
    for (int i = 0; i < count; i++) {
      assertThat(Arrays.stream(table.decode(keys.get(i))).map(Records::text).toList())
          .as("decoded key of %s, seed %d", table.types, SEED)
          .isEqualTo(Arrays.stream(values.get(i)).map(Records::text).toList());
      for (int j = 0; j < count; j++) {
        int expected = compare(values.get(i), values.get(j));
        int actual = Arrays.compareUnsigned(keys.get(i), keys.get(j));
        if (Integer.signum(actual) != Integer.signum(expected)) {
          throw new AssertionError(
              "%s and %s compare as %d, their keys %s and %s as %d (types %s, seed %d)"
                  .formatted(
                      Arrays.toString(values.get(i)),
                      Arrays.toString(values.get(j)),
                      expected,
                      hex(keys.get(i)),
                      hex(keys.get(j)),
                      actual,
                      table.types,
                      SEED));
        }
      }
    }
  }

  private static int compare(Object[] left, Object[] right) {
    for (int i = 0; i < left.length; i++) {
      int result = compareValues(left[i], right[i]);
      if (result != 0) {
        return result;
      }
    }
    return 0;
  }

  @SuppressWarnings("unchecked")
  private static int compareValues(Object left, Object right) {
    if (left instanceof UUID uuid) {
      UUID other = (UUID) right;
      int high =
          Long.compareUnsigned(uuid.getMostSignificantBits(), other.getMostSignificantBits());
      return high != 0
          ? high
          : Long.compareUnsigned(uuid.getLeastSignificantBits(), other.getLeastSignificantBits());
    }
    if (left instanceof String text) {
      return Arrays.compareUnsigned(
          text.getBytes(StandardCharsets.UTF_8), ((String) right).getBytes(StandardCharsets.UTF_8));
    }
    if (left instanceof ByteBuffer buffer) {
      return Arrays.compareUnsigned(buffer.array(), ((ByteBuffer) right).array());
    }
    if (left instanceof byte[] bytes) {
      return Arrays.compareUnsigned(bytes, (byte[]) right);
    }
    return ((Comparable<Object>) left).compareTo(right);
  }

  static Stream<String> encodings() {
    return Stream.of(
        "boolean false = 00",
        "boolean true = 01",
        "int 0 = 8000000000000000",
        "int -1 = 7fffffffffffffff",
        "int 2147483647 = 800000007fffffff",
        "long -9223372036854775808 = 0000000000000000",
        "long 9223372036854775807 = ffffffffffffffff",
        "string  = 0000",
        "string a = 610000",
        "string \0 = 00ff0000",
        "string a\0b = 6100ff620000",
        "string \u00e9\u20ac = c3a9e282ac0000",
        "decimal(9,2) 0.00 = 80",
        "decimal(9,2) 0.01 = 8101",
        "decimal(9,2) 2.55 = 81ff",
        "decimal(9,2) 2.56 = 820100",
        "decimal(9,2) -0.01 = 7f",
        "decimal(9,2) -0.02 = 7efe",
        "decimal(9,2) -2.56 = 7e00",
        "decimal(9,2) -2.57 = 7dfeff",
        "decimal(38,0) 99999999999999999999999999999999999999 = 904b3b4ca85a86c47a098a223fffffffff",
        "decimal(38,0) -99999999999999999999999999999999999999 = 6fb4c4b357a5793b85f675ddc000000001",
        "uuid 00112233-4455-6677-8899-aabbccddeeff = 00112233445566778899aabbccddeeff");
  }

  /** The encoding is written into files, so these bytes may never change. */
  @ParameterizedTest
  @MethodSource("encodings")
  void bytesAreAsDocumented(String text) {
    String[] sides = text.split(" = ", -1);
    int space = sides[0].indexOf(' ');
    Type.PrimitiveType type = Types.fromPrimitiveString(sides[0].substring(0, space));
    Object value = parse(type, sides[0].substring(space + 1));
    assertThat(hex(new Table(List.of(type)).key(value))).isEqualTo(sides[1]);
  }

  private static Object parse(Type type, String text) {
    return switch (type.typeId()) {
      case BOOLEAN -> Boolean.valueOf(text);
      case INTEGER -> Integer.valueOf(text);
      case LONG -> Long.valueOf(text);
      case DECIMAL -> new BigDecimal(text);
      case UUID -> UUID.fromString(text);
      default -> text;
    };
  }

  @Test
  void typePromotionsChangeNoKey() {
    Table ints = new Table(List.of(Types.IntegerType.get()));
    Table longs = new Table(List.of(Types.LongType.get()));
    for (int value : new int[] {0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertThat(ints.key(value)).isEqualTo(longs.key((long) value));
    }
    BigInteger greatest = BigInteger.TEN.pow(18).subtract(BigInteger.ONE);
    for (BigInteger unscaled :
        List.of(
            BigInteger.ZERO,
            BigInteger.ONE,
            BigInteger.valueOf(-1),
            BigInteger.valueOf(-256),
            BigInteger.valueOf(255),
            greatest,
            greatest.negate())) {
      BigDecimal value = new BigDecimal(unscaled, 2);
      byte[] key = new Table(List.of(Types.DecimalType.of(18, 2))).key(value);
      assertThat(new Table(List.of(Types.DecimalType.of(19, 2))).key(value)).isEqualTo(key);
      assertThat(new Table(List.of(Types.DecimalType.of(38, 2))).key(value)).isEqualTo(key);
    }
  }

  @Test
  void decimalsOfPaddedBytesEncodeLikeTheirShortestForm() {
    for (long value : new long[] {0, -1, 1, 127, 128, -128, -129, 1L << 40, -1L << 40}) {
      ByteBuilder expected = new ByteBuilder(0);
      KeyParts.appendDecimal(expected, value);
      byte[] padded = new byte[16];
      Arrays.fill(padded, (byte) (value >> 63));
      ByteBuffer.wrap(padded).putLong(8, value);
      for (int length = 8; length <= 16; length++) {
        ByteBuilder actual = new ByteBuilder(0);
        KeyParts.appendDecimal(actual, padded, 16 - length, length);
        assertThat(hex(Keys.bytes(actual))).isEqualTo(hex(Keys.bytes(expected)));
      }
    }
    assertThatThrownBy(() -> KeyParts.appendDecimal(new ByteBuilder(0), ONE_AND_16_ZEROS, 0, 17))
        .hasMessage("A decimal of 17 bytes exceeds the 16 that precision 38 takes");
    assertThatThrownBy(() -> KeyParts.appendDecimal(new ByteBuilder(0), ONE_AND_16_ZEROS, 0, 0))
        .hasMessage("A decimal has at least one byte");
  }

  private static final byte[] ONE_AND_16_ZEROS = BigInteger.ONE.shiftLeft(128).toByteArray();

  @Test
  void keysAreAppendedBehindWhatTheTargetHolds() {
    Table table = new Table(List.of(Types.StringType.get()));
    ByteBuilder target = new ByteBuilder(0);
    target.append((byte) 7);
    new KeyEncoder(table.spec).encode(table.row("x\0"), RowKind.INSERT, target);
    assertThat(hex(Keys.bytes(target))).isEqualTo("077800ff0000");
  }

  @Test
  void aNullInAKeyIsRefusedAndNamesTableColumnAndRowKind() {
    Table table = new Table(List.of(Types.LongType.get(), Types.StringType.get()));
    ByteBuilder target = new ByteBuilder(0);
    target.append((byte) 7);
    assertThatThrownBy(
            () ->
                new KeyEncoder(table.spec)
                    .encode(table.row(1L, null), RowKind.UPDATE_AFTER, target))
        .isInstanceOf(NullKeyException.class)
        .hasMessage(
            "Cannot write a +U row to table db.t: key column 'k2' is NULL, and a primary key holds"
                + " no NULLs. Filter such rows before the sink, or choose another key.");
    assertThat(target.size()).as("the target is as it was").isEqualTo(1);
  }

  @Test
  void aKeyBeyondTheLimitIsRefused() {
    Table table = new Table(List.of(Types.StringType.get()));
    assertThat(table.key("x".repeat(KeySpec.MAX_KEY_BYTES - 2))).hasSize(KeySpec.MAX_KEY_BYTES);
    assertThatThrownBy(() -> table.key("x".repeat(KeySpec.MAX_KEY_BYTES - 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot write a +I row to table db.t: its primary key (k1) takes 1048577 bytes, and at"
                + " most 1048576 are allowed. Choose a shorter key, such as a digest of the long"
                + " column.");
  }

  @Test
  void aFixedKeyOfAnotherLengthIsRefused() {
    Table table = new Table(List.of(Types.FixedType.ofLength(3)));
    assertThatThrownBy(() -> table.key(new byte[2]))
        .hasMessage(
            "Cannot write to table db.t: key column 'k1' holds values of 3 bytes, but this one has"
                + " 2");
  }

  @Test
  void bytesThatAreNoKeyAreRefusedWithTheirPlace() {
    Table longs = new Table(List.of(Types.LongType.get()));
    assertThatThrownBy(() -> longs.decode(new byte[7]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot decode a user key of table db.t: at byte 0 of 7, in column 'k1', it has 7 bytes"
                + " where 8 more are needed");
    assertThatThrownBy(() -> longs.decode(new byte[9]))
        .hasMessageEndingWith("it has 1 bytes behind its last column");
    Table strings = new Table(List.of(Types.StringType.get()));
    assertThatThrownBy(() -> strings.decode(new byte[] {'a', 0, 7}))
        .hasMessageEndingWith("at byte 3 of 3, in column 'k1', it has 0x00 followed by 0x07");
    assertThatThrownBy(() -> new Table(List.of(Types.DecimalType.of(9, 2))).decode(new byte[] {-1}))
        .hasMessageEndingWith("it has a decimal of 127 bytes");
    assertThatThrownBy(() -> new Table(List.of(Types.BooleanType.get())).decode(new byte[] {2}))
        .hasMessageEndingWith("it has a boolean of 0x02");
    assertThatThrownBy(() -> new Table(List.of(Types.IntegerType.get())).decode(new byte[8]))
        .hasMessageEndingWith("it has -9223372036854775808, which is no int");
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** A table of key columns k1, k2, ... behind one that is not in the key. */
  private static final class Table {
    private final List<Type.PrimitiveType> types;
    private final Schema schema;
    private final KeySpec spec;

    Table(List<Type.PrimitiveType> types) {
      this.types = types;
      List<Types.NestedField> fields = new ArrayList<>();
      fields.add(Types.NestedField.optional(100, "v", Types.StringType.get()));
      for (int i = 1; i <= types.size(); i++) {
        fields.add(Types.NestedField.required(i, "k" + i, types.get(i - 1)));
      }
      this.schema =
          new Schema(
              fields, IntStream.rangeClosed(1, types.size()).boxed().collect(Collectors.toSet()));
      this.spec = KeySpec.of("db.t", schema);
    }

    RecordAccessor row(@Nullable Object... key) {
      @Nullable Object[] row = new @Nullable Object[key.length + 1];
      System.arraycopy(key, 0, row, 1, key.length);
      return RecordAccessor.ofValues(schema.asStruct(), row);
    }

    byte[] key(Object... key) {
      ByteBuilder target = new ByteBuilder(0);
      new KeyEncoder(spec).encode(row(key), RowKind.INSERT, target);
      return Keys.bytes(target);
    }

    Object[] decode(byte[] key) {
      return new KeyDecoder(spec).decode(key, 0, key.length);
    }
  }
}

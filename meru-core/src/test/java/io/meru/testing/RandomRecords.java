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

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.DateTimeUtil;
import org.apache.iceberg.variants.ShreddedObject;
import org.apache.iceberg.variants.Variant;
import org.apache.iceberg.variants.VariantMetadata;
import org.apache.iceberg.variants.Variants;
import org.jspecify.annotations.Nullable;

/**
 * Random values of every Iceberg type, as Iceberg's generic classes. Edge values (least, greatest,
 * zero, empty, zero bytes, characters of one to four UTF-8 bytes) come often; optional values are
 * NULL one time in five. One seed gives one sequence.
 */
public final class RandomRecords {
  /** Microseconds of some 280 years: what nanoseconds in a long can reach. */
  private static final long MICROS_REACH = Long.MAX_VALUE / 1000;

  private static final String[] CHARACTERS = {
    "\0", "\1", "a", "b", "z", "\u007f", "\u00e9", "\u00ff", "\u20ac", "\uffff", "\ud83d\ude00"
  };

  private final Random random;

  /** Starts the sequence of {@code seed}. */
  public RandomRecords(long seed) {
    this.random = new Random(seed);
  }

  /** A struct of optional fields with every type that Meru writes, nested ones included. */
  public static Types.StructType everyType() {
    Types.StructType inner =
        Types.StructType.of(
            Types.NestedField.required(101, "a", Types.IntegerType.get()),
            Types.NestedField.optional(102, "b", Types.StringType.get()),
            Types.NestedField.optional(
                103, "c", Types.ListType.ofOptional(104, Types.DecimalType.of(30, 10))));
    List<Type> types =
        List.of(
            Types.BooleanType.get(),
            Types.IntegerType.get(),
            Types.LongType.get(),
            Types.FloatType.get(),
            Types.DoubleType.get(),
            Types.DateType.get(),
            Types.TimeType.get(),
            Types.TimestampType.withoutZone(),
            Types.TimestampType.withZone(),
            Types.TimestampNanoType.withoutZone(),
            Types.TimestampNanoType.withZone(),
            Types.StringType.get(),
            Types.UUIDType.get(),
            Types.FixedType.ofLength(5),
            Types.BinaryType.get(),
            Types.DecimalType.of(9, 2),
            Types.DecimalType.of(18, 0),
            Types.DecimalType.of(19, 3),
            Types.DecimalType.of(38, 10),
            Types.VariantType.get(),
            Types.UnknownType.get(),
            inner,
            Types.ListType.ofOptional(110, Types.LongType.get()),
            Types.ListType.ofRequired(111, Types.ListType.ofOptional(112, Types.StringType.get())),
            Types.MapType.ofOptional(113, 114, Types.StringType.get(), Types.DoubleType.get()),
            Types.MapType.ofOptional(
                115,
                116,
                Types.IntegerType.get(),
                Types.StructType.of(
                    Types.NestedField.optional(
                        117,
                        "deep",
                        Types.MapType.ofRequired(
                            118, 119, Types.StringType.get(), Types.BinaryType.get())))));
    List<Types.NestedField> fields = new ArrayList<>();
    for (Type type : types) {
      int id = fields.size() + 1;
      fields.add(Types.NestedField.optional(id, "f" + id, type));
    }
    return Types.StructType.of(fields);
  }

  /** A row of {@code type}. */
  public Record nextRecord(Types.StructType type) {
    Record record = GenericRecord.create(type);
    for (int pos = 0; pos < type.fields().size(); pos++) {
      Types.NestedField field = type.fields().get(pos);
      record.set(pos, next(field.type(), field.isOptional()));
    }
    return record;
  }

  /** A value of {@code type}, never NULL. */
  public Object nextValue(Type type) {
    return switch (type.typeId()) {
      case BOOLEAN -> random.nextBoolean();
      case INTEGER -> (int) pick(Integer.MIN_VALUE, Integer.MAX_VALUE);
      case LONG -> pick(Long.MIN_VALUE, Long.MAX_VALUE);
      case FLOAT -> random.nextInt(8) == 0 ? Float.NaN : (float) random.nextGaussian();
      case DOUBLE -> random.nextInt(8) == 0 ? -0.0 : random.nextGaussian();
      case DATE -> DateTimeUtil.dateFromDays((int) pick(-1_000_000, 1_000_000));
      case TIME -> DateTimeUtil.timeFromMicros(pick(0, 86_399_999_999L));
      case TIMESTAMP -> {
        long micros = pick(-MICROS_REACH, MICROS_REACH);
        yield ((Types.TimestampType) type).shouldAdjustToUTC()
            ? DateTimeUtil.timestamptzFromMicros(micros)
            : DateTimeUtil.timestampFromMicros(micros);
      }
      case TIMESTAMP_NANO -> {
        long nanos = pick(-MICROS_REACH * 1000, MICROS_REACH * 1000);
        yield ((Types.TimestampNanoType) type).shouldAdjustToUTC()
            ? DateTimeUtil.timestamptzFromNanos(nanos)
            : DateTimeUtil.timestampFromNanos(nanos);
      }
      case DECIMAL -> nextDecimal((Types.DecimalType) type);
      case STRING -> nextString();
      case UUID ->
          new UUID(pick(Long.MIN_VALUE, Long.MAX_VALUE), pick(Long.MIN_VALUE, Long.MAX_VALUE));
      case FIXED -> nextBytes(((Types.FixedType) type).length());
      case BINARY -> ByteBuffer.wrap(nextBytes(random.nextInt(12)));
      case STRUCT -> nextRecord(type.asStructType());
      case LIST -> nextList(type.asListType());
      case MAP -> nextMap(type.asMapType());
      case VARIANT -> nextVariant();
      default -> throw new IllegalArgumentException("No values of type " + type);
    };
  }

  private @Nullable Object next(Type type, boolean optional) {
    boolean isNull = type.typeId() == Type.TypeID.UNKNOWN || optional && random.nextInt(5) == 0;
    return isNull ? null : nextValue(type);
  }

  /** One time in four an edge, otherwise a number of a random magnitude. */
  private long pick(long least, long greatest) {
    long value =
        switch (random.nextInt(12)) {
          case 0 -> least;
          case 1 -> greatest;
          case 2 -> 0;
          default -> random.nextLong() >> random.nextInt(64);
        };
    return Math.max(least, Math.min(greatest, value));
  }

  private BigDecimal nextDecimal(Types.DecimalType type) {
    BigInteger greatest = BigInteger.TEN.pow(type.precision()).subtract(BigInteger.ONE);
    BigInteger unscaled =
        switch (random.nextInt(12)) {
          case 0 -> greatest;
          case 1 -> greatest.negate();
          case 2 -> BigInteger.ZERO;
          default ->
              new BigInteger(random.nextInt(130), random)
                  .mod(greatest)
                  .multiply(BigInteger.valueOf(random.nextBoolean() ? 1 : -1));
        };
    return new BigDecimal(unscaled, type.scale());
  }

  private String nextString() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
    }
    return text.toString();
  }

  private byte[] nextBytes(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] =
          switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> (byte) 0xFF;
            default -> (byte) random.nextInt();
          };
    }
    return bytes;
  }

  private List<@Nullable Object> nextList(Types.ListType type) {
    List<@Nullable Object> list = new ArrayList<>();
    int size = random.nextInt(20) == 0 ? 70 : random.nextInt(4); // 70: two words of null bits
    for (int i = 0; i < size; i++) {
      list.add(next(type.elementType(), type.isElementOptional()));
    }
    return list;
  }

  private Map<Object, @Nullable Object> nextMap(Types.MapType type) {
    Map<Object, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      map.put(nextValue(type.keyType()), next(type.valueType(), type.isValueOptional()));
    }
    return map;
  }

  private Variant nextVariant() {
    VariantMetadata metadata = Variants.metadata("a", "b");
    ShreddedObject object = Variants.object(metadata);
    object.put("a", Variants.of(random.nextInt()));
    object.put("b", Variants.of(nextString()));
    return Variant.of(metadata, random.nextBoolean() ? object : Variants.of(random.nextLong()));
  }
}

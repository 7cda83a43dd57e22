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

package io.meru.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.key.KeyColumn;
import io.meru.key.KeyParts;
import io.meru.row.ByteBuilder;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.BinaryUtil;
import org.apache.iceberg.util.UnicodeUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PrefixBoundsTest {
  @Test
  void longsBoundTheirPrefixesExactly() {
    PrefixBounds bounds = bounds(Types.LongType.get(), -5L, 7L);
    assertThat(bounds.min()).isEqualTo(-5L ^ Long.MIN_VALUE);
    assertThat(bounds.max()).isEqualTo(7L ^ Long.MIN_VALUE);
  }

  @Test
  void intsDatesAndTimestampsAreEncodedAsLongs() {
    assertThat(bounds(Types.IntegerType.get(), -5, 7))
        .isEqualTo(bounds(Types.LongType.get(), -5L, 7L));
    assertThat(bounds(Types.DateType.get(), -5, 7))
        .isEqualTo(bounds(Types.LongType.get(), -5L, 7L));
    assertThat(bounds(Types.TimestampType.withZone(), -5L, 7L))
        .isEqualTo(bounds(Types.LongType.get(), -5L, 7L));
    assertThat(bounds(Types.TimestampNanoType.withoutZone(), -5L, 7L))
        .isEqualTo(bounds(Types.LongType.get(), -5L, 7L));
  }

  @Test
  void boundsWrittenAsIntOfAColumnThatIsNowLongCount() {
    Type written = Types.IntegerType.get();
    assertThat(
            bounds(
                Types.LongType.get(),
                Conversions.toByteBuffer(written, -5),
                Conversions.toByteBuffer(written, 7)))
        .isEqualTo(bounds(Types.LongType.get(), -5L, 7L));
  }

  @Test
  void boundsWrittenAsDateOfAColumnThatIsNowTimestampDoNotCount() {
    Type written = Types.DateType.get();
    assertThat(
            bounds(
                Types.TimestampType.withoutZone(),
                Conversions.toByteBuffer(written, -5),
                Conversions.toByteBuffer(written, 7)))
        .isEqualTo(PrefixBounds.UNKNOWN);
  }

  @Test
  void missingBoundsAreUnknown() {
    assertThat(PrefixBounds.of(column(Types.LongType.get()), file(null, null)))
        .isEqualTo(PrefixBounds.UNKNOWN);
    assertThat(PrefixBounds.of(column(Types.LongType.get()), file(Map.of(9, bytes(1)), Map.of())))
        .isEqualTo(PrefixBounds.UNKNOWN);
    PrefixBounds half = bounds(Types.StringType.get(), ByteBuffer.wrap(new byte[] {'b'}), null);
    assertThat(half.min()).isEqualTo((long) 'b' << 56);
    assertThat(half.max()).isEqualTo(-1);
    assertThat(PrefixBounds.UNKNOWN).isEqualTo(new PrefixBounds(0, -1));
  }

  @Test
  void shortKeysAreFilledUpSoThatFurtherColumnsFit() {
    PrefixBounds strings =
        bounds(Types.StringType.get(), ByteBuffer.wrap(new byte[] {'b'}), bytes('c', 'd'));
    assertThat(strings.min()).isEqualTo(0x6200000000000000L);
    assertThat(strings.max()).isEqualTo(0x63640000ffffffffL);
    PrefixBounds booleans = bounds(Types.BooleanType.get(), false, true);
    assertThat(booleans.min()).isZero();
    assertThat(booleans.max()).isEqualTo(0x01ffffffffffffffL);
  }

  @Test
  void uuidsOfBothSignsThatWereComparedAsSignedNumbersAreUnknown() {
    UUID low = UUID.fromString("00000000-0000-0000-0000-000000000001");
    UUID high = UUID.fromString("f0000000-0000-0000-0000-000000000001");
    assertThat(bounds(Types.UUIDType.get(), high, low)).isEqualTo(PrefixBounds.UNKNOWN);
    assertThat(bounds(Types.UUIDType.get(), low, high))
        .isEqualTo(new PrefixBounds(0, 0xf000000000000000L));
  }

  @Test
  void truncatedBoundsStillBoundEveryKey() {
    for (long seed = 1; seed <= 2_000; seed++) {
      Random random = new Random(seed);
      byte[][] keys = new byte[4][];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = new byte[random.nextInt(12)];
        random.nextBytes(keys[i]);
        for (int at = 0; at < keys[i].length; at++) {
          // bytes at both ends of the range meet escapes and carries
          keys[i][at] = (byte) new int[] {0, 1, 0xff, 0xfe, keys[i][at]}[random.nextInt(5)];
        }
      }
      java.util.Arrays.sort(keys, java.util.Arrays::compareUnsigned);
      int width = 1 + random.nextInt(6);
      ByteBuffer lower = ByteBuffer.wrap(keys[0]);
      ByteBuffer upper = ByteBuffer.wrap(keys[keys.length - 1]);
      if (lower.remaining() > width) {
        lower = BinaryUtil.truncateBinaryMin(Literal.of(lower), width).value();
      }
      if (upper.remaining() > width) {
        Literal<ByteBuffer> cut = BinaryUtil.truncateBinaryMax(Literal.of(upper), width);
        upper = cut == null ? null : cut.value();
      }
      checkBounds(seed, bounds(Types.BinaryType.get(), lower, upper), keys, random);
    }
  }

  @Test
  void truncatedStringsStillBoundEveryKey() {
    int[] points = {'a', 'z', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    for (long seed = 1; seed <= 2_000; seed++) {
      Random random = new Random(seed);
      byte[][] keys = new byte[4][];
      for (int i = 0; i < keys.length; i++) {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(6); left > 0; left--) {
          text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        keys[i] = text.toString().getBytes(StandardCharsets.UTF_8);
      }
      java.util.Arrays.sort(keys, java.util.Arrays::compareUnsigned);
      int width = 1 + random.nextInt(3);
      CharSequence lower = new String(keys[0], StandardCharsets.UTF_8);
      CharSequence upper = new String(keys[keys.length - 1], StandardCharsets.UTF_8);
      Literal<CharSequence> least = UnicodeUtil.truncateStringMin(Literal.of(lower), width);
      Literal<CharSequence> most = UnicodeUtil.truncateStringMax(Literal.of(upper), width);
      PrefixBounds bounds =
          bounds(
              Types.StringType.get(),
              least.toByteBuffer(),
              most == null ? null : most.toByteBuffer());
      checkBounds(seed, bounds, keys, random);
    }
  }

  @Test
  void decimalsOfEverySizeAreBounded() {
    for (long seed = 1; seed <= 500; seed++) {
      Random random = new Random(seed);
      BigInteger one = new BigInteger(random.nextInt(120), random);
      BigInteger two = new BigInteger(random.nextInt(120), random);
      BigInteger least = (random.nextBoolean() ? one.negate() : one);
      BigInteger most = least.max(two);
      least = least.min(two);
      Type type = Types.DecimalType.of(38, 2);
      PrefixBounds bounds = bounds(type, new BigDecimal(least, 2), new BigDecimal(most, 2));
      for (BigInteger value : new BigInteger[] {least, most}) {
        ByteBuilder key = new ByteBuilder(16);
        byte[] unscaled = value.toByteArray();
        KeyParts.appendDecimal(key, unscaled, 0, unscaled.length);
        key.append((byte) random.nextInt());
        checkBound(seed, bounds, key);
      }
    }
  }

  private static void checkBounds(long seed, PrefixBounds bounds, byte[][] keys, Random random) {
    for (byte[] value : keys) {
      ByteBuilder key = new ByteBuilder(16);
      KeyParts.appendBinary(key, value, 0, value.length);
      byte[] next = new byte[8];
      random.nextBytes(next);
      key.append(next, 0, random.nextInt(9)); // the columns behind
      checkBound(seed, bounds, key);
    }
  }

  private static void checkBound(long seed, PrefixBounds bounds, ByteBuilder key) {
    long prefix = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      prefix = prefix << 8 | (i < key.size() ? key.array()[i] & 0xff : 0);
    }
    assertThat(Long.compareUnsigned(bounds.min(), prefix))
        .as("seed %d: min %x, prefix %x", seed, bounds.min(), prefix)
        .isNotPositive();
    assertThat(Long.compareUnsigned(bounds.max(), prefix))
        .as("seed %d: max %x, prefix %x", seed, bounds.max(), prefix)
        .isNotNegative();
  }

  private static PrefixBounds bounds(Type type, Object lower, Object upper) {
    return bounds(
        type, Conversions.toByteBuffer(type, lower), Conversions.toByteBuffer(type, upper));
  }

  private static PrefixBounds bounds(
      Type type, @Nullable ByteBuffer lower, @Nullable ByteBuffer upper) {
    return PrefixBounds.of(
        column(type),
        file(lower == null ? null : Map.of(1, lower), upper == null ? null : Map.of(1, upper)));
  }

  private static KeyColumn column(Type type) {
    return new KeyColumn(1, "k", type.asPrimitiveType(), 0, null);
  }

  private static ByteBuffer bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteBuffer.wrap(bytes);
  }

  private static DataFile file(
      @Nullable Map<Integer, ByteBuffer> lower, @Nullable Map<Integer, ByteBuffer> upper) {
    return DataFiles.builder(PartitionSpec.unpartitioned())
        .withPath("mem://f.parquet")
        .withFileSizeInBytes(10)
        .withMetrics(new Metrics(3L, null, null, null, null, lower, upper))
        .build();
  }
}

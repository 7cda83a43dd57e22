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

package io.meru.levelfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.values.ValuesWriter;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesReader;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForInteger;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Pages of one encoder, one after the other, are held against those of one of parquet-java's
 * writers. Agreement to the byte proves that files are those that parquet-java would write, and
 * that nothing but what parquet-java leaves of earlier pages is left of them.
 */
class DeltaEncoderTest {
  private static final long SEED = Long.getLong("meru.seed", 20261128);
  private static final int PAGES = 2000;

  /** An encoder beside parquet-java's writer and reader of the same type. */
  private enum Type {
    LONG(Long.SIZE) {
      @Override
      DeltaEncoder encoder() {
        return DeltaEncoder.ofLongs();
      }

      @Override
      ValuesWriter writer() {
        return new DeltaBinaryPackingValuesWriterForLong(
            64, 1 << 20, HeapByteBufferAllocator.getInstance());
      }

      @Override
      void write(ValuesWriter writer, long value) {
        writer.writeLong(value);
      }

      @Override
      long read(DeltaBinaryPackingValuesReader reader) {
        return reader.readLong();
      }
    },

    INT(Integer.SIZE) {
      @Override
      DeltaEncoder encoder() {
        return DeltaEncoder.ofInts();
      }

      @Override
      ValuesWriter writer() {
        return new DeltaBinaryPackingValuesWriterForInteger(
            64, 1 << 20, HeapByteBufferAllocator.getInstance());
      }

      @Override
      void write(ValuesWriter writer, long value) {
        writer.writeInteger((int) value);
      }

      @Override
      long read(DeltaBinaryPackingValuesReader reader) {
        return reader.readInteger();
      }
    };

    private final int bits;

    Type(int bits) {
      this.bits = bits;
    }

    /** The value of the highest bits: extremes of longs give extremes. */
    long highest(long value) {
      return value >> (Long.SIZE - bits);
    }

    /** The value of the lowest bits: sums wrap around. */
    long lowest(long value) {
      return value << (Long.SIZE - bits) >> (Long.SIZE - bits);
    }

    abstract DeltaEncoder encoder();

    abstract ValuesWriter writer();

    abstract void write(ValuesWriter writer, long value);

    abstract long read(DeltaBinaryPackingValuesReader reader);
  }

  @ParameterizedTest
  @EnumSource
  void pagesAreThoseOfParquetJavaToTheByte(Type type) throws IOException {
    System.out.println("seed " + SEED);
    Random random = new Random(SEED);
    DeltaEncoder encoder = type.encoder();
    ValuesWriter writer = type.writer();
    for (int page = 0; page < PAGES; page++) {
      assertPage(type, encoder, writer, randomValues(type, random), "page " + page);
    }
  }

  @ParameterizedTest
  @EnumSource
  void deltasOfEveryWidthArePacked(Type type) throws IOException {
    for (int width = 0; width <= type.bits; width++) {
      long widest = width == 0 ? 0 : -1L >>> (Long.SIZE - width);
      Random random = new Random(SEED + width);
      long[] values = new long[300];
      for (int i = 1; i < values.length; i++) {
        values[i] = type.lowest(values[i - 1] + (random.nextLong() & widest));
      }
      assertPage(type, type.encoder(), type.writer(), values, "width " + width);
    }
  }

  @ParameterizedTest
  @EnumSource
  void countsAroundBlocksAndMiniBlocksAreKept(Type type) throws IOException {
    Random random = new Random(SEED);
    DeltaEncoder encoder = type.encoder();
    ValuesWriter writer = type.writer();
    for (int count = 0; count <= 520; count++) {
      long[] values = random.longs(count).map(type::highest).toArray();
      assertPage(type, encoder, writer, values, count + " values");
    }
  }

  private static void assertPage(
      Type type, DeltaEncoder encoder, ValuesWriter writer, long[] values, String what)
      throws IOException {
    encoder.reset();
    writer.reset();
    append(encoder, values);
    for (long value : values) {
      type.write(writer, value);
    }
    byte[] encoded = encoder.finish().toByteArray();
    assertThat(encoded).as("%s of seed %d", what, SEED).isEqualTo(writer.getBytes().toByteArray());

    DeltaBinaryPackingValuesReader reader = new DeltaBinaryPackingValuesReader();
    reader.initFromPage(values.length, ByteBufferInputStream.wrap(ByteBuffer.wrap(encoded)));
    long[] read = LongStream.generate(() -> type.read(reader)).limit(values.length).toArray();
    assertThat(read).as("%s of seed %d", what, SEED).isEqualTo(values);
  }

  /** Some values one by one, the others as many at once as fit. */
  private static void append(DeltaEncoder encoder, long[] values) {
    Random random = new Random(SEED);
    for (int i = 0; i < values.length; ) {
      if (random.nextBoolean()) {
        encoder.add(values[i++]);
      } else {
        int count = Math.min(random.nextInt(300), Math.min(encoder.room(), values.length - i));
        System.arraycopy(values, i, encoder.values(), encoder.reserve(count), count);
        i += count;
      }
    }
  }

  private static long[] randomValues(Type type, Random random) {
    int[] counts = {0, 1, 2, 31, 32, 33, 34, 127, 128, 129, 130, 257, 1000, 5000};
    int count = random.nextBoolean() ? counts[random.nextInt(counts.length)] : random.nextInt(400);
    LongUnaryOperator next = randomShape(random);
    long[] values = new long[count];
    long bits = random.nextLong();
    for (int i = 0; i < count; i++) {
      values[i] = type.highest(bits);
      bits = next.applyAsLong(bits);
      if (random.nextInt(500) == 0) {
        next = randomShape(random); // mini blocks of one block get unlike widths
      }
    }
    return values;
  }

  /** What makes a value's bits of those of the value before. */
  private static LongUnaryOperator randomShape(Random random) {
    int shift = random.nextInt(Long.SIZE);
    long step = random.nextLong() >> shift;
    long[] extremes = {Long.MIN_VALUE, Long.MIN_VALUE + 1, -1, 0, 1, Long.MAX_VALUE};
    return switch (random.nextInt(6)) {
      case 0 -> bits -> bits;
      case 1 -> bits -> bits + step; // ascending or descending, wrapping around
      case 2 -> bits -> bits + (random.nextLong() >>> 1 >>> shift);
      case 3 -> bits -> bits + (random.nextLong() >> shift);
      case 4 -> bits -> extremes[random.nextInt(extremes.length)];
      default -> bits -> random.nextLong();
    };
  }
}

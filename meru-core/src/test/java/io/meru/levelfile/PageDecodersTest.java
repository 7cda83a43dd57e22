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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForInteger;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForLong;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridEncoder;
import org.junit.jupiter.api.Test;

/** What parquet-java encodes is decoded; what is cut off, or is something else, is refused. */
class PageDecodersTest {
  private static final long SEED = Long.getLong("meru.seed", 20261129);
  private static final HeapByteBufferAllocator HEAP = HeapByteBufferAllocator.getInstance();

  private final Random random = new Random(SEED);

  @Test
  void longsOfEveryWidthComeBack() throws IOException {
    for (int width = 0; width <= 64; width++) {
      for (int count : new int[] {1, 2, 31, 32, 33, 128, 129, 130, 1000}) {
        long[] values = values(width, count);
        var writer = new DeltaBinaryPackingValuesWriterForLong(128, 4, 1000, 100_000, HEAP);
        for (long value : values) {
          writer.writeLong(value);
        }
        assertThat(decodeLongs(writer.getBytes().toByteArray(), count)).isEqualTo(values);
      }
    }
  }

  @Test
  void intsOfEveryWidthComeBack() throws IOException {
    for (int width = 0; width <= 32; width++) {
      for (int miniBlocks : new int[] {1, 2, 4, 8}) {
        long[] values = Arrays.stream(values(width, 500)).map(value -> (int) value).toArray();
        var writer =
            new DeltaBinaryPackingValuesWriterForInteger(256, miniBlocks, 1000, 100_000, HEAP);
        for (long value : values) {
          writer.writeInteger((int) value);
        }
        byte[] bytes = writer.getBytes().toByteArray();
        long[] decoded = new long[500];
        DeltaDecoder decoder = new DeltaDecoder(padded(bytes), 0, bytes.length);
        decoder.ints(decoded, 500);
        assertThat(decoded).isEqualTo(values);
        assertThat(decoder.at()).isEqualTo(bytes.length);
      }
    }
  }

  @Test
  void deltasThatAreCutOffOrOfAnotherCountAreRefused() throws IOException {
    var writer = new DeltaBinaryPackingValuesWriterForLong(128, 4, 1000, 100_000, HEAP);
    for (long value : values(20, 300)) {
      writer.writeLong(value);
    }
    byte[] bytes = writer.getBytes().toByteArray();
    assertThatThrownBy(() -> decodeLongs(bytes, 299)).isInstanceOf(IOException.class);
    for (int length = 0; length < bytes.length / 2; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> decodeLongs(cut, 300)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void runsAndPackedGroupsOfEveryWidthComeBack() throws IOException {
    for (int width = 0; width <= 32; width++) {
      int[] values = new int[700];
      int run = 0;
      for (int i = 0; i < values.length; i++) {
        boolean repeats = i > 0 && run-- > 0;
        values[i] = repeats ? values[i - 1] : (int) (random.nextLong() & ((1L << width) - 1));
        if (run < 0 && random.nextInt(20) == 0) {
          run = random.nextInt(100);
        }
      }
      byte[] bytes = rle(width, values);
      int[] decoded = new int[values.length];
      RleDecoder.decode(padded(bytes), 0, bytes.length, width, values.length, decoded);
      assertThat(decoded).isEqualTo(values);
    }
  }

  @Test
  void runsThatAreCutOffAreRefused() throws IOException {
    int[] values = random.ints(500, 0, 8).toArray();
    byte[] bytes = rle(3, values);
    for (int length = 0; length < bytes.length - 3; length++) {
      byte[] cut = padded(Arrays.copyOf(bytes, length));
      int end = length;
      assertThatThrownBy(() -> RleDecoder.decode(cut, 0, end, 3, 500, new int[500]))
          .isInstanceOf(IOException.class);
    }
  }

  private static byte[] rle(int width, int[] values) throws IOException {
    try (RunLengthBitPackingHybridEncoder encoder =
        new RunLengthBitPackingHybridEncoder(width, 64, 100_000, HEAP)) {
      for (int value : values) {
        encoder.writeInt(value);
      }
      return encoder.toBytes().toByteArray();
    }
  }

  /** Values whose deltas take about {@code width} bits. */
  private long[] values(int width, int count) {
    long[] values = new long[count];
    long mask = width == 0 ? 0 : -1L >>> (64 - width);
    long value = random.nextLong();
    for (int i = 0; i < count; i++) {
      value += (random.nextLong() & mask) - (mask >>> 1);
      values[i] = value;
    }
    return values;
  }

  private static long[] decodeLongs(byte[] bytes, int count) throws IOException {
    long[] decoded = new long[count];
    new DeltaDecoder(padded(bytes), 0, bytes.length).longs(decoded, count);
    return decoded;
  }

  private static byte[] padded(byte[] bytes) {
    byte[] padded = Arrays.copyOf(bytes, bytes.length + PageScratch.PADDING);
    Arrays.fill(padded, bytes.length, padded.length, (byte) 0x5a);
    return padded;
  }
}

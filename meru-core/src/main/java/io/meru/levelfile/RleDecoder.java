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

import io.meru.row.RowLayout;
import java.io.IOException;
import java.util.Arrays;

/**
 * Decodes Parquet's hybrid of runs and bit-packed groups: levels, the ids of a dictionary,
 * booleans.
 *
 * <pre>
 *   run      header: length of the run &lt;&lt; 1; the value in as many bytes as its width takes
 *   groups   header: number of groups &lt;&lt; 1 | 1; of each its 8 values, the lowest bit first
 * </pre>
 *
 * Headers are unsigned LEB128.
 *
 * @see <a href="https://github.com/apache/parquet-format/blob/master/Encodings.md">Parquet's
 *     encodings</a>, Run Length Encoding / Bit-Packing Hybrid (RLE = 3)
 */
final class RleDecoder {
  private static final int GROUP = 8;

  private RleDecoder() {}

  /**
   * Decodes {@code count} values of {@code width} bits, at most 32, from [at, end) of {@code
   * bytes}, behind which there are eight bytes more.
   *
   * @throws IOException if there are fewer
   */
  static void decode(byte[] bytes, int at, int end, int width, int count, int[] target)
      throws IOException {
    int next = at;
    int done = 0;
    while (done < count) {
      int header = 0;
      int shift = 0;
      byte part;
      do {
        if (next >= end || shift > 28) {
          throw new IOException("It has %d values where there should be %d".formatted(done, count));
        }
        part = bytes[next++];
        header |= (part & 0x7f) << shift;
        shift += 7;
      } while (part < 0);
      if ((header & 1) == 0) {
        int valueBytes = (width + 7) >>> 3;
        int length = Math.min(header >>> 1, count - done);
        if (next + valueBytes > end) {
          throw new IOException("A run has no value");
        }
        int value = (int) (RowLayout.getLong(bytes, next) & mask(valueBytes << 3));
        Arrays.fill(target, done, done + length, value);
        next += valueBytes;
        done += length;
      } else {
        int groups = header >>> 1;
        int length = (int) Math.min((long) groups * GROUP, count - done);
        if (next + (((long) length * width + 7) >>> 3) > end) {
          throw new IOException("Its packed values end too early");
        }
        unpack(bytes, next, width, length, target, done);
        done += length;
        next = (int) Math.min(end, next + (long) groups * width);
      }
    }
  }

  private static void unpack(byte[] bytes, int at, int width, int count, int[] target, int to) {
    long mask = mask(width);
    long bit = 0;
    for (int i = 0; i < count; i++, bit += width) {
      long word = RowLayout.getLong(bytes, at + (int) (bit >>> 3));
      target[to + i] = (int) ((word >>> (bit & 7)) & mask);
    }
  }

  private static long mask(int bits) {
    return (1L << bits) - 1;
  }
}

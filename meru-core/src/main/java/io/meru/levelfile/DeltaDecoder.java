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

/** Decodes DELTA_BINARY_PACKED; {@link DeltaEncoder} says what it looks like. */
final class DeltaDecoder {
  private static final int MAX_WORD_WIDTH = Long.SIZE - 8; // what one load has at any bit offset

  private final byte[] bytes;
  private final int end;
  private int at;

  /** Decodes from {@code at} on; behind {@code end} there are {@link PageScratch#PADDING} bytes. */
  DeltaDecoder(byte[] bytes, int at, int end) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Where what has been decoded ends. */
  int at() {
    return at;
  }

  /** Decodes {@code count} values of 64 bits, which is all there are. */
  void longs(long[] target, int count) throws IOException {
    decode(target, count, 0);
  }

  /** Decodes {@code count} values of 32 bits, which is all there are; sign-extended. */
  void ints(long[] target, int count) throws IOException {
    decode(target, count, Integer.SIZE);
  }

  private void decode(long[] target, int count, int unusedBits) throws IOException {
    int blockSize = checkedInt(unsignedVarLong());
    int miniBlocks = checkedInt(unsignedVarLong());
    int total = checkedInt(unsignedVarLong());
    long value = zigZagVarLong();
    if (total != count) {
      throw new IOException("It has %d deltas where there should be %d".formatted(total, count));
    }
    if (miniBlocks <= 0 || blockSize <= 0 || blockSize % miniBlocks != 0) {
      throw new IOException("Blocks of %d in %d mini blocks".formatted(blockSize, miniBlocks));
    }
    if (count == 0) {
      return;
    }
    int miniBlock = blockSize / miniBlocks;
    target[0] = value;
    for (int done = 1; done < count; ) {
      long min = zigZagVarLong();
      int widths = at;
      at += miniBlocks;
      for (int i = 0; i < miniBlocks && done < count; i++) {
        int width = bytes[widths + i];
        int length = Math.min(miniBlock, count - done);
        if (width < 0 || width > Long.SIZE || at + ((length * (long) width + 7) >>> 3) > end) {
          throw new IOException("A mini block of %d bits a value".formatted(width));
        }
        value = unpack(target, done, length, width, min, value, unusedBits);
        at = (int) Math.min(end, at + ((miniBlock * (long) width) >>> 3));
        done += length;
      }
    }
  }

  private long unpack(
      long[] target, int from, int length, int width, long min, long before, int unusedBits) {
    long value = before;
    if (width == 0) {
      for (int i = from; i < from + length; i++) {
        value = (value + min) << unusedBits >> unusedBits;
        target[i] = value;
      }
    } else if (width <= MAX_WORD_WIDTH) {
      long mask = (1L << width) - 1;
      for (int i = from, bit = 0; i < from + length; i++, bit += width) {
        long delta = (RowLayout.getLong(bytes, at + (bit >>> 3)) >>> (bit & 7)) & mask;
        value = (value + min + delta) << unusedBits >> unusedBits;
        target[i] = value;
      }
    } else {
      long mask = -1L >>> (Long.SIZE - width);
      for (int i = from, bit = 0; i < from + length; i++, bit += width) {
        int word = at + (bit >>> 3);
        int shift = bit & 7;
        long low = RowLayout.getLong(bytes, word) >>> shift;
        long high = shift == 0 ? 0 : (bytes[word + Long.BYTES] & 0xffL) << (Long.SIZE - shift);
        value = (value + min + ((low | high) & mask)) << unusedBits >> unusedBits;
        target[i] = value;
      }
    }
    return value;
  }

  private long zigZagVarLong() throws IOException {
    long raw = unsignedVarLong();
    return raw >>> 1 ^ -(raw & 1);
  }

  private long unsignedVarLong() throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (at >= end) {
        throw new IOException("Its deltas end too early");
      }
      byte part = bytes[at++];
      value |= (part & 0x7fL) << shift;
      if (part >= 0) {
        return value;
      }
    }
    throw new IOException("A number of more than 64 bits");
  }

  private static int checkedInt(long value) throws IOException {
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new IOException("A count of " + value);
    }
    return (int) value;
  }
}

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

package io.meru.resolve;

import java.util.Arrays;

/**
 * An immutable list of ascending non-negative ints, each held as one bit that is set, and every
 * {@value #STEP}th whole: where most neighbours are one apart, an int takes five bits and little
 * time.
 */
final class AscendingInts {
  private static final int STEP_SHIFT = 3;
  private static final int STEP = 1 << STEP_SHIFT;

  private static final long WORD = Bits.mask(Bits.MAX_WIDTH);

  private final byte[] bits;
  private final int[] samples;

  private AscendingInts(byte[] bits, int[] samples) {
    this.bits = bits;
    this.samples = samples;
  }

  /** The int of number {@code i}. */
  int get(int i) {
    int at = samples[i >>> STEP_SHIFT];
    int skip = i & (STEP - 1);
    while (true) {
      long word = Bits.get(bits, at) & WORD;
      int found = Long.bitCount(word);
      if (found > skip) {
        for (; skip > 0; skip--) {
          word &= word - 1;
        }
        return at + Long.numberOfTrailingZeros(word);
      }
      skip -= found;
      at += Bits.MAX_WIDTH;
    }
  }

  long memoryBytes() {
    return bits.length + 4L * samples.length + 56;
  }

  /** Heap bytes of a list of at most {@code count} ints below {@code end}. */
  static long memoryBytes(long count, long end) {
    return Bits.bytes(end, 1) + 4 * (count / STEP + 1) + 72;
  }

  /** Takes ints in ascending order. */
  static final class Builder {
    private final byte[] bits;
    private final int[] samples;
    private int count;

    /** For at most {@code count} ints below {@code end}. */
    Builder(int count, int end) {
      this.bits = new byte[(int) Bits.bytes(end, 1) + Bits.PADDING];
      this.samples = new int[count / STEP + 1];
    }

    void add(int value) {
      if ((count & (STEP - 1)) == 0) {
        samples[count >>> STEP_SHIFT] = value;
      }
      bits[value >>> 3] |= (byte) (1 << (value & 7));
      count++;
    }

    AscendingInts build() {
      return new AscendingInts(bits, Arrays.copyOf(samples, (count + STEP - 1) >>> STEP_SHIFT));
    }
  }
}

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

/** An immutable array of non-negative ints, each in as many bits as the highest needs. */
final class PackedInts {
  private final byte[] data;
  private final int width;
  private final long mask;

  private PackedInts(byte[] data, int width) {
    this.data = data;
    this.width = width;
    this.mask = Bits.mask(width);
  }

  /** Packs the first {@code count} of {@code values}, none above {@code highest}. */
  static PackedInts of(int[] values, int count, int highest) {
    Builder builder = new Builder(count, highest);
    for (int i = 0; i < count; i++) {
      builder.add(values[i]);
    }
    return builder.build();
  }

  int get(int i) {
    return (int) (Bits.get(data, (long) i * width) & mask);
  }

  long memoryBytes() {
    return data.length + 56L;
  }

  /** Heap bytes of {@code count} values, none above {@code highest}. */
  static long memoryBytes(long count, long highest) {
    return Bits.bytes(count, Bits.width(highest)) + Bits.PADDING + 56L;
  }

  /** Takes values in order. */
  static final class Builder {
    private final byte[] data;
    private final int width;
    private int count;

    /** For {@code count} values at most, none above {@code highest}. */
    Builder(int count, int highest) {
      this.width = Bits.width(highest);
      this.data = new byte[Math.toIntExact(Bits.bytes(count, width) + Bits.PADDING)];
    }

    void add(int value) {
      Bits.put(data, (long) count * width, value);
      count++;
    }

    PackedInts build() {
      int used = (int) Bits.bytes(count, width) + Bits.PADDING;
      return new PackedInts(used == data.length ? data : Arrays.copyOf(data, used), width);
    }
  }
}

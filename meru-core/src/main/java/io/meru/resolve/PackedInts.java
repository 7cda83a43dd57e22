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
    int width = Bits.width(highest);
    byte[] data = new byte[(int) Bits.bytes(count, width) + Bits.PADDING];
    for (int i = 0; i < count; i++) {
      Bits.put(data, (long) i * width, values[i]);
    }
    return new PackedInts(data, width);
  }

  int get(int i) {
    return (int) (Bits.get(data, (long) i * width) & mask);
  }

  long memoryBytes() {
    return data.length + 56L;
  }
}

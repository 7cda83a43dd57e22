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

import io.meru.key.SortedKeys;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Values of a fixed number of bits in a byte array, the lowest bit first. A value has at most
 * {@link #MAX_WIDTH} bits, so that one unaligned load of eight bytes holds it; the array ends with
 * {@link #PADDING} spare bytes for the last load.
 */
final class Bits {
  static final int MAX_WIDTH = 57;
  static final int PADDING = Long.BYTES;

  private static final VarHandle LITTLE_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Bits() {}

  /** The bits from {@code bit} on; the lowest {@link #MAX_WIDTH} of them are valid. */
  static long get(byte[] data, long bit) {
    return (long) LITTLE_ENDIAN.get(data, (int) (bit >>> 3)) >>> (bit & 7);
  }

  /** Sets the bits from {@code bit} on, which must be 0 so far. */
  static void put(byte[] data, long bit, long value) {
    int at = (int) (bit >>> 3);
    LITTLE_ENDIAN.set(data, at, (long) LITTLE_ENDIAN.get(data, at) | value << (bit & 7));
  }

  /** Whole bytes that {@code count} values of {@code width} bits take, without padding. */
  static long bytes(long count, int width) {
    return (count * width + 7) >>> 3;
  }

  /** A mask of the lowest {@code width} bits. */
  static long mask(int width) {
    return (1L << width) - 1;
  }

  /** Number of bits that {@code value}, taken as unsigned, needs. */
  static int width(long value) {
    return Long.SIZE - Long.numberOfLeadingZeros(value);
  }

  /**
   * The eight bytes from {@code from} on, padded with zeros from {@code end}, so that signed order
   * of the results is unsigned order of the bytes.
   */
  static long ordered(byte[] array, int from, int end) {
    return SortedKeys.prefixOf(array, from, Math.max(0, end - from)) ^ Long.MIN_VALUE;
  }

  /** 1 if {@code left < right}, else 0, without a branch. */
  static int isLess(long left, long right) {
    return (int) (((left & ~right) | (~(left ^ right) & (left - right))) >>> 63);
  }
}

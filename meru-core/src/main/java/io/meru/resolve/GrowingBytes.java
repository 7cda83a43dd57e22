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

/** A byte array that grows up to a limit, and counts what others have grown beside it. */
final class GrowingBytes {
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 64;

  private final long limitBytes;
  private byte[] array = new byte[256];
  private int size;

  GrowingBytes(long limitBytes) {
    this.limitBytes = Math.min(limitBytes, MAX_ARRAY);
  }

  byte[] array() {
    return array;
  }

  int size() {
    return size;
  }

  /**
   * Makes room for {@code length} zero bytes, with {@link Bits#PADDING} behind them.
   *
   * @return where they start
   * @throws IndexTooLargeException if the limit would be exceeded
   */
  int reserve(long length) {
    long needed = size + length + Bits.PADDING;
    if (needed > limitBytes) {
      throw IndexTooLargeException.INSTANCE;
    }
    if (needed > array.length) {
      long grown = Math.max(needed, array.length + (long) (array.length >> 1));
      array = Arrays.copyOf(array, (int) Math.min(limitBytes, grown));
    }
    int start = size;
    size += (int) length;
    return start;
  }

  void append(int value) {
    int at = reserve(1);
    array[at] = (byte) value;
  }

  void append(byte[] source, int offset, int length) {
    int at = reserve(length);
    System.arraycopy(source, offset, array, at, length);
  }

  /** The bytes and their padding, no more. */
  byte[] trimmed() {
    return Arrays.copyOf(array, size + Bits.PADDING);
  }
}

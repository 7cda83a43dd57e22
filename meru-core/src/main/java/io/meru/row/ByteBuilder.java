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

package io.meru.row;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A growable byte array that is filled, read and reused: the scratch buffer of keys and rows. The
 * array is handed out without a copy, so its bytes are valid until the next append or reset.
 *
 * <p>Not thread-safe.
 */
public final class ByteBuilder {
  private static final VarHandle BIG_ENDIAN_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] array;
  private int size;

  /** Starts with room for {@code capacity} bytes; it grows as needed. */
  public ByteBuilder(int capacity) {
    this.array = new byte[Math.max(16, capacity)];
  }

  /** The bytes: valid in {@code [0, size())} until the next change. */
  public byte[] array() {
    return array;
  }

  /** Number of bytes held. */
  public int size() {
    return size;
  }

  /** Forgets the bytes and keeps the room. */
  public void reset() {
    size = 0;
  }

  /** Cuts the content back to its first {@code newSize} bytes. */
  public void truncate(int newSize) {
    if (newSize < 0 || newSize > size) {
      throw new IllegalArgumentException("Cannot truncate %d bytes to %d".formatted(size, newSize));
    }
    size = newSize;
  }

  /**
   * Makes room for {@code length} more bytes and counts them as content.
   *
   * @return the offset in {@link #array()} at which the caller must write them
   * @throws IllegalStateException if the content would exceed 2 GiB
   */
  public int reserve(int length) {
    int offset = size;
    long needed = (long) size + length;
    if (needed > array.length) {
      grow(needed);
    }
    size = (int) needed;
    return offset;
  }

  /** Appends one byte. */
  public void append(byte value) {
    int at = reserve(1);
    array[at] = value;
  }

  /** Appends {@code length} bytes of {@code source}. */
  public void append(byte[] source, int offset, int length) {
    int at = reserve(length);
    System.arraycopy(source, offset, array, at, length);
  }

  /** Appends eight bytes, the highest first. */
  public void appendLongBigEndian(long value) {
    int at = reserve(Long.BYTES);
    BIG_ENDIAN_LONG.set(array, at, value);
  }

  private void grow(long needed) {
    if (needed > Integer.MAX_VALUE - 8) {
      throw new IllegalStateException(
          "A single key or row of %d bytes exceeds the 2 GiB that one can have".formatted(needed));
    }
    long doubled = Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * array.length));
    array = Arrays.copyOf(array, (int) doubled);
  }
}

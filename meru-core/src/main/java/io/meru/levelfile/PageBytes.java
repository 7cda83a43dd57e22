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

import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;

/**
 * The bytes of a page in the making. It keeps its room from page to page, unless one large value
 * made it: each column of a table may once have had one.
 */
final class PageBytes {
  private static final int MAX_KEPT_BYTES = 4 << 20;

  private byte[] array = new byte[0];
  private int size;

  /** Starts a page. */
  void reset() {
    size = 0;
    if (array.length > MAX_KEPT_BYTES) {
      array = new byte[0];
    }
  }

  /** Number of bytes. */
  int size() {
    return size;
  }

  /** Makes room for {@code length} more bytes, which the caller writes at the offset returned. */
  int reserve(int length) {
    int offset = size;
    int needed = Math.addExact(size, length);
    if (needed > array.length) {
      array = Arrays.copyOf(array, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * needed));
    }
    size = needed;
    return offset;
  }

  /** Gives back room of the last reserve that was not needed. */
  void truncate(int newSize) {
    size = newSize;
  }

  /** The bytes: valid in [0, size). */
  byte[] array() {
    return array;
  }

  /** The content, not copied. */
  BytesInput toBytes() {
    return BytesInput.from(array, 0, size);
  }
}

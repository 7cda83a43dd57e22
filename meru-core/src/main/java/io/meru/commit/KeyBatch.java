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

package io.meru.commit;

import io.meru.key.SortedKeys;
import io.meru.row.ByteBuilder;
import java.util.Arrays;

/** Keys read back from a level file, in its order, which is theirs. Refilled batch by batch. */
final class KeyBatch implements SortedKeys {
  private final ByteBuilder bytes = new ByteBuilder(1 << 16);
  private int[] ends = new int[1024];
  private int size;

  /** Adds a key above all others. */
  void add(byte[] array, int offset, int length) {
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size * 2);
    }
    bytes.append(array, offset, length);
    ends[size++] = bytes.size();
  }

  /** Bytes of all keys. */
  int bytes() {
    return bytes.size();
  }

  void clear() {
    bytes.reset();
    size = 0;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public long prefix(int i) {
    int offset = offset(i);
    int filled = Math.min(Long.BYTES, ends[i] - offset);
    long prefix = 0;
    for (int at = 0; at < filled; at++) {
      prefix = (prefix << Byte.SIZE) | (bytes.array()[offset + at] & 0xff);
    }
    return prefix << (Byte.SIZE * (Long.BYTES - filled));
  }

  @Override
  public byte[] array(int i) {
    return bytes.array();
  }

  @Override
  public int offset(int i) {
    return i == 0 ? 0 : ends[i - 1];
  }

  @Override
  public int length(int i) {
    return ends[i] - offset(i);
  }
}

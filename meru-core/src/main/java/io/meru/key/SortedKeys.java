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

package io.meru.key;

/**
 * User keys in ascending unsigned byte order, each once. Keys are read in place: no objects.
 * Implementations are immutable and safe to read from many threads.
 */
public interface SortedKeys {
  /** Number of keys. */
  int size();

  /**
   * The first eight bytes of key {@code i} as a big-endian long, shorter keys padded with zeros.
   * Compare with {@link Long#compareUnsigned}. When every key has exactly eight bytes ({@link
   * KeySpec#isFixedLong}), this is the whole key.
   */
  long prefix(int i);

  /** The array that holds key {@code i}. */
  byte[] array(int i);

  /** Where key {@code i} starts in its array. */
  int offset(int i);

  /** Length of key {@code i} in bytes. */
  int length(int i);

  /** What {@link #prefix} says of the key in {@code [offset, offset + length)} of {@code array}. */
  static long prefixOf(byte[] array, int offset, int length) {
    return KeyPrefix.of(array, offset, length);
  }
}

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

/**
 * The sorted, distinct keys of one file, or of several, in memory; at least one, but for {@link
 * NoKeys}. The rank of a key is the number of keys below it. Immutable.
 */
interface KeyIndex {
  /** Rank of a key that the file does not hold. */
  int ABSENT = -1;

  /** Number of keys. */
  int size();

  /** Heap bytes. */
  long memoryBytes();

  /**
   * Sets {@code ranks[place - from]} to the rank of the key at each place {@code [from, to)} of
   * {@code batch}, {@link #ABSENT} if the file does not hold it.
   */
  void find(KeyBatch batch, int from, int to, int[] ranks);

  /** Walks all keys. */
  KeyCursor cursor();

  /** Takes keys in ascending order. */
  interface Builder {
    /**
     * Appends a key.
     *
     * @param prefix the first eight bytes, in signed order ({@link Bits#ordered})
     * @return false if the key is not above the last one: it was not taken
     * @throws IndexTooLargeException if the index would exceed its limit
     */
    boolean add(long prefix, byte[] array, int offset, int length);

    /** Heap bytes of the keys so far. */
    long memoryBytes();

    /** The index of the keys, of which there must be one; the builder must not be used again. */
    KeyIndex build();
  }

  /** A builder for keys of the form that {@code fixedLong} says. */
  static Builder builder(boolean fixedLong, long expectedKeys, long limitBytes) {
    return fixedLong
        ? new PackedLongIndex.Builder(expectedKeys, limitBytes)
        : new FrontCodedIndex.Builder(expectedKeys, limitBytes);
  }
}

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
import java.util.Arrays;

/**
 * The keys of one resolve and which of them are still open: those not found live in a level file
 * yet. A place is an index into the list of open keys, ascending by key; a slot is a key's index in
 * the batch. The arrays are kept from resolve to resolve.
 */
final class KeyBatch {
  private final boolean fixedLong;
  private SortedKeys keys = new NoKeys();
  private long[] prefixes = new long[0];
  private int[] open = new int[0];
  private int openCount;

  /**
   * @param fixedLong whether the prefix is the whole key
   */
  KeyBatch(boolean fixedLong) {
    this.fixedLong = fixedLong;
  }

  /** Takes in {@code keys}, all of them open. */
  void reset(SortedKeys keys) {
    this.keys = keys;
    openCount = keys.size();
    if (prefixes.length < openCount) {
      prefixes = new long[openCount];
      open = new int[openCount];
    }
    for (int i = 0; i < openCount; i++) {
      prefixes[i] = keys.prefix(i) ^ Long.MIN_VALUE;
      open[i] = i;
    }
  }

  /** Lets go of the keys. */
  void clear() {
    keys = new NoKeys();
    openCount = 0;
  }

  boolean isFixedLong() {
    return fixedLong;
  }

  SortedKeys keys() {
    return keys;
  }

  int openCount() {
    return openCount;
  }

  /** The slot of the open key at {@code place}. */
  int slot(int place) {
    return open[place];
  }

  /**
   * The prefix of the open key at {@code place}, in signed order: the key's, highest bit flipped.
   */
  long prefix(int place) {
    return prefixes[open[place]];
  }

  /** The prefix of the key at {@code slot}, likewise. */
  long prefixOfSlot(int slot) {
    return prefixes[slot];
  }

  /** The first place whose key's prefix is {@code prefix} or above; {@link #openCount} if none. */
  int firstAtOrAbove(long prefix) {
    return firstAtOrAbove(prefix, 0, openCount);
  }

  /** The first place whose key's prefix is above {@code prefix}; {@link #openCount} if none. */
  int firstAbove(long prefix) {
    return prefix == Long.MAX_VALUE ? openCount : firstAtOrAbove(prefix + 1, 0, openCount);
  }

  private int firstAtOrAbove(long prefix, int from, int to) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (prefix(middle) < prefix) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Compares the open key at {@code place} with a key.
   *
   * @param prefix the key's prefix, in signed order
   */
  int compare(int place, long prefix, byte[] array, int offset, int length) {
    return compareSlot(open[place], prefix, array, offset, length);
  }

  /** Compares the key at {@code slot}, likewise. */
  int compareSlot(int slot, long prefix, byte[] array, int offset, int length) {
    int byPrefix = Long.compare(prefixes[slot], prefix);
    if (byPrefix != 0 || fixedLong) {
      return byPrefix;
    }
    int from = keys.offset(slot);
    return Arrays.compareUnsigned(
        keys.array(slot), from, from + keys.length(slot), array, offset, offset + length);
  }

  /**
   * Keeps of the places {@code [from, to)} those with {@code open[place - from]}; all other places
   * stay.
   */
  void keep(int from, int to, boolean[] stillOpen) {
    int kept = from;
    for (int place = from; place < to; place++) {
      open[kept] = open[place];
      kept += stillOpen[place - from] ? 1 : 0;
    }
    System.arraycopy(open, to, open, kept, openCount - to);
    openCount -= to - kept;
  }

  /** In place of keys between resolves, so that the last ones can be collected. */
  private static final class NoKeys implements SortedKeys {
    @Override
    public int size() {
      return 0;
    }

    @Override
    public long prefix(int i) {
      throw new IndexOutOfBoundsException(i);
    }

    @Override
    public byte[] array(int i) {
      throw new IndexOutOfBoundsException(i);
    }

    @Override
    public int offset(int i) {
      throw new IndexOutOfBoundsException(i);
    }

    @Override
    public int length(int i) {
      throw new IndexOutOfBoundsException(i);
    }
  }
}

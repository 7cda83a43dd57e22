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

import io.meru.memtable.SortedEntries;
import io.meru.row.RowLayout;
import java.util.Arrays;

/**
 * Some rows of a memtable, by where their regions start. It is filled again and again, so that the
 * columns of one batch find its rows in the processor's cache.
 */
final class RowBatch {
  private static final int CACHE_LINE_BYTES = 64;

  private byte[][] arrays = new byte[0][];
  private int[] offsets = new int[0];
  private int size;
  private final long[] nulls; // bit i: some row has a NULL in slot i
  private final int fixedBytes;

  @SuppressWarnings("unused") // written, so that the loads that bring rows in are not dropped
  private long touched;

  /** Of rows of {@code slots} columns. */
  RowBatch(int slots) {
    nulls = new long[RowLayout.bitmapBytes(slots) / Long.BYTES];
    fixedBytes = RowLayout.fixedBytes(slots);
  }

  /** Takes the rows {@code entries[selection[i]]} for every {@code step}-th i in [from, to). */
  void fill(SortedEntries entries, int[] selection, int from, int to, int step) {
    size = (to - from + step - 1) / step;
    if (arrays.length < size) {
      arrays = new byte[size][];
      offsets = new int[size];
    }
    for (int i = 0, entry = from; i < size; i++, entry += step) {
      arrays[i] = entries.rowArray(selection[entry]);
      offsets[i] = entries.rowOffset(selection[entry]);
    }
    touch();
    collectNulls();
  }

  /**
   * Brings the rows into the processor's cache: their slots, and the first bytes behind these. The
   * rows lie anywhere in the memtable. Here their loads do not wait for one another, while in the
   * columns' loops a value's address comes out of its slot, and each miss costs its full time.
   */
  private void touch() {
    long any = 0;
    for (int i = 0; i < size; i++) {
      byte[] array = arrays[i];
      int last = Math.min(offsets[i] + fixedBytes + CACHE_LINE_BYTES, array.length - Long.BYTES);
      for (int at = offsets[i]; at < last; at += CACHE_LINE_BYTES) {
        any ^= RowLayout.getLong(array, at);
      }
      any ^= RowLayout.getLong(array, last);
    }
    touched = any;
  }

  private void collectNulls() {
    for (int word = 0; word < nulls.length; word++) {
      long any = 0;
      for (int i = 0; i < size; i++) {
        any |= RowLayout.getLong(arrays[i], offsets[i] + word * Long.BYTES);
      }
      nulls[word] = any;
    }
  }

  /** Whether some row has a NULL in slot {@code slot}. */
  boolean hasNull(int slot) {
    return (nulls[slot >>> 6] & (1L << slot)) != 0;
  }

  /** Lets go of the memtable's arrays. */
  void release() {
    Arrays.fill(arrays, null);
    size = 0;
  }

  /** Number of rows. */
  int size() {
    return size;
  }

  /** The arrays of the rows: valid in [0, size). */
  byte[][] arrays() {
    return arrays;
  }

  /** Where the rows' regions start: valid in [0, size). */
  int[] offsets() {
    return offsets;
  }
}

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

import io.meru.levelfile.KeyConsumer;
import java.util.Arrays;

/** Collects the keys of a foreign file as they come, sorts them and makes the file's index. */
final class ForeignRows implements KeyConsumer {
  /** Heap bytes a row takes while it is collected and sorted, beside a key that is no long. */
  static final int BYTES_PER_ROW = 36;

  private static final int DIGIT_BITS = 11;
  private static final int DIGITS = 1 << DIGIT_BITS;

  private final boolean fixedLong;
  private final long limitBytes;
  private final GrowingBytes bytes;
  private long[] prefixes;
  private int[] ends = new int[0];
  private int[] positions;
  private int[] order = new int[0];
  private int size;

  /**
   * @param limitBytes what rows and index may take
   */
  ForeignRows(boolean fixedLong, int rows, long limitBytes) {
    this.fixedLong = fixedLong;
    this.limitBytes = limitBytes;
    this.bytes = new GrowingBytes(limitBytes - (long) BYTES_PER_ROW * rows);
    this.prefixes = new long[rows];
    this.positions = new int[rows];
    if (!fixedLong) {
      this.ends = new int[rows];
    }
  }

  int size() {
    return size;
  }

  /**
   * Takes the key at {@code position}, ascending; positions without a key are left out. Further
   * ones than stated are counted only.
   */
  @Override
  public void accept(long position, byte[] array, int offset, int length) {
    if (size < prefixes.length) {
      prefixes[size] = Bits.ordered(array, offset, offset + length);
      positions[size] = (int) position;
      if (!fixedLong) {
        bytes.append(array, offset, length);
        ends[size] = bytes.size();
      }
    }
    size++;
  }

  /**
   * The index of the keys taken.
   *
   * @throws IndexTooLargeException if it would exceed the limit
   */
  PositionIndex build() {
    if (size == 0) {
      return new PositionIndex(NoKeys.INSTANCE, null, null, 0);
    }
    order = new int[size];
    Arrays.setAll(order, i -> i);
    sort();
    KeyIndex.Builder keys = KeyIndex.builder(fixedLong, size, limitBytes);
    AscendingInts.Builder starts = new AscendingInts.Builder(size, size);
    int distinct = 0;
    for (int i = 0; i < size; i++) {
      int row = order[i];
      if (keys.add(prefixes[i], bytes.array(), start(row), length(row))) {
        starts.add(i);
        distinct++;
      }
      order[i] = positions[row];
    }
    return new PositionIndex(
        keys.build(),
        PackedInts.of(order, size, positions[size - 1]),
        distinct == size ? null : starts.build(),
        size);
  }

  private int start(int row) {
    return fixedLong || row == 0 ? 0 : ends[row - 1];
  }

  private int length(int row) {
    return fixedLong ? 0 : ends[row] - start(row);
  }

  /** Sorts {@code order}, and {@code prefixes} along with it, by key, then position. */
  private void sort() {
    if (!fixedLong) {
      takePrefixesBehindCommonBytes();
    }
    sortByPrefix();
    if (!fixedLong) {
      sortEqualPrefixes();
    }
  }

  /** Keys often begin alike; there the first eight bytes would order nothing. */
  private void takePrefixesBehindCommonBytes() {
    int common = size == 0 ? 0 : length(0);
    for (int row = 1; row < size && common > 0; row++) {
      int limit = Math.min(common, length(row));
      int mismatch =
          Arrays.mismatch(bytes.array(), 0, limit, bytes.array(), start(row), start(row) + limit);
      common = mismatch < 0 ? limit : mismatch;
    }
    for (int row = 0; row < size; row++) {
      prefixes[row] = Bits.ordered(bytes.array(), start(row) + common, ends[row]);
    }
  }

  /** Least significant digit first; stable. Digits that all prefixes share are left out. */
  private void sortByPrefix() {
    if (isAscending()) {
      return;
    }
    long differing = 0;
    for (int i = 1; i < size; i++) {
      differing |= prefixes[i] ^ prefixes[0];
    }
    long[] otherPrefixes = new long[size];
    int[] otherOrder = new int[size];
    for (int shift = 0; shift < Long.SIZE; shift += DIGIT_BITS) {
      if ((differing >>> shift & (DIGITS - 1)) == 0) {
        continue;
      }
      int[] next = firstOfEachDigit(shift);
      for (int i = 0; i < size; i++) {
        int to = next[digit(prefixes[i], shift)]++;
        otherPrefixes[to] = prefixes[i];
        otherOrder[to] = order[i];
      }
      long[] swapped = prefixes;
      prefixes = otherPrefixes;
      otherPrefixes = swapped;
      int[] swappedOrder = order;
      order = otherOrder;
      otherOrder = swappedOrder;
    }
  }

  private boolean isAscending() {
    for (int i = 1; i < size; i++) {
      if (prefixes[i] < prefixes[i - 1]) {
        return false;
      }
    }
    return true;
  }

  private int[] firstOfEachDigit(int shift) {
    int[] firsts = new int[DIGITS + 1];
    for (int i = 0; i < size; i++) {
      firsts[digit(prefixes[i], shift) + 1]++;
    }
    for (int i = 1; i < DIGITS; i++) {
      firsts[i] += firsts[i - 1];
    }
    return firsts;
  }

  /** Unsigned order of digits is signed order of prefixes once the highest bit is flipped back. */
  private static int digit(long prefix, int shift) {
    return (int) ((prefix ^ Long.MIN_VALUE) >>> shift) & (DIGITS - 1);
  }

  private void sortEqualPrefixes() {
    int[] scratch = new int[size];
    for (int from = 0; from < size; ) {
      int to = from + 1;
      while (to < size && prefixes[to] == prefixes[from]) {
        to++;
      }
      if (to - from > 1) {
        mergeSort(from, to, scratch);
      }
      from = to;
    }
  }

  private void mergeSort(int from, int to, int[] scratch) {
    if (to - from < 2) {
      return;
    }
    int middle = (from + to) >>> 1;
    mergeSort(from, middle, scratch);
    mergeSort(middle, to, scratch);
    if (compare(order[middle - 1], order[middle]) <= 0) {
      return;
    }
    System.arraycopy(order, from, scratch, from, middle - from);
    int left = from;
    int right = middle;
    int target = from;
    while (left < middle) {
      boolean takeRight = right < to && compare(scratch[left], order[right]) > 0;
      order[target++] = takeRight ? order[right++] : scratch[left++];
    }
  }

  private int compare(int row, int other) {
    byte[] array = bytes.array();
    return Arrays.compareUnsigned(array, start(row), ends[row], array, start(other), ends[other]);
  }
}

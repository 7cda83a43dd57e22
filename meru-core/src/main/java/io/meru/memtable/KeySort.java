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

package io.meru.memtable;

import java.util.Arrays;

/**
 * Sorts a memtable's entries by user key: a radix sort on the first eight bytes, then on the next
 * eight of those that are still equal, and so on; small groups by comparison. Sorted input and
 * bytes that all keys have in common cost one pass.
 */
final class KeySort {
  /** Groups up to this size are sorted by insertion. */
  private static final int SMALL = 32;

  private static final int RADIX = 256;

  private final Entries entries;
  private final long[] blocks;
  private final long[] spareBlocks;
  private final int[] order;
  private final int[] spareOrder;
  private final int[] counts = new int[RADIX];

  /** Groups {@code [start, end)} of equal bytes up to a depth: three ints each, the last on top. */
  private int[] groups = new int[3 * 16];

  private int groupInts;

  private KeySort(Entries entries) {
    int size = entries.size();
    this.entries = entries;
    this.blocks = new long[size];
    this.spareBlocks = new long[size];
    this.order = new int[size];
    this.spareOrder = new int[size];
  }

  /** The numbers of the entries in ascending order of their keys. */
  static int[] sort(Entries entries) {
    return new KeySort(entries).sort();
  }

  private int[] sort() {
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
      blocks[i] = entries.prefix(i);
    }
    radixSort(0, order.length);
    if (!entries.hasEightByteKeysOnly()) {
      addGroups(0, order.length, Long.BYTES);
      sortGroups();
    }
    return order;
  }

  /** An explicit stack: as deep as keys are long, which a thread's stack might not be. */
  private void sortGroups() {
    while (groupInts > 0) {
      int depth = groups[--groupInts];
      int end = groups[--groupInts];
      int start = groups[--groupInts];
      if (end - start <= SMALL) {
        insertionSort(start, end, depth);
      } else {
        sortGroup(start, end, depth);
      }
    }
  }

  private void sortGroup(int start, int end, int depth) {
    int longest = 0;
    for (int i = start; i < end; i++) {
      blocks[i] = entries.block(order[i], depth);
      longest = Math.max(longest, entries.keyLength(order[i]));
    }
    if (longest <= depth) { // equal as far as they go, so they differ in length: zeros at the end
      for (int i = start; i < end; i++) {
        blocks[i] = entries.keyLength(order[i]);
      }
      radixSort(start, end);
    } else {
      radixSort(start, end);
      addGroups(start, end, depth + Long.BYTES);
    }
  }

  /** Finds the groups of equal blocks in {@code [start, end)}. */
  private void addGroups(int start, int end, int depth) {
    int groupStart = start;
    for (int i = start + 1; i <= end; i++) {
      if (i == end || blocks[i] != blocks[groupStart]) {
        if (i - groupStart > 1) {
          addGroup(groupStart, i, depth);
        }
        groupStart = i;
      }
    }
  }

  private void addGroup(int start, int end, int depth) {
    if (groupInts == groups.length) {
      groups = Arrays.copyOf(groups, 2 * groupInts);
    }
    groups[groupInts++] = start;
    groups[groupInts++] = end;
    groups[groupInts++] = depth;
  }

  private void insertionSort(int start, int end, int depth) {
    for (int i = start + 1; i < end; i++) {
      int entry = order[i];
      int at = i;
      while (at > start && entries.compareFrom(depth, entry, order[at - 1]) < 0) {
        order[at] = order[at - 1];
        at--;
      }
      order[at] = entry;
    }
  }

  /** Sorts {@code [start, end)} by block, unsigned: byte by byte, the lowest first. */
  private void radixSort(int start, int end) {
    long varying = varyingBits(start, end);
    boolean inSpare = false;
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      if ((varying >>> shift & 0xFF) != 0) {
        if (inSpare) {
          scatter(spareBlocks, spareOrder, blocks, order, start, end, shift);
        } else {
          scatter(blocks, order, spareBlocks, spareOrder, start, end, shift);
        }
        inSpare = !inSpare;
      }
    }
    if (inSpare) {
      System.arraycopy(spareBlocks, start, blocks, start, end - start);
      System.arraycopy(spareOrder, start, order, start, end - start);
    }
  }

  /** The bits in which the blocks differ; none if they are sorted already. */
  private long varyingBits(int start, int end) {
    long varying = 0;
    boolean sorted = true;
    for (int i = start + 1; i < end; i++) {
      varying |= blocks[i] ^ blocks[i - 1];
      sorted &= Long.compareUnsigned(blocks[i - 1], blocks[i]) <= 0;
    }
    return sorted ? 0 : varying;
  }

  /** One stable counting sort by the byte at {@code shift}. */
  private void scatter(
      long[] fromBlocks, int[] from, long[] toBlocks, int[] to, int start, int end, int shift) {
    Arrays.fill(counts, 0);
    for (int i = start; i < end; i++) {
      counts[(int) (fromBlocks[i] >>> shift) & 0xFF]++;
    }
    int next = start;
    for (int digit = 0; digit < RADIX; digit++) {
      int count = counts[digit];
      counts[digit] = next;
      next += count;
    }
    for (int i = start; i < end; i++) {
      long block = fromBlocks[i];
      int target = counts[(int) (block >>> shift) & 0xFF]++;
      toBlocks[target] = block;
      to[target] = from[i];
    }
  }
}

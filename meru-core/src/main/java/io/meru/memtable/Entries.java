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

import io.meru.key.SortedKeys;
import java.util.Arrays;

/**
 * The entries of a memtable in order of their arrival: number, user key, and row or deletion. Four
 * longs each, side by side so that a look at an entry costs one cache line, in pages that are added
 * and never moved:
 *
 * <pre>
 *   prefix     first eight bytes of the key, as {@link SortedKeys#prefix} says
 *   key        address of the key
 *   row        address of the row's slot; highest bit set: the entry is a delete
 *   lengths    length of the key &lt;&lt; 32 | bytes of the row's slot, 0 while there is none
 * </pre>
 *
 * A delete keeps the slot of the row before it, and a row that fits takes the slot of the row
 * before it: keys that are updated all the time don't fill the arena.
 *
 * <p>Written by one thread.
 */
final class Entries {
  private static final int PREFIX = 0;
  private static final int KEY = 1;
  private static final int ROW = 2;
  private static final int LENGTHS = 3;
  private static final int LONGS = 4;

  private static final int PAGE_BITS = 10;
  private static final int PAGE_ENTRIES = 1 << PAGE_BITS;

  private static final long DELETE = Long.MIN_VALUE;

  private Arena arena;
  private long[][] pages = new long[8][];
  private int pageCount;
  private int size;
  private boolean eightByteKeys = true;

  Entries(Arena arena) {
    this.arena = arena;
  }

  int size() {
    return size;
  }

  /** Forgets all entries; further ones go to {@code newArena}. Keeps arrays for so many. */
  void clear(Arena newArena, int keep) {
    arena = newArena;
    size = 0;
    eightByteKeys = true;
    while (pageCount > 0 && (pageCount - 1) << PAGE_BITS >= keep) {
      pages[--pageCount] = null;
    }
  }

  /** Whether all keys have exactly eight bytes. */
  boolean hasEightByteKeysOnly() {
    return eightByteKeys;
  }

  Arena arena() {
    return arena;
  }

  /** Adds an entry that has neither row nor deletion yet, and returns its number. */
  int add(byte[] keys, int start, int length, long prefix) {
    if (size == pageCount << PAGE_BITS) {
      addPage();
    }
    long address = arena.reserve(length);
    System.arraycopy(keys, start, arena.segment(address), Arena.offset(address), length);
    int entry = size++;
    long[] page = page(entry);
    int at = at(entry);
    page[at + PREFIX] = prefix;
    page[at + KEY] = address;
    page[at + ROW] = 0;
    page[at + LENGTHS] = (long) length << 32;
    eightByteKeys &= length == Long.BYTES;
    return entry;
  }

  private void addPage() {
    if (pageCount == pages.length) {
      pages = Arrays.copyOf(pages, 2 * pageCount);
    }
    pages[pageCount++] = new long[PAGE_ENTRIES * LONGS];
  }

  /** Whether the entry has this key; {@code prefix} is the key's. */
  boolean hasKey(int entry, byte[] keys, int start, int length, long prefix) {
    long[] page = page(entry);
    int at = at(entry);
    return page[at + PREFIX] == prefix
        && (int) (page[at + LENGTHS] >>> 32) == length
        && (length <= Long.BYTES || hasRest(page[at + KEY], keys, start, length));
  }

  private boolean hasRest(long address, byte[] keys, int start, int length) {
    int offset = Arena.offset(address);
    return Arrays.equals(
        arena.segment(address),
        offset + Long.BYTES,
        offset + length,
        keys,
        start + Long.BYTES,
        start + length);
  }

  /** The entry becomes a put of {@code row}. */
  void setRow(int entry, byte[] rows, int start, int length) {
    long[] page = page(entry);
    int at = at(entry);
    int room = (int) page[at + LENGTHS];
    if (room < length || room == 0) {
      int newRoom = roomFor(length, room);
      page[at + ROW] = arena.reserve(newRoom);
      page[at + LENGTHS] += newRoom - room;
    }
    long address = page[at + ROW] & ~DELETE;
    page[at + ROW] = address;
    System.arraycopy(rows, start, arena.segment(address), Arena.offset(address), length);
  }

  /** A row that outgrew its slot gets slack, so that one which grows on and on moves seldom. */
  private static int roomFor(int length, int room) {
    int slack = room == 0 ? 0 : length >>> 2;
    long rounded = ((long) length + slack + 7) & -8L;
    return (int) Math.max(8, Math.min(Integer.MAX_VALUE - 8, rounded));
  }

  /** The entry becomes a delete. */
  void setDelete(int entry) {
    page(entry)[at(entry) + ROW] |= DELETE;
  }

  long prefix(int entry) {
    return page(entry)[at(entry) + PREFIX];
  }

  long keyAddress(int entry) {
    return page(entry)[at(entry) + KEY];
  }

  int keyLength(int entry) {
    return (int) (page(entry)[at(entry) + LENGTHS] >>> 32);
  }

  /** The row's address, or a negative number for a delete. */
  long row(int entry) {
    return page(entry)[at(entry) + ROW];
  }

  /** Bytes {@code [depth, depth + 8)} of the key, as {@link SortedKeys#prefix} gives the first. */
  long block(int entry, int depth) {
    long address = keyAddress(entry);
    int rest = Math.max(0, keyLength(entry) - depth);
    return SortedKeys.prefixOf(arena.segment(address), Arena.offset(address) + depth, rest);
  }

  /** Compares two keys of which the first {@code depth} bytes, padded with zeros, are equal. */
  int compareFrom(int depth, int left, int right) {
    long leftKey = keyAddress(left);
    long rightKey = keyAddress(right);
    int leftLength = keyLength(left);
    int rightLength = keyLength(right);
    int rest =
        Arrays.compareUnsigned(
            arena.segment(leftKey),
            Arena.offset(leftKey) + Math.min(depth, leftLength),
            Arena.offset(leftKey) + leftLength,
            arena.segment(rightKey),
            Arena.offset(rightKey) + Math.min(depth, rightLength),
            Arena.offset(rightKey) + rightLength);
    return rest != 0 ? rest : Integer.compare(leftLength, rightLength);
  }

  long memoryBytes() {
    return 8L * pageCount * PAGE_ENTRIES * LONGS + 8L * pages.length;
  }

  private long[] page(int entry) {
    return pages[entry >>> PAGE_BITS];
  }

  private static int at(int entry) {
    return (entry & (PAGE_ENTRIES - 1)) * LONGS;
  }
}

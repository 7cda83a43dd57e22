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

import io.meru.key.KeyHash;
import io.meru.key.SortedKeys;
import io.meru.row.ByteBuilder;
import java.util.Arrays;

/**
 * The active memtable: newest entry per user key. One thread writes; seal hands over, and the next
 * fill begins. Nothing is allocated per row: keys and rows are bytes in an arena, found through a
 * hash table of longs.
 */
public final class Memtable {
  private static final int FIRST_SLOTS = 1 << 10;

  /** Entries have to fit {@code 3/4} of the largest table, one of 2^30 slots. */
  private static final int MAX_ENTRIES = (1 << 30) / 4 * 3;

  private final SegmentPool pool;
  private Arena arena;
  private final Entries entries;

  /**
   * Open addressing with linear probing: {@code hash bits << 32 | entry number + 1}, or 0. The bits
   * are the lowest 32 of the key's hash, since the highest 16 say who owns the key, and all keys of
   * a writer are alike there.
   */
  private long[] slots = new long[FIRST_SLOTS];

  private int growAt = growAt(FIRST_SLOTS);
  private int sealedSize;

  private final WaitingEntries waiting = new WaitingEntries();

  @SuppressWarnings("unused") // written, so that the loads of touchSlots are not dropped
  private long touched;

  /** An empty memtable whose memory is left to the garbage collector when it is done. */
  public Memtable() {
    this(new SegmentPool(0));
  }

  /** An empty memtable that takes its arena's segments from {@code pool}. */
  public Memtable(SegmentPool pool) {
    this.pool = pool;
    this.arena = new Arena(pool);
    this.entries = new Entries(arena);
  }

  /** The row becomes the key's newest entry. Bytes are copied. */
  public void put(ByteBuilder key, ByteBuilder row) {
    put(key, KeyHash.hash64(key.array(), 0, key.size()), row);
  }

  /** As {@link #put(ByteBuilder, ByteBuilder)}, for those who have the key's hash in hand. */
  public void put(ByteBuilder key, long hash64, ByteBuilder row) {
    if (WaitingEntries.mayWait(key.size() + row.size())) {
      waiting.addPut(key, hash64, row);
      settleIfFull();
    } else {
      settle();
      entries.setRow(findOrAdd(key.array(), 0, key.size(), hash64), row.array(), 0, row.size());
    }
  }

  /** A delete becomes the key's newest entry. */
  public void delete(ByteBuilder key) {
    delete(key, KeyHash.hash64(key.array(), 0, key.size()));
  }

  /** As {@link #delete(ByteBuilder)}, for those who have the key's hash in hand. */
  public void delete(ByteBuilder key, long hash64) {
    if (WaitingEntries.mayWait(key.size())) {
      waiting.addDelete(key, hash64);
      settleIfFull();
    } else {
      settle();
      entries.setDelete(findOrAdd(key.array(), 0, key.size(), hash64));
    }
  }

  private void settleIfFull() {
    if (waiting.isFull()) {
      settle();
    }
  }

  /** Gives each waiting entry its place. */
  private void settle() {
    touchSlots();
    byte[] bytes = waiting.bytes();
    for (int i = 0; i < waiting.size(); i++) {
      int entry = findOrAdd(bytes, waiting.keyStart(i), waiting.keyLength(i), waiting.hash64(i));
      if (waiting.isDelete(i)) {
        entries.setDelete(entry);
      } else {
        entries.setRow(entry, bytes, waiting.rowStart(i), waiting.rowLength(i));
      }
    }
    waiting.clear();
  }

  /**
   * Brings the slots into the processor's cache: these loads do not wait for one another, while in
   * the search the next step depends on what a slot holds.
   */
  private void touchSlots() {
    int mask = slots.length - 1;
    long any = 0;
    for (int i = 0; i < waiting.size(); i++) {
      any ^= slots[(int) waiting.hash64(i) & mask];
    }
    touched = any;
  }

  private int findOrAdd(byte[] keys, int start, int length, long hash64) {
    long prefix = SortedKeys.prefixOf(keys, start, length);
    int hash = (int) hash64;
    int mask = slots.length - 1;
    int at = hash & mask;
    for (long slot = slots[at]; slot != 0; slot = slots[at]) {
      int entry = (int) slot - 1;
      if ((int) (slot >>> 32) == hash && entries.hasKey(entry, keys, start, length, prefix)) {
        return entry;
      }
      at = at + 1 & mask;
    }
    if (entries.size() == MAX_ENTRIES) {
      throw new IllegalStateException(
          "A memtable holds at most %d keys; seal it before".formatted(MAX_ENTRIES));
    }
    int entry = entries.add(keys, start, length, prefix);
    slots[at] = (long) hash << 32 | entry + 1;
    if (entries.size() == growAt) {
      grow();
    }
    return entry;
  }

  private void grow() {
    if (slots.length == 1 << 30) {
      return; // full at MAX_ENTRIES
    }
    long[] grown = new long[slots.length * 2];
    int mask = grown.length - 1;
    for (long slot : slots) {
      if (slot != 0) {
        int at = (int) (slot >>> 32) & mask;
        while (grown[at] != 0) {
          at = at + 1 & mask;
        }
        grown[at] = slot;
      }
    }
    slots = grown;
    growAt = growAt(grown.length);
  }

  /** Distinct keys held. */
  public int size() {
    settle();
    return entries.size();
  }

  /** Heap bytes held: arena, table, entry arrays and the room of waiting entries. */
  public long memoryBytes() {
    return arena.memoryBytes() + entries.memoryBytes() + waiting.memoryBytes() + 8L * slots.length;
  }

  /**
   * Hands over the entries, sorted by user key, and is empty again. It keeps the table and the
   * entry arrays, so that the next fill need not grow them anew, as large as the last two fills
   * needed.
   */
  public SealedMemtable seal() {
    settle();
    SealedMemtable result = SealedMemtable.of(entries, KeySort.sort(entries), pool);
    int keep = Math.max(entries.size(), sealedSize);
    sealedSize = entries.size();
    arena = new Arena(pool);
    entries.clear(arena, keep);
    clearSlots(keep);
    return result;
  }

  private void clearSlots(int expectedEntries) {
    int length = slots.length;
    while (length > FIRST_SLOTS && growAt(length / 2) > expectedEntries) {
      length /= 2;
    }
    if (length == slots.length) {
      Arrays.fill(slots, 0);
    } else {
      slots = new long[length];
      growAt = growAt(length);
    }
  }

  private static int growAt(int length) {
    return length / 4 * 3;
  }
}

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

/**
 * The active memtable: newest entry per user key. One thread writes; seal hands over. Nothing is
 * allocated per row: keys and rows are bytes in an arena, found through a hash table of longs.
 */
public final class Memtable {
  private static final int FIRST_SLOTS = 1 << 10;

  /** Entries have to fit {@code 3/4} of the largest table, one of 2^30 slots. */
  private static final int MAX_ENTRIES = (1 << 30) / 4 * 3;

  private final Arena arena;
  private final Entries entries;

  /**
   * Open addressing with linear probing: {@code hash bits << 32 | entry number + 1}, or 0. The bits
   * are the lowest 32 of the key's hash, since the highest 16 say who owns the key, and all keys of
   * a writer are alike there.
   */
  private long[] slots = new long[FIRST_SLOTS];

  private int growAt = FIRST_SLOTS / 4 * 3;
  private boolean sealed;

  /** An empty memtable whose memory is left to the garbage collector when it is done. */
  public Memtable() {
    this(new SegmentPool(0));
  }

  /** An empty memtable that takes its arena's segments from {@code pool}. */
  public Memtable(SegmentPool pool) {
    this.arena = new Arena(pool);
    this.entries = new Entries(arena);
  }

  /** The row becomes the key's newest entry. Bytes are copied. */
  public void put(ByteBuilder key, ByteBuilder row) {
    put(key, KeyHash.hash64(key.array(), 0, key.size()), row);
  }

  /** As {@link #put(ByteBuilder, ByteBuilder)}, for those who have the key's hash in hand. */
  public void put(ByteBuilder key, long hash64, ByteBuilder row) {
    entries.setRow(findOrAdd(key, hash64), row);
  }

  /** A delete becomes the key's newest entry. */
  public void delete(ByteBuilder key) {
    delete(key, KeyHash.hash64(key.array(), 0, key.size()));
  }

  /** As {@link #delete(ByteBuilder)}, for those who have the key's hash in hand. */
  public void delete(ByteBuilder key, long hash64) {
    entries.setDelete(findOrAdd(key, hash64));
  }

  private int findOrAdd(ByteBuilder key, long hash64) {
    if (sealed) {
      throw new IllegalStateException("A sealed memtable takes no more entries");
    }
    long prefix = SortedKeys.prefixOf(key.array(), 0, key.size());
    int hash = (int) hash64;
    int mask = slots.length - 1;
    int at = hash & mask;
    for (long slot = slots[at]; slot != 0; slot = slots[at]) {
      int entry = (int) slot - 1;
      if ((int) (slot >>> 32) == hash && entries.hasKey(entry, key, prefix)) {
        return entry;
      }
      at = at + 1 & mask;
    }
    return add(key, prefix, hash, at);
  }

  private int add(ByteBuilder key, long prefix, int hash, int freeSlot) {
    if (entries.size() == MAX_ENTRIES) {
      throw new IllegalStateException(
          "A memtable holds at most %d keys; seal it before".formatted(MAX_ENTRIES));
    }
    int entry = entries.add(key, prefix);
    slots[freeSlot] = (long) hash << 32 | entry + 1;
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
    growAt = grown.length / 4 * 3;
  }

  /** Distinct keys held. */
  public int size() {
    return entries.size();
  }

  /** Heap bytes held: arena, table and entry arrays. */
  public long memoryBytes() {
    return arena.memoryBytes() + entries.memoryBytes() + 8L * slots.length;
  }

  /** Sorts the entries by user key; this memtable must not be used again. */
  public SealedMemtable seal() {
    if (sealed) {
      throw new IllegalStateException("A memtable is sealed once");
    }
    sealed = true;
    SealedMemtable result = SealedMemtable.of(entries, KeySort.sort(entries));
    slots = new long[0];
    return result;
  }
}

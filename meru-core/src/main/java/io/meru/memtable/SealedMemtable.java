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

/**
 * A memtable that takes no more entries, sorted by user key. Immutable until {@link #release}; safe
 * to read from many threads that were handed it safely.
 *
 * <p>A flush walks over the keys a dozen times: once for each run of files it looks for them in, to
 * hash, to write and to index them. So unless all have eight bytes, and are their prefix, they are
 * copied in their order; where they arrived, each step of a walk would miss the processor's cache.
 */
public final class SealedMemtable implements SortedEntries {
  private final Arena rowArena;
  private final Arena keyArena;
  private final long[] prefixes;

  /** Addresses in the keys' arena. */
  private final long[] keys;

  /** Addresses in the rows' arena; negative for a delete. */
  private final long[] rows;

  /** Empty when every key has eight bytes. */
  private final int[] keyLengths;

  private SealedMemtable(
      Arena rowArena, Arena keyArena, long[] prefixes, long[] keys, long[] rows, int[] keyLengths) {
    this.rowArena = rowArena;
    this.keyArena = keyArena;
    this.prefixes = prefixes;
    this.keys = keys;
    this.rows = rows;
    this.keyLengths = keyLengths;
  }

  /**
   * Copies the entries' addresses in {@code order}, so that readers walk over them in sequence.
   *
   * @param pool where the copies of keys take their memory from
   */
  static SealedMemtable of(Entries entries, int[] order, SegmentPool pool) {
    int size = order.length;
    boolean fixed = entries.hasEightByteKeysOnly();
    SealedMemtable sealed =
        new SealedMemtable(
            entries.arena(),
            fixed ? entries.arena() : new Arena(pool),
            new long[size],
            new long[size],
            new long[size],
            new int[fixed ? 0 : size]);
    for (int i = 0; i < size; i++) {
      int entry = order[i];
      sealed.prefixes[i] = entries.prefix(entry);
      sealed.keys[i] = entries.keyAddress(entry);
      sealed.rows[i] = entries.row(entry);
      if (!fixed) {
        sealed.keyLengths[i] = entries.keyLength(entry);
      }
    }
    if (!fixed) {
      sealed.moveKeys(entries.arena());
    }
    return sealed;
  }

  /** Copies the keys from where they arrived. */
  private void moveKeys(Arena from) {
    for (int i = 0; i < keys.length; i++) {
      int length = keyLengths[i];
      long address = keyArena.reserve(length);
      System.arraycopy(
          from.segment(keys[i]),
          Arena.offset(keys[i]),
          keyArena.segment(address),
          Arena.offset(address),
          length);
      keys[i] = address;
    }
  }

  @Override
  public int size() {
    return prefixes.length;
  }

  @Override
  public long prefix(int i) {
    return prefixes[i];
  }

  @Override
  public byte[] array(int i) {
    return keyArena.segment(keys[i]);
  }

  @Override
  public int offset(int i) {
    return Arena.offset(keys[i]);
  }

  @Override
  public int length(int i) {
    return keyLengths.length == 0 ? Long.BYTES : keyLengths[i];
  }

  @Override
  public boolean isDelete(int i) {
    return rows[i] < 0;
  }

  @Override
  public byte[] rowArray(int i) {
    return rowArena.segment(rows[i]);
  }

  @Override
  public int rowOffset(int i) {
    return Arena.offset(rows[i]);
  }

  /** Heap bytes held. */
  public long memoryBytes() {
    long arenas = rowArena.memoryBytes() + (hasOwnKeys() ? keyArena.memoryBytes() : 0);
    return arenas + 24L * prefixes.length + 4L * keyLengths.length;
  }

  /**
   * Gives the arenas' segments back to their pool, where the next memtable takes them from. Nobody
   * may read keys or rows of this memtable any more; who does, fails. May be called again.
   */
  public void release() {
    rowArena.release();
    if (hasOwnKeys()) {
      keyArena.release();
    }
  }

  private boolean hasOwnKeys() {
    return keyArena != rowArena;
  }
}

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

package io.meru.compaction;

import io.meru.error.UnsupportedTableException;
import io.meru.key.HashRange;
import io.meru.key.KeyHash;
import io.meru.key.SortedKeys;
import io.meru.levelfile.KeyConsumer;
import io.meru.levelfile.KeyFile;
import java.io.Closeable;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** The keys of one input that are taken, pulled one after the other; holds a page of them. */
final class KeySource implements KeyConsumer, Closeable {
  /** Pages fetched at once beyond the one that is needed. */
  private static final int READ_AHEAD_PAGES = 3;

  private final MergeInput input;
  private final KeyFile file;
  private final boolean fixedLong;
  private final @Nullable HashRange hashes;
  private @Nullable BitSet skipped;
  private int nextPage;
  private long expected;

  // the page at hand: what is taken of it
  private long[] prefixes = new long[0];
  private int[] positions = new int[0];
  private byte[] bytes = new byte[0];
  private int[] ends = new int[0];
  private int size;
  private int at = -1;

  KeySource(MergeInput input, KeyFile file, boolean fixedLong) {
    this.input = input;
    this.file = file;
    this.fixedLong = fixedLong;
    this.hashes = input.isHashed() ? input.takenHashes() : null;
    if (!input.deleted().isEmpty() || hashes != null) {
      BitSet positionsSkipped = new BitSet((int) input.recordCount());
      input.deleted().forEach(position -> positionsSkipped.set((int) position));
      this.skipped = positionsSkipped;
    }
  }

  MergeInput input() {
    return input;
  }

  /** Positions that are not taken, as far as they are known: up to the page at hand. */
  @Nullable BitSet skipped() {
    return skipped;
  }

  /**
   * Goes on to the next key that is taken.
   *
   * @return false if there is none
   */
  boolean next() {
    at++;
    while (at >= size) {
      if (!readPage()) {
        return false;
      }
    }
    return true;
  }

  long prefix() {
    return prefixes[at];
  }

  /** Position of the key at hand. */
  int position() {
    return positions[at];
  }

  /** The array with the key at hand; only of keys that are not {@code fixedLong}. */
  byte[] array() {
    return bytes;
  }

  int offset() {
    return at == 0 ? 0 : ends[at - 1];
  }

  int length() {
    return ends[at] - offset();
  }

  /** Reads the next page with a row that may be taken; returns false if there is none. */
  private boolean readPage() {
    size = 0;
    at = 0;
    int pages = file.pageCount();
    while (nextPage < pages) {
      int page = nextPage;
      nextPage++;
      long first = file.pageFirstRow(page);
      long end = nextPage < pages ? file.pageFirstRow(nextPage) : file.rowCount();
      if (first >= input.toPosition()) {
        return false;
      }
      boolean dead = skipped != null && skipped.nextClearBit((int) first) >= end;
      if (end > input.fromPosition() && !dead) {
        makeRoom((int) (end - first));
        expected = first;
        file.readPage(page, Math.min(pages - 1, page + READ_AHEAD_PAGES), this);
        requirePosition(end);
        return true;
      }
    }
    return false;
  }

  private void makeRoom(int rows) {
    if (prefixes.length < rows) {
      prefixes = new long[rows];
      positions = new int[rows];
      if (!fixedLong) {
        ends = new int[rows];
      }
    }
  }

  @Override
  public void accept(long position, byte[] array, int offset, int length) {
    requirePosition(position);
    expected = position + 1;
    if (position < input.fromPosition() || position >= input.toPosition()) {
      return;
    }
    if (skipped != null && isSkipped((int) position, array, offset, length, skipped)) {
      return;
    }
    prefixes[size] = SortedKeys.prefixOf(array, offset, length);
    positions[size] = (int) position;
    if (!fixedLong) {
      int start = size == 0 ? 0 : ends[size - 1];
      if (bytes.length < start + length) {
        bytes = Arrays.copyOf(bytes, Math.max(start + length, 2 * bytes.length));
      }
      System.arraycopy(array, offset, bytes, start, length);
      ends[size] = start + length;
    }
    size++;
  }

  private boolean isSkipped(int position, byte[] array, int offset, int length, BitSet rows) {
    if (rows.get(position)) {
      return true;
    }
    boolean taken =
        hashes == null || hashes.contains(KeyHash.hash16(KeyHash.hash64(array, offset, length)));
    if (!taken) {
      rows.set(position);
    }
    return !taken;
  }

  private void requirePosition(long position) {
    if (position != expected) {
      throw new UnsupportedTableException(
          ("Cannot merge %s: row %d has no key, as one of its key columns is NULL. It stays as it"
                  + " is; to have its rows compacted, rewrite the file, for example by Spark's"
                  + " rewrite_data_files.")
              .formatted(input.path(), expected));
    }
  }

  @Override
  public void close() {
    file.close();
  }
}

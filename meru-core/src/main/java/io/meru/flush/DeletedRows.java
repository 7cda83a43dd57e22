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

package io.meru.flush;

import io.meru.key.KeyList;
import io.meru.key.SortedKeys;
import io.meru.memtable.SortedEntries;
import io.meru.resolve.ReplacedRows;
import io.meru.version.Lineage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The ids of the rows that were deleted since the last barrier. Whoever looks at snapshots sees a
 * key that is put again before the next barrier as updated, whether a flush came between delete and
 * put or not: so its row carries on the id of the one deleted. Not thread-safe.
 */
public final class DeletedRows {
  private record Batch(KeyList keys, long[] ids) {}

  private final List<Batch> batches = new ArrayList<>();

  /** A barrier was passed: what was deleted before it stays so. */
  public void clear() {
    batches.clear();
  }

  /** Heap bytes beside the keys, which the edit holds. */
  public long memoryBytes() {
    long bytes = 0;
    for (Batch batch : batches) {
      bytes += (long) batch.ids.length * Long.BYTES;
    }
    return bytes;
  }

  /**
   * Takes what a flush deletes.
   *
   * @param keys the keys of those {@code entries} that are deletes
   * @param replaced what the flush found of all entries
   */
  void add(KeyList keys, SortedEntries entries, ReplacedRows replaced) {
    long[] ids = new long[keys.size()];
    boolean isKnown = false;
    int next = 0;
    for (int i = 0; i < entries.size(); i++) {
      if (entries.isDelete(i)) {
        ids[next] = replaced.id(i);
        isKnown |= ids[next] != Lineage.NONE;
        next++;
      }
    }
    if (isKnown) {
      batches.add(new Batch(keys, ids));
    }
  }

  /** Gives the entries that were found to replace nothing the ids of rows deleted before. */
  void restore(SortedEntries entries, ReplacedRows replaced) {
    for (int b = batches.size() - 1; b >= 0; b--) { // the newest first
      restore(batches.get(b), entries, replaced);
    }
  }

  private static void restore(Batch batch, SortedEntries entries, ReplacedRows replaced) {
    int at = 0;
    for (int i = 0; i < entries.size() && at < batch.ids.length; i++) {
      while (at < batch.ids.length && compare(batch.keys, at, entries, i) < 0) {
        at++;
      }
      if (at < batch.ids.length && compare(batch.keys, at, entries, i) == 0) {
        replaced.carryOn(i, batch.ids[at]);
      }
    }
  }

  private static int compare(SortedKeys left, int l, SortedKeys right, int r) {
    int byPrefix = Long.compareUnsigned(left.prefix(l), right.prefix(r));
    return byPrefix != 0
        ? byPrefix
        : Arrays.compareUnsigned(
            left.array(l),
            left.offset(l),
            left.offset(l) + left.length(l),
            right.array(r),
            right.offset(r),
            right.offset(r) + right.length(r));
  }
}

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

import io.meru.version.Lineage;
import io.meru.version.Version.LiveFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ids of the rows that a batch of keys replaces, by the keys' index in the batch. Where several
 * live rows of a key were found, one in a file whose commit has not been seen yet is the newest;
 * else the highest id counts, since nothing tells which of them is. Reused from batch to batch; not
 * thread-safe.
 */
public final class ReplacedRows {
  private static final long NO_ROW = -1;

  /** Less the number of the file that the row is in: its id is not known. */
  private static final long UNKNOWN = -2;

  /** Added to what was found in a file whose commit has not been seen. */
  private static final long UNSEEN = 1L << 62;

  private long[] rows = new long[0];
  private int size;
  private final List<String> unknownFiles = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();

  /** Starts with {@code keys} keys that replace nothing. */
  public void reset(int keys) {
    if (rows.length < keys) {
      rows = new long[keys];
    }
    Arrays.fill(rows, 0, keys, NO_ROW);
    size = keys;
    unknownFiles.clear();
    numbers.clear();
  }

  /** Number of keys. */
  public int size() {
    return size;
  }

  /**
   * The id of the row that key {@code i} replaces; {@link Lineage#NONE} if it replaces none, or one
   * whose id is not known here.
   */
  public long id(int i) {
    long row = rows[i];
    return row < 0 ? Lineage.NONE : row & ~UNSEEN;
  }

  /**
   * The path of the file with the row that key {@code i} replaces, if the row's id is not known
   * here, since the commit that gives it has not been seen; else null.
   */
  public @Nullable String unknownFile(int i) {
    return rows[i] <= UNKNOWN ? unknownFiles.get((int) (UNKNOWN - rows[i])) : null;
  }

  /** Lets key {@code i}, if it replaces no row, carry on the id of one that is gone already. */
  public void carryOn(int i, long id) {
    if (rows[i] == NO_ROW) {
      rows[i] = id;
    }
  }

  /**
   * Takes a live row of key {@code i}.
   *
   * @param storedId the id that the row stores, {@link Lineage#NONE} if it stores none
   */
  void found(int i, LiveFile file, int position, long storedId) {
    Lineage lineage = file.lineage();
    if (lineage.isSeen()) {
      found(i, lineage, position, storedId);
    } else if (storedId == Lineage.NONE) {
      rows[i] = UNKNOWN - number(file.file().path());
    } else {
      rows[i] = storedId | UNSEEN;
    }
  }

  private void found(int i, Lineage lineage, int position, long storedId) {
    boolean hasIds = lineage.firstRowId() != Lineage.NONE; // else stored ones count for nothing
    if (hasIds && rows[i] > UNKNOWN) {
      rows[i] = Math.max(rows[i], storedId == Lineage.NONE ? lineage.rowId(position) : storedId);
    }
  }

  private int number(String path) {
    return numbers.computeIfAbsent(
        path,
        added -> {
          unknownFiles.add(added);
          return unknownFiles.size() - 1;
        });
  }
}

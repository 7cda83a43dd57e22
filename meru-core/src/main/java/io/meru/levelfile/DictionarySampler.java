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

import io.meru.row.RowLayout;
import java.util.Arrays;

/**
 * Decides whether a column is worth a dictionary: on a column of few distinct values it saves bytes
 * and time, on any other it costs a third of the time of writing and saves nothing.
 */
final class DictionarySampler {
  /** Rows to look at. */
  static final int ROWS = 1024;

  private static final int MAX_VALUES = 1024;
  private static final int MIN_VALUES = 16;
  private static final int VALUES_PER_DISTINCT = 8;
  private static final int TABLE = 1 << 12;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final long[] table = new long[TABLE]; // hashes, 0 for none

  /** Whether the values of {@code sample} repeat often enough. */
  boolean pays(LeafBatch sample, boolean ofBytes) {
    int values = Math.min(MAX_VALUES, sample.values());
    return values >= MIN_VALUES
        && distinct(sample, values, ofBytes) * VALUES_PER_DISTINCT <= values;
  }

  private int distinct(LeafBatch sample, int values, boolean ofBytes) {
    Arrays.fill(table, 0);
    int distinct = 0;
    for (int i = 0; i < values; i++) {
      if (isNew(hash(sample, i, ofBytes))) {
        distinct++;
      }
    }
    return distinct;
  }

  private boolean isNew(long hash) {
    int at = (int) (hash >>> 48) & (TABLE - 1);
    while (table[at] != 0) {
      if (table[at] == hash) {
        return false;
      }
      at = (at + 1) & (TABLE - 1);
    }
    table[at] = hash;
    return true;
  }

  private static long hash(LeafBatch sample, int i, boolean ofBytes) {
    byte[] array = sample.arrays()[i];
    long slot = RowLayout.getLong(array, sample.slots()[i] + sample.slotDelta());
    long hash =
        ofBytes
            ? DictionaryEncoder.hash(
                array, sample.regions()[i] + RowLayout.offset(slot), RowLayout.length(slot))
            : slot * MIX;
    return hash == 0 ? 1 : hash;
  }
}

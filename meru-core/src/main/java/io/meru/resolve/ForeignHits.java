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
import java.util.Arrays;
import java.util.function.LongUnaryOperator;

/** Rows found in a foreign file, which may hold a key more than once. Reused from file to file. */
final class ForeignHits {
  private int[] slots = new int[64];
  private int[] positions = new int[64];
  private long[] rowIds = new long[64];
  private int size;

  void clear() {
    size = 0;
  }

  /** The key at {@code slot} of the batch stands at {@code position}. */
  void add(int slot, int position) {
    if (size == slots.length) {
      slots = Arrays.copyOf(slots, 2 * size);
      positions = Arrays.copyOf(positions, 2 * size);
      rowIds = Arrays.copyOf(rowIds, 2 * size);
    }
    slots[size] = slot;
    positions[size] = position;
    rowIds[size] = Lineage.NONE;
    size++;
  }

  /** Takes the ids that are stored at the positions. */
  void takeRowIds(LongUnaryOperator stored) {
    for (int i = 0; i < size; i++) {
      rowIds[i] = stored.applyAsLong(positions[i]);
    }
  }

  int size() {
    return size;
  }

  int slot(int i) {
    return slots[i];
  }

  int position(int i) {
    return positions[i];
  }

  /** The id stored there, {@link Lineage#NONE} without one. */
  long rowId(int i) {
    return rowIds[i];
  }
}

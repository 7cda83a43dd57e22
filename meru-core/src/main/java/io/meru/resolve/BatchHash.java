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

import io.meru.key.KeyHash;
import java.util.Arrays;

/** The keys of a batch by hash, to look up keys that come in no order. */
final class BatchHash {
  private static final int EMPTY = -1;
  private static final long MIX = 0x9e3779b97f4a7c15L;

  private final KeyBatch batch;
  private final int[] slots;
  private final int shift;

  /** A table of all open keys of {@code batch}. */
  BatchHash(KeyBatch batch) {
    int bits = Bits.width(2L * batch.openCount()) + 1;
    this.batch = batch;
    this.shift = Long.SIZE - bits;
    this.slots = new int[1 << bits];
    Arrays.fill(slots, EMPTY);
    for (int place = 0; place < batch.openCount(); place++) {
      insert(batch.slot(place));
    }
  }

  /** The slot of a key; -1 if the batch does not hold it. */
  int slotOf(long prefix, byte[] array, int offset, int length) {
    int at = home(prefix, array, offset, length);
    while (slots[at] != EMPTY) {
      if (batch.compareSlot(slots[at], prefix, array, offset, length) == 0) {
        return slots[at];
      }
      at = (at + 1) & (slots.length - 1);
    }
    return EMPTY;
  }

  private void insert(int slot) {
    int at =
        home(
            batch.prefixOfSlot(slot),
            batch.keys().array(slot),
            batch.keys().offset(slot),
            batch.keys().length(slot));
    while (slots[at] != EMPTY) {
      at = (at + 1) & (slots.length - 1);
    }
    slots[at] = slot;
  }

  private int home(long prefix, byte[] array, int offset, int length) {
    long hash = batch.isFixedLong() ? prefix * MIX : KeyHash.hash64(array, offset, length);
    return (int) (hash >>> shift);
  }
}

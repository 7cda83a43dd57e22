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

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The distinct values of one leaf column in one row group of an input, by id, and their ids in the
 * output's dictionary: so that a value that stands in both is looked up once, not once a row.
 */
final class LeafDictionary {
  private static final int UNKNOWN = -1;

  /** Values that are longs. */
  final long[] longs;

  /** Values that are byte strings: id i's slot lies at {@code slotsAt + 8 * i} of the array. */
  final byte[] array;

  final int slotsAt;

  private final int[] outputIds;
  private @Nullable DictionaryEncoder output;

  private LeafDictionary(long[] longs, byte[] array, int slotsAt, int size) {
    this.longs = longs;
    this.array = array;
    this.slotsAt = slotsAt;
    this.outputIds = new int[size];
  }

  static LeafDictionary ofLongs(long... longs) {
    return new LeafDictionary(longs, new byte[0], 0, longs.length);
  }

  static LeafDictionary ofBytes(byte[] array, int slotsAt, int size) {
    return new LeafDictionary(new long[0], array, slotsAt, size);
  }

  /** How many values there are. */
  int size() {
    return outputIds.length;
  }

  /**
   * Turns the first {@code count} of {@code ids} into ids of the output's dictionary, which takes
   * in the values that it lacks.
   *
   * @return false if that has become too large; the ids mean nothing then
   */
  boolean translate(int[] ids, int from, int to, DictionaryEncoder target) {
    if (output != target) {
      output = target;
      Arrays.fill(outputIds, UNKNOWN);
    }
    for (int i = from; i < to; i++) {
      int id = ids[i];
      int translated = outputIds[id];
      if (translated == UNKNOWN) {
        translated =
            array.length == 0
                ? target.idOf(longs[id])
                : target.idOfSlot(array, slotsAt + (id << 3));
        if (translated < 0) {
          return false;
        }
        outputIds[id] = translated;
      }
      ids[i] = translated;
    }
    return true;
  }
}

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

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Some rows of one leaf column of one input of a merge, in the levels and in the form that the
 * output's column has. Values are either longs, as slots of {@link io.meru.row.RowLayout} hold
 * them, or slots that point into the array in which they lie. Reused from page to page, but for
 * that array.
 */
final class LeafPage {
  long firstRow;
  int rows;

  /** Whether each row has exactly one value; there are no levels then. */
  boolean full;

  int levels;
  byte[] definition = new byte[0];

  /** Of a repeated column. */
  byte[] repetition = new byte[0];

  int values;
  long[] longs = new long[0];
  byte[] array = new byte[0];
  int[] slots = new int[0];

  /** Of each value: its id in {@link #dictionary}, if there is one. */
  int[] ids = new int[0];

  @Nullable LeafDictionary dictionary;

  /** Index of the first value that {@link #keep} left. */
  int firstValue;

  /** Becomes a page of {@code rows} rows from {@code firstRow} on, without a level or value yet. */
  void start(long newFirstRow, int newRows) {
    firstRow = newFirstRow;
    rows = newRows;
    full = true;
    levels = 0;
    values = 0;
    firstValue = 0;
    dictionary = null;
  }

  /** Room for {@code count} ids. */
  int[] ids(int count) {
    if (ids.length < count) {
      ids = new int[count + (count >>> 3)];
    }
    return ids;
  }

  /** Room for {@code count} longs. */
  long[] longs(int count) {
    if (longs.length < count) {
      longs = new long[count + (count >>> 3)];
    }
    return longs;
  }

  /** Room for {@code count} slots. */
  int[] slots(int count) {
    if (slots.length < count) {
      slots = new int[count + (count >>> 3)];
    }
    return slots;
  }

  /** Room for {@code count} definition levels. */
  byte[] definition(int count) {
    if (definition.length < count) {
      definition = new byte[count + (count >>> 3)];
    }
    return definition;
  }

  /** Room for {@code count} repetition levels. */
  byte[] repetition(int count) {
    if (repetition.length < count) {
      repetition = new byte[count + (count >>> 3)];
    }
    return repetition;
  }

  /** Lets go of the values' array. */
  void release() {
    array = new byte[0];
    dictionary = null;
  }

  /**
   * Drops the rows outside [from, to), counted from the page's first, and those that {@code
   * skipped} has, counted from the file's first.
   */
  void keep(int from, int to, @Nullable BitSet skipped, LeafShape shape) {
    int firstSkipped = skipped == null ? -1 : skipped.nextSetBit((int) firstRow + from);
    boolean hasSkipped = firstSkipped >= 0 && firstSkipped < firstRow + to;
    if (full) {
      if (skipped == null || !hasSkipped) {
        firstValue = from;
        values = to;
        rows = to - from;
      } else {
        keepValues(from, to, skipped, shape);
      }
    } else if (from > 0 || to < rows || hasSkipped) {
      keepLevels(from, to, hasSkipped ? skipped : null, shape);
    }
  }

  private void keepValues(int from, int to, BitSet skipped, LeafShape shape) {
    int base = (int) firstRow;
    int kept = 0;
    for (int run = skipped.nextClearBit(base + from); run < base + to; ) {
      int next = skipped.nextSetBit(run);
      int runEnd = next < 0 ? base + to : Math.min(base + to, next);
      move(run - base, kept, runEnd - run, shape);
      kept += runEnd - run;
      run = skipped.nextClearBit(runEnd);
    }
    rows = kept;
    values = kept;
  }

  private void move(int from, int to, int count, LeafShape shape) {
    Object source = shape.isOfBytes() ? slots : longs;
    System.arraycopy(source, from, source, to, count);
    if (dictionary != null) {
      System.arraycopy(ids, from, ids, to, count);
    }
  }

  private void keepLevels(int from, int to, @Nullable BitSet skipped, LeafShape shape) {
    boolean repeated = shape.repeated();
    int row = -1;
    boolean taken = false;
    int value = 0;
    int keptRows = 0;
    int keptLevels = 0;
    int keptValues = 0;
    for (int level = 0; level < levels; level++) {
      if (!repeated || repetition[level] == 0) {
        row++;
        taken = row >= from && row < to && (skipped == null || !skipped.get((int) firstRow + row));
        keptRows += taken ? 1 : 0;
      }
      boolean present = definition[level] == shape.maxDefinition();
      if (taken) {
        definition[keptLevels] = definition[level];
        if (repeated) {
          repetition[keptLevels] = repetition[level];
        }
        keptLevels++;
        if (present) {
          if (shape.isOfBytes()) {
            slots[keptValues] = slots[value];
          } else {
            longs[keptValues] = longs[value];
          }
          if (dictionary != null) {
            ids[keptValues] = ids[value];
          }
          keptValues++;
        }
      }
      value += present ? 1 : 0;
    }
    rows = keptRows;
    levels = keptLevels;
    values = keptValues;
  }
}

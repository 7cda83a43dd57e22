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
 * One leaf column of one input on its way through a merge: the rows that are taken, page by page.
 * The merge's loops work on the fields of the page at hand themselves.
 */
final class LeafCursor {
  private final LeafPage page = new LeafPage();
  private @Nullable LeafSource source;
  private LeafShape shape = new LeafShape(false, 0, false);
  private long next;
  private long end;
  private @Nullable BitSet skipped;

  // the page at hand: what is left of it
  long[] longs = page.longs;
  byte[] array = page.array;
  int[] slots = page.slots;
  int[] ids = page.ids;

  /** Whether {@link #ids} has the values' ids in the output's dictionary. */
  boolean hasIds;

  byte[] definition = page.definition;
  byte[] repetition = page.repetition;
  int value;

  /** Of a full page: where its values end. Of any other: the same as {@link #value}. */
  int fullEnd;

  int level;
  int levelEnd;

  /** Of a page that is not full: rows left. */
  int rowsLeft;

  /** Whether the page at hand has levels. */
  boolean hasLevels;

  /**
   * Starts on a column, at the first row that is taken.
   *
   * @param rows those in [from, end) that are not taken; null for none
   */
  void start(
      LeafSource newSource, LeafShape newShape, long from, long newEnd, @Nullable BitSet rows) {
    source = newSource;
    shape = newShape;
    next = from;
    end = newEnd;
    skipped = rows;
    value = 0;
    fullEnd = 0;
    rowsLeft = 0;
    hasLevels = false;
    hasIds = false;
  }

  /** Whether no row is left of the page at hand. */
  boolean isExhausted() {
    return value == fullEnd && rowsLeft == 0;
  }

  /**
   * Goes on to the next page with rows that are taken; there must be some.
   *
   * @param dictionary the output's, null for none
   */
  void refill(@Nullable DictionaryEncoder dictionary) {
    if (skipped != null) {
      next = skipped.nextClearBit((int) next);
    }
    if (source == null || next >= end) {
      throw new IllegalStateException("The merge asks for row %d of %d".formatted(next, end));
    }
    source.load(next, end, page);
    long pageEnd = Math.min(end, page.firstRow + page.rows);
    page.keep((int) (next - page.firstRow), (int) (pageEnd - page.firstRow), skipped, shape);
    next = pageEnd;
    longs = page.longs;
    array = page.array;
    slots = page.slots;
    definition = page.definition;
    repetition = page.repetition;
    value = page.firstValue;
    level = 0;
    levelEnd = page.levels;
    hasLevels = !page.full;
    fullEnd = page.full ? page.values : value;
    rowsLeft = page.full ? 0 : page.rows;
    ids = page.ids;
    hasIds =
        dictionary != null
            && page.dictionary != null
            && page.dictionary.translate(ids, value, page.values, dictionary);
  }

  /** Lets go of the column. */
  void end() {
    if (source != null) {
      source.release();
    }
    source = null;
    skipped = null;
    page.release();
    array = page.array;
  }
}

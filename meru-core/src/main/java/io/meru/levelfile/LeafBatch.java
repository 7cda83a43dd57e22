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
 * The values of one Parquet leaf column in a batch of rows, by where their slots lie, and the
 * repetition and definition levels. The common case, a column without NULLs or lists, keeps no
 * levels at all and shares the batch's own arrays.
 */
final class LeafBatch {
  private static final int FIRST_CAPACITY = 1024;

  private boolean repeated;
  private int rows;
  private int levels;
  private int values;
  private boolean onlyValues;

  private byte[][] arrays = new byte[0][];
  private int[] regions = new int[0];
  private int[] slots = new int[0];
  private int slotDelta;
  private int @Nullable [] ids;

  private byte[] definitionLevels = new byte[0];
  private byte[] repetitionLevels = new byte[0];
  private int[] rowLevels = new int[0];
  private int[] rowValues = new int[0];

  // owned, while the fields above may be a row batch's
  private byte[][] ownArrays = new byte[0][];
  private int[] ownRegions = new int[0];
  private int[] ownSlots = new int[0];

  /** Each row has one value, {@code slotDelta} bytes after the start of its region. */
  void takeRows(RowBatch batch, int newSlotDelta) {
    rows = batch.size();
    levels = rows;
    values = rows;
    onlyValues = true;
    arrays = batch.arrays();
    regions = batch.offsets();
    slots = batch.offsets();
    slotDelta = newSlotDelta;
    ids = null;
  }

  /**
   * Each row has one value; row i's slot lies at {@code newSlots[i]} of {@code newArrays[i]}, in a
   * region that starts at {@code newRegions[i]}.
   */
  void takeValues(int newRows, byte[][] newArrays, int[] newRegions, int[] newSlots) {
    rows = newRows;
    levels = newRows;
    values = newRows;
    onlyValues = true;
    arrays = newArrays;
    regions = newRegions;
    slots = newSlots;
    slotDelta = 0;
    ids = null;
  }

  /**
   * Each row has one value, row i that with the id {@code newIds[i]} in the output's dictionary.
   * Where it lies is not known.
   */
  void takeIds(int newRows, int[] newIds) {
    rows = newRows;
    levels = newRows;
    values = newRows;
    onlyValues = true;
    ids = newIds;
  }

  /**
   * Says that value i is the one with the id {@code newIds[i]} in the output's dictionary, besides
   * where it lies.
   */
  void setIds(int[] newIds) {
    ids = newIds;
  }

  /** Of each value: its id in the output's dictionary; null when that is not known. */
  int @Nullable [] ids() {
    return ids;
  }

  /**
   * Forgets the content; rows are then added one after the other.
   *
   * @param withRepetitionLevels whether the column is repeated
   */
  void reset(int expectedRows, boolean withRepetitionLevels) {
    repeated = withRepetitionLevels;
    rows = 0;
    levels = 0;
    values = 0;
    onlyValues = false;
    slotDelta = 0;
    ids = null;
    if (rowLevels.length <= expectedRows) {
      rowLevels = new int[expectedRows + 1];
      rowValues = new int[expectedRows + 1];
    }
    if (ownSlots.length == 0) {
      ownArrays = new byte[FIRST_CAPACITY][];
      ownRegions = new int[FIRST_CAPACITY];
      ownSlots = new int[FIRST_CAPACITY];
    }
    arrays = ownArrays;
    regions = ownRegions;
    slots = ownSlots;
  }

  /**
   * Forgets the content; rows without repetition are then written to {@link #definitionLevels} and
   * {@link #rowValues}, at most {@code expectedRows} of them, and {@link #endFlat} says what is
   * there.
   */
  void resetFlat(int expectedRows) {
    reset(expectedRows, false);
    if (definitionLevels.length < expectedRows) {
      definitionLevels = new byte[expectedRows];
    }
    for (int row = 0; row <= expectedRows; row++) {
      rowLevels[row] = row;
    }
  }

  /** Index of each row's first value. */
  int[] rowValues() {
    return rowValues;
  }

  /** Ends what {@link #resetFlat} began; values lie as in {@link #takeValues}. */
  void endFlat(int newRows, int newValues, byte[][] newArrays, int[] newRegions, int[] newSlots) {
    rows = newRows;
    levels = newRows;
    values = newValues;
    rowValues[newRows] = newValues;
    arrays = newArrays;
    regions = newRegions;
    slots = newSlots;
  }

  /** Lets go of the memtable's arrays. */
  void release() {
    Arrays.fill(ownArrays, null);
    arrays = ownArrays;
    regions = ownRegions;
    slots = ownSlots;
    rows = 0;
    levels = 0;
    values = 0;
  }

  /** What is added from here on belongs to the next row. */
  void startRow() {
    rowLevels[rows] = levels;
    rowValues[rows] = values;
    rows++;
  }

  /** No further row follows. */
  void end() {
    rowLevels[rows] = levels;
    rowValues[rows] = values;
  }

  /** Adds a value whose slot lies at {@code slot} of the region that starts at {@code region}. */
  void addValue(byte[] array, int region, int slot, int repetitionLevel, int definitionLevel) {
    addLevels(repetitionLevel, definitionLevel);
    if (values == slots.length) {
      growValues();
    }
    arrays[values] = array;
    regions[values] = region;
    slots[values] = slot;
    values++;
  }

  /** Adds the levels of an absent value: a NULL, an empty list, or one of these further up. */
  void addNull(int repetitionLevel, int definitionLevel) {
    addLevels(repetitionLevel, definitionLevel);
  }

  int rows() {
    return rows;
  }

  int values() {
    return values;
  }

  /** Whether every row has exactly one value: all levels are the highest, and none repeats. */
  boolean onlyValues() {
    return onlyValues;
  }

  /** Index of the first level of row {@code row}, or of the end. */
  int levelOf(int row) {
    return onlyValues ? row : rowLevels[row];
  }

  /** Index of the first value of row {@code row}, or of the end. */
  int valueOf(int row) {
    return onlyValues ? row : rowValues[row];
  }

  /** Definition levels, unless {@link #onlyValues}. */
  byte[] definitionLevels() {
    return definitionLevels;
  }

  /** Repetition levels of a repeated column, unless {@link #onlyValues}. */
  byte[] repetitionLevels() {
    return repetitionLevels;
  }

  /** The array that holds value i. */
  byte[][] arrays() {
    return arrays;
  }

  /** Start of the region that value i belongs to; its variable part is addressed from there. */
  int[] regions() {
    return regions;
  }

  /** Value i's slot lies at {@code slots()[i] + slotDelta()}. */
  int[] slots() {
    return slots;
  }

  /** To be added to {@link #slots}. */
  int slotDelta() {
    return slotDelta;
  }

  /** How many of the levels in [fromLevel, toLevel) have definition level {@code level}. */
  int countDefinitionLevel(int fromLevel, int toLevel, int level) {
    int count = 0;
    for (int i = fromLevel; i < toLevel; i++) {
      if (definitionLevels[i] == level) {
        count++;
      }
    }
    return count;
  }

  private void addLevels(int repetitionLevel, int definitionLevel) {
    if (levels == definitionLevels.length) {
      definitionLevels = Arrays.copyOf(definitionLevels, Math.max(FIRST_CAPACITY, 2 * levels));
    }
    definitionLevels[levels] = (byte) definitionLevel;
    if (repeated) {
      if (levels >= repetitionLevels.length) {
        repetitionLevels = Arrays.copyOf(repetitionLevels, definitionLevels.length);
      }
      repetitionLevels[levels] = (byte) repetitionLevel;
    }
    levels++;
  }

  private void growValues() {
    ownArrays = Arrays.copyOf(ownArrays, 2 * values);
    ownRegions = Arrays.copyOf(ownRegions, 2 * values);
    ownSlots = Arrays.copyOf(ownSlots, 2 * values);
    arrays = ownArrays;
    regions = ownRegions;
    slots = ownSlots;
  }
}

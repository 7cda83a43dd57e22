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
import org.jspecify.annotations.Nullable;

/**
 * A column that the file lacks: its rows have a constant, or NULL. In a struct that the file has,
 * the levels of a column beside it tell where the struct is there.
 */
final class AbsentLeaf extends LeafSource {
  private static final int PAGE_ROWS = 4096;

  private final LeafMapping mapping;
  private final @Nullable ColumnPages beside;
  private final LeafShape shape;
  private final boolean hasConstant;
  private final long constantLong;
  private final byte[] constantArray;
  private final int constantSlot;

  /**
   * The column of {@code mapping}.
   *
   * @param beside the pages of {@code mapping.stored()}
   */
  AbsentLeaf(LeafColumn column, LeafMapping mapping, @Nullable ColumnPages beside) {
    this.mapping = mapping;
    this.beside = beside;
    this.shape = LeafShape.of(column);
    this.hasConstant = mapping.constant() != null;
    if (mapping.constant() == null) {
      this.constantLong = 0;
      this.constantArray = new byte[0];
      this.constantSlot = 0;
    } else if (shape.isOfBytes()) {
      byte[] bytes = LeafMapping.constantBytes(column, mapping.constant());
      this.constantLong = 0;
      this.constantSlot = bytes.length;
      this.constantArray = Arrays.copyOf(bytes, bytes.length + PageScratch.PADDING);
      RowLayout.putLong(constantArray, constantSlot, RowLayout.pointer(0, bytes.length));
    } else {
      this.constantLong = LeafMapping.constantLong(column, mapping.constant());
      this.constantArray = new byte[0];
      this.constantSlot = 0;
    }
  }

  @Override
  void load(long row, long end, LeafPage page) {
    if (beside == null) {
      int rows = (int) Math.min(PAGE_ROWS, end - row);
      page.start(row, rows);
      page.full = hasConstant;
      page.values = hasConstant ? rows : 0;
      if (!hasConstant) {
        page.levels = rows;
        Arrays.fill(page.definition(rows), 0, rows, (byte) 0);
        if (shape.repeated()) {
          Arrays.fill(page.repetition(rows), 0, rows, (byte) 0);
        }
      }
    } else {
      beside.load(row, end);
      page.start(beside.pageRow(), beside.pageRows());
      takeLevels(beside, page);
    }
    fill(page);
  }

  @Override
  boolean hasFewValues(long row) {
    return true; // NULLs are none
  }

  @Override
  void release() {
    if (beside != null) {
      beside.release();
    }
  }

  private void takeLevels(ColumnPages pages, LeafPage page) {
    int count = pages.pageLevels();
    int[] definition = pages.definition();
    int[] repetition = pages.repetition();
    byte[] newDefinition = page.definition(count);
    byte[] newRepetition = page.repetition(count);
    int kept = 0;
    int values = 0;
    for (int i = 0; i < count; i++) {
      int repeated = repetition == null ? 0 : repetition[i];
      if (repeated > mapping.repetitionLevel()) {
        continue; // further down than the struct goes
      }
      int level = definition == null ? mapping.presentLevel() : definition[i];
      boolean isThere = level >= mapping.presentLevel();
      boolean isValue = isThere && hasConstant;
      newDefinition[kept] =
          isValue
              ? (byte) shape.maxDefinition()
              : isThere ? (byte) mapping.absentLevel() : mapping.levels()[level];
      newRepetition[kept] = (byte) repeated;
      kept++;
      values += isValue ? 1 : 0;
    }
    page.full = false;
    page.levels = kept;
    page.values = values;
  }

  private void fill(LeafPage page) {
    int count = page.values;
    if (shape.isOfBytes()) {
      page.array = constantArray;
      Arrays.fill(page.slots(count), 0, count, constantSlot);
    } else {
      Arrays.fill(page.longs(count), 0, count, constantLong);
    }
  }
}

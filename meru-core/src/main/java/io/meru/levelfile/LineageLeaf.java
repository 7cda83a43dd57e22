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
 * A column of row lineage: what the file stores of a row, or else what a row inherits, as Iceberg's
 * readers have it. It is never NULL.
 *
 * @see <a href="https://iceberg.apache.org/spec/#row-lineage">Row lineage</a>
 */
final class LineageLeaf extends LeafSource {
  private static final int PAGE_ROWS = 4096;

  private final @Nullable LeafSource stored;
  private final LeafPage storedPage = new LeafPage();
  private final long inherited;
  private final int step;
  private final int max;
  private final LeafDictionary constant;

  /**
   * The column.
   *
   * @param stored as the file has it; null when it does not
   * @param inherited what the file's first row inherits
   * @param step how much more than the row before each row inherits
   * @param max definition level of a value that is stored
   */
  LineageLeaf(@Nullable LeafSource stored, long inherited, int step, int max) {
    this.stored = stored;
    this.inherited = inherited;
    this.step = step;
    this.max = max;
    this.constant = LeafDictionary.ofLongs(inherited);
  }

  @Override
  void load(long row, long end, LeafPage page) {
    if (stored == null) {
      int rows = (int) Math.min(PAGE_ROWS, end - row);
      page.start(row, rows);
      long[] longs = page.longs(rows);
      for (int i = 0; i < rows; i++) {
        longs[i] = inherited(row + i);
      }
      if (step == 0) {
        Arrays.fill(page.ids(rows), 0, rows, 0);
        page.dictionary = constant;
      }
    } else {
      stored.load(row, end, storedPage);
      page.start(storedPage.firstRow, storedPage.rows);
      long[] longs = page.longs(storedPage.rows);
      int value = 0;
      for (int i = 0; i < storedPage.rows; i++) {
        boolean isStored = storedPage.full || storedPage.definition[i] == max;
        longs[i] = isStored ? storedPage.longs[value++] : inherited(page.firstRow + i);
      }
    }
    page.values = page.rows;
  }

  private long inherited(long row) {
    return inherited + step * row;
  }

  @Override
  boolean hasFewValues(long row) {
    return step == 0;
  }

  @Override
  void release() {
    if (stored != null) {
      stored.release();
    }
  }
}

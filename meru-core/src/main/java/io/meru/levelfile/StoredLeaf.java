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

import io.meru.error.CorruptFileException;
import io.meru.error.UnsupportedTableException;
import io.meru.row.RowLayout;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A column that the file has. */
final class StoredLeaf extends LeafSource {
  private final ColumnPages pages;
  private final LeafValues values;
  private final ValueForm form;
  private final byte[] levels;
  private final LeafShape shape;
  private final long[] groupStarts;

  StoredLeaf(
      ColumnPages pages,
      LeafValues values,
      ValueForm form,
      byte[] levels,
      LeafShape shape,
      long[] groupStarts) {
    this.pages = pages;
    this.values = values;
    this.form = form;
    this.levels = levels;
    this.shape = shape;
    this.groupStarts = groupStarts;
  }

  @Override
  void load(long row, long end, LeafPage page) {
    pages.load(row, end);
    page.start(pages.pageRow(), pages.pageRows());
    try {
      takeLevels(page);
      takeValues(page);
    } catch (IOException e) {
      throw undecodable(e);
    } catch (UncheckedIOException | CorruptFileException | UnsupportedTableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw undecodable(e);
    }
  }

  private CorruptFileException undecodable(Exception cause) {
    return pages.corrupt(
        "the page from row %d on does not decode".formatted(pages.pageRow()), cause);
  }

  @Override
  boolean hasFewValues(long row) {
    return hasDictionary(pages, groupStarts, row);
  }

  @Override
  void release() {
    pages.release();
    values.release();
  }

  private void takeLevels(LeafPage page) {
    int count = pages.pageLevels();
    page.values = pages.pageValues();
    int[] repetition = pages.repetition();
    int[] definition = pages.definition();
    if (definition == null && (repetition == null || count == page.rows)) {
      return;
    }
    page.full = false;
    page.levels = count;
    byte[] newDefinition = page.definition(count);
    for (int i = 0; i < count; i++) {
      byte level = levels[definition == null ? levels.length - 1 : definition[i]];
      if (level == LeafMapping.REFUSED) {
        throw new UnsupportedTableException(
            ("Cannot merge %s: it has a NULL, and the table has made the column required since. Make"
                    + " the column optional again, or delete such rows.")
                .formatted(pages.what()));
      }
      newDefinition[i] = level;
    }
    if (shape.repeated() && repetition != null) {
      byte[] newRepetition = page.repetition(count);
      for (int i = 0; i < count; i++) {
        newRepetition[i] = (byte) repetition[i];
      }
    }
  }

  private void takeValues(LeafPage page) throws IOException {
    int count = page.values;
    switch (form) {
      case LONG -> {
        values.longs(page.longs(count));
        values.takeIds(page);
      }
      case FLOAT_TO_DOUBLE -> {
        long[] longs = page.longs(count);
        values.longs(longs);
        for (int i = 0; i < count; i++) {
          longs[i] = Double.doubleToRawLongBits(Float.intBitsToFloat((int) longs[i]));
        }
      }
      case LONG_TO_BYTES -> {
        values.longs(page.longs(count));
        toBytes(page, count);
      }
      case BYTES_TO_LONG -> {
        values.bytes(page);
        toLongs(page, count);
      }
      case BYTES -> {
        values.bytes(page);
        values.takeIds(page);
      }
    }
  }

  private static void toBytes(LeafPage page, int count) {
    byte[] array = new byte[count * 2 * Long.BYTES + PageScratch.PADDING];
    int[] slots = page.slots(count);
    for (int i = 0; i < count; i++) {
      int at = i * 2 * Long.BYTES;
      RowLayout.putLong(array, at, Long.reverseBytes(page.longs[i]));
      slots[i] = at + Long.BYTES;
      RowLayout.putLong(array, slots[i], RowLayout.pointer(at, Long.BYTES));
    }
    page.array = array;
  }

  private static void toLongs(LeafPage page, int count) throws IOException {
    long[] longs = page.longs(count);
    for (int i = 0; i < count; i++) {
      long slot = RowLayout.getLong(page.array, page.slots[i]);
      int offset = RowLayout.offset(slot);
      int length = RowLayout.length(slot);
      long value = length == 0 ? 0 : page.array[offset] >> 7;
      for (int at = offset; at < offset + length; at++) {
        if (at < offset + length - Long.BYTES && page.array[at] != (value == 0 ? 0 : -1)) {
          throw new IOException("A decimal of %d bytes is too large".formatted(length));
        }
        value = value << Byte.SIZE | (page.array[at] & 0xff);
      }
      longs[i] = value;
    }
  }
}

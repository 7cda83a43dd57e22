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
import io.meru.row.ByteBuilder;
import io.meru.row.RowLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.internal.column.columnindex.OffsetIndex;
import org.jspecify.annotations.Nullable;

/**
 * Reads one key column of a file, page by page, from any row on. Rows are counted from the file's
 * first; a page never crosses a row group.
 */
final class KeyColumnReader implements KeyPartReader {
  private final ColumnPages pages;
  private final ColumnDescriptor column;
  private final KeyPart part;

  private @Nullable Dictionary dictionary;
  private int dictionaryGroup = -1;
  private @Nullable ValuesReader values;
  private int valuesTaken;
  private int countedRow;
  private int countedValues; // of the rows before that
  private int rowInPage;

  /**
   * The values of the page at hand as longs, decoded all at once; null until they are asked for.
   */
  private final LeafValues leafValues;

  private long[] longs = new long[0];
  private final LeafPage bytes = new LeafPage();
  private boolean decoded;

  KeyColumnReader(ColumnPages pages, ColumnDescriptor column, KeyPart part) {
    this.pages = pages;
    this.column = column;
    this.part = part;
    this.leafValues = new LeafValues(pages, column);
  }

  /** How values become parts. */
  KeyPart part() {
    return part;
  }

  @Override
  public void seek(long row, long end) {
    long pageRow = pages.pageRow();
    boolean inPage =
        pages.isLoaded() && row >= pageRow + rowInPage && row < pageRow + pages.pageRows();
    if (!inPage) {
      loadPageOf(row, end);
    }
    rowInPage = (int) (row - pages.pageRow());
  }

  @Override
  public boolean append(ByteBuilder target, long end) {
    loadNextPageAtEnd(end);
    boolean isPresent = isPresent();
    if (isPresent) {
      if (part.isOfBytes()) {
        appendBytes(target);
      } else {
        part.append(values(), target);
      }
    }
    rowInPage++;
    return isPresent;
  }

  /** The next row's value of an INT64 column, {@code absent} for a NULL; moves on. */
  long nextLong(long end, long absent) {
    loadNextPageAtEnd(end);
    long value = isPresent() ? longs()[valuesBefore(rowInPage)] : absent;
    rowInPage++;
    return value;
  }

  private boolean isPresent() {
    int[] levels = pages.definition();
    return levels == null || levels[rowInPage] == column.getMaxDefinitionLevel();
  }

  private void appendBytes(ByteBuilder target) {
    if (!decoded) {
      decode();
    }
    long slot = RowLayout.getLong(bytes.array, bytes.slots[valuesBefore(rowInPage)]);
    part.appendBytes(bytes.array, RowLayout.offset(slot), RowLayout.length(slot), target);
  }

  /** Rows left in the page at hand; loads the next page when there are none. */
  int rowsLeftInPage(long end) {
    loadNextPageAtEnd(end);
    return pages.pageRows() - rowInPage;
  }

  /** Whether the page at hand has no NULL. */
  boolean pageIsFull() {
    return pages.definition() == null;
  }

  /**
   * The values of the page at hand, which holds numbers. Where it has no NULL, what is left of them
   * starts at {@link #rowInPage}.
   */
  long[] longs() {
    if (!decoded) {
      decode();
    }
    return longs;
  }

  /** Decodes the values of the page at hand, all at once. */
  private void decode() {
    try {
      if (part.isOfBytes()) {
        leafValues.bytes(bytes);
      } else {
        if (longs.length < pages.pageValues()) {
          longs = new long[pages.pageValues()];
        }
        leafValues.longs(longs);
      }
      decoded = true;
    } catch (IOException e) {
      throw pages.corrupt(doNotDecode(), e);
    } catch (UncheckedIOException | CorruptFileException e) {
      throw e;
    } catch (RuntimeException e) {
      throw pages.corrupt(doNotDecode(), e);
    }
  }

  /** Index of the next row in the page at hand. */
  int rowInPage() {
    return rowInPage;
  }

  /** The caller has taken {@code count} rows of {@link #longs}. */
  void taken(int count) {
    rowInPage += count;
  }

  /** The values of the page at hand, those of earlier rows skipped. */
  private ValuesReader values() {
    if (values == null) {
      try {
        values = newValues(pages.encoding());
      } catch (IOException e) {
        throw pages.corrupt(doNotDecode(), e);
      } catch (UncheckedIOException | CorruptFileException e) {
        throw e;
      } catch (RuntimeException e) {
        throw pages.corrupt(doNotDecode(), e);
      }
    }
    int before = valuesBefore(rowInPage);
    if (before > valuesTaken) {
      values.skip(before - valuesTaken);
    }
    valuesTaken = before + 1; // the caller takes one
    return values;
  }

  private int valuesBefore(int row) {
    int[] levels = pages.definition();
    if (levels == null) {
      return row;
    }
    if (countedRow > row) {
      countedRow = 0;
      countedValues = 0;
    }
    for (; countedRow < row; countedRow++) {
      countedValues += levels[countedRow] == column.getMaxDefinitionLevel() ? 1 : 0;
    }
    return countedValues;
  }

  private String doNotDecode() {
    return "the values from row %d on do not decode".formatted(pages.pageRow());
  }

  /** The pages of row group {@code rowGroup}; null when the file does not say. */
  @Nullable OffsetIndex offsetIndex(int rowGroup) {
    return pages.offsetIndex(rowGroup);
  }

  private void loadNextPageAtEnd(long end) {
    if (rowInPage == pages.pageRows()) {
      loadPageOf(pages.pageRow() + pages.pageRows(), end);
    }
  }

  private void loadPageOf(long row, long end) {
    values = null;
    valuesTaken = 0;
    countedRow = 0;
    countedValues = 0;
    decoded = false;
    rowInPage = 0;
    pages.load(row, end);
  }

  private ValuesReader newValues(Encoding encoding) throws IOException {
    ValuesReader reader =
        encoding.usesDictionary()
            ? encoding.getDictionaryBasedValuesReader(column, ValuesType.VALUES, dictionary())
            : encoding.getValuesReader(column, ValuesType.VALUES);
    int at = pages.valuesAt();
    reader.initFromPage(
        pages.pageLevels(),
        ByteBufferInputStream.wrap(ByteBuffer.wrap(pages.plain(), at, pages.valuesEnd() - at)));
    return reader;
  }

  private Dictionary dictionary() throws IOException {
    if (dictionary == null || dictionaryGroup != pages.group()) {
      ColumnPages.DictionaryBytes bytes = pages.dictionary();
      dictionary =
          Encoding.PLAIN.initDictionary(
              column,
              new DictionaryPage(
                  BytesInput.from(bytes.bytes(), 0, bytes.length()),
                  bytes.count(),
                  Encoding.PLAIN));
      dictionaryGroup = pages.group();
    }
    return dictionary;
  }
}

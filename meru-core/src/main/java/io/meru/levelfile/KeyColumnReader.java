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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.BytesUtils;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridDecoder;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.internal.column.columnindex.OffsetIndex;
import org.apache.parquet.internal.hadoop.metadata.IndexReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads one key column of a file, page by page, from any row on. Rows are counted from the file's
 * first; a page never crosses a row group.
 */
final class KeyColumnReader implements KeyPartReader {
  /** Sequential reads fetch this much; a single page may be larger. */
  private static final int WINDOW_BYTES = 8 << 20;

  private final FileRanges file;
  private final PageDecompressor decompressor;
  private final ColumnDescriptor column;
  private final KeyPart part;
  private final List<ColumnChunkMetaData> chunks;
  private final long[] groupStarts; // and the row count as the last
  private final @Nullable OffsetIndex[] offsetIndexes;
  private final boolean[] offsetIndexRead;

  // the chunk at hand
  private int group = -1;
  private @Nullable Dictionary dictionary;
  private boolean dictionaryRead;
  private long nextPage;
  private long nextPageRow;

  // bytes of the file from windowStart on
  private byte[] window = new byte[0];
  private long windowStart;
  private int windowLength;

  // the page at hand
  private byte[] plain = new byte[0];
  private @Nullable ValuesReader values;
  private boolean @Nullable [] present;
  private long pageRow;
  private int pageRows;
  private int rowInPage;

  KeyColumnReader(
      FileRanges file,
      PageDecompressor decompressor,
      ColumnDescriptor column,
      KeyPart part,
      List<ColumnChunkMetaData> chunks,
      long[] groupStarts) {
    this.file = file;
    this.decompressor = decompressor;
    this.column = column;
    this.part = part;
    this.chunks = chunks;
    this.groupStarts = groupStarts;
    this.offsetIndexes = new OffsetIndex[chunks.size()];
    this.offsetIndexRead = new boolean[chunks.size()];
  }

  /** How values become parts. */
  KeyPart part() {
    return part;
  }

  @Override
  public void seek(long row, long end) {
    boolean inPage = values != null && row >= pageRow + rowInPage && row < pageRow + pageRows;
    if (!inPage) {
      loadPageOf(row, end);
    }
    skip((int) (row - pageRow) - rowInPage);
  }

  @Override
  public boolean append(ByteBuilder target, long end) {
    if (rowInPage == pageRows) {
      loadPageOf(pageRow + pageRows, end);
    }
    boolean isPresent = present == null || present[rowInPage];
    if (isPresent) {
      part.append(values(), target);
    }
    rowInPage++;
    return isPresent;
  }

  /** The next row's value of an INT64 column, {@code absent} for a NULL; moves on. */
  long nextLong(long end, long absent) {
    if (rowInPage == pageRows) {
      loadPageOf(pageRow + pageRows, end);
    }
    boolean isPresent = present == null || present[rowInPage];
    rowInPage++;
    return isPresent ? values().readLong() : absent;
  }

  /** Rows left in the page at hand; loads the next page when there are none. */
  int rowsLeftInPage(long end) {
    if (rowInPage == pageRows) {
      loadPageOf(pageRow + pageRows, end);
    }
    return pageRows - rowInPage;
  }

  /** Whether the page at hand has no NULL. */
  boolean pageIsFull() {
    return present == null;
  }

  /** The values of the page at hand; each one taken must be told to {@link #taken}. */
  ValuesReader values() {
    if (values == null) {
      throw new IllegalStateException("No page is loaded");
    }
    return values;
  }

  /** The caller has read {@code count} values of a page without NULLs. */
  void taken(int count) {
    rowInPage += count;
  }

  /** The pages of row group {@code rowGroup}; null when the file does not say. */
  @Nullable OffsetIndex offsetIndex(int rowGroup) {
    if (!offsetIndexRead[rowGroup]) {
      offsetIndexRead[rowGroup] = true;
      IndexReference reference = chunks.get(rowGroup).getOffsetIndexReference();
      if (reference != null) {
        byte[] bytes = file.read(reference.getOffset(), reference.getLength());
        try {
          offsetIndexes[rowGroup] =
              ParquetMetadataConverter.fromParquetOffsetIndex(
                  Util.readOffsetIndex(new ByteArrayInputStream(bytes)));
        } catch (IOException | RuntimeException e) {
          throw corrupt("its offset index does not parse", e);
        }
      }
    }
    return offsetIndexes[rowGroup];
  }

  private void skip(int rows) {
    if (rows <= 0) {
      return;
    }
    int toSkip = rows;
    if (present != null) {
      toSkip = 0;
      for (int i = rowInPage; i < rowInPage + rows; i++) {
        toSkip += present[i] ? 1 : 0;
      }
    }
    if (toSkip > 0) {
      values().skip(toSkip);
    }
    rowInPage += rows;
  }

  private void loadPageOf(long row, long end) {
    int newGroup = groupOf(row);
    if (newGroup != group) {
      startGroup(newGroup);
    }
    long groupRow = row - groupStarts[group];
    if (groupRow != nextPageRow) {
      jump(groupRow);
    }
    values = null;
    pageRow = row;
    pageRows = 0;
    rowInPage = 0;
    long wanted = bytesWanted(end);
    while (row >= pageRow + pageRows) {
      readPage(wanted);
    }
  }

  private void jump(long groupRow) {
    OffsetIndex index = offsetIndex(group);
    if (index != null) {
      int page = pageOf(index, groupRow);
      nextPage = index.getOffset(page);
      nextPageRow = index.getFirstRowIndex(page);
    } else if (groupRow < nextPageRow) {
      startGroup(group); // without an index, pages are found from the first one on
    }
  }

  private int groupOf(long row) {
    int found = 0;
    while (row >= groupStarts[found + 1]) {
      found++;
    }
    return found;
  }

  private static int pageOf(OffsetIndex index, long groupRow) {
    int low = 0;
    int high = index.getPageCount() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (index.getFirstRowIndex(middle) <= groupRow) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private void startGroup(int newGroup) {
    group = newGroup;
    dictionary = null;
    dictionaryRead = false;
    nextPage = chunk().getStartingPos();
    nextPageRow = 0;
  }

  /** Where the bytes end that the rows before {@code end} need. */
  private long bytesWanted(long end) {
    OffsetIndex index = end < groupStarts[group + 1] ? offsetIndex(group) : null;
    if (index == null) {
      return chunk().getStartingPos() + chunk().getTotalSize();
    }
    int last = pageOf(index, end - 1 - groupStarts[group]);
    return index.getOffset(last) + index.getCompressedPageSize(last);
  }

  private ColumnChunkMetaData chunk() {
    return chunks.get(group);
  }

  private void readPage(long wanted) {
    long rowsInGroup = groupStarts[group + 1] - groupStarts[group];
    long chunkEnd = chunk().getStartingPos() + chunk().getTotalSize();
    if (nextPageRow >= rowsInGroup || nextPage >= chunkEnd) {
      throw corrupt(
          "row group %d has %d rows, but its pages end after %d"
              .formatted(group, rowsInGroup, nextPageRow));
    }
    try {
      readPageAt(nextPage, Math.max(wanted, nextPage + 1), chunkEnd);
    } catch (IOException e) {
      throw corrupt("the page at %d does not parse".formatted(nextPage), e);
    } catch (UncheckedIOException | CorruptFileException e) {
      throw e;
    } catch (RuntimeException e) {
      throw corrupt("the page at %d does not decode".formatted(nextPage), e);
    }
  }

  private void readPageAt(long position, long wanted, long chunkEnd) throws IOException {
    HeaderBytes in = new HeaderBytes();
    PageHeader header = readHeader(in, position, wanted, chunkEnd);
    int bodyLength = header.getCompressed_page_size();
    long body = position + in.consumed();
    ensure(body, bodyLength, Math.max(wanted, body + bodyLength), chunkEnd);
    int offset = (int) (body - windowStart);
    if (header.getType() == PageType.DICTIONARY_PAGE) {
      dictionary = readDictionary(header, offset, bodyLength);
      dictionaryRead = true;
    } else if (header.getType() == PageType.DATA_PAGE_V2) {
      startPage(header.getData_page_header_v2(), header, offset, bodyLength);
    } else if (header.getType() == PageType.DATA_PAGE) {
      startPage(header.getData_page_header(), header, offset, bodyLength);
    }
    nextPage = body + bodyLength;
  }

  private PageHeader readHeader(HeaderBytes in, long position, long wanted, long chunkEnd)
      throws IOException {
    int atHand = (int) Math.min(chunkEnd - position, 1 << 10);
    while (true) {
      ensure(position, atHand, wanted, chunkEnd);
      int offset = (int) (position - windowStart);
      in.reset(window, offset, windowLength - offset);
      try {
        return Util.readPageHeader(in);
      } catch (IOException e) {
        boolean more = in.available() == 0 && windowStart + windowLength < chunkEnd;
        if (!more) {
          throw e;
        }
        // statistics made the header longer than what is at hand
        atHand = (int) Math.min(chunkEnd - position, 4L * (windowLength - offset));
      }
    }
  }

  /** Makes [position, position + length) part of the window, and what follows up to wanted. */
  private void ensure(long position, int length, long wanted, long chunkEnd) throws IOException {
    if (length < 0 || position + length > chunkEnd) {
      throw new IOException("It reaches beyond its column");
    }
    if (position >= windowStart && position + length <= windowStart + windowLength) {
      return;
    }
    long end = Math.min(chunkEnd, Math.max(position + length, wanted));
    int count = (int) Math.max(length, Math.min(end - position, WINDOW_BYTES));
    if (window.length < count) {
      window = new byte[count];
    }
    windowLength = 0; // in case the read fails
    file.read(position, window, count);
    windowStart = position;
    windowLength = count;
  }

  private Dictionary readDictionary(PageHeader header, int offset, int length) throws IOException {
    byte[] bytes = new byte[header.getUncompressed_page_size()];
    decompressor.decompress(chunk().getCodec(), window, offset, length, bytes, 0, bytes.length);
    DictionaryPage page =
        new DictionaryPage(
            BytesInput.from(bytes),
            header.getDictionary_page_header().getNum_values(),
            Encoding.PLAIN);
    return Encoding.PLAIN.initDictionary(column, page);
  }

  private void startPage(DataPageHeaderV2 page, PageHeader header, int offset, int length)
      throws IOException {
    int levels = page.getRepetition_levels_byte_length() + page.getDefinition_levels_byte_length();
    present =
        page.getNum_nulls() == 0
            ? null
            : readLevels(
                offset + page.getRepetition_levels_byte_length(),
                page.getDefinition_levels_byte_length(),
                page.getNum_values());
    int plainLength = header.getUncompressed_page_size() - levels;
    makeRoom(plainLength);
    if (page.isIs_compressed()) {
      decompressor.decompress(
          chunk().getCodec(), window, offset + levels, length - levels, plain, 0, plainLength);
    } else {
      System.arraycopy(window, offset + levels, plain, 0, plainLength);
    }
    ByteBufferInputStream in = ByteBufferInputStream.wrap(ByteBuffer.wrap(plain, 0, plainLength));
    startValues(encoding(page.getEncoding()), page.getNum_values(), in);
  }

  private void startPage(DataPageHeader page, PageHeader header, int offset, int length)
      throws IOException {
    int plainLength = header.getUncompressed_page_size();
    makeRoom(plainLength);
    decompressor.decompress(chunk().getCodec(), window, offset, length, plain, 0, plainLength);
    ByteBufferInputStream in = ByteBufferInputStream.wrap(ByteBuffer.wrap(plain, 0, plainLength));
    present = null;
    if (column.getMaxDefinitionLevel() > 0) {
      ValuesReader levels =
          encoding(page.getDefinition_level_encoding())
              .getValuesReader(column, ValuesType.DEFINITION_LEVEL);
      levels.initFromPage(page.getNum_values(), in);
      present = readLevels(levels, page.getNum_values());
    }
    startValues(encoding(page.getEncoding()), page.getNum_values(), in);
  }

  private void startValues(Encoding encoding, int count, ByteBufferInputStream in)
      throws IOException {
    ValuesReader reader =
        encoding.usesDictionary()
            ? encoding.getDictionaryBasedValuesReader(column, ValuesType.VALUES, dictionary())
            : encoding.getValuesReader(column, ValuesType.VALUES);
    reader.initFromPage(count, in);
    values = reader;
    pageRow = groupStarts[group] + nextPageRow;
    pageRows = count;
    rowInPage = 0;
    nextPageRow += count;
  }

  private Dictionary dictionary() throws IOException {
    if (!dictionaryRead) {
      readDictionaryOfChunk();
    }
    if (dictionary == null) {
      throw new IOException("A page needs a dictionary, and the column has none");
    }
    return dictionary;
  }

  /** The page at hand was found by the index, so that the dictionary before it was not read. */
  private void readDictionaryOfChunk() throws IOException {
    dictionaryRead = true;
    OffsetIndex index = offsetIndex(group);
    long start = chunk().getStartingPos();
    if (index == null || index.getOffset(0) <= start) {
      return;
    }
    // the window holds the page at hand, whose values have been copied out of it
    int length = Math.toIntExact(index.getOffset(0) - start);
    ensure(start, length, start + length, start + length);
    HeaderBytes in = new HeaderBytes();
    int offset = (int) (start - windowStart);
    in.reset(window, offset, length);
    PageHeader header = Util.readPageHeader(in);
    if (header.getType() == PageType.DICTIONARY_PAGE) {
      dictionary = readDictionary(header, offset + in.consumed(), header.getCompressed_page_size());
    }
  }

  private boolean[] readLevels(int offset, int length, int count) throws IOException {
    RunLengthBitPackingHybridDecoder decoder =
        new RunLengthBitPackingHybridDecoder(
            BytesUtils.getWidthFromMaxInt(column.getMaxDefinitionLevel()),
            new ByteArrayInputStream(window, offset, length));
    boolean[] result = new boolean[count];
    for (int i = 0; i < count; i++) {
      result[i] = decoder.readInt() == column.getMaxDefinitionLevel();
    }
    return result;
  }

  private boolean @Nullable [] readLevels(ValuesReader levels, int count) {
    boolean[] result = new boolean[count];
    boolean anyNull = false;
    for (int i = 0; i < count; i++) {
      result[i] = levels.readInteger() == column.getMaxDefinitionLevel();
      anyNull |= !result[i];
    }
    return anyNull ? result : null;
  }

  private void makeRoom(int length) throws IOException {
    if (length < 0) {
      throw new IOException("A page has a negative length");
    }
    if (plain.length < length) {
      plain = new byte[length];
    }
  }

  private static Encoding encoding(org.apache.parquet.format.Encoding encoding) {
    return Encoding.valueOf(encoding.name());
  }

  private CorruptFileException corrupt(String what) {
    return corrupt(what, null);
  }

  private CorruptFileException corrupt(String what, @Nullable Throwable cause) {
    return new CorruptFileException(
        ("Cannot read key column '%s' of %s: %s. The file is damaged: restore it, or roll the table"
                + " back to a snapshot before it was added.")
            .formatted(String.join(".", column.getPath()), file.path(), what),
        cause);
  }

  /** Counts what the parser of headers takes. */
  private static final class HeaderBytes extends ByteArrayInputStream {
    private int start;

    HeaderBytes() {
      super(new byte[0]);
    }

    void reset(byte[] bytes, int offset, int length) {
      buf = bytes;
      pos = offset;
      start = offset;
      count = offset + length;
      mark = offset;
    }

    int consumed() {
      return pos - start;
    }
  }
}

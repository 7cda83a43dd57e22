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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesUtils;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.values.ValuesReader;
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
 * The pages of one leaf column of a file, one at a time, from any row on: found, decompressed, and
 * their levels decoded. Rows are counted from the file's first; a page never crosses a row group,
 * and starts with a row.
 */
final class ColumnPages {
  /** What a dictionary page holds: {@code count} values, PLAIN, padded. */
  record DictionaryBytes(byte[] bytes, int length, int count) {}

  private final PageWindow window;
  private final PageDecompressor decompressor;
  private final PageScratch scratch;
  private final ColumnDescriptor column;
  private final String what;
  private final List<ColumnChunkMetaData> chunks;
  private final long[] groupStarts; // and the row count as the last
  private final int slotBytes;
  private final @Nullable OffsetIndex[] offsetIndexes;
  private final boolean[] offsetIndexRead;

  // the chunk at hand
  private int group = -1;
  private @Nullable DictionaryBytes dictionary;
  private boolean dictionaryRead;
  private long nextPage;
  private long nextPageRow;

  // the page at hand
  private boolean loaded;
  private byte[] plain = new byte[0];
  private int valuesAt;
  private int valuesEnd;
  private Encoding encoding = Encoding.PLAIN;
  private int @Nullable [] definition;
  private int @Nullable [] repetition;
  private long pageRow;
  private int pageRows;
  private int pageLevels;
  private int pageValues;

  /**
   * Reads nothing yet.
   *
   * @param scratch holds the page at hand, unless slots are asked for
   * @param what is read, for messages
   * @param slotBytes room to be left behind a page's content for each value; if it is not 0, each
   *     page comes in an array of its own
   */
  ColumnPages(
      PageWindow window,
      PageDecompressor decompressor,
      PageScratch scratch,
      ColumnDescriptor column,
      String what,
      List<ColumnChunkMetaData> chunks,
      long[] groupStarts,
      int slotBytes) {
    this.window = window;
    this.decompressor = decompressor;
    this.scratch = scratch;
    this.column = column;
    this.what = what;
    this.chunks = chunks;
    this.groupStarts = groupStarts;
    this.slotBytes = slotBytes;
    this.offsetIndexes = new OffsetIndex[chunks.size()];
    this.offsetIndexRead = new boolean[chunks.size()];
  }

  /** Makes the page that holds {@code row} the one at hand. Rows up to {@code end} are wanted. */
  void load(long row, long end) {
    int newGroup = groupOf(row);
    if (newGroup != group) {
      startGroup(newGroup);
    }
    long groupRow = row - groupStarts[group];
    if (groupRow != nextPageRow) {
      jump(groupRow);
    }
    loaded = false;
    pageRow = row;
    pageRows = 0;
    long wanted = bytesWanted(end);
    while (row >= pageRow + pageRows) {
      readPage(wanted, groupRow);
    }
  }

  /** Lets go of the chunk and the page at hand, not of what the file says of its pages. */
  void release() {
    group = -1;
    dictionary = null;
    loaded = false;
    plain = new byte[0];
    definition = null;
    repetition = null;
  }

  /** Whether there is a page at hand. */
  boolean isLoaded() {
    return loaded;
  }

  /** The page's first row. */
  long pageRow() {
    return pageRow;
  }

  /** Rows of the page. */
  int pageRows() {
    return pageRows;
  }

  /** Levels of the page: its values, absent ones included. */
  int pageLevels() {
    return pageLevels;
  }

  /** Values of the page that are there. */
  int pageValues() {
    return pageValues;
  }

  /** How the values are encoded. */
  Encoding encoding() {
    return encoding;
  }

  /** The array with the values, which lie in [{@link #valuesAt}, {@link #valuesEnd}). */
  byte[] plain() {
    return plain;
  }

  int valuesAt() {
    return valuesAt;
  }

  int valuesEnd() {
    return valuesEnd;
  }

  /** Definition levels; null when all values are there. */
  int @Nullable [] definition() {
    return definition;
  }

  /** Repetition levels; null when the column is not repeated. */
  int @Nullable [] repetition() {
    return repetition;
  }

  /** What is read, for messages. */
  String what() {
    return what;
  }

  /** Which row group the page at hand belongs to. */
  int group() {
    return group;
  }

  /** What the file says of the column's chunk in each row group. */
  List<ColumnChunkMetaData> chunks() {
    return chunks;
  }

  /** The pages of row group {@code rowGroup}; null when the file does not say. */
  @Nullable OffsetIndex offsetIndex(int rowGroup) {
    if (!offsetIndexRead[rowGroup]) {
      offsetIndexRead[rowGroup] = true;
      IndexReference reference = chunks.get(rowGroup).getOffsetIndexReference();
      if (reference != null) {
        byte[] bytes = window.file().read(reference.getOffset(), reference.getLength());
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

  /** The dictionary of the chunk at hand. */
  DictionaryBytes dictionary() throws IOException {
    if (!dictionaryRead) {
      readDictionaryOfChunk();
    }
    if (dictionary == null) {
      throw new IOException("A page needs a dictionary, and the column has none");
    }
    return dictionary;
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

  private void readPage(long wanted, long groupRow) {
    long rowsInGroup = groupStarts[group + 1] - groupStarts[group];
    long chunkEnd = chunk().getStartingPos() + chunk().getTotalSize();
    if (nextPageRow >= rowsInGroup || nextPage >= chunkEnd) {
      throw corrupt(
          "row group %d has %d rows, but its pages end after %d"
              .formatted(group, rowsInGroup, nextPageRow));
    }
    try {
      readPageAt(nextPage, Math.max(wanted, nextPage + 1), chunkEnd, groupRow);
    } catch (IOException e) {
      throw corrupt("the page at %d does not parse".formatted(nextPage), e);
    } catch (UncheckedIOException | CorruptFileException | UnsupportedTableException e) {
      throw e;
    } catch (RuntimeException e) {
      throw corrupt("the page at %d does not decode".formatted(nextPage), e);
    }
  }

  private void readPageAt(long position, long wanted, long chunkEnd, long groupRow)
      throws IOException {
    HeaderBytes in = new HeaderBytes();
    PageHeader header = readHeader(in, position, wanted, chunkEnd);
    int bodyLength = header.getCompressed_page_size();
    long body = position + in.consumed();
    window.ensure(body, bodyLength, Math.max(wanted, body + bodyLength), chunkEnd);
    int offset = window.offset(body);
    if (header.getType() == PageType.DICTIONARY_PAGE) {
      dictionary = readDictionary(header, offset, bodyLength);
      dictionaryRead = true;
    } else if (endsBefore(checked(header), groupRow)) {
      definition = null;
      repetition = null;
      startPage(rows(header), 0, 0, 0);
    } else if (header.getType() == PageType.DATA_PAGE_V2) {
      readData(header.getData_page_header_v2(), header, offset, bodyLength);
    } else if (header.getType() == PageType.DATA_PAGE) {
      readData(header.getData_page_header(), header, offset, bodyLength);
    }
    nextPage = body + bodyLength;
  }

  /** Refuses a page of more values than the chunk has, before room is made for them. */
  private PageHeader checked(PageHeader header) throws IOException {
    int count =
        header.isSetData_page_header_v2()
            ? header.getData_page_header_v2().getNum_values()
            : header.isSetData_page_header() ? header.getData_page_header().getNum_values() : 0;
    if (count < 0 || count > chunk().getValueCount()) {
      throw new IOException(
          "It has %d values, and its column %d".formatted(count, chunk().getValueCount()));
    }
    return header;
  }

  /** Whether all rows of a page lie before the one that is looked for. */
  private boolean endsBefore(PageHeader header, long groupRow) {
    boolean isData =
        header.getType() == PageType.DATA_PAGE_V2
            || (header.getType() == PageType.DATA_PAGE && column.getMaxRepetitionLevel() == 0);
    return isData && nextPageRow + rows(header) <= groupRow;
  }

  private static int rows(PageHeader header) {
    return header.getType() == PageType.DATA_PAGE_V2
        ? header.getData_page_header_v2().getNum_rows()
        : header.getData_page_header().getNum_values();
  }

  private PageHeader readHeader(HeaderBytes in, long position, long wanted, long chunkEnd)
      throws IOException {
    int atHand = (int) Math.min(chunkEnd - position, 1 << 10);
    while (true) {
      window.ensure(position, atHand, wanted, chunkEnd);
      int available = window.available(position);
      in.reset(window.bytes(), window.offset(position), available);
      try {
        return Util.readPageHeader(in);
      } catch (IOException e) {
        boolean more = in.available() == 0 && position + available < chunkEnd;
        if (!more) {
          throw e;
        }
        // statistics made the header longer than what is at hand
        atHand = (int) Math.min(chunkEnd - position, 4L * available);
      }
    }
  }

  private DictionaryBytes readDictionary(PageHeader header, int offset, int length)
      throws IOException {
    int plainLength = checkedLength(header.getUncompressed_page_size());
    int count = header.getDictionary_page_header().getNum_values();
    if (count < 0 || count > plainLength) { // a value has a byte at least
      throw new IOException("A dictionary of %d values in %d bytes".formatted(count, plainLength));
    }
    byte[] bytes = new byte[plainLength + PageScratch.PADDING];
    decompressor.decompress(
        chunk().getCodec(), window.bytes(), offset, length, bytes, 0, plainLength);
    return new DictionaryBytes(bytes, plainLength, count);
  }

  private void readData(DataPageHeaderV2 page, PageHeader header, int offset, int length)
      throws IOException {
    int repetitionLength = page.getRepetition_levels_byte_length();
    int definitionLength = page.getDefinition_levels_byte_length();
    int levelLength = repetitionLength + definitionLength;
    int count = page.getNum_values();
    if (repetitionLength < 0 || definitionLength < 0 || levelLength > length || count < 0) {
      throw new IOException("Its levels reach beyond it");
    }
    int plainLength = checkedLength(header.getUncompressed_page_size());
    makeRoom(plainLength, count);
    // the levels first: they are never compressed
    System.arraycopy(window.bytes(), offset, plain, 0, levelLength);
    if (column.getMaxRepetitionLevel() > 0) {
      repetition = scratch.repetition(count);
      decodeLevels(0, repetitionLength, column.getMaxRepetitionLevel(), count, repetition);
    }
    if (column.getMaxDefinitionLevel() > 0 && page.getNum_nulls() != 0) {
      definition = scratch.definition(count);
      decodeLevels(
          repetitionLength, levelLength, column.getMaxDefinitionLevel(), count, definition);
    }
    int valuesLength = checkedLength(plainLength - levelLength);
    if (page.isIs_compressed() && length > levelLength) {
      decompressor.decompress(
          chunk().getCodec(),
          window.bytes(),
          offset + levelLength,
          length - levelLength,
          plain,
          levelLength,
          valuesLength);
    } else {
      if (length != plainLength) {
        throw new IOException("It has %d bytes, not %d".formatted(length, plainLength));
      }
      System.arraycopy(window.bytes(), offset + levelLength, plain, levelLength, valuesLength);
    }
    encoding = encoding(page.getEncoding());
    startPage(page.getNum_rows(), count, levelLength, plainLength);
  }

  private void readData(DataPageHeader page, PageHeader header, int offset, int length)
      throws IOException {
    int plainLength = checkedLength(header.getUncompressed_page_size());
    int count = checkedLength(page.getNum_values());
    makeRoom(plainLength, count);
    decompressor.decompress(
        chunk().getCodec(), window.bytes(), offset, length, plain, 0, plainLength);
    int at = 0;
    if (column.getMaxRepetitionLevel() > 0) {
      repetition = scratch.repetition(count);
      at =
          readLevels(
              page.getRepetition_level_encoding(),
              ValuesType.REPETITION_LEVEL,
              column.getMaxRepetitionLevel(),
              at,
              plainLength,
              count,
              repetition);
    }
    if (column.getMaxDefinitionLevel() > 0) {
      definition = scratch.definition(count);
      at =
          readLevels(
              page.getDefinition_level_encoding(),
              ValuesType.DEFINITION_LEVEL,
              column.getMaxDefinitionLevel(),
              at,
              plainLength,
              count,
              definition);
    }
    encoding = encoding(page.getEncoding());
    startPage(repetition == null ? count : countRows(repetition, count), count, at, plainLength);
  }

  /** Returns where the levels of a page of version 1 end. */
  private int readLevels(
      org.apache.parquet.format.Encoding levelEncoding,
      ValuesType type,
      int max,
      int at,
      int end,
      int count,
      int[] target)
      throws IOException {
    if (levelEncoding == org.apache.parquet.format.Encoding.RLE) {
      int start = at + Integer.BYTES;
      int length = start > end ? -1 : (int) RowLayout.getLong(plain, at);
      if (length < 0 || length > end - start) {
        throw new IOException("Its levels reach beyond it");
      }
      decodeLevels(start, start + length, max, count, target);
      return start + length;
    }
    ByteBufferInputStream in = ByteBufferInputStream.wrap(ByteBuffer.wrap(plain, at, end - at));
    ValuesReader reader = encoding(levelEncoding).getValuesReader(column, type);
    reader.initFromPage(count, in);
    for (int i = 0; i < count; i++) {
      target[i] = reader.readInteger();
    }
    return end - in.available();
  }

  private void decodeLevels(int at, int end, int max, int count, int[] target) throws IOException {
    RleDecoder.decode(plain, at, end, BytesUtils.getWidthFromMaxInt(max), count, target);
    for (int i = 0; i < count; i++) {
      if (target[i] > max) {
        throw new IOException("It has a level of %d, above %d".formatted(target[i], max));
      }
    }
  }

  private static int countRows(int[] repetition, int count) {
    int rows = 0;
    for (int i = 0; i < count; i++) {
      rows += repetition[i] == 0 ? 1 : 0;
    }
    return rows;
  }

  private void startPage(int rows, int count, int newValuesAt, int newValuesEnd)
      throws IOException {
    pageRow = groupStarts[group] + nextPageRow;
    pageRows = rows;
    pageLevels = count;
    valuesAt = newValuesAt;
    valuesEnd = newValuesEnd;
    pageValues = countValues(count);
    if (pageValues == count) {
      definition = null;
    }
    if (repetition == null ? count > 0 && count != rows : countRows(repetition, count) != rows) {
      throw new IOException("It has %d rows by its header, and not so many values".formatted(rows));
    }
    if (repetition != null && count > 0 && repetition[0] != 0) {
      throw new UnsupportedTableException(
          ("Cannot read %s: the page at %d starts in the middle of a row. Rewrite the file, for"
                  + " example by Spark's rewrite_data_files.")
              .formatted(what, nextPage));
    }
    loaded = true;
    nextPageRow += rows;
  }

  private int countValues(int count) {
    if (definition == null) {
      return count;
    }
    int max = column.getMaxDefinitionLevel();
    int values = 0;
    for (int i = 0; i < count; i++) {
      values += definition[i] == max ? 1 : 0;
    }
    return values;
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
    window.ensure(start, length, start + length, start + length);
    HeaderBytes in = new HeaderBytes();
    int offset = window.offset(start);
    in.reset(window.bytes(), offset, length);
    PageHeader header = Util.readPageHeader(in);
    if (header.getType() == PageType.DICTIONARY_PAGE) {
      dictionary = readDictionary(header, offset + in.consumed(), header.getCompressed_page_size());
    }
  }

  private void makeRoom(int length, int count) {
    definition = null;
    repetition = null;
    long room = length + (long) count * slotBytes + PageScratch.PADDING;
    plain = slotBytes == 0 ? scratch.plain((int) room) : new byte[Math.toIntExact(room)];
  }

  private static int checkedLength(int length) throws IOException {
    if (length < 0) {
      throw new IOException("A page has a negative length");
    }
    return length;
  }

  private static Encoding encoding(org.apache.parquet.format.Encoding encoding) {
    return Encoding.valueOf(encoding.name());
  }

  private CorruptFileException corrupt(String why) {
    return corrupt(why, null);
  }

  /** The failure that says why the column cannot be read. */
  CorruptFileException corrupt(String why, @Nullable Throwable cause) {
    return ParquetFooter.corrupt(what, why, cause);
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

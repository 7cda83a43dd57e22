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
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.internal.column.columnindex.ColumnIndex;
import org.apache.parquet.internal.column.columnindex.OffsetIndex;
import org.apache.parquet.internal.hadoop.metadata.IndexReference;
import org.jspecify.annotations.Nullable;

/** The keys of a Parquet file with all key columns. */
final class ParquetKeyFile implements KeyFile {
  private static final VarHandle BIG_ENDIAN_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final long UNKNOWN_MIN = 0;
  private static final long UNKNOWN_MAX = -1;
  private static final long NO_ROW_ID = -1;

  private final FileRanges file;
  private final PageDecompressor decompressor;
  private final KeyPartReader[] columns;
  private final @Nullable KeyColumnReader first;
  private final @Nullable KeyColumnReader rowIds;
  private final boolean fixedLong;
  private final long rowCount;
  private final ByteBuilder key = new ByteBuilder(64);

  private long[] pageFirstRows;
  private long[] pageMins;
  private long[] pageMaxes;
  private int pageCount;

  /**
   * Reads the directory of pages.
   *
   * @param columns readers of the key columns, in key order
   * @param first the first of them; null if the file lacks that column
   * @param firstChunks that column's chunks, one per row group
   * @param groupStarts first row of each row group, then the row count
   * @param rowIds the column with the rows' ids; null if the file lacks it
   * @param fixedLong whether a key is one plain int or long
   */
  ParquetKeyFile(
      FileRanges file,
      PageDecompressor decompressor,
      KeyPartReader[] columns,
      @Nullable KeyColumnReader first,
      List<ColumnChunkMetaData> firstChunks,
      long[] groupStarts,
      @Nullable KeyColumnReader rowIds,
      boolean fixedLong) {
    this.file = file;
    this.decompressor = decompressor;
    this.columns = columns;
    this.first = first;
    this.rowIds = rowIds;
    this.fixedLong = fixedLong;
    this.rowCount = groupStarts[groupStarts.length - 1];
    this.pageFirstRows = new long[16];
    this.pageMins = new long[16];
    this.pageMaxes = new long[16];
    for (int group = 0; group < groupStarts.length - 1; group++) {
      if (first == null) {
        addPage(groupStarts[group], UNKNOWN_MIN, UNKNOWN_MAX);
      } else {
        addPages(first, group, firstChunks.get(group), groupStarts[group], groupStarts[group + 1]);
      }
    }
  }

  @Override
  public long rowCount() {
    return rowCount;
  }

  @Override
  public int pageCount() {
    return pageCount;
  }

  @Override
  public long pageFirstRow(int page) {
    return pageFirstRows[page];
  }

  @Override
  public long pageMinPrefix(int page) {
    return pageMins[page];
  }

  @Override
  public long pageMaxPrefix(int page) {
    return pageMaxes[page];
  }

  @Override
  public void readPage(int page, KeyConsumer consumer) {
    readPage(page, page, consumer);
  }

  @Override
  public void readPage(int page, int lastPage, KeyConsumer consumer) {
    read(pageFirstRows[page], pageEnd(page), pageEnd(lastPage), consumer);
  }

  private long pageEnd(int page) {
    return page + 1 < pageCount ? pageFirstRows[page + 1] : rowCount;
  }

  @Override
  public void readAll(KeyConsumer consumer) {
    if (rowCount > 0) {
      read(0, rowCount, rowCount, consumer);
    }
  }

  @Override
  public boolean storesRowIds() {
    return rowIds != null;
  }

  @Override
  public long rowId(long position) {
    if (rowIds == null) {
      return NO_ROW_ID;
    }
    rowIds.seek(position, position + 1);
    return nextRowId(rowIds, position, position + 1);
  }

  @Override
  public void readRowIds(LongConsumer consumer) {
    if (rowIds != null && rowCount > 0) {
      rowIds.seek(0, rowCount);
    }
    for (long row = 0; row < rowCount; row++) {
      consumer.accept(rowIds == null ? NO_ROW_ID : nextRowId(rowIds, row, rowCount));
    }
  }

  private long nextRowId(KeyColumnReader column, long row, long end) {
    try {
      return column.nextLong(end, NO_ROW_ID);
    } catch (CorruptFileException | UncheckedIOException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new CorruptFileException(
          ("Cannot read the row ids of %s: that of row %d does not decode. The file is damaged:"
                  + " restore it, or roll the table back to a snapshot before it was added.")
              .formatted(file.path(), row),
          e);
    }
  }

  @Override
  public void close() {
    decompressor.close();
    file.close();
  }

  /** Reads [from, to). Rows up to {@code wanted} will be read. */
  private void read(long from, long to, long wanted, KeyConsumer consumer) {
    for (KeyPartReader column : columns) {
      column.seek(from, wanted);
    }
    if (fixedLong && first != null) {
      readLongs(first, from, to, wanted, consumer);
    } else {
      readParts(from, to, wanted, consumer);
    }
  }

  private void readParts(long from, long to, long wanted, KeyConsumer consumer) {
    for (long row = from; row < to; row++) {
      key.reset();
      if (appendParts(row, wanted)) {
        consumer.accept(row, key.array(), 0, key.size());
      }
    }
  }

  /** Returns false for a row with a NULL: a key holds none, so that the row equals no key. */
  private boolean appendParts(long row, long wanted) {
    try {
      boolean complete = true;
      for (KeyPartReader column : columns) {
        complete &= column.append(key, wanted);
      }
      return complete;
    } catch (CorruptFileException | UncheckedIOException e) {
      throw e;
    } catch (RuntimeException e) {
      throw undecodable(row, e);
    }
  }

  private void readLongs(
      KeyColumnReader column, long from, long to, long wanted, KeyConsumer consumer) {
    for (long row = from; row < to; ) {
      int count = (int) Math.min(to - row, column.rowsLeftInPage(wanted));
      if (column.pageIsFull()) {
        acceptLongs(column.longs(), column.rowInPage(), row, count, consumer);
        column.taken(count);
      } else {
        readParts(row, row + count, wanted, consumer);
      }
      row += count;
    }
  }

  private void acceptLongs(long[] values, int from, long row, int count, KeyConsumer consumer) {
    key.reset();
    key.reserve(Long.BYTES);
    byte[] bytes = key.array();
    for (int i = 0; i < count; i++) {
      BIG_ENDIAN_LONG.set(bytes, 0, values[from + i] ^ Long.MIN_VALUE);
      consumer.accept(row + i, bytes, 0, Long.BYTES);
    }
  }

  private CorruptFileException undecodable(long row, RuntimeException cause) {
    return new CorruptFileException(
        ("Cannot read the keys of %s: the key of row %d does not decode. The file is damaged: restore"
                + " it, or roll the table back to a snapshot before it was added.")
            .formatted(file.path(), row),
        cause);
  }

  private void addPages(
      KeyColumnReader column, int group, ColumnChunkMetaData chunk, long firstRow, long endRow) {
    OffsetIndex offsets = column.offsetIndex(group);
    if (offsets == null) {
      addPage(firstRow, UNKNOWN_MIN, UNKNOWN_MAX);
      return;
    }
    ColumnIndex bounds = readColumnIndex(chunk);
    for (int page = 0; page < offsets.getPageCount(); page++) {
      long row = firstRow + offsets.getFirstRowIndex(page);
      boolean first = page == 0;
      if (row >= endRow || (first ? row != firstRow : row <= pageFirstRows[pageCount - 1])) {
        throw new CorruptFileException(
            ("Cannot read the keys of %s: page %d of row group %d starts at row %d, which contradicts"
                    + " the pages before it or the row group's rows, %d to %d. The file is damaged:"
                    + " restore it, or roll the table back to a snapshot before it was added.")
                .formatted(file.path(), page, group, row, firstRow, endRow));
      }
      if (bounds == null || bounds.getNullPages().get(page)) {
        addPage(row, UNKNOWN_MIN, UNKNOWN_MAX);
      } else {
        addPage(
            row,
            prefix(column.part(), bounds.getMinValues().get(page), 0),
            prefix(column.part(), bounds.getMaxValues().get(page), -1));
      }
    }
  }

  private void addPage(long firstRow, long min, long max) {
    if (pageCount == pageFirstRows.length) {
      pageFirstRows = Arrays.copyOf(pageFirstRows, 2 * pageCount);
      pageMins = Arrays.copyOf(pageMins, 2 * pageCount);
      pageMaxes = Arrays.copyOf(pageMaxes, 2 * pageCount);
    }
    pageFirstRows[pageCount] = firstRow;
    pageMins[pageCount] = min;
    pageMaxes[pageCount] = max;
    pageCount++;
  }

  private @Nullable ColumnIndex readColumnIndex(ColumnChunkMetaData chunk) {
    IndexReference reference = chunk.getColumnIndexReference();
    if (reference == null) {
      return null;
    }
    byte[] bytes = file.read(reference.getOffset(), reference.getLength());
    try {
      return ParquetMetadataConverter.fromParquetColumnIndex(
          chunk.getPrimitiveType(), Util.readColumnIndex(new ByteArrayInputStream(bytes)));
    } catch (IOException | RuntimeException e) {
      throw new CorruptFileException(
          ("Cannot read the keys of %s: the column index at %d does not parse. The file is damaged:"
                  + " restore it, or roll the table back to a snapshot before it was added.")
              .formatted(file.path(), reference.getOffset()),
          e);
    }
  }

  /**
   * The prefix of keys whose first part is that of {@code bound}. What follows the part in a key is
   * not known here, so the rest is filled with the lowest or the highest byte. A bound may be cut
   * short (and its last byte be raised, if an upper one): the order of parts is that of values, so
   * it bounds the parts as well.
   */
  private long prefix(KeyPart part, ByteBuffer bound, int filler) {
    key.reset();
    part.appendBound(bound, key);
    while (key.size() < Long.BYTES) {
      key.append((byte) filler);
    }
    return (long) BIG_ENDIAN_LONG.get(key.array(), 0);
  }
}

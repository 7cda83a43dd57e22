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

import io.meru.key.KeyHash;
import io.meru.levelfile.FloatingEncoders.FloatingBounds;
import io.meru.row.RowLayout;
import java.io.IOException;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.values.bloomfilter.BloomFilter;
import org.apache.parquet.column.values.bloomfilter.BloomFilterWriter;
import org.jspecify.annotations.Nullable;

/**
 * Writes one column of one row group. Rows come in batches that are small enough to stay in the
 * processor's cache while one column after the other takes its values; a page takes many batches.
 */
final class ColumnChunkWriter {
  private final LeafColumn column;
  private final PageWriter pages;
  private final int pageBytes;
  private final ValueEncoder encoder;
  private final @Nullable DictionaryEncoder dictionary;
  private final @Nullable BloomFilter bloomFilter;
  private final FloatingBounds floatingBounds;

  private final PageLevels levels;
  private int pageRows;
  private int pageValues;
  private long bytesInPage;
  private byte[] extended = new byte[0];

  ColumnChunkWriter(
      LeafColumn column,
      PageWriter pages,
      int pageBytes,
      ValueEncoder encoder,
      @Nullable DictionaryEncoder dictionary,
      @Nullable BloomFilter bloomFilter,
      FloatingBounds floatingBounds) {
    this.column = column;
    this.pages = pages;
    this.pageBytes = pageBytes;
    this.encoder = encoder;
    this.dictionary = dictionary;
    this.bloomFilter = bloomFilter;
    this.floatingBounds = floatingBounds;
    ColumnDescriptor descriptor = column.descriptor();
    this.levels =
        new PageLevels(descriptor.getMaxRepetitionLevel(), descriptor.getMaxDefinitionLevel());
    startPage();
  }

  /** Adds the rows of {@code batch}. */
  void write(LeafBatch batch) throws IOException {
    for (int row = 0; row < batch.rows(); ) {
      long bytes = bytes(batch, row, batch.rows());
      boolean fits = bytesInPage + bytes <= pageBytes;
      int end = fits ? batch.rows() : rowsThatFit(batch, row);
      append(batch, row, end);
      bytesInPage += fits ? bytes : pageBytes;
      if (bytesInPage >= pageBytes) {
        endPage();
      }
      row = end;
    }
  }

  /** Ends the page that has been begun, if one has. */
  void endPage() throws IOException {
    if (pageRows == 0) {
      return;
    }
    Statistics<?> statistics = newStatistics();
    DictionaryEncoder byDictionary = dictionaryInUse();
    if (pageValues == 0) {
      writePageOfNulls(statistics);
    } else if (byDictionary == null) {
      writePage(encoder.encoding(), encoder.finish(statistics), statistics);
    } else {
      writePage(Encoding.RLE_DICTIONARY, byDictionary.finish(statistics), statistics);
    }
  }

  private void endDictionaryPage(DictionaryEncoder full) throws IOException {
    if (pageValues > 0) {
      Statistics<?> statistics = newStatistics();
      writePage(Encoding.RLE_DICTIONARY, full.finish(statistics), statistics);
    } else if (pageRows > 0) {
      writePageOfNulls(newStatistics());
    }
  }

  /**
   * Iceberg's vectorized reader, which Spark uses, fails on lengths by delta of no value at all.
   */
  private void writePageOfNulls(Statistics<?> statistics) throws IOException {
    writePage(Encoding.PLAIN, BytesInput.empty(), statistics);
  }

  private Statistics<?> newStatistics() {
    Statistics<?> statistics = Statistics.createStats(column.descriptor().getPrimitiveType());
    statistics.setNumNulls(levels.count() - pageValues);
    return statistics;
  }

  private void writePage(Encoding encoding, BytesInput data, Statistics<?> statistics)
      throws IOException {
    pages.writePageV2(
        pageRows,
        levels.count() - pageValues,
        levels.count(),
        levels.repetitionLevels(),
        levels.definitionLevels(),
        encoding,
        data,
        statistics);
    startPage();
  }

  /** The dictionary that values are encoded by; null when they are encoded otherwise. */
  @Nullable DictionaryEncoder dictionary() {
    return dictionaryInUse();
  }

  /** Whether values must come with where they lie, even if their ids are known. */
  boolean needsValues() {
    return bloomFilter != null;
  }

  /** Bytes of the pages so far, compressed. */
  long bufferedBytes() {
    return pages.getMemSize();
  }

  /** Ends the column; nothing may be written after this. */
  void end(BloomFilterWriter bloomFilters) throws IOException {
    endPage();
    if (dictionary != null && dictionary.isUsed()) {
      pages.writeDictionaryPage(dictionary.page());
    }
    if (bloomFilter != null) {
      bloomFilters.writeBloomFilter(bloomFilter);
    }
  }

  private void startPage() {
    levels.reset();
    encoder.reset();
    if (dictionary != null) {
      dictionary.reset();
    }
    pageRows = 0;
    pageValues = 0;
    bytesInPage = 0;
  }

  /** The row before which the page must end. At least one row fits. */
  private int rowsThatFit(LeafBatch batch, int row) {
    int end = row;
    long bytes = bytesInPage;
    do {
      bytes += bytes(batch, end, end + 1);
      end++;
    } while (end < batch.rows() && bytes < pageBytes);
    return end;
  }

  private long bytes(LeafBatch batch, int fromRow, int toRow) {
    int from = batch.valueOf(fromRow);
    int to = batch.valueOf(toRow);
    int levelCount = batch.levelOf(toRow) - batch.levelOf(fromRow);
    if (batch.ids() != null) {
      return levelCount + (long) (to - from) * Short.BYTES; // as they are encoded, about
    }
    return encoder.width() == ValueEncoder.VARIABLE_WIDTH
        ? levelCount + BytesEncoders.totalLength(batch, from, to)
        : levelCount + (long) (to - from) * encoder.width();
  }

  private void append(LeafBatch batch, int fromRow, int toRow) throws IOException {
    int from = batch.valueOf(fromRow);
    int to = batch.valueOf(toRow);
    appendValues(batch, from, to);
    levels.append(batch, batch.levelOf(fromRow), batch.levelOf(toRow));
    pageRows += toRow - fromRow;
    pageValues += to - from;
    countFloatingNulls(batch, batch.levelOf(fromRow), batch.levelOf(toRow));
    addToBloomFilter(batch, from, to);
  }

  private void appendValues(LeafBatch batch, int from, int to) throws IOException {
    DictionaryEncoder byDictionary = dictionaryInUse();
    int[] ids = batch.ids();
    if (byDictionary == null) {
      encoder.append(batch, from, to);
    } else if (ids != null) {
      byDictionary.appendIds(ids, from, to);
    } else if (!byDictionary.append(batch, from, to)) {
      // what the page has so far stays encoded by the dictionary
      endDictionaryPage(byDictionary);
      encoder.append(batch, from, to);
    }
  }

  private @Nullable DictionaryEncoder dictionaryInUse() {
    return dictionary == null || dictionary.isFull() ? null : dictionary;
  }

  /** Iceberg's writer does not count a floating-point leaf where a struct above it is NULL. */
  private void countFloatingNulls(LeafBatch batch, int fromLevel, int toLevel) {
    if (column.isFloating() && column.optional() && !batch.onlyValues()) {
      int leafIsNull = column.descriptor().getMaxDefinitionLevel() - 1;
      floatingBounds.addNulls(batch.countDefinitionLevel(fromLevel, toLevel, leafIsNull));
    }
  }

  /** The hash is that of the user keys too: XXH64 over the value in its PLAIN encoding. */
  private void addToBloomFilter(LeafBatch batch, int from, int to) {
    if (bloomFilter == null) {
      return;
    }
    for (int i = from; i < to; i++) {
      bloomFilter.insertHash(hash(batch, i));
    }
  }

  private long hash(LeafBatch batch, int i) {
    byte[] array = batch.arrays()[i];
    int slotAt = batch.slots()[i] + batch.slotDelta();
    return switch (column.physicalType()) {
      case INT32 -> KeyHash.hash64(array, slotAt, Integer.BYTES); // slots are little-endian
      case INT64 -> KeyHash.hash64(array, slotAt, Long.BYTES);
      default -> hashBytes(array, batch.regions()[i], RowLayout.getLong(array, slotAt));
    };
  }

  private long hashBytes(byte[] array, int region, long slot) {
    int offset = region + RowLayout.offset(slot);
    int length = RowLayout.length(slot);
    if (!column.isDecimal() || length == column.fixedLength()) {
      return KeyHash.hash64(array, offset, length);
    }
    if (extended.length == 0) {
      extended = new byte[column.fixedLength()];
    }
    BytesEncoders.extendSign(array, offset, length, extended, 0, column.fixedLength());
    return KeyHash.hash64(extended, 0, column.fixedLength());
  }
}

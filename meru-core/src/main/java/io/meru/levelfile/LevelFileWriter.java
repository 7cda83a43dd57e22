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

import io.meru.config.LevelOptions;
import io.meru.key.KeySpec;
import io.meru.levelfile.FloatingEncoders.FloatingBounds;
import io.meru.memtable.SortedEntries;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SchemaParser;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/**
 * Writes level files straight from a memtable's bytes: a batch of rows at a time, and of a batch
 * one column after the other, each in a loop over one type. parquet-java gives the pages, the
 * indexes and the footer; its record and column writers, which take values one by one, are not
 * used. Used by one thread at a time.
 */
public final class LevelFileWriter {
  private static final int COLUMN_INDEX_TRUNCATE_LENGTH = 64; // as Iceberg's own writer

  /** Rows of a batch: some hundred kilobytes of them stay in the cache from column to column. */
  private static final int BATCH_ROWS = 512;

  private final Schema schema;
  private final String schemaJson;
  private final int sortOrderId;
  private final MetricsConfig metricsConfig;
  private final LevelOptions options;
  private final MessageType parquetSchema;
  private final RowIdColumn rowIdColumn;
  private final List<LeafColumn> columns;

  private final ValueEncoder[] encoders;
  private final FloatingBounds[] floatingBounds;
  private final boolean[] bloomFiltered;

  // reused from file to file
  private final RowBatch rows;
  private final LeafBatch leaves = new LeafBatch();
  private final DictionarySampler sampler = new DictionarySampler();

  /**
   * A writer of files of this schema.
   *
   * @param sortOrder the table's; files state it when it is the order of the key columns
   */
  public LevelFileWriter(
      Schema schema,
      KeySpec keySpec,
      SortOrder sortOrder,
      MetricsConfig metricsConfig,
      LevelOptions options) {
    this.schema = schema;
    this.schemaJson = SchemaParser.toJson(schema);
    this.sortOrderId = LeafEncoders.sortOrderId(sortOrder, keySpec);
    this.metricsConfig = metricsConfig;
    this.options = options;
    this.parquetSchema = ParquetSchemaUtil.convert(schema, "table");
    this.rowIdColumn = new RowIdColumn(schema);
    this.columns = LeafColumn.of(schema, parquetSchema);
    this.rows = new RowBatch(schema.columns().size());
    this.encoders = new ValueEncoder[columns.size()];
    this.floatingBounds = new FloatingBounds[columns.size()];
    this.bloomFiltered = LeafEncoders.bloomFiltered(columns, keySpec, options);
    for (int i = 0; i < encoders.length; i++) {
      floatingBounds[i] = new FloatingBounds();
      encoders[i] = LeafEncoders.encoder(columns.get(i), keySpec, floatingBounds[i]);
    }
  }

  /**
   * Writes the puts {@code entries[selection[from]]} to {@code entries[selection[to - 1]]} as one
   * file.
   *
   * @param selection indexes into {@code entries}, ascending, of puts only
   * @param rowIds the id of the row that an entry replaces, -1 for a row that is new; null if all
   *     are new, and the file is to store none
   * @param name goes into the footer as well
   * @return the file with its metrics
   * @throws UncheckedIOException if the file cannot be written; it is closed, and to be deleted
   * @throws IllegalArgumentException if a row has a NULL where the schema allows none
   */
  public AddedFile write(
      OutputFile output,
      SortedEntries entries,
      int[] selection,
      int from,
      int to,
      @Nullable IntToLongFunction rowIds,
      LevelFileName name,
      PartitionTuple partition) {
    if (from >= to) {
      throw new IllegalArgumentException("A level file needs at least one row");
    }
    int first = selection[from];
    int last = selection[to - 1];
    FileOutput file = new FileOutput(output);
    List<BlockMetaData> blocks;
    try (file) {
      ParquetFileWriter parquet = newFile(file, rowIds != null);
      writeRows(parquet, entries, selection, from, to, rowIds);
      parquet.end(FooterKeys.of(name, schemaJson, entries, first, last));
      blocks = parquet.getFooter().getBlocks();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the level file " + output.location(), e);
    } finally {
      rows.release();
      leaves.release();
      for (ValueEncoder encoder : encoders) {
        encoder.reset();
      }
      rowIdColumn.release();
    }
    Metrics metrics = FileMetrics.of(schema, metricsConfig, columns, floatingBounds, blocks);
    TableFile tableFile =
        new TableFile(
            output.location(),
            file.length(),
            to - from,
            partition,
            name,
            entries.prefix(first),
            entries.prefix(last));
    List<Long> splits = blocks.stream().map(BlockMetaData::getStartingPos).sorted().toList();
    return new AddedFile(tableFile, metrics, splits, sortOrderId);
  }

  private ParquetFileWriter newFile(FileOutput file, boolean withRowIds) throws IOException {
    ParquetFileWriter parquet =
        new ParquetFileWriter(
            file,
            parquetSchema(withRowIds),
            ParquetFileWriter.Mode.CREATE,
            options.rowGroupBytes(),
            0,
            COLUMN_INDEX_TRUNCATE_LENGTH,
            ParquetProperties.DEFAULT_STATISTICS_TRUNCATE_LENGTH,
            false);
    parquet.start();
    return parquet;
  }

  private MessageType parquetSchema(boolean withRowIds) {
    return withRowIds ? rowIdColumn.schema() : parquetSchema;
  }

  private void writeRows(
      ParquetFileWriter parquet,
      SortedEntries entries,
      int[] selection,
      int from,
      int to,
      @Nullable IntToLongFunction rowIds)
      throws IOException {
    for (FloatingBounds bounds : floatingBounds) {
      bounds.reset();
    }
    boolean[] dictionaries = chooseDictionaries(entries, selection, from, to);
    BytesInputCompressor compressor = PageCompressor.open(options);
    try {
      for (int next = from; next < to; ) {
        next =
            writeRowGroup(parquet, compressor, dictionaries, entries, selection, next, to, rowIds);
      }
    } finally {
      compressor.release();
    }
  }

  private boolean[] chooseDictionaries(SortedEntries entries, int[] selection, int from, int to) {
    boolean[] chosen = new boolean[columns.size()];
    int step = Math.max(1, (to - from) / DictionarySampler.ROWS);
    rows.fill(entries, selection, from, to, step);
    for (int i = 0; i < chosen.length; i++) {
      DictionaryEncoder.@Nullable Kind kind = LeafEncoders.dictionaryKind(columns.get(i));
      if (kind != null) {
        columns.get(i).shredder().shred(rows, leaves);
        chosen[i] = sampler.pays(leaves, kind.isOfBytes());
      }
    }
    return chosen;
  }

  /** Returns the index into {@code selection} at which the next row group starts. */
  private int writeRowGroup(
      ParquetFileWriter parquet,
      BytesInputCompressor compressor,
      boolean[] dictionaries,
      SortedEntries entries,
      int[] selection,
      int from,
      int to,
      @Nullable IntToLongFunction rowIds)
      throws IOException {
    try (ColumnChunkPageWriteStore pages =
        new ColumnChunkPageWriteStore(
            compressor,
            parquetSchema(rowIds != null),
            HeapByteBufferAllocator.getInstance(),
            COLUMN_INDEX_TRUNCATE_LENGTH,
            false)) {
      ColumnChunkWriter[] chunks = newChunks(pages, dictionaries, to - from);
      if (rowIds != null) {
        rowIdColumn.start(pages, options.pageBytes(), rowIds);
      }
      int next = from;
      do {
        int pageEnd = (int) Math.min(to, (long) next + options.pageRowLimit());
        writePages(chunks, entries, selection, next, pageEnd);
        if (rowIds != null) {
          rowIdColumn.writePage(selection, next, pageEnd);
        }
        next = pageEnd;
      } while (next < to && bufferedBytes(chunks) < options.rowGroupBytes());
      parquet.startBlock(next - from);
      for (int i = 0; i < chunks.length; i++) {
        chunks[i].end(pages.getBloomFilterWriter(columns.get(i).descriptor()));
      }
      if (rowIds != null) {
        rowIdColumn.end(pages);
      }
      pages.flushToFileWriter(parquet);
      parquet.endBlock();
      return next;
    }
  }

  /** Writes some rows as one page per column, or as more where one would be too large. */
  private void writePages(
      ColumnChunkWriter[] chunks, SortedEntries entries, int[] selection, int from, int to)
      throws IOException {
    for (int next = from; next < to; next += BATCH_ROWS) {
      rows.fill(entries, selection, next, Math.min(to, next + BATCH_ROWS), 1);
      for (int i = 0; i < chunks.length; i++) {
        columns.get(i).shredder().shred(rows, leaves);
        chunks[i].write(leaves);
      }
    }
    for (ColumnChunkWriter chunk : chunks) {
      chunk.endPage();
    }
  }

  private static long bufferedBytes(ColumnChunkWriter[] chunks) {
    long bytes = 0;
    for (ColumnChunkWriter chunk : chunks) {
      bytes += chunk.bufferedBytes();
    }
    return bytes;
  }

  private ColumnChunkWriter[] newChunks(
      ColumnChunkPageWriteStore pages, boolean[] dictionaries, int maxRows) {
    ColumnChunkWriter[] chunks = new ColumnChunkWriter[columns.size()];
    for (int i = 0; i < chunks.length; i++) {
      LeafColumn column = columns.get(i);
      PageWriter pageWriter = pages.getPageWriter(column.descriptor());
      chunks[i] =
          new ColumnChunkWriter(
              column,
              pageWriter,
              options.pageBytes(),
              encoders[i],
              dictionaries[i] ? LeafEncoders.newDictionary(column) : null,
              bloomFiltered[i] ? LeafEncoders.newBloomFilter(maxRows, options) : null,
              floatingBounds[i]);
    }
    return chunks;
  }
}

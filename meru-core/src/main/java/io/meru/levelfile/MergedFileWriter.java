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
import io.meru.error.UnsupportedTableException;
import io.meru.key.KeySpec;
import io.meru.levelfile.FloatingEncoders.FloatingBounds;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.LongConsumer;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SchemaParser;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Writes level files out of the rows of others, one column after the other: it holds a page of one
 * column of each input, and one column of a row group, compressed, however wide the table is.
 *
 * <p>Files have two columns more than the table, at the end: {@code _row_id} and {@code
 * _last_updated_sequence_number}, under Iceberg's reserved field ids. They are never NULL, so that
 * what a row inherited from its old file stays with it.
 *
 * <p>One file at a time: {@link #start}, {@link #writeRowGroup} as often as there are row groups,
 * {@link #finish}; {@link #abort} in place of these when something fails. Used by one thread at a
 * time.
 */
public final class MergedFileWriter {
  private static final int COLUMN_INDEX_TRUNCATE_LENGTH = 64; // as Iceberg's own writer

  /** Held of all inputs at once, in the pieces in which they are read. */
  private static final int WINDOW_BYTES = 32 << 20;

  private static final int MIN_WINDOW_BYTES = 256 << 10;
  private static final int MAX_WINDOW_BYTES = 8 << 20;

  /**
   * With its header, an array of a power of two of bytes takes one heap region more than needed.
   */
  private static final int ARRAY_HEADER_BYTES = 64;

  private final String table;
  private final Schema schema;
  private final String schemaJson;
  private final int sortOrderId;
  private final MetricsConfig metricsConfig;
  private final LevelOptions options;
  private final BiFunction<String, Long, InputFile> inputs;
  private final MessageType parquetSchema;
  private final List<LeafColumn> columns;
  private final MessageType[] columnSchemas;
  private final ValueEncoder[] encoders;
  private final FloatingBounds[] floatingBounds;
  private final boolean[] bloomFiltered;
  private final LeafMerge merge = new LeafMerge();
  private final PageScratch scratch = new PageScratch();

  private @Nullable Output output;

  /** A file in the making. */
  private record Output(
      OutputFile location,
      FileOutput file,
      ParquetFileWriter parquet,
      BytesInputCompressor codec) {}

  /**
   * A writer of files of this schema.
   *
   * @param sortOrder the table's; files state it when it is the order of the key columns
   * @param inputs opens input files, by path and length
   */
  public MergedFileWriter(
      Schema schema,
      KeySpec keySpec,
      SortOrder sortOrder,
      MetricsConfig metricsConfig,
      LevelOptions options,
      BiFunction<String, Long, InputFile> inputs) {
    this.table = keySpec.table();
    this.schema = MetadataColumns.schemaWithRowLineage(schema);
    this.schemaJson = SchemaParser.toJson(schema);
    this.sortOrderId = LeafEncoders.sortOrderId(sortOrder, keySpec);
    this.metricsConfig = metricsConfig;
    this.options = options;
    this.inputs = inputs;
    this.parquetSchema = ParquetSchemaUtil.convert(this.schema, "table");
    this.columns = LeafColumn.of(this.schema, parquetSchema);
    this.columnSchemas = new MessageType[columns.size()];
    this.encoders = new ValueEncoder[columns.size()];
    this.floatingBounds = new FloatingBounds[columns.size()];
    this.bloomFiltered = LeafEncoders.bloomFiltered(columns, keySpec, options);
    for (int i = 0; i < encoders.length; i++) {
      String[] path = columns.get(i).descriptor().getPath();
      columnSchemas[i] = new MessageType(parquetSchema.getName(), only(parquetSchema, path, 0));
      floatingBounds[i] = new FloatingBounds();
      encoders[i] = LeafEncoders.encoder(columns.get(i), keySpec, floatingBounds[i]);
    }
  }

  private static Type only(GroupType parent, String[] path, int depth) {
    Type child = parent.getType(path[depth]);
    return child.isPrimitive()
        ? child
        : child.asGroupType().withNewFields(only(child.asGroupType(), path, depth + 1));
  }

  /**
   * Why the file cannot be merged; empty if it can.
   *
   * @throws io.meru.error.CorruptFileException if it contradicts itself
   * @throws UncheckedIOException if it cannot be read
   */
  public Optional<String> refusal(String path, long fileSizeBytes) {
    try (FileRanges file = FileRanges.open(inputs.apply(path, fileSizeBytes), fileSizeBytes)) {
      mappings(path, footer(path, file));
      return Optional.empty();
    } catch (UnsupportedTableException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Opens an input.
   *
   * @param recordCount rows that it has by the table's metadata
   * @param firstRowId row id of the file's first row, for rows that store none
   * @param dataSequenceNumber the file's, for rows that store none
   * @param inputCount how many inputs the merge has
   * @throws UnsupportedTableException if the file cannot be merged
   * @throws io.meru.error.CorruptFileException if it contradicts itself or the table
   */
  public MergeSource open(
      String path,
      long fileSizeBytes,
      long recordCount,
      long firstRowId,
      long dataSequenceNumber,
      int inputCount) {
    FileRanges file = FileRanges.open(inputs.apply(path, fileSizeBytes), fileSizeBytes);
    try {
      ParquetFooter footer = footer(path, file);
      int window =
          Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, WINDOW_BYTES / inputCount));
      MergeSource source =
          new MergeSource(
              file,
              new PageDecompressor(),
              footer,
              columns,
              mappings(path, footer),
              firstRowId,
              dataSequenceNumber,
              window - ARRAY_HEADER_BYTES,
              scratch);
      source.checkRowCount(recordCount);
      return source;
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private ParquetFooter footer(String path, FileRanges file) {
    ParquetFooter.refuseOtherFormats(path, path, table);
    return ParquetFooter.read(file, path, table);
  }

  private List<LeafMapping> mappings(String path, ParquetFooter footer) {
    return LeafMapping.of(path, schema, columns, footer.schema());
  }

  /** Starts a file. */
  public void start(OutputFile location) {
    if (output != null) {
      throw new IllegalStateException("A file is being written: " + output.location.location());
    }
    for (FloatingBounds bounds : floatingBounds) {
      bounds.reset();
    }
    FileOutput file = new FileOutput(location);
    try {
      ParquetFileWriter parquet =
          new ParquetFileWriter(
              file,
              parquetSchema,
              ParquetFileWriter.Mode.CREATE,
              options.rowGroupBytes(),
              0,
              COLUMN_INDEX_TRUNCATE_LENGTH,
              ParquetProperties.DEFAULT_STATISTICS_TRUNCATE_LENGTH,
              false);
      parquet.start();
      output = new Output(location, file, parquet, PageCompressor.open(options));
    } catch (IOException e) {
      closeQuietly(file, e);
      throw cannotWrite(location, e);
    }
  }

  /**
   * Writes a row group.
   *
   * @param sources the merge's inputs
   * @param rows which rows of them, in which order
   * @param rowIds takes the rows' ids, in that order; null for nobody
   * @param control may end it
   * @throws io.meru.error.CorruptFileException if an input's bytes contradict what it says
   */
  public void writeRowGroup(
      List<MergeSource> sources,
      MergeRows rows,
      @Nullable LongConsumer rowIds,
      MergeControl control) {
    Output out = output();
    try {
      out.parquet.startBlock(rows.rows());
      for (int i = 0; i < columns.size(); i++) {
        boolean isRowId = columns.get(i).sizeId() == MetadataColumns.ROW_ID.fieldId();
        writeColumn(out, i, sources, rows, isRowId ? rowIds : null, control);
      }
      out.parquet.endBlock();
    } catch (IOException e) {
      throw cannotWrite(out.location, e);
    }
  }

  private void writeColumn(
      Output out,
      int index,
      List<MergeSource> sources,
      MergeRows rows,
      @Nullable LongConsumer longs,
      MergeControl control)
      throws IOException {
    LeafColumn column = columns.get(index);
    List<LeafSource> leaves = sources.stream().map(source -> source.leaf(index)).toList();
    try (ColumnChunkPageWriteStore pages =
        new ColumnChunkPageWriteStore(
            out.codec,
            columnSchemas[index],
            HeapByteBufferAllocator.getInstance(),
            COLUMN_INDEX_TRUNCATE_LENGTH,
            false)) {
      ColumnChunkWriter chunk =
          new ColumnChunkWriter(
              column,
              pages.getPageWriter(column.descriptor()),
              options.pageBytes(),
              encoders[index],
              fewValues(leaves, rows) ? LeafEncoders.newDictionary(column) : null,
              bloomFiltered[index] ? LeafEncoders.newBloomFilter(rows.rows(), options) : null,
              floatingBounds[index]);
      merge.merge(
          leaves,
          LeafShape.of(column),
          rows,
          options.pageRowLimit(),
          chunk,
          longs,
          () -> control.progress(bytesRead(sources), out.file.length() + chunk.bufferedBytes()));
      chunk.end(pages.getBloomFilterWriter(column.descriptor()));
      pages.flushToFileWriter(out.parquet);
    } finally {
      encoders[index].reset();
    }
  }

  /** Whether most rows come from inputs that found a dictionary worth its while. */
  private static boolean fewValues(List<LeafSource> leaves, MergeRows rows) {
    long few = 0;
    long all = 0;
    for (int i = 0; i < leaves.size(); i++) {
      long span = rows.to()[i] - rows.from()[i];
      all += span;
      few += span > 0 && leaves.get(i).hasFewValues(rows.from()[i]) ? span : 0;
    }
    return 2 * few >= all;
  }

  private static long bytesRead(List<MergeSource> sources) {
    long bytes = 0;
    for (MergeSource source : sources) {
      bytes += source.bytesRead();
    }
    return bytes;
  }

  /** Bytes of the present file so far. */
  public long bytesWritten() {
    return output == null ? 0 : output.file.length();
  }

  /**
   * Ends the file.
   *
   * @param name goes into the footer as well
   * @param minKey the first row's user key
   * @param maxKey the last row's
   * @param minPrefix prefix of the first
   * @param maxPrefix prefix of the last
   * @return the file with its metrics
   */
  public AddedFile finish(
      LevelFileName name,
      PartitionTuple partition,
      byte[] minKey,
      byte[] maxKey,
      long minPrefix,
      long maxPrefix) {
    Output out = output();
    List<BlockMetaData> blocks;
    try {
      HexFormat hex = HexFormat.of();
      Map<String, String> keys =
          FooterKeys.of(name, schemaJson, hex.formatHex(minKey), hex.formatHex(maxKey));
      out.parquet.end(keys);
      out.file.close();
      blocks = out.parquet.getFooter().getBlocks();
    } catch (IOException e) {
      throw cannotWrite(out.location, e);
    }
    out.codec.release();
    output = null;
    Metrics metrics = FileMetrics.of(schema, metricsConfig, columns, floatingBounds, blocks);
    TableFile file =
        new TableFile(
            out.location.location(),
            out.file.length(),
            blocks.stream().mapToLong(BlockMetaData::getRowCount).sum(),
            partition,
            name,
            minPrefix,
            maxPrefix);
    List<Long> splits = blocks.stream().map(BlockMetaData::getStartingPos).sorted().toList();
    return new AddedFile(file, metrics, splits, sortOrderId);
  }

  /** Gives up the file that is being written, if one is; it is closed, and to be deleted. */
  public void abort(Throwable cause) {
    if (output != null) {
      output.codec.release();
      closeQuietly(output.file, cause);
      output = null;
    }
  }

  private Output output() {
    if (output == null) {
      throw new IllegalStateException("No file has been started");
    }
    return output;
  }

  private static void closeQuietly(FileOutput file, Throwable cause) {
    try {
      file.close();
    } catch (IOException | RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  private static UncheckedIOException cannotWrite(OutputFile file, IOException cause) {
    return new UncheckedIOException("Cannot write the level file " + file.location(), cause);
  }
}

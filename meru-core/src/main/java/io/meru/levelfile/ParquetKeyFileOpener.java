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
import io.meru.key.KeyColumn;
import io.meru.key.KeySpec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.types.Types;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Opens the keys of Parquet files, level or foreign. Safe to use from many threads.
 *
 * <p>It reads the footer and the indexes in one piece, and of the rest only the key columns' pages.
 * parquet-java's own file reader is not used: it parses Hadoop's configuration at each open, which
 * costs more than all the rest.
 */
public final class ParquetKeyFileOpener implements KeyFileOpener {
  private static final int MAGIC_BYTES = ParquetFileWriter.MAGIC.length;
  private static final int TRAILER_BYTES = Integer.BYTES + MAGIC_BYTES;

  private static final ParquetReadOptions READ_OPTIONS =
      ParquetReadOptions.builder(new PlainParquetConfiguration()).build();

  /** The column of row ids, which is read as a key column is. */
  private static final KeyColumn ROW_ID =
      new KeyColumn(
          MetadataColumns.ROW_ID.fieldId(),
          MetadataColumns.ROW_ID.name(),
          Types.LongType.get(),
          -1,
          null);

  private final KeySpec keySpec;
  private final BiFunction<String, Long, InputFile> inputs;

  /**
   * Opens files by {@code inputs} (path and length to file).
   *
   * @param keySpec columns are found by field id; a foreign file without field ids is refused
   */
  public ParquetKeyFileOpener(KeySpec keySpec, BiFunction<String, Long, InputFile> inputs) {
    this.keySpec = keySpec;
    this.inputs = inputs;
  }

  /**
   * {@inheritDoc}
   *
   * @throws UnsupportedTableException if the file is no Parquet file, is encrypted, has no field
   *     ids or stores a key column in a form that cannot be read
   * @throws CorruptFileException if it contradicts itself or {@code fileSizeBytes}
   * @throws UncheckedIOException if it cannot be read
   */
  @Override
  public KeyFile open(String path, long fileSizeBytes) {
    refuseOtherFormats(path);
    FileRanges file = FileRanges.open(inputs.apply(path, fileSizeBytes), fileSizeBytes);
    PageDecompressor decompressor = new PageDecompressor();
    try {
      KeyFile keys = open(path, file, decompressor);
      if (keys instanceof KeylessFile) {
        file.close();
      }
      return keys;
    } catch (RuntimeException e) {
      decompressor.close();
      file.close();
      throw e;
    }
  }

  private KeyFile open(String path, FileRanges file, PageDecompressor decompressor) {
    ParquetMetadata footer = readFooter(path, file);
    MessageType schema = footer.getFileMetaData().getSchema();
    List<BlockMetaData> groups =
        footer.getBlocks().stream().filter(group -> group.getRowCount() > 0).toList();
    long[] groupStarts = groupStarts(groups);
    if (!ParquetSchemaUtil.hasIds(schema)) {
      throw new UnsupportedTableException(
          ("Cannot read the keys of %s: its columns have no field ids, so that key column '%s' of"
                  + " table %s cannot be found in it. Rewrite the file, for example by Spark's"
                  + " rewrite_data_files.")
              .formatted(path, keySpec.columns().get(0).name(), keySpec.table()));
    }
    KeyPartReader[] readers = new KeyPartReader[keySpec.columns().size()];
    KeyColumnReader first = null;
    List<ColumnChunkMetaData> firstChunks = List.of();
    for (int i = 0; i < readers.length; i++) {
      KeyColumn key = keySpec.columns().get(i);
      Optional<Type> stored = find(schema, key.fieldId());
      ByteBuffer initialDefault = key.initialDefault();
      if (stored.isPresent()) {
        List<ColumnChunkMetaData> chunks = chunks(path, groups, stored.get().getName());
        KeyColumnReader reader =
            newReader(path, file, decompressor, schema, stored.get(), key, chunks, groupStarts);
        first = i == 0 ? reader : first;
        firstChunks = i == 0 ? chunks : firstChunks;
        readers[i] = reader;
      } else if (initialDefault != null) {
        readers[i] = ConstantKeyPart.of(key, initialDefault);
      } else {
        return new KeylessFile(groupStarts[groups.size()]);
      }
    }
    boolean fixedLong =
        readers.length == 1
            && first != null
            && (first.part().isPlainInt() || first.part().isPlainLong());
    try {
      return new ParquetKeyFile(
          file,
          decompressor,
          readers,
          first,
          firstChunks,
          groupStarts,
          rowIds(path, file, decompressor, schema, groups, groupStarts),
          fixedLong);
    } catch (CorruptFileException | UncheckedIOException e) {
      throw e;
    } catch (RuntimeException e) {
      throw corrupt(path, "its column index does not decode", e);
    }
  }

  /** The column of the rows' ids; null if the file lacks it. */
  private static @Nullable KeyColumnReader rowIds(
      String path,
      FileRanges file,
      PageDecompressor decompressor,
      MessageType schema,
      List<BlockMetaData> groups,
      long[] groupStarts) {
    Optional<Type> stored = find(schema, MetadataColumns.ROW_ID.fieldId());
    if (stored.isEmpty()) {
      return null;
    }
    List<ColumnChunkMetaData> chunks = chunks(path, groups, stored.get().getName());
    return newReader(path, file, decompressor, schema, stored.get(), ROW_ID, chunks, groupStarts);
  }

  private static KeyColumnReader newReader(
      String path,
      FileRanges file,
      PageDecompressor decompressor,
      MessageType schema,
      Type stored,
      KeyColumn key,
      List<ColumnChunkMetaData> chunks,
      long[] groupStarts) {
    if (!stored.isPrimitive() || stored.isRepetition(Type.Repetition.REPEATED)) {
      throw new UnsupportedTableException(
          "Cannot read the keys of %s: key column '%s' is stored as %s"
              .formatted(path, key.name(), stored));
    }
    ColumnDescriptor column = schema.getColumnDescription(new String[] {stored.getName()});
    KeyPart part = KeyPart.of(path, key, stored.asPrimitiveType());
    return new KeyColumnReader(file, decompressor, column, part, chunks, groupStarts);
  }

  private static Optional<Type> find(MessageType schema, int fieldId) {
    return schema.getFields().stream()
        .filter(field -> field.getId() != null && field.getId().intValue() == fieldId)
        .findFirst();
  }

  private static long[] groupStarts(List<BlockMetaData> groups) {
    long[] starts = new long[groups.size() + 1];
    for (int i = 0; i < groups.size(); i++) {
      starts[i + 1] = starts[i] + groups.get(i).getRowCount();
    }
    return starts;
  }

  private static List<ColumnChunkMetaData> chunks(
      String path, List<BlockMetaData> groups, String column) {
    ColumnPath columnPath = ColumnPath.get(column);
    List<ColumnChunkMetaData> chunks = new ArrayList<>();
    for (BlockMetaData group : groups) {
      chunks.add(
          group.getColumns().stream()
              .filter(chunk -> chunk.getPath().equals(columnPath))
              .findFirst()
              .orElseThrow(
                  () -> corrupt(path, "a row group lacks column '%s'".formatted(column), null)));
    }
    return chunks;
  }

  private ParquetMetadata readFooter(String path, FileRanges file) {
    long trailerAt = file.length() - TRAILER_BYTES;
    if (trailerAt < MAGIC_BYTES) {
      throw corrupt(path, "it is %d bytes long".formatted(file.length()), null);
    }
    byte[] trailer = file.read(trailerAt, TRAILER_BYTES);
    checkMagic(path, file, trailer);
    int length = 0;
    for (int i = Integer.BYTES - 1; i >= 0; i--) {
      length = (length << Byte.SIZE) | (trailer[i] & 0xff);
    }
    if (length <= 0 || length > trailerAt - MAGIC_BYTES) {
      throw corrupt(path, "its footer is said to be %d bytes long".formatted(length), null);
    }
    byte[] footer = file.read(trailerAt - length, length);
    try {
      return new ParquetMetadataConverter(READ_OPTIONS)
          .readParquetMetadata(
              new ByteArrayInputStream(footer), ParquetMetadataConverter.NO_FILTER);
    } catch (IOException | RuntimeException e) {
      throw corrupt(path, "its footer does not parse", e);
    }
  }

  private void checkMagic(String path, FileRanges file, byte[] trailer) {
    byte[] magic = Arrays.copyOfRange(trailer, Integer.BYTES, TRAILER_BYTES);
    if (Arrays.equals(magic, ParquetFileWriter.MAGIC)) {
      return;
    }
    if (Arrays.equals(magic, ParquetFileWriter.EFMAGIC)) {
      throw new UnsupportedTableException(
          "Cannot read the keys of %s: the file is encrypted, which Meru does not support"
              .formatted(path));
    }
    String start = new String(file.read(0, MAGIC_BYTES), StandardCharsets.ISO_8859_1);
    if (start.startsWith("ORC")) {
      throw otherFormat(path, FileFormat.ORC);
    }
    if (start.startsWith("Obj")) {
      throw otherFormat(path, FileFormat.AVRO);
    }
    throw corrupt(
        path,
        "it does not end as a Parquet file does (%s)"
            .formatted(new String(magic, StandardCharsets.ISO_8859_1)),
        null);
  }

  private void refuseOtherFormats(String path) {
    FileFormat format = FileFormat.fromFileName(path);
    if (format == FileFormat.AVRO || format == FileFormat.ORC) {
      throw otherFormat(path, format);
    }
  }

  private UnsupportedTableException otherFormat(String path, FileFormat format) {
    return new UnsupportedTableException(
        ("Cannot read the keys of %s: it is an %s file, and Meru reads Parquet only. Set"
                + " write.format.default of table %s to parquet and rewrite its files, for example by"
                + " Spark's rewrite_data_files with rewrite-all.")
            .formatted(path, format, keySpec.table()));
  }

  private static CorruptFileException corrupt(String path, String what, @Nullable Throwable cause) {
    return new CorruptFileException(
        ("Cannot read the keys of %s: %s. The file is damaged: restore it, or roll the table back to"
                + " a snapshot before it was added.")
            .formatted(path, what),
        cause);
  }
}

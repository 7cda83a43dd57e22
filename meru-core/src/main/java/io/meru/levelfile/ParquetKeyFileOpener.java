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
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.types.Types;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Opens the keys of Parquet files, level or foreign. Safe to use from many threads.
 *
 * <p>It reads the footer and the indexes in one piece, and of the rest only the key columns' pages.
 */
public final class ParquetKeyFileOpener implements KeyFileOpener {
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
    ParquetFooter.refuseOtherFormats(path, keysOf(path), keySpec.table());
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

  /**
   * Reads the footer alone, of a level file or a foreign one.
   *
   * @throws UnsupportedTableException if the file is no Parquet file or is encrypted
   * @throws CorruptFileException if it contradicts itself or {@code fileSizeBytes}
   * @throws UncheckedIOException if it cannot be read
   */
  public FileFooter footer(String path, long fileSizeBytes) {
    ParquetFooter.refuseOtherFormats(path, keysOf(path), keySpec.table());
    try (FileRanges file = FileRanges.open(inputs.apply(path, fileSizeBytes), fileSizeBytes)) {
      ParquetFooter footer = ParquetFooter.read(file, keysOf(path), keySpec.table());
      Set<Integer> fieldIds = new HashSet<>();
      for (Type field : footer.schema().getFields()) {
        if (field.getId() != null) {
          fieldIds.add(field.getId().intValue());
        }
      }
      return new FileFooter(
          footer.rowCount(), Map.copyOf(footer.properties()), Set.copyOf(fieldIds));
    }
  }

  private KeyFile open(String path, FileRanges file, PageDecompressor decompressor) {
    ParquetFooter footer = ParquetFooter.read(file, keysOf(path), keySpec.table());
    MessageType schema = footer.schema();
    long[] groupStarts = footer.groupStarts();
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
        List<ColumnChunkMetaData> chunks = footer.chunks(stored.get().getName());
        KeyColumnReader reader =
            newReader(path, file, decompressor, schema, stored.get(), key, chunks, groupStarts);
        first = i == 0 ? reader : first;
        firstChunks = i == 0 ? chunks : firstChunks;
        readers[i] = reader;
      } else if (initialDefault != null) {
        readers[i] = ConstantKeyPart.of(key, initialDefault);
      } else {
        return new KeylessFile(footer.rowCount());
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
          rowIds(path, file, decompressor, footer),
          fixedLong);
    } catch (CorruptFileException | UncheckedIOException e) {
      throw e;
    } catch (RuntimeException e) {
      throw ParquetFooter.corrupt(keysOf(path), "its column index does not decode", e);
    }
  }

  /** The column of the rows' ids; null if the file lacks it. */
  private static @Nullable KeyColumnReader rowIds(
      String path, FileRanges file, PageDecompressor decompressor, ParquetFooter footer) {
    Optional<Type> stored = find(footer.schema(), MetadataColumns.ROW_ID.fieldId());
    if (stored.isEmpty()) {
      return null;
    }
    List<ColumnChunkMetaData> chunks = footer.chunks(stored.get().getName());
    return newReader(
        path,
        file,
        decompressor,
        footer.schema(),
        stored.get(),
        ROW_ID,
        chunks,
        footer.groupStarts());
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
    ColumnPages pages =
        new ColumnPages(
            new PageWindow(file, PageWindow.KEY_BYTES),
            decompressor,
            new PageScratch(),
            column,
            "key column '%s' of %s".formatted(String.join(".", column.getPath()), file.path()),
            chunks,
            groupStarts,
            part.isOfBytes() ? Long.BYTES : 0);
    return new KeyColumnReader(pages, column, part);
  }

  private static String keysOf(String path) {
    return "the keys of " + path;
  }

  private static Optional<Type> find(MessageType schema, int fieldId) {
    return schema.getFields().stream()
        .filter(field -> field.getId() != null && field.getId().intValue() == fieldId)
        .findFirst();
  }
}

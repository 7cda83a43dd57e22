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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.FileFormat;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/**
 * The footer of a Parquet file. Row groups without rows are left out. parquet-java's own file
 * reader is not used: it parses Hadoop's configuration at each open, which costs more than all the
 * rest.
 */
final class ParquetFooter {
  private static final int MAGIC_BYTES = ParquetFileWriter.MAGIC.length;
  private static final int TRAILER_BYTES = Integer.BYTES + MAGIC_BYTES;

  private static final ParquetReadOptions READ_OPTIONS =
      ParquetReadOptions.builder(new PlainParquetConfiguration()).build();

  private final String what;
  private final MessageType schema;
  private final Map<String, String> properties;
  private final List<BlockMetaData> groups;
  private final long[] groupStarts;

  private ParquetFooter(
      String what, MessageType schema, Map<String, String> properties, List<BlockMetaData> groups) {
    this.what = what;
    this.schema = schema;
    this.properties = properties;
    this.groups = groups;
    this.groupStarts = new long[groups.size() + 1];
    for (int i = 0; i < groups.size(); i++) {
      groupStarts[i + 1] = groupStarts[i] + groups.get(i).getRowCount();
    }
  }

  /**
   * Reads the footer of {@code file}.
   *
   * @param what is being read, for messages: {@code the keys of <path>}
   * @param table the table's name, for messages
   * @throws UnsupportedTableException if the file is no Parquet file or is encrypted
   * @throws CorruptFileException if it contradicts itself
   */
  static ParquetFooter read(FileRanges file, String what, String table) {
    long trailerAt = file.length() - TRAILER_BYTES;
    if (trailerAt < MAGIC_BYTES) {
      throw corrupt(what, "it is %d bytes long".formatted(file.length()), null);
    }
    byte[] trailer = file.read(trailerAt, TRAILER_BYTES);
    checkMagic(file, trailer, what, table);
    int length = 0;
    for (int i = Integer.BYTES - 1; i >= 0; i--) {
      length = (length << Byte.SIZE) | (trailer[i] & 0xff);
    }
    if (length <= 0 || length > trailerAt - MAGIC_BYTES) {
      throw corrupt(what, "its footer is said to be %d bytes long".formatted(length), null);
    }
    byte[] footer = file.read(trailerAt - length, length);
    try {
      ParquetMetadata metadata =
          new ParquetMetadataConverter(READ_OPTIONS)
              .readParquetMetadata(
                  new ByteArrayInputStream(footer), ParquetMetadataConverter.NO_FILTER);
      return new ParquetFooter(
          what,
          metadata.getFileMetaData().getSchema(),
          metadata.getFileMetaData().getKeyValueMetaData(),
          metadata.getBlocks().stream().filter(group -> group.getRowCount() > 0).toList());
    } catch (IOException | RuntimeException e) {
      throw corrupt(what, "its footer does not parse", e);
    }
  }

  /** Refuses a file whose name says that it is no Parquet file. */
  static void refuseOtherFormats(String path, String what, String table) {
    FileFormat format = FileFormat.fromFileName(path);
    if (format == FileFormat.AVRO || format == FileFormat.ORC) {
      throw otherFormat(what, format, table);
    }
  }

  MessageType schema() {
    return schema;
  }

  /** The file's keys and values. */
  Map<String, String> properties() {
    return properties;
  }

  /** First row of each row group, then the row count. */
  long[] groupStarts() {
    return groupStarts;
  }

  long rowCount() {
    return groupStarts[groups.size()];
  }

  /** The chunks of the leaf column at {@code path}, one per row group. */
  List<ColumnChunkMetaData> chunks(String... path) {
    ColumnPath columnPath = ColumnPath.get(path);
    List<ColumnChunkMetaData> chunks = new ArrayList<>();
    for (BlockMetaData group : groups) {
      chunks.add(
          group.getColumns().stream()
              .filter(chunk -> chunk.getPath().equals(columnPath))
              .findFirst()
              .orElseThrow(
                  () ->
                      corrupt(
                          what,
                          "a row group lacks column '%s'".formatted(String.join(".", path)),
                          null)));
    }
    return chunks;
  }

  private static void checkMagic(FileRanges file, byte[] trailer, String what, String table) {
    byte[] magic = Arrays.copyOfRange(trailer, Integer.BYTES, TRAILER_BYTES);
    if (Arrays.equals(magic, ParquetFileWriter.MAGIC)) {
      return;
    }
    if (Arrays.equals(magic, ParquetFileWriter.EFMAGIC)) {
      throw new UnsupportedTableException(
          "Cannot read %s: the file is encrypted, which Meru does not support".formatted(what));
    }
    String start = new String(file.read(0, MAGIC_BYTES), StandardCharsets.ISO_8859_1);
    if (start.startsWith("ORC")) {
      throw otherFormat(what, FileFormat.ORC, table);
    }
    if (start.startsWith("Obj")) {
      throw otherFormat(what, FileFormat.AVRO, table);
    }
    throw corrupt(
        what,
        "it does not end as a Parquet file does (%s)"
            .formatted(new String(magic, StandardCharsets.ISO_8859_1)),
        null);
  }

  private static UnsupportedTableException otherFormat(
      String what, FileFormat format, String table) {
    return new UnsupportedTableException(
        ("Cannot read %s: it is an %s file, and Meru reads Parquet only. Set"
                + " write.format.default of table %s to parquet and rewrite its files, for example by"
                + " Spark's rewrite_data_files with rewrite-all.")
            .formatted(what, format, table));
  }

  /** The failure that says that {@code what} cannot be read because of {@code why}. */
  static CorruptFileException corrupt(String what, String why, @Nullable Throwable cause) {
    return new CorruptFileException(
        ("Cannot read %s: %s. The file is damaged: restore it, or roll the table back to"
                + " a snapshot before it was added.")
            .formatted(what, why),
        cause);
  }
}

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

package io.meru.inspect;

import io.meru.error.CorruptFileException;
import io.meru.inspect.KeyHistory.Place;
import io.meru.io.TableFiles;
import io.meru.version.LevelFileName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/** Reads single rows of data files by position, as Iceberg's generic reader shows them. */
final class RowReader {
  private final Table table;
  private final Schema projection;

  /** Reads rows in the present schema of {@code table}. */
  RowReader(Table table) {
    this.table = table;
    this.projection =
        TypeUtil.join(
            table.schema(),
            new Schema(MetadataColumns.ROW_ID, MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER));
  }

  /** The row at {@code position} of {@code file}; the rows before it are read and left out. */
  Place read(DataFile file, long position) {
    try (CloseableIterable<Record> rows = rows(file)) {
      long at = 0;
      for (Record row : rows) {
        if (at++ == position) {
          return place(file, position, row);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file.location(), e);
    }
    throw new CorruptFileException(
        ("Cannot read row %d of %s: the file ends before it. The file is damaged: restore it, or"
                + " roll the table back to a snapshot before it was added.")
            .formatted(position, file.location()));
  }

  private CloseableIterable<Record> rows(DataFile file) {
    return Parquet.read(TableFiles.input(table.io(), file.location(), file.fileSizeInBytes()))
        .project(projection)
        .reuseContainers()
        .createReaderFunc(
            fileSchema -> GenericParquetReaders.buildReader(projection, fileSchema, lineage(file)))
        .build();
  }

  /** From what Iceberg's readers make the ids of rows that store none. */
  private static Map<Integer, Object> lineage(DataFile file) {
    Map<Integer, Object> constants = new HashMap<>();
    Long firstRowId = file.firstRowId();
    Long sequenceNumber = file.fileSequenceNumber();
    if (firstRowId != null && sequenceNumber != null) {
      constants.put(MetadataColumns.ROW_ID.fieldId(), firstRowId);
      constants.put(MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER.fieldId(), sequenceNumber);
    }
    return constants;
  }

  private Place place(DataFile file, long position, Record row) {
    Map<String, @Nullable String> values = new LinkedHashMap<>();
    for (Types.NestedField field : table.schema().columns()) {
      Object value = row.getField(field.name());
      values.put(field.name(), value == null ? null : RowText.of(value));
    }
    return new Place(
        file.location(),
        LevelFileName.parse(file.location()).map(LevelFileName::level).orElse(null),
        position,
        (Long) row.getField(MetadataColumns.ROW_ID.name()),
        (Long) row.getField(MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER.name()),
        Collections.unmodifiableMap(values));
  }
}

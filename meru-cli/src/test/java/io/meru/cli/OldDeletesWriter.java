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

package io.meru.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.deletes.EqualityDeleteWriter;
import org.apache.iceberg.deletes.PositionDelete;
import org.apache.iceberg.deletes.PositionDeleteWriter;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptedOutputFile;
import org.apache.iceberg.encryption.EncryptionKeyMetadata;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;

/** Another program that deletes rows of an unpartitioned table as it was done before vectors. */
final class OldDeletesWriter {
  private static final PartitionSpec SPEC = PartitionSpec.unpartitioned();

  private final Table table;
  private final Schema keys;

  OldDeletesWriter(Table table) {
    this.table = table;
    this.keys = TypeUtil.select(table.schema(), table.schema().identifierFieldIds());
  }

  /** Commits an equality delete of the rows with these keys, of which only key columns count. */
  void deleteKeys(List<Record> rows) {
    EqualityDeleteWriter<Record> writer = factory().newEqualityDeleteWriter(output(), SPEC, null);
    try (writer) {
      for (Record row : rows) {
        Record key = GenericRecord.create(keys);
        keys.columns().forEach(column -> key.setField(column.name(), row.getField(column.name())));
        writer.write(key);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    commit(writer.toDeleteFile());
  }

  /** Commits a position delete file for the first row of each data file. */
  void deleteFirstRows() {
    PositionDeleteWriter<Record> writer = factory().newPositionDeleteWriter(output(), SPEC, null);
    try (writer) {
      PositionDelete<Record> delete = PositionDelete.create();
      for (String file : dataFiles()) {
        writer.write(delete.set(file, 0, null));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    commit(writer.toDeleteFile());
  }

  private List<String> dataFiles() {
    table.refresh();
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      List<String> files = new ArrayList<>();
      tasks.forEach(task -> files.add(task.file().location()));
      Collections.sort(files); // as the format wants them
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void commit(DeleteFile file) {
    table.refresh();
    RowDelta delta = table.newRowDelta();
    delta.addDeletes(file).commit();
  }

  private GenericFileWriterFactory factory() {
    return new GenericFileWriterFactory.Builder(table)
        .dataFileFormat(FileFormat.PARQUET)
        .deleteFileFormat(FileFormat.PARQUET)
        .equalityFieldIds(
            keys.columns().stream().mapToInt(column -> column.fieldId()).sorted().toArray())
        .equalityDeleteRowSchema(keys)
        .build();
  }

  private EncryptedOutputFile output() {
    String path = table.locationProvider().newDataLocation("old-" + UUID.randomUUID() + ".parquet");
    return EncryptedFiles.encryptedOutput(
        table.io().newOutputFile(path), EncryptionKeyMetadata.EMPTY);
  }
}

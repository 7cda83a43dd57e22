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

package io.meru.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.BaseDeleteLoader;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.PositionDeleteIndex;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptionKeyMetadata;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.io.DeleteWriteResult;
import org.apache.iceberg.io.OutputFileFactory;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.Types;

/**
 * Another program on the same table: appends, deletes by deletion vector and rewrites with
 * Iceberg's own writers, in plain commits of its own.
 */
public final class ForeignWriter {
  private final Table table;

  /** Works on {@code table}; refreshes it before each change. */
  public ForeignWriter(Table table) {
    this.table = table;
  }

  /** Appends {@code rows}, one file per partition. */
  public void append(Collection<Record> rows) {
    table.refresh();
    var append = table.newAppend();
    write(rows).forEach(append::appendFile);
    append.commit();
  }

  /** Replaces all files by new ones with the live rows. */
  public void rewriteAll() {
    table.refresh();
    if (table.currentSnapshot() == null) {
      return;
    }
    List<FileScanTask> old = tasks();
    List<Record> live = TableChecks.rows(table, table.currentSnapshot().snapshotId());
    RewriteFiles rewrite =
        table.newRewrite().validateFromSnapshot(table.currentSnapshot().snapshotId());
    for (FileScanTask task : old) {
      rewrite.deleteFile(task.file());
      task.deletes().forEach(rewrite::deleteFile);
    }
    write(live).forEach(rewrite::addFile);
    if (!old.isEmpty()) {
      rewrite.commit();
    }
  }

  /** Deletes the live rows that match, by deletion vectors. */
  public void delete(Predicate<Record> which) {
    table.refresh();
    if (table.currentSnapshot() == null) {
      return;
    }
    Map<String, List<DeleteFile>> previous = new HashMap<>();
    BaseDeleteLoader loader =
        new BaseDeleteLoader(file -> table.io().newInputFile(file.location()));
    OutputFileFactory files =
        OutputFileFactory.builderFor(table, 1, 1)
            .operationId(UUID.randomUUID().toString())
            .format(FileFormat.PUFFIN)
            .build();
    try (BaseDVFileWriter writer =
        new BaseDVFileWriter(
            files,
            path ->
                previous.getOrDefault(path, List.of()).isEmpty()
                    ? null
                    : loader.loadPositionDeletes(previous.get(path), path))) {
      boolean any = false;
      for (FileScanTask task : tasks()) {
        previous.put(task.file().location(), task.deletes());
        PositionDeleteIndex deleted =
            task.deletes().isEmpty()
                ? PositionDeleteIndex.empty()
                : loader.loadPositionDeletes(task.deletes(), task.file().location());
        any |= deleteFrom(task, deleted, which, writer);
      }
      writer.close();
      if (any) {
        commitDeletes(writer.result());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes {@code rows} to new files without committing them. */
  public List<DataFile> write(Collection<Record> rows) {
    PartitionKey key = new PartitionKey(table.spec(), table.schema());
    InternalRecordWrapper wrapper = new InternalRecordWrapper(table.schema().asStruct());
    Map<PartitionKey, List<Record>> groups =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    row -> {
                      key.partition(wrapper.wrap(row));
                      return key.copy();
                    }));
    List<DataFile> files = new ArrayList<>();
    groups.forEach((partition, group) -> files.add(writeOne(partition, group)));
    return files;
  }

  private DataFile writeOne(StructLike partition, List<Record> rows) {
    String name = "foreign-" + UUID.randomUUID() + ".parquet";
    var output =
        table
            .io()
            .newOutputFile(table.locationProvider().newDataLocation(table.spec(), partition, name));
    GenericFileWriterFactory factory =
        new GenericFileWriterFactory.Builder(table).dataFileFormat(FileFormat.PARQUET).build();
    DataWriter<Record> writer =
        factory.newDataWriter(
            EncryptedFiles.encryptedOutput(output, EncryptionKeyMetadata.EMPTY),
            table.spec(),
            table.spec().isPartitioned() ? partition : null);
    try (writer) {
      rows.forEach(writer::write);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.toDataFile();
  }

  private boolean deleteFrom(
      FileScanTask task,
      PositionDeleteIndex deleted,
      Predicate<Record> which,
      BaseDVFileWriter writer)
      throws IOException {
    boolean any = false;
    long position = 0;
    Types.StructType type = table.schema().asStruct();
    try (CloseableIterable<Record> rows =
        Parquet.read(table.io().newInputFile(task.file().location()))
            .project(table.schema())
            .createReaderFunc(
                fileSchema -> GenericParquetReaders.buildReader(table.schema(), fileSchema))
            .build()) {
      for (Record row : rows) {
        if (!deleted.isDeleted(position) && which.test(row)) {
          writer.delete(task.file().location(), position, task.spec(), task.file().partition());
          any = true;
        }
        position++;
      }
    }
    if (position != task.file().recordCount()) {
      throw new IllegalStateException("File of " + type + " has another row count than stated");
    }
    return any;
  }

  private void commitDeletes(DeleteWriteResult result) {
    RowDelta delta =
        table
            .newRowDelta()
            .validateFromSnapshot(table.currentSnapshot().snapshotId())
            .validateDataFilesExist(result.referencedDataFiles())
            .validateDeletedFiles();
    result.deleteFiles().forEach(delta::addDeletes);
    result.rewrittenDeleteFiles().forEach(delta::removeDeletes);
    delta.commit();
  }

  private List<FileScanTask> tasks() {
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      List<FileScanTask> result = new ArrayList<>();
      tasks.forEach(result::add);
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

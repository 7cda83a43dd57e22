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

package io.meru.commit;

import io.meru.error.UnsupportedTableException;
import io.meru.key.KeySpec;
import io.meru.version.TableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/** Reads which data files are live in a snapshot, and what applies to each. */
final class LiveFiles {
  private LiveFiles() {}

  /**
   * A live data file.
   *
   * @param dataFile as Iceberg has it, without column statistics
   * @param file as Meru has it
   * @param deletes the deletion vector, or position delete files of format version 2
   */
  record LiveFile(DataFile dataFile, TableFile file, List<DeleteFile> deletes) {}

  /**
   * The live files of {@code snapshot} by path; none for null.
   *
   * @throws UnsupportedTableException if the table has files that Meru cannot update
   */
  static Map<String, LiveFile> read(Table table, @Nullable Snapshot snapshot, KeySpec keySpec) {
    Map<String, LiveFile> files = new HashMap<>();
    if (snapshot == null) {
      return files;
    }
    try (CloseableIterable<FileScanTask> tasks = plan(table, snapshot, keySpec)) {
      for (FileScanTask task : tasks) {
        LiveFile live = toLiveFile(task, snapshot, keySpec);
        files.put(live.file().path(), live);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot read snapshot %d of table %s".formatted(snapshot.snapshotId(), keySpec.table()),
          e);
    }
    return files;
  }

  private static CloseableIterable<FileScanTask> plan(
      Table table, Snapshot snapshot, KeySpec keySpec) {
    TableScan scan =
        table.newScan().useSnapshot(snapshot.snapshotId()).planWith(LocalTable.workers(table));
    // The first key column is the only one whose bounds are looked at. The scan knows columns by
    // the names that they had at the snapshot.
    String column =
        SnapshotUtil.schemaFor(table, snapshot.snapshotId())
            .findColumnName(keySpec.columns().get(0).fieldId());
    return (column == null ? scan : scan.includeColumnStats(List.of(column))).planFiles();
  }

  private static LiveFile toLiveFile(FileScanTask task, Snapshot snapshot, KeySpec keySpec) {
    List<DeleteFile> deletes = new ArrayList<>(task.deletes());
    for (DeleteFile delete : deletes) {
      if (delete.content() == FileContent.EQUALITY_DELETES) {
        throw TableRequirements.equalityDeletes(keySpec.table(), snapshot.snapshotId(), delete);
      }
    }
    TableFile file = IcebergFiles.toTableFile(keySpec, task.file(), task.spec());
    return new LiveFile(task.file().copyWithoutStats(), file, List.copyOf(deletes));
  }
}

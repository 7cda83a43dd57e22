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

package io.meru.maintenance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;

/**
 * The equality and position delete files of one snapshot, and the data files to which they apply
 * that have not been dealt with yet. A delete file is done when it has none left.
 */
final class OldDeletes {
  private final Map<String, DeleteFile> files;
  private final Map<String, Integer> waitingTasks = new HashMap<>();
  private final List<FileScanTask> tasks;

  private OldDeletes(Map<String, DeleteFile> files, List<FileScanTask> tasks) {
    this.files = files;
    this.tasks = tasks;
    for (FileScanTask task : tasks) {
      task.deletes().forEach(file -> waitingTasks.merge(file.location(), 1, Integer::sum));
    }
  }

  /** Those of {@code snapshot}; none when it is null. */
  static OldDeletes of(Table table, @Nullable Snapshot snapshot) {
    Map<String, DeleteFile> files = new LinkedHashMap<>();
    List<FileScanTask> tasks = new ArrayList<>();
    if (snapshot == null) {
      return new OldDeletes(files, tasks);
    }
    for (ManifestFile manifest : snapshot.deleteManifests(table.io())) {
      addFiles(table, manifest, files);
    }
    if (!files.isEmpty()) {
      addTasks(table, snapshot.snapshotId(), files, tasks);
    }
    return new OldDeletes(files, tasks);
  }

  private static void addFiles(Table table, ManifestFile manifest, Map<String, DeleteFile> files) {
    try (ManifestReader<DeleteFile> reader =
        ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
      for (DeleteFile file : reader) {
        if (!ContentFileUtil.isDV(file)) {
          files.put(file.location(), file.copyWithoutStats());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read delete manifest " + manifest.path(), e);
    }
  }

  private static void addTasks(
      Table table, long snapshotId, Map<String, DeleteFile> files, List<FileScanTask> tasks) {
    try (CloseableIterable<FileScanTask> all =
        table.newScan().useSnapshot(snapshotId).planFiles()) {
      for (FileScanTask task : all) {
        if (task.deletes().stream().anyMatch(file -> files.containsKey(file.location()))) {
          tasks.add(task);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot plan a scan of table " + table.name(), e);
    }
  }

  boolean isEmpty() {
    return files.isEmpty();
  }

  /** Data files to which one of them applies. */
  List<FileScanTask> tasks() {
    return tasks;
  }

  /** The files themselves. */
  List<DeleteFile> files() {
    return List.copyOf(files.values());
  }

  /** Takes out the delete files that nothing needs once {@code batch} is dealt with. */
  List<DeleteFile> takeDone(List<FileScanTask> batch) {
    for (FileScanTask task : batch) {
      task.deletes().forEach(file -> waitingTasks.merge(file.location(), -1, Integer::sum));
    }
    List<DeleteFile> done = new ArrayList<>();
    files
        .values()
        .removeIf(
            file -> {
              boolean isDone = waitingTasks.getOrDefault(file.location(), 0) == 0;
              if (isDone) {
                done.add(file);
              }
              return isDone;
            });
    return done;
  }
}

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

package io.meru.benchmarks.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;

/**
 * What a snapshot of a table consists of.
 *
 * @param fileBytes of each data file, ascending
 * @param rows in them, dead ones included
 * @param deadRows of these
 * @param vectorBytes of their deletion vectors
 */
record LiveFiles(List<Long> fileBytes, long rows, long deadRows, long vectorBytes) {
  /** Of a snapshot of a table. */
  static LiveFiles of(Table table, long snapshot) throws IOException {
    List<Long> bytes = new ArrayList<>();
    long rows = 0;
    long deadRows = 0;
    long vectorBytes = 0;
    try (CloseableIterable<FileScanTask> tasks =
        table.newScan().useSnapshot(snapshot).planFiles()) {
      for (FileScanTask task : tasks) {
        bytes.add(task.file().fileSizeInBytes());
        rows += task.file().recordCount();
        for (DeleteFile delete : task.deletes()) {
          deadRows += delete.recordCount();
          vectorBytes += delete.contentSizeInBytes();
        }
      }
    }
    return new LiveFiles(bytes.stream().sorted().toList(), rows, deadRows, vectorBytes);
  }

  long bytes() {
    return fileBytes.stream().mapToLong(Long::longValue).sum() + vectorBytes;
  }

  /** Files that are smaller than half of {@code target}, or larger than twice of it. */
  long outside(long target) {
    return fileBytes.stream().filter(bytes -> bytes < target / 2 || bytes > 2 * target).count();
  }
}

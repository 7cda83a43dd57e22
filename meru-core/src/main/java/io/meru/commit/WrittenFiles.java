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

import io.meru.version.TableFile;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.util.Tasks;
import org.jspecify.annotations.Nullable;

/**
 * Files that a commit is to add. While it waited for that, an orphan clean-up may have removed one:
 * no engine could read a table that names it.
 */
final class WrittenFiles {
  private final FileIO io;
  private final ExecutorService workers;

  WrittenFiles(FileIO io, ExecutorService workers) {
    this.io = io;
    this.workers = workers;
  }

  /**
   * A file that is not as it was written.
   *
   * @param what the end of a sentence that begins with the file
   */
  record Lost(TableFile file, String what, @Nullable NotFoundException cause) {}

  /** Those of {@code files} that are gone or cut off. A round trip each, side by side. */
  List<Lost> lostOf(Collection<TableFile> files) {
    Queue<Lost> lost = new ConcurrentLinkedQueue<>();
    Tasks.foreach(files)
        .executeWith(workers)
        .stopOnFailure()
        .throwFailureWhenFinished()
        .run(file -> check(file, lost));
    return List.copyOf(lost);
  }

  private void check(TableFile file, Queue<Lost> lost) {
    try {
      long found = io.newInputFile(file.path()).getLength();
      if (found != file.fileSizeBytes()) {
        String what = "has %d bytes instead of %d".formatted(found, file.fileSizeBytes());
        lost.add(new Lost(file, what, null));
      }
    } catch (NotFoundException e) {
      lost.add(new Lost(file, "is gone", e));
    }
  }
}

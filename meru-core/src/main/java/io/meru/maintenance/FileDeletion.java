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

import io.meru.io.TableFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.BulkDeletionFailureException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.SupportsBulkOperations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes files that nobody needs; one that can't be deleted is no reason to stop. */
final class FileDeletion {
  private static final Logger LOG = LoggerFactory.getLogger(FileDeletion.class);

  /** Files of one bulk request, which is what S3 takes. */
  private static final int BULK = 1000;

  private FileDeletion() {}

  /** Files deleted, or gone already, and files that are still there. */
  record Count(int deleted, int failed) {
    static final Count NONE = new Count(0, 0);

    Count plus(Count that) {
      return new Count(deleted + that.deleted, failed + that.failed);
    }
  }

  /**
   * Deletes {@code paths}.
   *
   * @param stop asked between files or bulks; the rest then stays, counted in neither
   */
  static Count delete(FileIO io, List<String> paths, BooleanSupplier stop) {
    Count count = Count.NONE;
    List<String> remote = new ArrayList<>();
    for (String path : paths) {
      boolean inBulk =
          io instanceof SupportsBulkOperations && TableFiles.localPath(io, path).isEmpty();
      if (inBulk) {
        remote.add(path);
      } else if (!stop.getAsBoolean()) {
        count = count.plus(deleteOne(io, path));
      }
    }
    for (int from = 0; from < remote.size() && !stop.getAsBoolean(); from += BULK) {
      List<String> bulk = remote.subList(from, Math.min(from + BULK, remote.size()));
      count = count.plus(deleteBulk((SupportsBulkOperations) io, bulk));
    }
    return count;
  }

  private static Count deleteOne(FileIO io, String path) {
    try {
      TableFiles.delete(io, path);
      return new Count(1, 0);
    } catch (NotFoundException e) {
      return new Count(1, 0);
    } catch (RuntimeException e) {
      LOG.warn("Cannot delete {}, which no snapshot needs", path, e);
      return new Count(0, 1);
    }
  }

  private static Count deleteBulk(SupportsBulkOperations io, List<String> paths) {
    try {
      io.deleteFiles(paths);
      return new Count(paths.size(), 0);
    } catch (BulkDeletionFailureException e) {
      LOG.warn("Cannot delete {} of {} files", e.numberFailedObjects(), paths.size(), e);
      return new Count(paths.size() - e.numberFailedObjects(), e.numberFailedObjects());
    } catch (RuntimeException e) {
      LOG.warn("Cannot delete {} files, such as {}", paths.size(), paths.get(0), e);
      return new Count(0, paths.size());
    }
  }
}

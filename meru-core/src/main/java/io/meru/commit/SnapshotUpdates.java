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

import java.util.List;
import java.util.concurrent.ExecutorService;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotAncestryValidator;
import org.apache.iceberg.Transaction;
import org.jspecify.annotations.Nullable;

/** Makes Iceberg's updates of plans. */
final class SnapshotUpdates {
  private final ExecutorService workers;

  /** Updates whose manifests are written by {@code workers}. */
  SnapshotUpdates(ExecutorService workers) {
    this.workers = workers;
  }

  /**
   * A change of rows.
   *
   * @param vectors those that were written for {@code plan}
   * @param parent what the plan was made on
   * @param onlyOn lets it through onto that parent only
   */
  RowDelta rowDelta(
      Transaction transaction,
      Plan plan,
      List<DeleteFile> vectors,
      @Nullable Snapshot parent,
      SnapshotAncestryValidator onlyOn) {
    RowDelta delta = transaction.newRowDelta().scanManifestsWith(workers);
    plan.addedStats().forEach(delta::addRows);
    vectors.forEach(delta::addDeletes);
    plan.replaced().forEach(delta::removeDeletes);
    plan.dropped().forEach(file -> delta.removeRows(file.dataFile()));
    if (parent != null) {
      delta.validateFromSnapshot(parent.snapshotId());
    }
    delta
        .validateDataFilesExist(vectors.stream().map(DeleteFile::referencedDataFile).toList())
        .validateDeletedFiles()
        .validateWith(onlyOn);
    return delta;
  }

  /** A replacement of files by others with the same rows; parameters as above. */
  RewriteFiles replacement(
      Transaction transaction,
      Plan plan,
      List<DeleteFile> vectors,
      @Nullable Snapshot parent,
      SnapshotAncestryValidator onlyOn) {
    RewriteFiles rewrite = transaction.newRewrite().scanManifestsWith(workers);
    plan.addedStats().forEach(rewrite::addFile);
    vectors.forEach(rewrite::addFile);
    plan.replaced().forEach(rewrite::deleteFile);
    plan.dropped().forEach(file -> rewrite.deleteFile(file.dataFile()));
    if (parent != null) {
      rewrite.validateFromSnapshot(parent.snapshotId());
    }
    rewrite.validateWith(onlyOn);
    return rewrite;
  }
}

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

import io.meru.commit.LiveFiles.LiveFile;
import io.meru.version.DeletionVector;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;

/**
 * What one commit changes, worked out on exactly one parent.
 *
 * @param parentId the snapshot planned on, {@link io.meru.version.Version#NO_SNAPSHOT} for none
 * @param added files to add
 * @param addedStats the same files with their statistics, for the manifest
 * @param stillborn paths of new files all of whose rows are dead: they are not added
 * @param vectors deletion vectors to write, by data file, moved ones last
 * @param replaced delete files that the vectors, or the dropping of a file, make void
 * @param dropped files all of whose rows are dead
 * @param newPositions positions that were live in the parent, or are in added files
 * @param torn whether the writer of an edit may have relied on commits that were rolled back
 */
record Plan(
    long parentId,
    List<LiveFile> added,
    List<DataFile> addedStats,
    List<String> stillborn,
    Map<String, Vector> vectors,
    List<DeleteFile> replaced,
    List<LiveFile> dropped,
    long newPositions,
    boolean torn) {

  /**
   * A deletion vector to write.
   *
   * @param file the data file it belongs to
   * @param merged the positions deleted before, and the new ones
   * @param moved whether no position is new: it only leaves a Puffin file that others leave
   */
  record Vector(LiveFile file, DeletionVector merged, boolean moved) {}

  /**
   * Whether Iceberg takes it for a replacement of files by others, when it moves rows: not one that
   * has more rows than what it replaces, or deletion vectors where there were none, as when a whole
   * input died meanwhile.
   */
  boolean isReplacement() {
    long rows = 0;
    for (LiveFile removed : dropped) {
      rows += removed.file().recordCount();
    }
    for (LiveFile file : added) {
      rows -= file.file().recordCount();
    }
    return rows >= 0 && (vectors.isEmpty() || !replaced.isEmpty());
  }

  /** Whether the table would stay as it is. */
  boolean isEmpty() {
    return added.isEmpty() && vectors.isEmpty() && dropped.isEmpty();
  }
}

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

package io.meru.version;

import io.meru.key.KeyList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What one writer changes between two barriers.
 *
 * @param id names the edit
 * @param baseSnapshotId a snapshot of the table that the writer took in whole, mostly the last one,
 *     {@link Version#NO_SNAPSHOT} for an empty table; the writer also took into account every
 *     earlier edit of its own in the same run
 * @param added files added, in the order of their flushes
 * @param deletions positions deleted, by path of the data file; the files may be among {@code
 *     added}
 * @param pureDeletes keys deleted and not put again after that: they stand in no added file, and a
 *     committer that has to resolve again needs them
 * @param compactions what was moved before any position of {@code deletions} was deleted: these
 *     name outputs where rows have been moved to outputs, and the inputs as well where a row was
 *     deleted before that
 */
public record VersionEdit(
    UUID id,
    long baseSnapshotId,
    List<AddedFile> added,
    Map<String, DeletionVector> deletions,
    KeyList pureDeletes,
    List<Compaction> compactions) {

  /** An edit without compactions. */
  public VersionEdit(
      UUID id,
      long baseSnapshotId,
      List<AddedFile> added,
      Map<String, DeletionVector> deletions,
      KeyList pureDeletes) {
    this(id, baseSnapshotId, added, deletions, pureDeletes, List.of());
  }

  /** Whether the edit changes nothing and asks for nothing. */
  public boolean isEmpty() {
    return added.isEmpty()
        && deletions.isEmpty()
        && pureDeletes.size() == 0
        && compactions.isEmpty();
  }
}

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
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.TableFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.ContentFileUtil;

/** Collects what one snapshot changes on a head. */
final class PlanBuilder {
  private final Table table;
  private final Head head;
  private final List<LiveFile> addedFiles = new ArrayList<>();
  private final List<DataFile> addedStats = new ArrayList<>();
  private final List<String> stillborn = new ArrayList<>();
  private final Map<String, Plan.Vector> vectors = new LinkedHashMap<>();
  private final List<DeleteFile> replaced = new ArrayList<>();
  private final List<LiveFile> dropped = new ArrayList<>();
  private long newPositions;

  PlanBuilder(Table table, Head head) {
    this.table = table;
    this.head = head;
  }

  /** Adds a file of which {@code dead} is deleted; not at all if all of it is. */
  void add(AddedFile added, DeletionVector dead) {
    TableFile file = added.file();
    checkPositions(file, dead);
    if (dead.cardinality() == file.recordCount()) {
      stillborn.add(file.path());
      return;
    }
    DataFile dataFile = IcebergFiles.toDataFile(table, added);
    LiveFile live = new LiveFile(dataFile.copyWithoutStats(), file, List.of());
    addedFiles.add(live);
    addedStats.add(dataFile);
    if (!dead.isEmpty()) {
      newPositions += dead.cardinality();
      vectors.put(file.path(), new Plan.Vector(live, dead, false));
    }
  }

  /** Deletes positions of a live file, and drops it when nothing of it is left. */
  void delete(LiveFile live, DeletionVector positions) {
    TableFile file = live.file();
    checkPositions(file, positions);
    DeletionVector before = head.deleted(live);
    DeletionVector merged = before.or(positions);
    long fresh = merged.cardinality() - before.cardinality();
    if (fresh == 0) {
      return;
    }
    newPositions += fresh;
    if (merged.cardinality() == file.recordCount()) {
      drop(live);
    } else {
      replaceDeletes(live);
      vectors.put(file.path(), new Plan.Vector(live, merged, false));
    }
  }

  /** Removes a live file. */
  void drop(LiveFile live) {
    replaceDeletes(live);
    dropped.add(live);
  }

  /**
   * The plan.
   *
   * @param torn whether the writer of an edit may have relied on commits that were rolled back
   */
  Plan build(boolean torn) {
    moveNeighbours();
    return new Plan(
        head.snapshotId(),
        addedFiles,
        addedStats,
        stillborn,
        vectors,
        replaced,
        dropped,
        newPositions,
        torn);
  }

  private void replaceDeletes(LiveFile live) {
    live.deletes().stream().filter(ContentFileUtil::isFileScoped).forEach(replaced::add);
  }

  /**
   * All vectors of a Puffin file leave it in one commit. Iceberg's own expiry takes a delete file
   * for dead when a manifest entry with its path was deleted, whatever other entries say.
   */
  private void moveNeighbours() {
    Set<String> left = new HashSet<>();
    Set<String> done = new HashSet<>();
    for (DeleteFile old : replaced) {
      if (ContentFileUtil.isDV(old)) {
        left.add(old.location());
        done.add(old.referencedDataFile());
      }
    }
    if (left.isEmpty()) {
      return;
    }
    for (LiveFile live : head.files()) {
      for (DeleteFile vector : live.deletes()) {
        if (left.contains(vector.location()) && done.add(vector.referencedDataFile())) {
          replaced.add(vector);
          vectors.put(live.file().path(), new Plan.Vector(live, head.deleted(live), true));
        }
      }
    }
  }

  private void checkPositions(TableFile file, DeletionVector positions) {
    if (positions.last() >= file.recordCount()) {
      throw new IllegalStateException(
          "Cannot delete position %d of %s: the file has %d rows"
              .formatted(positions.last(), file.path(), file.recordCount()));
    }
  }
}

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
import io.meru.error.UnsupportedTableException;
import io.meru.key.KeySpec;
import io.meru.metrics.CommitMetrics;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;

/**
 * Works out what a committable changes on the table's present head. An edit whose writer knew
 * everything that is in the head is taken as it is; the keys of any other are resolved again, in
 * the files its writer did not know, or in all of them when that cannot be told.
 */
final class Planner {
  private final Table table;
  private final KeySpec keySpec;
  private final Head head;
  private final History history;
  private final Supplier<Reresolver> reresolver;
  private final CommitMetrics metrics;

  Planner(
      Table table,
      KeySpec keySpec,
      Head head,
      History history,
      Supplier<Reresolver> reresolver,
      CommitMetrics metrics) {
    this.table = table;
    this.keySpec = keySpec;
    this.head = head;
    this.history = history;
    this.reresolver = reresolver;
    this.metrics = metrics;
  }

  /**
   * Plans {@code committable} on {@code parent}.
   *
   * @param memory what is remembered of the committable's run
   */
  Plan plan(
      Committable committable, @Nullable Snapshot parent, Optional<CommitMemory.Entry> memory) {
    head.moveTo(parent);
    History.Run run = run(committable, parent, memory);
    Map<String, AddedFile> added = added(committable);
    Map<String, DeletionVector> deletions = new TreeMap<>();
    for (VersionEdit edit : committable.edits()) {
      Optional<History.Changes> unknown =
          run == History.Run.INTACT
              ? history.since(table, parent, committable.runId(), edit.baseSnapshotId())
              : Optional.empty();
      deletions(edit, unknown, added)
          .forEach((path, positions) -> deletions.merge(path, positions, DeletionVector::or));
    }
    return new Builder(run != History.Run.INTACT).build(added, deletions);
  }

  private History.Run run(
      Committable committable, @Nullable Snapshot parent, Optional<CommitMemory.Entry> memory) {
    if (memory.isEmpty()) {
      return History.Run.INTACT;
    }
    return memory.get().torn()
        ? History.Run.TORN
        : History.run(table, parent, committable.runId(), memory.get().checkpointId());
  }

  private Map<String, AddedFile> added(Committable committable) {
    Map<String, AddedFile> added = new LinkedHashMap<>();
    for (VersionEdit edit : committable.edits()) {
      for (AddedFile file : edit.added()) {
        checkKey(file.file());
        added.put(file.file().path(), file);
      }
    }
    return added;
  }

  private void checkKey(TableFile file) {
    LevelFileName name = file.levelName();
    if (name == null) {
      throw new IllegalArgumentException(
          "%s is not the name of a level file".formatted(file.path()));
    }
    if (!name.fingerprint().equals(keySpec.fingerprint())) {
      throw new UnsupportedTableException(
          ("Cannot add %s to table %s: its rows are sorted and unique by another primary key"
                  + " (fingerprint %s) than the table's present one (%s). Set the old identifier"
                  + " fields again, or start the job anew without its state.")
              .formatted(file.path(), keySpec.table(), name.fingerprint(), keySpec.fingerprint()));
    }
  }

  /**
   * The positions that {@code edit} deletes in files that are live in the head, or added with it.
   */
  private Map<String, DeletionVector> deletions(
      VersionEdit edit, Optional<History.Changes> unknown, Map<String, AddedFile> added) {
    if (unknown.isEmpty()
        || unknown.get().isEverything()
        || namesLostFile(edit, unknown.get(), added)) {
      Map<String, DeletionVector> own = new HashMap<>(edit.deletions());
      own.keySet().retainAll(added.keySet());
      return withFound(own, edit, head.version(head.files()));
    }
    Map<String, DeletionVector> kept = new HashMap<>(edit.deletions());
    kept.keySet().removeIf(path -> head.file(path) == null && !added.containsKey(path));
    if (unknown.get().isEmpty()) {
      return kept;
    }
    List<LiveFile> candidates =
        head.files().stream()
            .filter(file -> unknown.get().mayHoldUnknownKeys(file.file().path()))
            .toList();
    return withFound(kept, edit, head.version(candidates));
  }

  /**
   * Whether the edit deletes in a file that is gone although nobody is known to have removed it.
   */
  private boolean namesLostFile(
      VersionEdit edit, History.Changes unknown, Map<String, AddedFile> added) {
    return edit.deletions().keySet().stream()
        .anyMatch(
            path ->
                head.file(path) == null
                    && !added.containsKey(path)
                    && !unknown.hasRemoved(path)
                    && !head.hasDropped(path));
  }

  private Map<String, DeletionVector> withFound(
      Map<String, DeletionVector> deletions, VersionEdit edit, Version candidates) {
    if (candidates.files().isEmpty()) {
      return deletions;
    }
    Reresolver.Found found = reresolver.get().resolve(edit, candidates);
    metrics.reresolved(found.keys());
    found
        .positions()
        .forEach((path, positions) -> deletions.merge(path, positions, DeletionVector::or));
    return deletions;
  }

  /** Collects one plan. */
  private final class Builder {
    private final boolean torn;
    private final List<LiveFile> addedFiles = new ArrayList<>();
    private final List<DataFile> addedStats = new ArrayList<>();
    private final List<String> stillborn = new ArrayList<>();
    private final Map<String, Plan.Vector> vectors = new LinkedHashMap<>();
    private final List<DeleteFile> replaced = new ArrayList<>();
    private final List<LiveFile> dropped = new ArrayList<>();
    private long newPositions;

    Builder(boolean torn) {
      this.torn = torn;
    }

    Plan build(Map<String, AddedFile> added, Map<String, DeletionVector> deletions) {
      added.forEach((path, file) -> add(file, deletions.getOrDefault(path, DeletionVector.EMPTY)));
      deletions.forEach(
          (path, positions) -> {
            LiveFile live = head.file(path);
            if (live != null && !added.containsKey(path)) {
              delete(live, positions);
            }
          });
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

    private void add(AddedFile added, DeletionVector dead) {
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

    private void delete(LiveFile live, DeletionVector positions) {
      TableFile file = live.file();
      checkPositions(file, positions);
      DeletionVector before = head.deleted(live);
      DeletionVector merged = before.or(positions);
      long fresh = merged.cardinality() - before.cardinality();
      if (fresh == 0) {
        return;
      }
      newPositions += fresh;
      live.deletes().stream().filter(ContentFileUtil::isFileScoped).forEach(replaced::add);
      if (merged.cardinality() == file.recordCount()) {
        dropped.add(live);
      } else {
        vectors.put(file.path(), new Plan.Vector(live, merged, false));
      }
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
}

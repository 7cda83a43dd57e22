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

import static java.util.Objects.requireNonNull;

import io.meru.commit.LiveFiles.LiveFile;
import io.meru.key.KeySpec;
import io.meru.metrics.CommitMetrics;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/**
 * Works out what a committable changes on the table's present head. An edit whose writer knew
 * everything that is in the head is taken as it is; the keys of any other are resolved again, in
 * the files its writer did not know, or in all of them when that cannot be told.
 */
final class Planner {
  private final Table table;
  private final KeySpec keySpec;
  private final History history;
  private final Supplier<Reresolver> reresolver;
  private final CommitMetrics metrics;

  Planner(
      Table table,
      KeySpec keySpec,
      History history,
      Supplier<Reresolver> reresolver,
      CommitMetrics metrics) {
    this.table = table;
    this.keySpec = keySpec;
    this.history = history;
    this.reresolver = reresolver;
    this.metrics = metrics;
  }

  /**
   * What the writers of a committable knew.
   *
   * @param unknown what changed since an edit's base that its writer did not know; empty when that
   *     cannot be told
   * @param tornAt what the run's memory is to say ({@link CommitMemory.Entry#tornAt})
   * @param torn whether the writer of an edit may have relied on commits that were rolled back
   */
  record Knowledge(Map<UUID, Optional<History.Changes>> unknown, long tornAt, boolean torn) {
    Optional<History.Changes> unknownTo(VersionEdit edit) {
      return requireNonNull(unknown.get(edit.id()));
    }
  }

  /**
   * Finds out what the writers of {@code committable} knew of what led to {@code parent}.
   *
   * @param memory what is remembered of the committable's run
   */
  Knowledge knowledge(
      Committable committable, @Nullable Snapshot parent, Optional<CommitMemory.Entry> memory) {
    long tornAt = tornAt(committable, parent, memory);
    boolean torn = tornAt == committable.checkpointId();
    Map<UUID, Optional<History.Changes>> unknown = new HashMap<>();
    for (VersionEdit edit : committable.edits()) {
      boolean isIntact = knowsAllOfItsRun(committable, edit, tornAt);
      torn |= !isIntact && !edit.isEmpty();
      unknown.put(
          edit.id(),
          isIntact
              ? history.since(table, parent, committable.runId(), edit.baseSnapshotId())
              : Optional.empty());
    }
    return new Knowledge(unknown, tornAt, torn);
  }

  /**
   * The checkpoint at which the run was torn last: this one, if the last one committed is not there
   * any more. All others that were committed since the one before are then in the history as well.
   */
  private long tornAt(
      Committable committable, @Nullable Snapshot parent, Optional<CommitMemory.Entry> memory) {
    if (memory.isEmpty()) {
      return CommitMemory.NOT_TORN;
    }
    CommitMemory.Entry entry = memory.get();
    History.Run run = History.run(table, parent, committable.runId(), entry.checkpointId());
    return run == History.Run.INTACT ? entry.tornAt() : committable.checkpointId();
  }

  /**
   * Whether all commits of the run that the edit's writer took for granted are in the history. It
   * has loaded the base after it had seen its own edits up to the base's checkpoint committed (see
   * {@code VersionTracker}), so that it holds none of them for pending that was rolled back.
   */
  private boolean knowsAllOfItsRun(Committable committable, VersionEdit edit, long tornAt) {
    return tornAt == CommitMemory.NOT_TORN
        || (tornAt < committable.checkpointId()
            && history.holds(table, committable.runId(), tornAt, edit.baseSnapshotId()));
  }

  /** Plans what {@code committable} changes beside its compactions, on {@code head}. */
  Plan plan(Committable committable, Head head, Knowledge knowledge) {
    Map<String, AddedFile> added = added(committable);
    Map<String, DeletionVector> deletions = new TreeMap<>();
    for (VersionEdit edit : committable.edits()) {
      deletions(edit, head, knowledge.unknownTo(edit), added)
          .forEach((path, positions) -> deletions.merge(path, positions, DeletionVector::or));
    }
    PlanBuilder builder = new PlanBuilder(table, head);
    added.forEach(
        (path, file) -> builder.add(file, deletions.getOrDefault(path, DeletionVector.EMPTY)));
    deletions.forEach(
        (path, positions) -> {
          LiveFile live = head.file(path);
          if (live != null && !added.containsKey(path)) {
            builder.delete(live, positions);
          }
        });
    return builder.build(knowledge.torn());
  }

  private Map<String, AddedFile> added(Committable committable) {
    Map<String, AddedFile> added = new LinkedHashMap<>();
    for (VersionEdit edit : committable.edits()) {
      for (AddedFile file : edit.added()) {
        LevelFileKeys.check(keySpec, file.file());
        added.put(file.file().path(), file);
      }
    }
    return added;
  }

  /**
   * The positions that {@code edit} deletes in files that are live in the head, or added with it.
   */
  private Map<String, DeletionVector> deletions(
      VersionEdit edit,
      Head head,
      Optional<History.Changes> unknown,
      Map<String, AddedFile> added) {
    if (unknown.isEmpty()
        || unknown.get().isEverything()
        || namesLostFile(edit, head, unknown.get(), added)) {
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
      VersionEdit edit, Head head, History.Changes unknown, Map<String, AddedFile> added) {
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
}

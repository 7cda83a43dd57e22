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

package io.meru.writer;

import io.meru.compaction.PositionMap;
import io.meru.key.HashRange;
import io.meru.key.KeyList;
import io.meru.version.Compaction;
import io.meru.version.DeletionVector;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import io.meru.version.VersionEdit;
import io.meru.writer.Compactor.Finished;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * Makes an edit of a merge that is done. What was deleted of its inputs while it ran, by this
 * writer or by others, is deleted in its outputs: what came with edits handed out before belongs to
 * the compaction, what came since the last barrier to the edit that it joins.
 */
final class MergeInstall {
  private final Finished merge;
  private final Version version;
  private final Function<String, DeletionVector> pending;
  private final HashRange range;
  private final List<String> replaced = new ArrayList<>();
  private final List<DeletionVector> replacedDeleted = new ArrayList<>();
  private final Map<String, DeletionVector> moved = new HashMap<>();
  private final Map<String, DeletionVector> deleted = new HashMap<>();
  private final Map<String, DeletionVector> deletions = new HashMap<>();

  private MergeInstall(
      Finished merge, Version version, Function<String, DeletionVector> pending, HashRange range) {
    this.merge = merge;
    this.version = version;
    this.pending = pending;
    this.range = range;
  }

  /**
   * The edit that puts the outputs of {@code merge} in its inputs' place; empty when that cannot
   * be: the inputs are gone, or rows of them live again that were deleted when the merge began.
   *
   * @param version as it is now
   * @param pending what was deleted of a file since the last barrier
   * @param range of the writer: files that others have rows in stay, without its rows
   */
  static Optional<VersionEdit> edit(
      Finished merge,
      Version version,
      Function<String, DeletionVector> pending,
      HashRange range,
      UUID id) {
    return new MergeInstall(merge, version, pending, range).edit(id);
  }

  private Optional<VersionEdit> edit(UUID id) {
    for (int i = 0; i < merge.inputs().size(); i++) {
      if (!take(merge.inputs().get(i), merge.result().positions().get(i))) {
        return Optional.empty();
      }
    }
    if (replaced.isEmpty() && moved.isEmpty()) {
      return Optional.empty();
    }
    Compaction compaction =
        new Compaction(
            replaced,
            Compaction.fingerprint(replacedDeleted),
            moved,
            merge.result().added(),
            deleted);
    return Optional.of(
        new VersionEdit(
            id, version.snapshotId(), List.of(), deletions, KeyList.EMPTY, List.of(compaction)));
  }

  private boolean take(LiveFile input, PositionMap positions) {
    String path = input.file().path();
    DeletionVector sinceBarrier = pending.apply(path);
    Optional<LiveFile> now = version.file(path);
    if (now.isEmpty() && sinceBarrier.isEmpty()) {
      // all of its rows were deleted, or somebody has removed it: what went into the outputs is
      // dead
      merge(deleted, positions.translate(positions.moved()));
      return true;
    }
    // a file whose last rows were deleted since the barrier is in the table still
    DeletionVector late =
        now.map(live -> live.deleted().andNot(input.deleted())).orElseGet(positions::moved);
    if (now.isPresent() && !input.deleted().andNot(now.get().deleted()).isEmpty()) {
      return false;
    }
    DeletionVector lateAtBarrier = late.andNot(sinceBarrier);
    if (!input.file().isOwnedBy(range)) {
      DeletionVector left = positions.moved().andNot(lateAtBarrier);
      if (!left.isEmpty()) {
        moved.put(path, left);
      }
    } else {
      replaced.add(path);
      replacedDeleted.add(input.deleted().or(lateAtBarrier));
    }
    merge(deleted, positions.translate(lateAtBarrier));
    merge(deletions, positions.translate(late.and(sinceBarrier)));
    return true;
  }

  private static void merge(Map<String, DeletionVector> target, Map<String, DeletionVector> more) {
    more.forEach((path, positions) -> target.merge(path, positions, DeletionVector::or));
  }
}

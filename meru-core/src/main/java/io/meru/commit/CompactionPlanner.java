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
import io.meru.key.KeySpec;
import io.meru.version.AddedFile;
import io.meru.version.Compaction;
import io.meru.version.DeletionVector;
import io.meru.version.TableFile;
import io.meru.version.VersionEdit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.Table;

/**
 * Works out what the compactions of a committable change on the table's present head. One is
 * dropped when its outputs no longer hold just the rows that its inputs have in the head: another
 * writer removed an input, or deleted rows of it that the compaction's writer did not know of. Then
 * the inputs stay, and edits that name the outputs are resolved again.
 */
final class CompactionPlanner {
  /**
   * What is left to do of a committable's compactions.
   *
   * @param plan removes inputs and adds outputs; empty when there is nothing to do
   * @param partial whether rows leave inputs that stay
   * @param dropped the edits of which a compaction was dropped
   */
  record Compactions(Plan plan, boolean partial, List<VersionEdit> dropped) {
    /**
     * Whether Iceberg takes it for a replacement: not one that has more rows than what it replaces,
     * or deletion vectors where there were none, as when a whole input died meanwhile.
     */
    boolean isReplacement() {
      long rows = 0;
      for (LiveFile removed : plan.dropped()) {
        rows += removed.file().recordCount();
      }
      for (LiveFile added : plan.added()) {
        rows -= added.file().recordCount();
      }
      return !partial && rows >= 0 && (plan.vectors().isEmpty() || !plan.replaced().isEmpty());
    }
  }

  private final Table table;
  private final KeySpec keySpec;

  CompactionPlanner(Table table, KeySpec keySpec) {
    this.table = table;
    this.keySpec = keySpec;
  }

  /** Plans the compactions of {@code committable} on {@code head}. */
  Compactions plan(Committable committable, Head head, Planner.Knowledge knowledge) {
    PlanBuilder builder = new PlanBuilder(table, head);
    List<VersionEdit> dropped = new ArrayList<>();
    boolean partial = false;
    for (VersionEdit edit : committable.edits()) {
      if (edit.compactions().stream()
          .allMatch(compaction -> fits(compaction, head, knowledge.unknownTo(edit)))) {
        for (Compaction compaction : edit.compactions()) {
          add(compaction, head, builder);
          partial |= !compaction.moved().isEmpty();
        }
      } else {
        dropped.add(edit); // all of them: a later one may build on an earlier one
      }
    }
    return new Compactions(builder.build(knowledge.torn()), partial, dropped);
  }

  private static boolean fits(Compaction compaction, Head head, Optional<History.Changes> unknown) {
    if (unknown.isEmpty() || unknown.get().isEverything()) {
      return false;
    }
    List<DeletionVector> deleted = new ArrayList<>();
    long liveRows = 0;
    for (String path : compaction.replaced()) {
      LiveFile live = head.file(path);
      if (live == null || unknown.get().mayHoldUnknownKeys(path)) {
        return false;
      }
      deleted.add(head.deleted(live));
      liveRows += live.file().recordCount() - head.deleted(live).cardinality();
    }
    for (var moved : compaction.moved().entrySet()) {
      LiveFile live = head.file(moved.getKey());
      if (live == null
          || unknown.get().mayHoldUnknownKeys(moved.getKey())
          || !head.deleted(live).and(moved.getValue()).isEmpty()) {
        return false;
      }
      liveRows += moved.getValue().cardinality();
    }
    return liveRows == compaction.liveRows()
        && Compaction.fingerprint(deleted) == compaction.replacedFingerprint();
  }

  private void add(Compaction compaction, Head head, PlanBuilder builder) {
    for (AddedFile output : compaction.outputs()) {
      TableFile file = output.file();
      LevelFileKeys.check(keySpec, file);
      builder.add(output, compaction.deleted().getOrDefault(file.path(), DeletionVector.EMPTY));
    }
    for (String path : compaction.replaced()) {
      builder.drop(live(head, path));
    }
    compaction.moved().forEach((path, positions) -> builder.delete(live(head, path), positions));
  }

  private static LiveFile live(Head head, String path) {
    LiveFile live = head.file(path);
    if (live == null) {
      throw new IllegalStateException("%s was live a moment ago".formatted(path));
    }
    return live;
  }
}

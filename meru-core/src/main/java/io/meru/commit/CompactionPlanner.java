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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.iceberg.Table;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works out what the compactions of a committable change on the table's present head. One is
 * dropped when its outputs no longer hold just the rows that its inputs have in the head: another
 * writer removed an input, or deleted rows of it that the compaction's writer did not know of; or
 * when an output is lost. Then the inputs stay, and edits that name the outputs are resolved again.
 */
final class CompactionPlanner {
  private static final Logger LOG = LoggerFactory.getLogger(CompactionPlanner.class);

  /**
   * What is left to do of a committable's compactions.
   *
   * @param plan removes inputs and adds outputs; empty when there is nothing to do
   * @param partial whether rows leave inputs that stay
   * @param dropped the edits of which a compaction was dropped
   */
  record Compactions(Plan plan, boolean partial, List<VersionEdit> dropped) {}

  private final Table table;
  private final KeySpec keySpec;
  private final WrittenFiles writtenFiles;

  CompactionPlanner(Table table, KeySpec keySpec, WrittenFiles writtenFiles) {
    this.table = table;
    this.keySpec = keySpec;
    this.writtenFiles = writtenFiles;
  }

  /** Plans the compactions of {@code committable} on {@code head}. */
  Compactions plan(Committable committable, Head head, Planner.Knowledge knowledge) {
    List<VersionEdit> fitting = new ArrayList<>();
    List<VersionEdit> dropped = new ArrayList<>();
    for (VersionEdit edit : committable.edits()) {
      boolean fits =
          edit.compactions().stream()
              .allMatch(compaction -> fits(compaction, head, knowledge.unknownTo(edit)));
      (fits ? fitting : dropped).add(edit); // all of an edit's: a later one may build on another
    }
    Set<String> lost = lostOutputs(fitting);
    PlanBuilder builder = new PlanBuilder(table, head);
    Map<String, DeletionVector> moved = new TreeMap<>();
    for (VersionEdit edit : fitting) {
      if (neededOutputs(edit).anyMatch(file -> lost.contains(file.path()))) {
        dropped.add(edit);
        continue;
      }
      for (Compaction compaction : edit.compactions()) {
        add(compaction, head, builder);
        // several writers may take their rows out of one file
        compaction.moved().forEach((path, rows) -> moved.merge(path, rows, DeletionVector::or));
      }
    }
    moved.forEach((path, positions) -> builder.delete(live(head, path), positions));
    return new Compactions(builder.build(knowledge.torn()), !moved.isEmpty(), dropped);
  }

  /** Paths of the outputs that are not as they were written. The inputs still hold their rows. */
  private Set<String> lostOutputs(List<VersionEdit> edits) {
    List<TableFile> outputs = edits.stream().flatMap(CompactionPlanner::neededOutputs).toList();
    Set<String> lost = new HashSet<>();
    for (WrittenFiles.Lost file : writtenFiles.lostOf(outputs)) {
      lost.add(file.file().path());
      LOG.warn(
          "The compaction of table {} that wrote {} is left out, since that file {}. An orphan"
              + " clean-up may have removed it before it was committed",
          keySpec.table(),
          file.file().path(),
          file.what());
    }
    return lost;
  }

  /** The outputs of which a row is left. */
  private static Stream<TableFile> neededOutputs(VersionEdit edit) {
    return edit.compactions().stream()
        .flatMap(
            compaction ->
                compaction.outputs().stream()
                    .map(AddedFile::file)
                    .filter(
                        file ->
                            compaction
                                    .deleted()
                                    .getOrDefault(file.path(), DeletionVector.EMPTY)
                                    .cardinality()
                                < file.recordCount()));
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
  }

  private static LiveFile live(Head head, String path) {
    LiveFile live = head.file(path);
    if (live == null) {
      throw new IllegalStateException("%s was live a moment ago".formatted(path));
    }
    return live;
  }
}

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

package io.meru.compaction;

import io.meru.compaction.CompactionPicker.Pick;
import io.meru.compaction.CompactionPicker.Reason;
import io.meru.compaction.CompactionPicker.Rest;
import io.meru.config.CompactionOptions;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version.LiveFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Says what to merge of a partition in which nothing changes: files with more than a few deleted
 * rows, small files, and if these stay small the smallest other one. So that what is rewritten
 * stays in proportion to what has changed, a file goes along with smaller ones when these have a
 * twentieth of its bytes, or when the rest has been long. Large files with rows of other writers
 * are not touched for a few deleted rows: each writer would leave those of the others behind.
 */
final class RestPicker {
  private static final int MAX_TIMES_LARGER = 20;

  private final FileRules rules;
  private final double deletedRatio;
  private final double deletedRatioAtRest;

  RestPicker(FileRules rules, CompactionOptions options) {
    this.rules = rules;
    this.deletedRatio = options.deletedRatio();
    this.deletedRatioAtRest =
        Math.min(CompactionPicker.MAX_DELETED_AT_REST, options.deletedRatio());
  }

  Optional<Pick> pick(
      PartitionTuple partition,
      List<LiveFile> files,
      ToLongFunction<String> deletedByAll,
      Rest rest) {
    Predicate<LiveFile> hasDeleted = live -> hasDeleted(live, deletedByAll);
    Predicate<LiveFile> isNewAndSmall =
        live -> rules.isSmall(live) && !rest.isSettled(live.file().path());
    Predicate<LiveFile> gains = hasDeleted.or(isNewAndSmall);
    List<LiveFile> candidates = candidates(files, hasDeleted, rest.isAtLongRest(partition));
    // what the limit leaves for the next merge must not be what this one would be made for
    candidates.sort(Comparator.comparing(gains.negate()::test));
    List<LiveFile> inputs = rules.upToLimit(candidates);
    if (inputs.stream().noneMatch(inputs.size() > 1 ? gains : hasDeleted)) {
      return Optional.empty();
    }
    return Optional.of(
        new Pick(
            Reason.AT_REST, partition, inputs, FileRules.highestLevel(inputs), candidates.size()));
  }

  /**
   * Whether a merge of {@code inputs} into {@code outputs} has neither dropped deleted rows nor
   * made fewer small files: it is not tried again with these.
   */
  boolean broughtNothing(List<LiveFile> inputs, List<TableFile> outputs) {
    long before = inputs.stream().filter(rules::isSmall).count();
    long after = outputs.stream().filter(file -> rules.isSmall(file.fileSizeBytes())).count();
    return after >= before && inputs.stream().allMatch(live -> live.deleted().isEmpty());
  }

  private boolean hasDeleted(LiveFile live, ToLongFunction<String> deletedByAll) {
    double share = rules.deletedShare(live, deletedByAll);
    boolean isToStayAsOtherwise = !rules.isOwned(live) && !rules.isSmall(live);
    return isToStayAsOtherwise ? share >= deletedRatio : share > deletedRatioAtRest;
  }

  private List<LiveFile> candidates(
      List<LiveFile> files, Predicate<LiveFile> hasDeleted, boolean isLong) {
    List<LiveFile> candidates =
        new ArrayList<>(
            files.stream().filter(hasDeleted).sorted(FileRules.SMALLEST_FIRST).toList());
    Set<LiveFile> taken = new HashSet<>(candidates);
    List<LiveFile> others =
        files.stream()
            .filter(live -> !taken.contains(live))
            .filter(live -> rules.isSmall(live) || rules.isOwned(live))
            .sorted(FileRules.SMALLEST_FIRST)
            .toList();
    long bytes = candidates.stream().mapToLong(FileRules::liveBytes).sum();
    for (LiveFile next : others) {
      boolean isInProportion = FileRules.liveBytes(next) / MAX_TIMES_LARGER <= bytes || isLong;
      if (!candidates.isEmpty() && !isInProportion) {
        break;
      }
      if (!rules.isSmall(next) && (candidates.isEmpty() || !rules.isSmall(bytes))) {
        break; // it is none that should be merged, nor are there any that need it
      }
      candidates.add(next);
      bytes += FileRules.liveBytes(next);
    }
    return candidates;
  }
}

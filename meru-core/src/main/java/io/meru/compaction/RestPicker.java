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
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Says what to merge of a partition in which nothing changes: files with more than a few deleted
 * rows, small files, and if these stay small the smallest other one. So that what is rewritten
 * stays in proportion to what has changed, a file goes along with smaller ones when these have a
 * twentieth of its bytes, or when the rest has been long. Large files with rows of other writers
 * are not touched for a few deleted rows: each writer would leave those of the others behind.
 *
 * <p>It ends. A merge takes what the writer has in a shared file, which is then excluded; or a
 * deleted row, and leaves fewer of them in the writer's own files; or a small file that is not
 * settled, and leaves fewer of these: its outputs are settled unless fewer of them are small.
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
    Gains gains = new Gains(deletedByAll, rest::isSettled);
    if (files.stream().noneMatch(gains::has)) {
      return Optional.empty();
    }
    List<LiveFile> candidates = candidates(files, gains, rest.isAtLongRest(partition));
    // what the limit leaves for the next merge must not be what this one would be made for
    candidates.sort(Comparator.comparing(live -> !gains.has(live)));
    boolean isWorthItAlone = !candidates.isEmpty() && gains.hasDeleted(candidates.get(0));
    List<LiveFile> inputs = rules.upToLimit(candidates, isWorthItAlone ? 1 : 2);
    return gains.areWorthAMerge(inputs)
        ? Optional.of(
            new Pick(
                Reason.AT_REST,
                partition,
                inputs,
                FileRules.highestLevel(inputs),
                candidates.size()))
        : Optional.empty();
  }

  /** Whether outputs are settled that came out of a merge of {@code inputs}. */
  boolean areSettled(List<TableFile> outputs, List<LiveFile> inputs, Predicate<String> isSettled) {
    long before =
        inputs.stream()
            .filter(live -> rules.isSmall(live) && !isSettled.test(live.file().path()))
            .count();
    long after = outputs.stream().filter(file -> rules.isSmall(file.fileSizeBytes())).count();
    return after >= before && inputs.stream().allMatch(live -> live.deleted().isEmpty());
  }

  /** What reading gains when files are merged. */
  private final class Gains {
    private final ToLongFunction<String> deletedByAll;
    private final Predicate<String> isSettled;

    Gains(ToLongFunction<String> deletedByAll, Predicate<String> isSettled) {
      this.deletedByAll = deletedByAll;
      this.isSettled = isSettled;
    }

    boolean has(LiveFile live) {
      return hasDeleted(live) || (rules.isSmall(live) && !isSettled.test(live.file().path()));
    }

    boolean hasDeleted(LiveFile live) {
      double share = deletedShare(live);
      boolean isLargeAndShared = !rules.isSmall(live) && !rules.isOwned(live);
      return isLargeAndShared ? share >= deletedRatio : share > deletedRatioAtRest;
    }

    double deletedShare(LiveFile live) {
      return rules.deletedShare(live, deletedByAll);
    }

    boolean areWorthAMerge(List<LiveFile> inputs) {
      return inputs.stream().anyMatch(inputs.size() > 1 ? this::has : this::hasDeleted);
    }
  }

  /** What has deleted rows, and the first small files that are worth it and alike in size. */
  private List<LiveFile> candidates(List<LiveFile> files, Gains gains, boolean isLong) {
    List<LiveFile> candidates =
        new ArrayList<>(
            files.stream()
                .filter(gains::hasDeleted)
                .sorted(
                    Comparator.<LiveFile>comparingDouble(live -> -gains.deletedShare(live))
                        .thenComparing(live -> live.file().path()))
                .toList());
    List<LiveFile> others =
        files.stream()
            .filter(live -> !gains.hasDeleted(live))
            .sorted(FileRules.SMALLEST_FIRST)
            .toList();
    long bytes = candidates.stream().mapToLong(FileRules::liveBytes).sum();
    for (LiveFile next : others.stream().filter(rules::isSmall).toList()) {
      if (!isLong && !candidates.isEmpty() && !isInProportion(next, bytes)) {
        if (gains.areWorthAMerge(candidates)) {
          return candidates;
        }
        candidates.clear();
        bytes = 0;
      }
      candidates.add(next);
      bytes += FileRules.liveBytes(next);
    }
    if (!candidates.isEmpty() && rules.isSmall(bytes)) {
      long smallBytes = bytes;
      others.stream()
          .filter(live -> !rules.isSmall(live) && rules.isOwned(live))
          .findFirst()
          .filter(live -> rules.isAtMostLarge(live) && (isLong || isInProportion(live, smallBytes)))
          .ifPresent(candidates::add);
    }
    return candidates;
  }

  private static boolean isInProportion(LiveFile next, long bytes) {
    return FileRules.liveBytes(next) / MAX_TIMES_LARGER <= bytes;
  }
}

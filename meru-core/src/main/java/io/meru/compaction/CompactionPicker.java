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

import io.meru.config.CompactionOptions;
import io.meru.key.HashRange;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Says what to merge next. A function of the version alone: the same files give the same pick, and
 * the job takes just what was picked.
 *
 * <p>Files are merged in tiers: {@code levelTrigger} files of a level, with all files of the levels
 * below it, become one run of the next level, until files have about the target's size. Since every
 * old row is deleted in place, files may overlap at any level without making a reader merge them:
 * nothing is rewritten only to keep levels apart. A file is rewritten as well when too many of its
 * rows are deleted. So a row is written once by its flush, once for each tier on the way to the
 * target's size, and (1 - ratio) / ratio times for each update by rewrites.
 *
 * <p>A file that was written before the job got another parallelism may have rows of several
 * writers. Each of them takes its own rows out of it when the file's turn has come, and what one
 * has taken counts as deleted for the others, so that the file ends before long. A large file with
 * few deleted rows stays shared: to move it would cost more than it brings.
 *
 * <p>Where nothing changes any more, what is left is merged as well ({@link #pickAtRest}), for some
 * tens of rows for each that has changed, and for a file of the target's size once in a long rest.
 */
public final class CompactionPicker {
  /** Why files were picked. */
  public enum Reason {
    /** A level has too many files. */
    FILES,
    /** Too many rows of the files are deleted. */
    DELETED_ROWS,
    /** The partition is at rest, and would read better. */
    AT_REST
  }

  /**
   * What to merge.
   *
   * @param inputs of each, all rows of the picker's range are taken
   * @param level of the outputs
   * @param score how far its reason is over its trigger: 1 when it has just been reached, 2 at
   *     twice as many files of the level, or twice the share of deleted bytes; the number of files
   *     where a partition is at rest
   */
  public record Pick(
      Reason reason, PartitionTuple partition, List<LiveFile> inputs, int level, double score) {}

  /** What is known of partitions in which nothing changes. */
  public interface Rest {
    /** Whether a partition has not changed for a while, and may be merged. */
    boolean isAtRest(PartitionTuple partition);

    /** Whether it has not for so long that what a merge costs matters little. */
    boolean isAtLongRest(PartitionTuple partition);

    /** What {@link #areSettled} has said of it. */
    boolean isSettled(String path);
  }

  /**
   * The share of deleted rows that a file may keep at rest. Scans that read them take as much more.
   */
  public static final double MAX_DELETED_AT_REST = 0.05;

  /** Files that a merge takes whatever their size: one alone would leave as many. */
  private static final int LEAST = 2;

  private static final int MAX_LEVEL = LevelFileName.LEVELS - 1;

  /**
   * The part of the target's size that must be deleted of files before they are rewritten for it:
   * below it, a reader pays for the files, not for their deleted rows, and they are merged when
   * there are enough of them.
   */
  private static final int MIN_DELETED_PART = 64;

  /**
   * Files of level 0 first, then what is furthest over its trigger. Both kinds of score measure
   * what a merge gains by what it writes: files that a reader no longer opens, or deleted bytes
   * that it no longer reads, in proportion to what is rewritten for it. A level that has to wait
   * gets more files, and so a higher score than any share of deleted bytes can have.
   */
  private static final Comparator<Pick> URGENCY =
      Comparator.comparing((Pick pick) -> pick.reason() == Reason.FILES && pick.level() == 1)
          .thenComparingDouble(Pick::score)
          .thenComparing(pick -> pick.inputs().get(0).file().path());

  private final CompactionOptions options;
  private final FileRules rules;
  private final RestPicker restPicker;

  /**
   * A picker for the writer of {@code range}, which merges files of its own sink only.
   *
   * @param specId the partition spec of new files; those of others stay as they are
   * @param openBytes of heap for the inputs of a merge while they are open, {@link
   *     InputHeap#limitBytes} as a rule; a file that takes more than a quarter is left alone
   */
  public CompactionPicker(
      CompactionOptions options, HashRange range, String sinkId, int specId, long openBytes) {
    this.options = options;
    this.rules = new FileRules(options, range, sinkId, specId, openBytes);
    this.restPicker = new RestPicker(rules, options);
  }

  /**
   * What to merge next; empty if there is nothing to do.
   *
   * @param version settled: no key has two live rows in it
   * @param excluded paths of files that are to stay as they are
   * @param deletedByAll how many rows of a file all writers together had deleted when the version
   *     was loaded; what it says to be deleted beyond that, this writer has deleted itself
   */
  public Optional<Pick> pick(
      Version version, Predicate<String> excluded, ToLongFunction<String> deletedByAll) {
    return mergeable(version, live -> true, excluded).entrySet().stream()
        .flatMap(
            files ->
                Stream.concat(
                    tier(files.getKey(), files.getValue()).stream(),
                    rewrite(files.getKey(), files.getValue(), deletedByAll).stream()))
        .max(URGENCY);
  }

  /**
   * What to merge of partitions that are at rest; to be asked when {@link #pick} has nothing to do.
   * Empty if none of them would read better for it. That ends ({@link RestPicker}) if what {@link
   * #areSettled} says of outputs is known in the next {@link Rest}, and files of which the writer
   * has no row left are excluded.
   *
   * @param version as above
   * @param excluded as above
   * @param deletedByAll as above
   */
  public Optional<Pick> pickAtRest(
      Version version, Predicate<String> excluded, ToLongFunction<String> deletedByAll, Rest rest) {
    Map<PartitionTuple, List<LiveFile>> partitions =
        mergeable(version, live -> rest.isAtRest(live.file().partition()), excluded);
    if (partitions.isEmpty()) {
      return Optional.empty();
    }
    version.files().stream()
        .filter(live -> !live.lineage().isSeen())
        .forEach(live -> partitions.remove(live.file().partition()));
    return partitions.entrySet().stream()
        .flatMap(
            files -> restPicker.pick(files.getKey(), files.getValue(), deletedByAll, rest).stream())
        .max(URGENCY);
  }

  /**
   * Whether outputs that came out of a merge of {@code inputs} are settled: it dropped no deleted
   * row, and made no fewer small files of those that were not settled before.
   */
  public boolean areSettled(
      List<TableFile> outputs, List<LiveFile> inputs, Predicate<String> isSettled) {
    return restPicker.areSettled(outputs, inputs, isSettled);
  }

  private Map<PartitionTuple, List<LiveFile>> mergeable(
      Version version, Predicate<LiveFile> isWanted, Predicate<String> excluded) {
    Map<PartitionTuple, List<LiveFile>> partitions = new HashMap<>();
    for (LiveFile live : version.files()) {
      if (isWanted.test(live) && rules.mayTake(live) && !excluded.test(live.file().path())) {
        partitions
            .computeIfAbsent(live.file().partition(), partition -> new ArrayList<>())
            .add(live);
      }
    }
    return partitions;
  }

  /**
   * The most level-0 files that a partition has and that a merge may take, now or once there are
   * more of them. What none takes, waiting for merges does not make fewer.
   *
   * @param excluded paths of files that are to stay as they are
   * @param deletedByAll as above
   */
  public int levelZeroFiles(
      Version version, Predicate<String> excluded, ToLongFunction<String> deletedByAll) {
    Map<PartitionTuple, Integer> counts = new HashMap<>();
    int most = 0;
    for (LiveFile live : version.files()) {
      if (FileRules.level(live) == 0
          && (rules.isSmall(live) || isMostlyDeleted(live, deletedByAll))
          && rules.mayTake(live)
          && !excluded.test(live.file().path())) {
        most = Math.max(most, counts.merge(live.file().partition(), 1, Integer::sum));
      }
    }
    return most;
  }

  /** The lowest level with too many files, and all below it. */
  private Optional<Pick> tier(PartitionTuple partition, List<LiveFile> files) {
    List<LiveFile> small =
        files.stream().filter(rules::isSmall).sorted(FileRules.SMALLEST_FIRST).toList();
    int highest = small.stream().mapToInt(FileRules::level).max().orElse(-1);
    for (int level = 0; level <= highest; level++) {
      int tier = level;
      long count = small.stream().filter(live -> FileRules.level(live) == tier).count();
      if (count >= options.levelTrigger()) {
        List<LiveFile> inputs =
            rules.upToLimit(
                small.stream().filter(live -> FileRules.level(live) <= tier).toList(), LEAST);
        double score = (double) count / options.levelTrigger();
        return Optional.of(
            new Pick(Reason.FILES, partition, inputs, Math.min(tier + 1, MAX_LEVEL), score));
      }
    }
    return Optional.empty();
  }

  /** The files with too many deleted rows. */
  private Optional<Pick> rewrite(
      PartitionTuple partition, List<LiveFile> files, ToLongFunction<String> deletedByAll) {
    List<LiveFile> candidates =
        files.stream()
            .filter(live -> isMostlyDeleted(live, deletedByAll))
            .sorted(
                Comparator.<LiveFile>comparingDouble(
                        live -> -rules.deletedShare(live, deletedByAll))
                    .thenComparing(live -> live.file().path()))
            .toList();
    // of all of them: few small ones must not keep large ones behind them from their turn
    if (candidates.isEmpty()
        || (candidates.size() < options.levelTrigger() && haveFewDeletedBytes(candidates))) {
      return Optional.empty();
    }
    List<LiveFile> inputs = rules.upToLimit(candidates, LEAST);
    double score = deletedByteShare(inputs) / options.deletedRatio();
    return Optional.of(
        new Pick(Reason.DELETED_ROWS, partition, inputs, FileRules.highestLevel(inputs), score));
  }

  private boolean isMostlyDeleted(LiveFile live, ToLongFunction<String> deletedByAll) {
    return rules.deletedShare(live, deletedByAll) >= options.deletedRatio();
  }

  private boolean haveFewDeletedBytes(List<LiveFile> files) {
    long deletedBytes =
        files.stream()
            .mapToLong(live -> live.file().fileSizeBytes() - FileRules.liveBytes(live))
            .sum();
    return deletedBytes < options.targetFileBytes() / MIN_DELETED_PART;
  }

  private static double deletedByteShare(List<LiveFile> files) {
    long bytes = 0;
    long live = 0;
    for (LiveFile file : files) {
      bytes += file.file().fileSizeBytes();
      live += FileRules.liveBytes(file);
    }
    return (double) (bytes - live) / bytes;
  }
}

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

import static java.util.Objects.requireNonNull;

import io.meru.key.HashRange;
import io.meru.levelfile.MergeRows;
import io.meru.version.LevelFileName;
import io.meru.version.Lineage;
import io.meru.version.PartitionTuple;
import io.meru.version.Version.LiveFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Says what to merge of a table so that it reads like one that was written once: files that are
 * small, too large, or have deleted rows. A function of the files alone.
 *
 * <p>Files of one partition and one sink are merged with each other, those of each of the job's
 * writers by themselves. Files that several writers would share are split.
 */
public final class TablePicker {
  /** Heap for the inputs of a merge while they are open: as many as a merge numbers, as a rule. */
  private static final long OPEN_BYTES = 1L << 30;

  /**
   * What to merge.
   *
   * @param inputs taken whole
   * @param ranges the rows of each go into outputs of their own; every row is in one of them
   * @param level of the outputs
   */
  public record Group(
      PartitionTuple partition,
      String sinkId,
      List<LiveFile> inputs,
      List<HashRange> ranges,
      int level) {}

  private record Home(PartitionTuple partition, String sinkId) {}

  private static final Comparator<LiveFile> BY_PATH =
      Comparator.comparing(live -> live.file().path());

  private static final Comparator<LiveFile> BY_KEY =
      Comparator.<LiveFile, Long>comparing(live -> live.file().minPrefix(), Long::compareUnsigned)
          .thenComparing(BY_PATH);

  private final long targetFileBytes;
  private final long maxBytes;
  private final double deletedRatio;
  private final List<HashRange> writers;

  /**
   * A picker.
   *
   * @param maxBytes live bytes of a group; two files are taken anyway
   * @param deletedRatio share of a file's rows above which deleted ones have it rewritten
   * @param parallelism writers of the job, 1 when it makes no difference who owns a file
   */
  public TablePicker(long targetFileBytes, long maxBytes, double deletedRatio, int parallelism) {
    this.targetFileBytes = targetFileBytes;
    this.maxBytes = maxBytes;
    this.deletedRatio = deletedRatio;
    this.writers =
        IntStream.range(0, parallelism)
            .mapToObj(subtask -> HashRange.ofSubtask(subtask, parallelism))
            .toList();
  }

  /** Why a file cannot be merged, as far as the table's metadata say; empty if it can. */
  public static Optional<String> refusal(LiveFile live) {
    if (live.file().isForeign()) {
      return Optional.of("another writer's file, or of another primary key");
    }
    return live.lineage().firstRowId() == Lineage.NONE
        ? Optional.of("its rows have no row ids: it is older than the table's format version 3")
        : Optional.empty();
  }

  /**
   * What to merge; each file is in one group at most.
   *
   * @param files none that {@link #refusal} refuses
   */
  public List<Group> pick(Collection<LiveFile> files) {
    Map<Home, List<LiveFile>> homes = new LinkedHashMap<>();
    for (LiveFile live : files.stream().sorted(BY_PATH).toList()) {
      Home home = new Home(live.file().partition(), name(live).sinkId());
      homes.computeIfAbsent(home, key -> new ArrayList<>()).add(live);
    }
    List<Group> groups = new ArrayList<>();
    homes.forEach((home, members) -> pick(home, members, groups));
    return groups;
  }

  private void pick(Home home, List<LiveFile> files, List<Group> groups) {
    Map<HashRange, List<LiveFile>> byWriter = new LinkedHashMap<>();
    List<LiveFile> shared = new ArrayList<>();
    for (LiveFile live : files) {
      Optional<HashRange> owner =
          writers.stream().filter(range -> range.covers(hashes(live))).findFirst();
      owner.ifPresentOrElse(
          range -> byWriter.computeIfAbsent(range, key -> new ArrayList<>()).add(live),
          () -> shared.add(live));
    }
    for (List<LiveFile> own : byWriter.values()) {
      merge(home, own, groups);
    }
    split(home, shared, groups);
  }

  /** Merges what reads badly of one writer's files. */
  private void merge(Home home, List<LiveFile> files, List<Group> groups) {
    List<LiveFile> picked = new ArrayList<>(files.stream().filter(this::readsBadly).toList());
    long bytes = picked.stream().mapToLong(FileRules::liveBytes).sum();
    if (!picked.isEmpty() && bytes < targetFileBytes / 2) {
      // alone they would stay small
      Set<LiveFile> taken = new HashSet<>(picked);
      files.stream()
          .filter(live -> !taken.contains(live))
          .min(FileRules.SMALLEST_FIRST)
          .ifPresent(picked::add);
    }
    for (List<LiveFile> inputs : upToLimit(picked)) {
      if (inputs.size() > 1 || !isSmall(inputs.get(0)) || hasDeleted(inputs.get(0))) {
        groups.add(group(home, inputs, List.of(HashRange.ALL)));
      }
    }
  }

  /** Parts files that several writers share. */
  private void split(Home home, List<LiveFile> files, List<Group> groups) {
    for (List<LiveFile> inputs : upToLimit(files)) {
      List<HashRange> ranges =
          writers.stream()
              .filter(range -> inputs.stream().anyMatch(live -> range.overlaps(hashes(live))))
              .toList();
      groups.add(group(home, inputs, ranges));
    }
  }

  private static Group group(Home home, List<LiveFile> inputs, List<HashRange> ranges) {
    int level = inputs.stream().mapToInt(live -> name(live).level()).max().orElse(0);
    return new Group(home.partition(), home.sinkId(), inputs, ranges, Math.max(1, level));
  }

  /** Files with near keys together, as many as one merge may take. */
  private List<List<LiveFile>> upToLimit(List<LiveFile> files) {
    List<List<LiveFile>> chunks = new ArrayList<>();
    List<LiveFile> chunk = new ArrayList<>();
    long bytes = 0;
    long openBytes = 0;
    for (LiveFile live : files.stream().sorted(BY_KEY).toList()) {
      bytes += FileRules.liveBytes(live);
      openBytes += InputHeap.of(live.file());
      if (chunk.size() == MergeRows.MAX_INPUTS
          || (chunk.size() >= 2 && (bytes > maxBytes || openBytes > OPEN_BYTES))) {
        chunks.add(chunk);
        chunk = new ArrayList<>();
        bytes = FileRules.liveBytes(live);
        openBytes = InputHeap.of(live.file());
      }
      chunk.add(live);
    }
    if (!chunk.isEmpty()) {
      chunks.add(chunk);
    }
    return chunks;
  }

  private boolean readsBadly(LiveFile live) {
    return isSmall(live) || hasDeleted(live) || FileRules.liveBytes(live) > 2 * targetFileBytes;
  }

  private boolean isSmall(LiveFile live) {
    return FileRules.liveBytes(live) < targetFileBytes / 2;
  }

  private boolean hasDeleted(LiveFile live) {
    return live.deleted().cardinality() > deletedRatio * live.file().recordCount();
  }

  private static HashRange hashes(LiveFile live) {
    return name(live).hashRange();
  }

  private static LevelFileName name(LiveFile live) {
    return requireNonNull(live.file().levelName());
  }
}

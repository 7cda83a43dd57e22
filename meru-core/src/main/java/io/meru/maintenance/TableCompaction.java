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

package io.meru.maintenance;

import static java.util.Objects.requireNonNull;

import io.meru.commit.CommitOptions;
import io.meru.commit.CompactionCommitter;
import io.meru.commit.IcebergFiles;
import io.meru.commit.LocalTable;
import io.meru.commit.TableLevelFileStore;
import io.meru.commit.TableMerges;
import io.meru.commit.TableRequirements;
import io.meru.compaction.MergeInput;
import io.meru.compaction.MergeJob;
import io.meru.compaction.MergeResult;
import io.meru.compaction.MergeTarget;
import io.meru.compaction.OutputKeys;
import io.meru.compaction.TablePicker;
import io.meru.compaction.TablePicker.Group;
import io.meru.compaction.Throttle;
import io.meru.error.CorruptFileException;
import io.meru.error.DuplicateKeyException;
import io.meru.error.UnsupportedTableException;
import io.meru.flush.LevelFileStore;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.maintenance.TableCompactionResult.Skipped;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.NotFoundException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compacts a table, or some partitions of it, beside the jobs that write it or without any: small
 * files become files of the target's size, and rows that are deleted go. No row changes, nor its
 * lineage, and each merge is a commit of its own, so it may be stopped at any time and run again.
 * Used by one thread at a time.
 */
public final class TableCompaction {
  private static final Logger LOG = LoggerFactory.getLogger(TableCompaction.class);
  private static final int PARTITIONS_NAMED = 5;

  private static final String MISSING =
      "it is missing, though the table's head names it; see what else meru verify finds";

  /** No file is rewritten because of its deleted rows. */
  private static final double NO_REWRITE = 1;

  private final Table table;
  private final String tableName;
  private final CommitOptions commitOptions;
  private final Clock clock;
  private final LongSupplier nanoClock;
  private final Supplier<UUID> ids;

  /**
   * An action on {@code table}, which it refreshes.
   *
   * @param tableName for messages
   * @param commitOptions how often a commit is tried, and how long it waits in between
   * @param nanoClock for the rate, such as {@code System::nanoTime}
   * @param ids for names of files and commits, such as {@code UUID::randomUUID}
   */
  public TableCompaction(
      Table table,
      String tableName,
      CommitOptions commitOptions,
      Clock clock,
      LongSupplier nanoClock,
      Supplier<UUID> ids) {
    this.table = LocalTable.of(table);
    this.tableName = tableName;
    this.commitOptions = commitOptions;
    this.clock = clock;
    this.nanoClock = nanoClock;
    this.ids = ids;
  }

  /**
   * Compacts until there is nothing to merge among the files that the table has now.
   *
   * @throws IllegalArgumentException if the table has no such partition
   * @throws io.meru.error.UnsupportedTableException if the table has no primary key that Meru can
   *     keep, a format version below 3, or equality deletes
   * @throws io.meru.error.CommitConflictException if other writers were faster again and again;
   *     what was committed stays
   */
  public TableCompactionResult run(TableCompactionOptions options) {
    table.refresh();
    TableRequirements.check(table, tableName);
    TableCompactionResult result = new Run(options).run();
    LOG.info("Compacted table {}: {}", tableName, result);
    return result;
  }

  /** What {@link #run} would begin with; reads metadata and footers only. */
  public TableCompactionResult dryRun(TableCompactionOptions options) {
    table.refresh();
    TableRequirements.check(table, tableName);
    return new Run(options).dryRun();
  }

  /** One compaction on its way. */
  private final class Run {
    private final TableCompactionOptions options;
    private final KeySpec keySpec = KeySpec.of(tableName, table.schema());
    private final CompactionCommitter committer;
    private final Map<Integer, MergeJob> jobs = new HashMap<>();

    /** Files that it may take: those of the beginning, and what it made of them. */
    private final Set<String> own = new HashSet<>();

    private final Set<String> checked = new HashSet<>();

    /** Not there when they were looked into: others have removed them, or they are lost. */
    private final Set<String> missing = new HashSet<>();

    private final Map<String, Skipped> skipped = new TreeMap<>();
    private int merged;
    private long bytesMerged;
    private long bytesWritten;
    private long rowsDropped;
    private int snapshots;
    private int abandoned;

    Run(TableCompactionOptions options) {
      this.options = options;
      this.committer = new CompactionCommitter(table, tableName, commitOptions, clock, ids);
    }

    TableCompactionResult run() {
      Version version = committer.load();
      int filesBefore = take(version);
      int taken = Integer.MAX_VALUE;
      List<Group> groups = pick(version, options.deletedRatio());
      while (!groups.isEmpty() && files(groups) < taken) {
        taken = files(groups);
        for (Group group : groups) {
          merge(group);
        }
        version = committer.load();
        groups = pick(version, NO_REWRITE); // what is deleted by now was not when it began
      }
      return result(false, filesBefore, version);
    }

    TableCompactionResult dryRun() {
      Version version = committer.load();
      int filesBefore = take(version);
      for (Group group : pick(version, options.deletedRatio())) {
        merged += group.inputs().size();
        group.inputs().forEach(input -> bytesMerged += input.file().fileSizeBytes());
      }
      return result(true, filesBefore, version);
    }

    private static int files(List<Group> groups) {
      return groups.stream().mapToInt(group -> group.inputs().size()).sum();
    }

    private TableCompactionResult result(boolean dryRun, int filesBefore, Version version) {
      // what others have removed since is not lost
      List<LiveFile> files = selected(missing.isEmpty() ? version : committer.load());
      files.stream()
          .map(live -> live.file().path())
          .filter(missing::contains)
          .forEach(path -> skip(path, MISSING, true));
      return new TableCompactionResult(
          dryRun,
          filesBefore,
          files.size(),
          merged,
          bytesMerged,
          bytesWritten,
          rowsDropped,
          snapshots,
          abandoned,
          List.copyOf(skipped.values()));
    }

    private void skip(String path, String reason, boolean damaged) {
      skipped.put(path, new Skipped(path, reason, damaged));
    }

    private int take(Version version) {
      checkPartitions(version);
      List<LiveFile> selected = selected(version);
      for (LiveFile live : selected) {
        String path = live.file().path();
        own.add(path);
        TablePicker.refusal(live).ifPresent(reason -> skip(path, reason, false));
      }
      return selected.size();
    }

    private void checkPartitions(Version version) {
      Set<String> left = new TreeSet<>(options.partitions());
      Set<String> present = new TreeSet<>();
      version.files().forEach(live -> present.add(partition(live)));
      left.removeAll(present);
      if (!left.isEmpty()) {
        throw new IllegalArgumentException(
            "Table %s has no data file in partition %s; it has %d partitions, such as %s"
                .formatted(
                    tableName,
                    left.iterator().next(),
                    present.size(),
                    present.stream().limit(PARTITIONS_NAMED).toList()));
      }
    }

    private List<LiveFile> selected(Version version) {
      Set<String> partitions = options.partitions();
      return version.files().stream()
          .filter(live -> partitions.isEmpty() || partitions.contains(partition(live)))
          .toList();
    }

    private String partition(LiveFile live) {
      return IcebergFiles.partitionPath(spec(live.file().partition().specId()), live.file());
    }

    private PartitionSpec spec(int specId) {
      return requireNonNull(table.specs().get(specId));
    }

    /** Groups without files that cannot be merged. */
    private List<Group> pick(Version version, double deletedRatio) {
      TablePicker picker =
          new TablePicker(
              options.targetFileBytes(), options.maxBytes(), deletedRatio, options.parallelism());
      while (true) {
        List<LiveFile> files =
            selected(version).stream()
                .filter(live -> own.contains(live.file().path()))
                .filter(live -> !skipped.containsKey(live.file().path()))
                .filter(live -> !missing.contains(live.file().path()))
                .toList();
        List<Group> groups = picker.pick(files);
        int before = skipped.size() + missing.size();
        groups.forEach(group -> group.inputs().forEach(this::check));
        if (skipped.size() + missing.size() == before) {
          return groups;
        }
      }
    }

    /** Looks into the file's footer, once. */
    private void check(LiveFile live) {
      String path = live.file().path();
      if (!checked.add(path)) {
        return;
      }
      try {
        job(live.file().partition().specId())
            .refusal(path, live.file().fileSizeBytes())
            .ifPresent(reason -> skip(path, reason, false));
      } catch (CorruptFileException e) {
        skip(path, String.valueOf(e.getMessage()), true);
      } catch (NotFoundException e) {
        missing.add(path);
      }
    }

    private MergeJob job(int specId) {
      return jobs.computeIfAbsent(
          specId, id -> TableMerges.job(table, keySpec, spec(id), options.levels()));
    }

    private void merge(Group group) {
      List<CompactionCommitter.Merge> merges = new ArrayList<>();
      boolean isCommitted = run(group, merges) && committer.commit(merges);
      if (isCommitted) {
        count(group.inputs(), merges);
      } else {
        abandoned++; // what is left of its inputs may be merged in the next pass
      }
    }

    /** Runs the merges of a group; returns whether it could. */
    private boolean run(Group group, List<CompactionCommitter.Merge> merges) {
      try {
        for (HashRange range : group.ranges()) {
          merges.add(merge(group, range));
        }
        return true;
      } catch (CorruptFileException | DuplicateKeyException | UnsupportedTableException e) {
        LOG.warn("Cannot compact files of table {}, which stay as they are", tableName, e);
        boolean damaged = !(e instanceof UnsupportedTableException);
        String reason = String.valueOf(e.getMessage());
        group.inputs().forEach(input -> skip(input.file().path(), reason, damaged));
        discard(merges);
        return false;
      } catch (NotFoundException e) {
        LOG.info("Giving up a compaction of files of table {} that are gone", tableName, e);
        for (LiveFile input : group.inputs()) {
          checked.remove(input.file().path());
          check(input);
        }
        discard(merges);
        return false;
      } catch (RuntimeException e) {
        discard(merges);
        throw e;
      }
    }

    private void discard(List<CompactionCommitter.Merge> merges) {
      LevelFileStore store = new TableLevelFileStore(table);
      for (CompactionCommitter.Merge done : merges) {
        done.result().added().forEach(output -> store.discard(output.file().path()));
      }
    }

    private CompactionCommitter.Merge merge(Group group, HashRange range) {
      List<LiveFile> files = new ArrayList<>();
      List<MergeInput> inputs = new ArrayList<>();
      for (LiveFile live : group.inputs()) {
        LevelFileName name = requireNonNull(live.file().levelName());
        if (name.hashRange().overlaps(range)) {
          files.add(live);
          inputs.add(MergeInput.whole(live).taking(range));
        }
      }
      MergeTarget target =
          new MergeTarget(
              group.level(),
              options.targetFileBytes(),
              group.partition(),
              (level, hashes) -> name(group.sinkId(), level, hashes));
      Throttle throttle =
          new Throttle(options.maxBytesPerSecond(), nanoClock, () -> false, () -> false);
      MergeResult result =
          job(group.partition().specId()).run(inputs, target, OutputKeys.NONE, throttle);
      return new CompactionCommitter.Merge(files, result);
    }

    private LevelFileName name(String sinkId, int level, HashRange hashes) {
      return LevelFileName.of(level, hashes, keySpec.fingerprint(), sinkId, ids.get());
    }

    private void count(Collection<LiveFile> inputs, List<CompactionCommitter.Merge> merges) {
      snapshots++;
      merged += inputs.size();
      for (LiveFile input : inputs) {
        bytesMerged += input.file().fileSizeBytes();
        rowsDropped += input.deleted().cardinality();
      }
      for (CompactionCommitter.Merge merge : merges) {
        bytesWritten += merge.result().bytesWritten();
        for (AddedFile output : merge.result().added()) {
          own.add(output.file().path());
        }
      }
    }
  }
}

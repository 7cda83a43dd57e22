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

import io.meru.commit.ForwardingOperations;
import io.meru.commit.LocalTable;
import io.meru.commit.TableRequirements;
import io.meru.maintenance.RetentionOptions.Retention;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.util.PropertyUtil;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Expires snapshots of the main branch by age and by number, and deletes the files that only they
 * needed. Tags and other branches stay as their own retention and the table's properties say, and
 * so do snapshots outside any branch. Used by one thread at a time.
 *
 * <p>Iceberg's own expiry decides and commits. The files are found in a second step ({@link
 * ExpiredFiles}), which may run later and elsewhere.
 */
public final class SnapshotExpiry {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotExpiry.class);

  /**
   * Snapshots of one commit. Their manifest lists are in memory at the same time while their files
   * are looked for: some 50 KB each on a table with a hundred manifests.
   */
  static final int BATCH = 1000;

  private final Table table;
  private final TableOperations operations;
  private final Clock clock;

  /**
   * An action on {@code table}, which it refreshes.
   *
   * @param clock for the age of snapshots
   */
  public SnapshotExpiry(Table table, Clock clock) {
    this.table = LocalTable.of(table);
    this.operations = operations(this.table);
    this.clock = clock;
  }

  /**
   * The table before and after its snapshots were expired; their files are still there.
   *
   * @param before the metadata that the expiry was committed on
   * @param after what it committed
   */
  record Expired(TableMetadata before, TableMetadata after) {
    /** Ids of the expired snapshots, oldest first. */
    List<Long> snapshots() {
      return before.snapshots().stream()
          .filter(snapshot -> after.snapshot(snapshot.snapshotId()) == null)
          .sorted(Comparator.comparingLong(Snapshot::sequenceNumber))
          .map(Snapshot::snapshotId)
          .toList();
    }

    /** When the newest of them was made, in ms. */
    long newestMs() {
      return before.snapshots().stream()
          .filter(snapshot -> after.snapshot(snapshot.snapshotId()) == null)
          .mapToLong(Snapshot::timestampMillis)
          .max()
          .orElse(Long.MIN_VALUE);
    }
  }

  /**
   * Expires, and deletes the files at once. A reader that planned on an expired snapshot and still
   * reads will miss them, so leave enough time.
   *
   * @throws CommitFailedException if other writers were faster again and again
   */
  public ExpiryResult run(RetentionOptions options) {
    TableRequirements.checkNotCopied(table, table.name());
    ExpiredFiles expiredFiles = new ExpiredFiles();
    List<Long> snapshots = new ArrayList<>();
    List<String> files = new ArrayList<>();
    FileDeletion.Count count = FileDeletion.Count.NONE;
    Optional<Expired> expired =
        expire(options, BATCH, new Committing(operations, properties -> true, true));
    while (expired.isPresent()) {
      List<String> found = expiredFiles.find(table, expired.get());
      count = count.plus(FileDeletion.delete(table.io(), found, () -> false));
      snapshots.addAll(expired.get().snapshots());
      files.addAll(found);
      expired = expire(options, BATCH, new Committing(operations, properties -> true, true));
    }
    int remaining = operations.current().snapshots().size();
    LOG.info(
        "Expired {} snapshots of table {}, {} remain; deleted {} files, failed to delete {}",
        snapshots.size(),
        table.name(),
        remaining,
        count.deleted(),
        count.failed());
    return new ExpiryResult(false, snapshots, remaining, files, count.deleted(), count.failed());
  }

  /** What {@link #run} would do now. */
  public ExpiryResult dryRun(RetentionOptions options) {
    return expire(options, Integer.MAX_VALUE, new Pretending(operations))
        .map(
            expired ->
                new ExpiryResult(
                    true,
                    expired.snapshots(),
                    expired.after().snapshots().size(),
                    new ExpiredFiles().find(table, expired),
                    0,
                    0))
        .orElseGet(
            () ->
                new ExpiryResult(
                    true, List.of(), operations.current().snapshots().size(), List.of(), 0, 0));
  }

  /**
   * Expires the oldest {@value #BATCH} once, without another try, and deletes nothing; empty if
   * there is nothing to expire.
   *
   * @param allowed looks at the properties of the table that the expiry is committed on
   * @throws ValidationException if another writer was faster, or it is not allowed
   */
  Optional<Expired> expireOnce(RetentionOptions options, Predicate<Map<String, String>> allowed) {
    return expire(options, BATCH, new Committing(operations, allowed, false));
  }

  /** The table, as its files are best read. */
  Table table() {
    return table;
  }

  private Optional<Expired> expire(RetentionOptions options, int most, Recording recording) {
    TableMetadata metadata = operations.refresh();
    Retention retention =
        options.settle(metadata.properties(), metadata.ref(SnapshotRef.MAIN_BRANCH));
    List<Snapshot> main = main(metadata);
    int kept = Math.max(kept(main, retention), main.size() - most);
    if (kept == main.size()) {
      return Optional.empty();
    }
    ExpireSnapshots expire =
        new BaseTable(recording, table.name())
            .expireSnapshots()
            .cleanExpiredFiles(false)
            .planWith(LocalTable.workers(table));
    if (main.size() == metadata.snapshots().size()) {
      // the only chain: what is not kept is its end
      expire.expireOlderThan(main.get(kept).timestampMillis() + 1).retainLast(kept);
    } else {
      expire
          .expireOlderThan(clock.millis() - othersAgeMs(metadata, retention))
          .retainLast(retention.minSnapshots());
      Set<Long> neededByOthers = neededByOthers(metadata, retention);
      main.subList(kept, main.size()).stream()
          .map(Snapshot::snapshotId)
          .filter(id -> !neededByOthers.contains(id))
          .forEach(expire::expireSnapshotId);
    }
    expire.commit();
    return Optional.ofNullable(recording.expired);
  }

  private static List<Snapshot> main(TableMetadata metadata) {
    List<Snapshot> main = new ArrayList<>();
    if (metadata.currentSnapshot() != null) {
      SnapshotUtil.ancestorsOf(metadata.currentSnapshot().snapshotId(), metadata::snapshot)
          .forEach(main::add);
    }
    return main;
  }

  /** How many of {@code main}, newest first, stay. */
  private int kept(List<Snapshot> main, Retention retention) {
    long now = clock.millis();
    int kept = 0;
    while (kept < main.size() && retention.keeps(kept, now - main.get(kept).timestampMillis())) {
      kept++;
    }
    return Math.max(kept, Math.min(1, main.size()));
  }

  /** Age at which what is not main's is expired: the table's, five days if it says nothing. */
  private static long othersAgeMs(TableMetadata metadata, Retention retention) {
    long age =
        PropertyUtil.propertyAsLong(
            metadata.properties(),
            TableProperties.MAX_SNAPSHOT_AGE_MS,
            TableProperties.MAX_SNAPSHOT_AGE_MS_DEFAULT);
    return Math.max(age, retention.timeRetained().toMillis());
  }

  /** Iceberg removes a snapshot that is named to it, even if a branch's retention wants it. */
  private Set<Long> neededByOthers(TableMetadata metadata, Retention retention) {
    Set<Long> needed = new HashSet<>();
    metadata
        .refs()
        .forEach(
            (name, ref) -> {
              needed.add(ref.snapshotId());
              if (ref.isBranch() && !name.equals(SnapshotRef.MAIN_BRANCH)) {
                needed.addAll(branch(metadata, ref, retention));
              }
            });
    return needed;
  }

  private Set<Long> branch(TableMetadata metadata, SnapshotRef ref, Retention retention) {
    long maxAge =
        ref.maxSnapshotAgeMs() != null ? ref.maxSnapshotAgeMs() : othersAgeMs(metadata, retention);
    int min =
        ref.minSnapshotsToKeep() != null ? ref.minSnapshotsToKeep() : retention.minSnapshots();
    long now = clock.millis();
    Set<Long> needed = new HashSet<>();
    for (Snapshot snapshot : SnapshotUtil.ancestorsOf(ref.snapshotId(), metadata::snapshot)) {
      if (needed.size() >= min && now - snapshot.timestampMillis() > maxAge) {
        break;
      }
      needed.add(snapshot.snapshotId());
    }
    return needed;
  }

  private static TableOperations operations(Table table) {
    if (table instanceof HasTableOperations withOperations) {
      return withOperations.operations();
    }
    throw new IllegalArgumentException(
        "Cannot maintain table %s: a %s does not give access to its metadata. Load it from its catalog."
            .formatted(table.name(), table.getClass().getName()));
  }

  /** Keeps what is committed. */
  private abstract static class Recording extends ForwardingOperations {
    private @Nullable Expired expired;

    Recording(TableOperations operations) {
      super(operations);
    }

    void record(TableMetadata base, TableMetadata metadata) {
      if (base != metadata) {
        expired = new Expired(base, metadata);
      }
    }
  }

  private static final class Committing extends Recording {
    private final Predicate<Map<String, String>> allowed;
    private final boolean again;

    /**
     * Commits for real.
     *
     * @param again whether Iceberg is to try again when the race is lost
     */
    Committing(TableOperations operations, Predicate<Map<String, String>> allowed, boolean again) {
      super(operations);
      this.allowed = allowed;
      this.again = again;
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      if (base == metadata) {
        return;
      }
      if (!allowed.test(base.properties())) {
        throw new ValidationException("A newer run of the sink cleans the table");
      }
      try {
        super.commit(base, metadata);
      } catch (CommitFailedException e) {
        throw again ? e : new ValidationException(e, "Another commit came first");
      }
      record(base, metadata);
    }
  }

  private static final class Pretending extends Recording {
    Pretending(TableOperations operations) {
      super(operations);
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      record(base, metadata);
    }
  }
}

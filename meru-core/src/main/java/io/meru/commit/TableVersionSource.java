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
import io.meru.dv.DeletionVectors;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.version.Compaction;
import io.meru.version.LevelFileName;
import io.meru.version.Lineage;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import io.meru.writer.VersionSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.util.Tasks;
import org.jspecify.annotations.Nullable;

/** Reads versions from an Iceberg table for the writer of one hash range. */
public final class TableVersionSource implements VersionSource {
  private final Table table;
  private final KeySpec keySpec;
  private final HashRange range;
  private final String sinkId;
  private final SchemaGuard schemaGuard;

  /** The run that this writer belongs to; null until one of its commits was seen. */
  private @Nullable String runId;

  /** Files of the last load in which other writers may have rows, too. */
  private Set<String> shared = Set.of();

  private boolean polled;

  /** The view of {@code table} that the writer of {@code range} needs. */
  public TableVersionSource(
      Table table, String tableName, KeySpec keySpec, HashRange range, String sinkId) {
    this.table = LocalTable.of(table);
    this.keySpec = keySpec;
    this.range = range;
    this.sinkId = sinkId;
    this.schemaGuard = new SchemaGuard(tableName, table.schema());
  }

  @Override
  public Version load() {
    if (!polled) {
      table.refresh();
    }
    schemaGuard.check(table);
    Snapshot head = table.currentSnapshot();
    shared = Set.of();
    if (head == null) {
      return Version.of(Version.NO_SNAPSHOT, List.of());
    }
    Map<String, LiveFile> files = LiveFiles.read(table, head, keySpec);
    files.values().removeIf(file -> !mayHoldOwnKeys(file));
    shared = sharedOf(files.values());
    return Version.of(head.snapshotId(), loadDeletions(files.values()));
  }

  @Override
  public Poll poll(long seenSnapshotId, SortedMap<Long, VersionEdit> pending) {
    table.refresh();
    polled = true;
    schemaGuard.check(table);
    boolean onlyOwn = true;
    long committedThrough = -1;
    Set<Long> passed = new HashSet<>();
    Snapshot head = table.currentSnapshot();
    learnRun(head, seenSnapshotId, pending);
    Snapshot snapshot = head;
    while (snapshot != null && snapshot.snapshotId() != seenSnapshotId) {
      passed.add(snapshot.snapshotId());
      if (isOwn(snapshot)) {
        if (MeruProperties.isLastPart(snapshot.summary())) {
          committedThrough = Math.max(committedThrough, checkpointId(snapshot));
        }
        onlyOwn &= !hasDroppedCompaction(snapshot, pending) && !isTorn(snapshot);
      } else {
        onlyOwn &= isClaim(snapshot);
      }
      Long parent = snapshot.parentId();
      if (parent == null) {
        onlyOwn &= seenSnapshotId == Version.NO_SNAPSHOT;
        break;
      }
      snapshot = table.snapshot(parent);
      onlyOwn &=
          snapshot != null; // else the chain is cut by expiry, and anything may have happened
    }
    onlyOwn &= head != null || seenSnapshotId == Version.NO_SNAPSHOT;
    Set<String> dropped = Set.of();
    try {
      dropped = onlyOwn ? dropped(passed) : dropped;
    } catch (NotFoundException e) {
      onlyOwn = false; // an expiry was faster
    }
    boolean isNews = onlyOwn && head != null;
    return new Poll(
        head == null ? Version.NO_SNAPSHOT : head.snapshotId(),
        onlyOwn,
        committedThrough,
        isNews ? lineages(head, passed, pending) : Map.of(),
        dropped);
  }

  /**
   * The shared files that one of these snapshots of the own run removed: it did when no row was
   * live in them any more, which takes the deletions of all their writers.
   */
  private Set<String> dropped(Set<Long> passed) {
    Set<String> dropped = new HashSet<>();
    for (long id : shared.isEmpty() ? Set.<Long>of() : passed) {
      Snapshot snapshot = table.snapshot(id);
      if (snapshot.summary().containsKey(SnapshotSummary.DELETED_FILES_PROP)) {
        SnapshotChanges.builderFor(table)
            .snapshot(snapshot)
            .build()
            .removedDataFiles()
            .forEach(file -> dropped.add(file.location()));
      }
    }
    dropped.retainAll(shared);
    return dropped;
  }

  private Set<String> sharedOf(Collection<LiveFile> files) {
    Set<String> paths = new HashSet<>();
    for (LiveFile live : files) {
      if (!live.file().isOwnedBy(range)) {
        paths.add(live.file().path());
      }
    }
    return paths;
  }

  /**
   * What was given to the files of {@code pending} that are in {@code head} and came into it with
   * one of the snapshots {@code passed}. Manifests of the head alone are read: others may be gone.
   */
  private Map<String, Lineage> lineages(
      Snapshot head, Set<Long> passed, SortedMap<Long, VersionEdit> pending) {
    Set<String> own = new HashSet<>();
    for (VersionEdit edit : pending.values()) {
      edit.added().forEach(added -> own.add(added.file().path()));
      for (Compaction compaction : edit.compactions()) {
        compaction.outputs().forEach(added -> own.add(added.file().path()));
      }
    }
    if (own.isEmpty() || passed.isEmpty()) {
      return Map.of();
    }
    Map<String, Lineage> lineages = new HashMap<>();
    for (ManifestFile manifest : head.dataManifests(table.io())) {
      if (passed.contains(manifest.snapshotId())) { // else it is older than the files
        addLineages(manifest, own, lineages);
      }
    }
    return lineages;
  }

  private void addLineages(ManifestFile manifest, Set<String> own, Map<String, Lineage> lineages) {
    try (var files = ManifestFiles.read(manifest, table.io(), table.specs())) {
      for (DataFile file : files) {
        if (own.contains(file.location())) {
          lineages.put(file.location(), IcebergFiles.lineage(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the manifest " + manifest.path(), e);
    }
  }

  private boolean mayHoldOwnKeys(LiveFile live) {
    LevelFileName name = live.file().levelName();
    return name == null || name.hashRange().overlaps(range);
  }

  /** On object storage each is a round trip: there they are read side by side. */
  private Collection<Version.LiveFile> loadDeletions(Collection<LiveFile> files) {
    Queue<Version.LiveFile> loaded = new ConcurrentLinkedQueue<>();
    Tasks.foreach(files)
        .executeWith(LocalTable.workers(table))
        .stopOnFailure()
        .throwFailureWhenFinished()
        .run(file -> loaded.add(withDeletions(file)));
    return loaded;
  }

  private Version.LiveFile withDeletions(LiveFile live) {
    return new Version.LiveFile(
        live.file(),
        DeletionVectors.load(table.io(), live.deletes(), live.file().path()),
        IcebergFiles.lineage(live.dataFile()));
  }

  /** Before anything is taken for the run's or not: its snapshots need not all hold an own edit. */
  private void learnRun(
      @Nullable Snapshot head, long seenSnapshotId, SortedMap<Long, VersionEdit> pending) {
    Snapshot snapshot = head;
    while (runId == null && snapshot != null && snapshot.snapshotId() != seenSnapshotId) {
      if (isOfSink(snapshot) && holdsEditOf(snapshot.summary(), pending)) {
        runId = snapshot.summary().get(MeruProperties.RUN_ID);
      }
      Long parent = snapshot.parentId();
      snapshot = parent == null ? null : table.snapshot(parent);
    }
  }

  private boolean isOwn(Snapshot snapshot) {
    return runId != null
        && runId.equals(snapshot.summary().get(MeruProperties.RUN_ID))
        && isOfSink(snapshot);
  }

  private boolean isOfSink(Snapshot snapshot) {
    Map<String, String> summary = snapshot.summary();
    return summary.containsKey(MeruProperties.RUN_ID)
        && sinkId.equals(summary.get(MeruProperties.SINK_ID))
        && !isClaim(snapshot);
  }

  /** Whether edits of it were resolved again, so that no writer knows what became of its own. */
  private static boolean isTorn(Snapshot snapshot) {
    return snapshot.summary().containsKey(MeruProperties.TORN);
  }

  /**
   * Whether the snapshot holds an edit of this writer: proof that its run is the writer's own. A
   * checkpoint id proves nothing, since a forked job or a zombie counts the same ids.
   */
  private static boolean holdsEditOf(
      Map<String, String> summary, SortedMap<Long, VersionEdit> pending) {
    return names(summary.get(MeruProperties.EDITS), pending);
  }

  /** Whether a compaction that this writer has installed is not in the table. */
  private static boolean hasDroppedCompaction(
      Snapshot snapshot, SortedMap<Long, VersionEdit> pending) {
    return names(snapshot.summary().get(MeruProperties.DROPPED_COMPACTIONS), pending);
  }

  private static boolean names(@Nullable String shortIds, SortedMap<Long, VersionEdit> pending) {
    if (shortIds == null) {
      return false;
    }
    List<String> edits = List.of(shortIds.split(",", -1));
    return pending.values().stream().anyMatch(edit -> edits.contains(CommitId.shortId(edit)));
  }

  private static long checkpointId(Snapshot snapshot) {
    return Long.parseLong(snapshot.summary().get(MeruProperties.CHECKPOINT_ID));
  }

  private static boolean isClaim(Snapshot snapshot) {
    return MeruProperties.JOB_CLAIM.equals(snapshot.summary().get(MeruProperties.JOB));
  }
}

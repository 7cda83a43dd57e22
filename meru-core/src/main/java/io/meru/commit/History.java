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

import io.meru.version.Version;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;

/**
 * What happened to the table since the base of an edit that the edit's writer could not know.
 *
 * <p>Known to a writer are claims, which change no row, and the commits of its own run. What was
 * found once is remembered, so that a base stays verified after its chain of snapshots has expired.
 */
final class History {
  /**
   * Bases remembered. A run has one per load of each of its writers, and few are in use at a time.
   */
  private static final int MAX_BASES = 1024;

  private final Map<BaseKey, Seen> seenByBase = boundedMap();

  /** The newest checkpoint of the run in a base, once it was found. */
  private final Map<BaseKey, Long> checkpointByBase = boundedMap();

  /** Whether all that a run has committed is still in the table. */
  enum Run {
    /** It is. */
    INTACT,
    /** Snapshots of the run were rolled back. */
    TORN,
    /** The chain of snapshots is cut by expiry before its last commit. */
    CUT
  }

  /** Files that snapshots unknown to a writer changed, by path. */
  static final class Changes {
    private final Set<String> added = new HashSet<>();
    private final Set<String> removed = new HashSet<>();
    private final Set<String> redeleted = new HashSet<>();
    private boolean everything;

    /** Whether nothing was changed. */
    boolean isEmpty() {
      return added.isEmpty() && removed.isEmpty() && redeleted.isEmpty() && !everything;
    }

    /** Whether it cannot be told which files were changed. */
    boolean isEverything() {
      return everything;
    }

    /** Whether the file was added, or lost deletes it had: live keys may stand in it unknown. */
    boolean mayHoldUnknownKeys(String path) {
      return added.contains(path) || redeleted.contains(path);
    }

    /** Whether the file was removed. */
    boolean hasRemoved(String path) {
      return removed.contains(path);
    }

    private void add(Table table, Snapshot snapshot) {
      SnapshotChanges changes = SnapshotChanges.builderFor(table).snapshot(snapshot).build();
      for (DataFile file : changes.addedDataFiles()) {
        added.add(file.location());
      }
      for (DataFile file : changes.removedDataFiles()) {
        removed.add(file.location());
      }
      if (snapshot.summary().containsKey(MeruProperties.JOB)) {
        return; // Meru's vectors only grow
      }
      for (DeleteFile file : changes.removedDeleteFiles()) {
        String dataFile = ContentFileUtil.referencedDataFileLocation(file);
        everything |= dataFile == null;
        if (dataFile != null) {
          redeleted.add(dataFile);
        }
      }
    }
  }

  private record BaseKey(String runId, long baseSnapshotId) {}

  private record Seen(long headId, Changes changes) {
    Seen advance(long parentId, long newSnapshotId) {
      return headId == parentId ? new Seen(newSnapshotId, changes) : this;
    }
  }

  /**
   * What changed from {@code baseId} to {@code head} that writers of {@code runId} did not know;
   * empty when that cannot be told: the base has expired, or is no longer part of the history.
   */
  Optional<Changes> since(Table table, @Nullable Snapshot head, String runId, long baseId) {
    if (head == null) {
      return baseId == Version.NO_SNAPSHOT ? Optional.of(new Changes()) : Optional.empty();
    }
    BaseKey key = new BaseKey(runId, baseId);
    Seen seen = seenByBase.get(key);
    List<Snapshot> unknown = new ArrayList<>();
    Snapshot snapshot = head;
    while (snapshot != null) {
      if (seen != null && snapshot.snapshotId() == seen.headId) {
        return Optional.of(remember(table, key, head, seen.changes, unknown));
      }
      if (snapshot.snapshotId() == baseId) {
        return Optional.of(remember(table, key, head, new Changes(), unknown));
      }
      if (!isKnown(snapshot, runId)) {
        unknown.add(snapshot);
      }
      if (snapshot.parentId() == null && baseId == Version.NO_SNAPSHOT) {
        return Optional.of(remember(table, key, head, new Changes(), unknown));
      }
      snapshot = parent(table, snapshot);
    }
    return Optional.empty();
  }

  /**
   * Whether the commit of {@code runId}'s checkpoint {@code checkpointId} is part of the history.
   */
  static Run run(Table table, @Nullable Snapshot head, String runId, long checkpointId) {
    String checkpoint = Long.toString(checkpointId);
    Snapshot snapshot = head;
    while (snapshot != null) {
      Map<String, String> summary = snapshot.summary();
      if (runId.equals(summary.get(MeruProperties.RUN_ID))
          && MeruProperties.isLastPart(summary)
          && checkpoint.equals(summary.get(MeruProperties.CHECKPOINT_ID))) {
        return Run.INTACT;
      }
      if (snapshot.parentId() == null) {
        return Run.TORN;
      }
      snapshot = parent(table, snapshot);
    }
    return head == null ? Run.TORN : Run.CUT;
  }

  /**
   * Whether the snapshot {@code baseId} has the commit of {@code runId}'s checkpoint {@code
   * checkpointId}, or of a later one, in its history; false as well when that cannot be told.
   */
  boolean holds(Table table, String runId, long checkpointId, long baseId) {
    BaseKey key = new BaseKey(runId, baseId);
    Long newest = checkpointByBase.get(key);
    if (newest == null) {
      newest = newestCheckpoint(table, runId, table.snapshot(baseId));
      if (newest == null) {
        return false;
      }
      checkpointByBase.put(key, newest);
    }
    return newest >= checkpointId;
  }

  private static @Nullable Long newestCheckpoint(
      Table table, String runId, @Nullable Snapshot base) {
    Snapshot snapshot = base;
    while (snapshot != null) {
      Map<String, String> summary = snapshot.summary();
      if (runId.equals(summary.get(MeruProperties.RUN_ID)) && MeruProperties.isLastPart(summary)) {
        return Long.valueOf(summary.get(MeruProperties.CHECKPOINT_ID));
      }
      snapshot = parent(table, snapshot);
    }
    return null;
  }

  /** A commit of {@code runId} went onto {@code parentId}: bases verified up to there remain so. */
  void advance(String runId, long parentId, long newSnapshotId) {
    seenByBase.replaceAll(
        (key, seen) -> key.runId.equals(runId) ? seen.advance(parentId, newSnapshotId) : seen);
  }

  private Changes remember(
      Table table, BaseKey key, Snapshot head, Changes changes, List<Snapshot> unknown) {
    for (Snapshot snapshot : unknown) {
      changes.add(table, snapshot);
    }
    seenByBase.put(key, new Seen(head.snapshotId(), changes));
    return changes;
  }

  private static boolean isKnown(Snapshot snapshot, String runId) {
    Map<String, String> summary = snapshot.summary();
    return runId.equals(summary.get(MeruProperties.RUN_ID))
        || MeruProperties.JOB_CLAIM.equals(summary.get(MeruProperties.JOB));
  }

  private static <V> Map<BaseKey, V> boundedMap() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<BaseKey, V> eldest) {
        return size() > MAX_BASES;
      }
    };
  }

  private static @Nullable Snapshot parent(Table table, Snapshot snapshot) {
    Long parentId = snapshot.parentId();
    return parentId == null ? null : table.snapshot(parentId);
  }
}

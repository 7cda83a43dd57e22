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

package io.meru.writer;

import io.meru.key.KeyList;
import io.meru.version.AddedFile;
import io.meru.version.Compaction;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The writer's own version: the table as last loaded, with every edit of the writer since. Between
 * a load and the moment at which all edits handed out before it are seen committed, the version may
 * hold two live rows of a key (one of them will be deleted by a commit that is still under way): it
 * is then <i>unsettled</i>, and resolves must look everywhere. Not thread-safe; used by the
 * flushing thread.
 */
final class VersionTracker {
  private static final long NOTHING = -1;

  /** Edits remembered by name alone. */
  static final int MAX_NAMES = 1_000;

  private final VersionSource source;
  private final TreeMap<Long, VersionEdit> handedOut = new TreeMap<>();
  private Version version;
  private Map<String, Long> deletedAtLoad;
  private long seenSnapshotId;
  private long baseSnapshotId;
  private boolean knowsRun;
  private long unsettledThrough = NOTHING;
  private List<Compaction> committed = List.of();

  /** What polls have seen since the last load, so that one that fails is made up for. */
  private boolean othersSeen;

  private boolean settlingSeen;
  private boolean droppedCompactions;

  /** Starts from the table's present head. */
  VersionTracker(VersionSource source) {
    this.source = source;
    this.version = source.load();
    this.deletedAtLoad = deletedOf(version);
    this.seenSnapshotId = version.snapshotId();
    this.baseSnapshotId = version.snapshotId();
  }

  Version version() {
    return version;
  }

  /** How many rows of a file were deleted when the table was loaded last. */
  long deletedAtLoad(String path) {
    return deletedAtLoad.getOrDefault(path, 0L);
  }

  private static Map<String, Long> deletedOf(Version loaded) {
    Map<String, Long> deleted = new HashMap<>();
    for (Version.LiveFile live : loaded.files()) {
      if (!live.deleted().isEmpty()) {
        deleted.put(live.file().path(), live.deleted().cardinality());
      }
    }
    return deleted;
  }

  /**
   * The snapshot that edits name as their base. A load brings it forward only when it is known of
   * each edit handed out before whether it is in the loaded table or still to come: not before the
   * writer has learned which commits are its own run's, as one of these may have been rolled back
   * unseen.
   */
  long baseSnapshotId() {
    return baseSnapshotId;
  }

  /** Whether a key may have more than one live row in the version. */
  boolean isUnsettled() {
    return unsettledThrough != NOTHING;
  }

  /**
   * Whether a look at the table can tell something that was left open: what became of edits that
   * were handed out, or what a load that failed was to show.
   */
  boolean awaitsLook() {
    return lastWithFiles() != NOTHING || isUnsettled() || othersSeen || settlingSeen;
  }

  /** Takes in what a flush changed. */
  void apply(VersionEdit edit) {
    version = version.apply(edit);
  }

  /**
   * Remembers an edit (already applied) until it is seen committed; an empty one needs no memory.
   * Of one without files, such as deletes of absent keys, no snapshot may ever tell: only its name
   * is kept, by which its run is known, and that of the latest ones.
   */
  void handedOut(long checkpointId, VersionEdit edit) {
    if (!edit.isEmpty()) {
      handedOut.put(checkpointId, withoutKeys(edit));
      forgetOldNames();
    }
  }

  private static VersionEdit withoutKeys(VersionEdit edit) {
    return new VersionEdit(
        edit.id(),
        edit.baseSnapshotId(),
        edit.added(),
        edit.deletions(),
        KeyList.EMPTY,
        edit.compactions());
  }

  private void forgetOldNames() {
    while (handedOut.size() > MAX_NAMES && handedOut.firstEntry().getValue().isEmpty()) {
      handedOut.pollFirstEntry();
    }
  }

  /**
   * Looks at the table, and loads it when somebody else changed it or when an earlier load can now
   * be settled. Must be called between a barrier and the first flush after it.
   *
   * @return whether the version was loaded anew
   */
  boolean refresh() {
    VersionSource.Poll poll = poll();
    droppedCompactions = false;
    othersSeen |= !poll.onlyOwn();
    settlingSeen |= isUnsettled() && poll.committedThrough() >= unsettledThrough;
    if (!othersSeen && !settlingSeen) {
      version = version.withLineage(poll.lineages()).without(poll.dropped());
      return false;
    }
    Version loaded = source.load();
    seeCommitted(loaded);
    droppedCompactions = committed.stream().anyMatch(compaction -> isGone(compaction, loaded));
    deletedAtLoad = deletedOf(loaded);
    version = withPending(loaded);
    // edits since the load before have looked everywhere in what is loaded now
    unsettledThrough = othersSeen ? lastWithFiles() : NOTHING;
    othersSeen = false;
    settlingSeen = false;
    if (knowsRun || !isUnsettled()) {
      baseSnapshotId = loaded.snapshotId();
    }
    return true;
  }

  /**
   * The snapshots that tell of own commits may have expired before they were seen. What has a file
   * in the table is committed all the same, and what was handed out before it was, too: else its
   * files would be taken to be live for as long as no later commit is seen, and be searched when
   * others have long removed them.
   */
  private void seeCommitted(Version loaded) {
    for (Map.Entry<Long, VersionEdit> last : handedOut.descendingMap().entrySet()) {
      if (isIn(loaded, last.getValue())) {
        committed = Stream.concat(committed.stream(), forgetThrough(last.getKey())).toList();
        return;
      }
    }
  }

  private static boolean isIn(Version loaded, VersionEdit edit) {
    Stream<AddedFile> compacted =
        edit.compactions().stream().flatMap(compaction -> compaction.outputs().stream());
    return Stream.concat(edit.added().stream(), compacted)
        .anyMatch(added -> loaded.file(added.file().path()).isPresent());
  }

  private static boolean isGone(Compaction compaction, Version loaded) {
    return !compaction.outputs().isEmpty()
        && compaction.outputs().stream()
            .noneMatch(output -> loaded.file(output.file().path()).isPresent());
  }

  /** Whether the last {@link #refresh} saw a compaction committed: its outputs are in the table. */
  boolean hasCommittedCompactions() {
    return !committed.isEmpty() && !droppedCompactions;
  }

  /** Whether the last {@link #refresh} saw that a compaction was left out of its commit. */
  boolean hasDroppedCompactions() {
    return droppedCompactions;
  }

  private long lastWithFiles() {
    return handedOut.descendingMap().entrySet().stream()
        .filter(pending -> !pending.getValue().isEmpty())
        .mapToLong(Map.Entry::getKey)
        .findFirst()
        .orElse(NOTHING);
  }

  private VersionSource.Poll poll() {
    VersionSource.Poll poll = source.poll(seenSnapshotId, handedOut);
    committed = forgetThrough(poll.committedThrough()).toList();
    seenSnapshotId = poll.headSnapshotId();
    knowsRun |= poll.committedThrough() != NOTHING;
    return poll;
  }

  /** Forgets what was handed out up to {@code checkpointId}; returns the compactions in it. */
  private Stream<Compaction> forgetThrough(long checkpointId) {
    Map<Long, VersionEdit> seen = handedOut.headMap(checkpointId, true);
    List<VersionEdit> edits = List.copyOf(seen.values());
    seen.clear();
    return edits.stream().flatMap(edit -> edit.compactions().stream());
  }

  private Version withPending(Version loaded) {
    Version result = loaded;
    for (Map.Entry<Long, VersionEdit> pending : handedOut.entrySet()) {
      result = result.applyPending(pending.getValue());
    }
    return result;
  }
}

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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.key.KeyList;
import io.meru.testing.Keys;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import io.meru.version.VersionEdit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.exceptions.RuntimeIOException;
import org.junit.jupiter.api.Test;

class VersionTrackerTest {
  private final Source source = new Source();
  private final VersionTracker tracker = new VersionTracker(source);

  /** A job whose deletes hit nothing commits nothing, so that nobody ever says they are done. */
  @Test
  void deletesOfAbsentKeysAreNotKeptForEver() {
    for (long checkpoint = 1; checkpoint <= 3 * VersionTracker.MAX_NAMES; checkpoint++) {
      tracker.handedOut(checkpoint, deletes(checkpoint));
    }
    tracker.refresh();

    assertThat(source.pending).hasSize(VersionTracker.MAX_NAMES);
    assertThat(source.pending.lastKey()).isEqualTo(3 * VersionTracker.MAX_NAMES);
    assertThat(source.pending.values())
        .allSatisfy(edit -> assertThat(edit.pureDeletes().size()).isZero());
    assertThat(source.pending.get(source.pending.lastKey()).id())
        .isEqualTo(new UUID(0, 3 * VersionTracker.MAX_NAMES));
  }

  @Test
  void editsWithFilesAreKeptUntilTheyAreSeenCommitted() {
    tracker.handedOut(1, deletesIn("file"));
    for (long checkpoint = 2; checkpoint <= 2 * VersionTracker.MAX_NAMES; checkpoint++) {
      tracker.handedOut(checkpoint, deletes(checkpoint));
    }
    tracker.refresh();
    assertThat(source.pending).containsKey(1L);

    source.committedThrough = 1;
    tracker.refresh();
    tracker.refresh();
    assertThat(source.pending).doesNotContainKey(1L);
  }

  /** Nothing of such an edit is in the version, so a load need not wait for its commit. */
  @Test
  void deletesOfAbsentKeysLeaveALoadedVersionSettled() {
    tracker.handedOut(1, deletes(1));
    source.onlyOwn = false;
    assertThat(tracker.refresh()).isTrue();
    assertThat(tracker.isUnsettled()).isFalse();

    tracker.handedOut(2, deletesIn("file"));
    tracker.handedOut(3, deletes(3));
    tracker.refresh();
    assertThat(tracker.isUnsettled()).isTrue();
    source.onlyOwn = true;
    source.committedThrough = 2;
    assertThat(tracker.refresh()).isTrue();
    assertThat(tracker.isUnsettled()).isFalse();
  }

  /** Else a writer that flushes right after each barrier would be unsettled for ever. */
  @Test
  void anEditThatHasLookedEverywhereInALoadIsSettledByTheNextOne() {
    tracker.handedOut(1, deletesIn("file"));
    source.onlyOwn = false;
    tracker.refresh();
    assertThat(tracker.isUnsettled()).isTrue();

    tracker.handedOut(2, deletesIn("file"));
    source.onlyOwn = true;
    source.committedThrough = 1;
    assertThat(tracker.refresh()).isTrue();
    assertThat(tracker.isUnsettled()).isFalse();

    tracker.handedOut(3, deletesIn("file"));
    source.onlyOwn = false; // somebody else again
    source.committedThrough = 2;
    tracker.refresh();
    assertThat(tracker.isUnsettled()).isTrue();
  }

  /** Until then an own commit that was rolled back is taken for one that is still to come. */
  @Test
  void theBaseOfEditsStaysWhileEditsArePendingAndTheRunIsNotKnown() {
    tracker.handedOut(1, deletesIn("file"));
    source.onlyOwn = false;
    source.snapshotId = 7;
    assertThat(tracker.refresh()).isTrue();
    assertThat(tracker.version().snapshotId()).isEqualTo(7);
    assertThat(tracker.baseSnapshotId()).isEqualTo(Version.NO_SNAPSHOT);

    source.committedThrough = 1;
    source.snapshotId = 8;
    tracker.handedOut(2, deletesIn("file"));
    tracker.refresh();
    assertThat(tracker.isUnsettled()).isTrue();
    assertThat(tracker.baseSnapshotId()).isEqualTo(8);
  }

  @Test
  void theBaseOfEditsGoesAlongWhereNoneIsPending() {
    tracker.handedOut(1, deletes(1));
    source.onlyOwn = false;
    source.snapshotId = 7;
    tracker.refresh();
    assertThat(tracker.baseSnapshotId()).isEqualTo(7);
  }

  /** What the poll before it saw, no later one says again. */
  @Test
  void aLoadThatFailsIsMadeUpFor() {
    source.onlyOwn = false;
    source.loadsFail = true;
    assertThatThrownBy(tracker::refresh).isInstanceOf(RuntimeIOException.class);

    source.onlyOwn = true;
    source.loadsFail = false;
    source.snapshotId = 7;
    assertThat(tracker.refresh()).isTrue();
    assertThat(tracker.version().snapshotId()).isEqualTo(7);
    assertThat(tracker.refresh()).isFalse();
  }

  /** Snapshots expire, and the one that tells of a commit may do so before a writer has looked. */
  @Test
  void anEditIsCommittedWhoseFileIsInTheTable() {
    tracker.handedOut(1, deletesIn("file"));
    tracker.handedOut(2, adds("new"));
    tracker.handedOut(3, adds("newer"));
    source.onlyOwn = false;
    source.files.add(new LiveFile(file("new"), DeletionVector.EMPTY));
    tracker.refresh();
    assertThat(tracker.version().file("newer")).as("which is on its way").isPresent();

    source.files.clear(); // others have merged it
    tracker.refresh();
    assertThat(source.pending).containsOnlyKeys(3L);
    assertThat(tracker.version().file("new")).isEmpty();
    assertThat(tracker.version().file("newer")).isPresent();
  }

  private static VersionEdit adds(String path) {
    return new VersionEdit(
        new UUID(2, 1),
        Version.NO_SNAPSHOT,
        List.of(new AddedFile(file(path), new Metrics(), List.of(), 0)),
        Map.of(),
        KeyList.EMPTY);
  }

  private static TableFile file(String path) {
    return new TableFile(path, 1, 1, PartitionTuple.unpartitioned(0), null, 0, -1);
  }

  private static VersionEdit deletes(long id) {
    KeyList keys = KeyList.copyOf(Keys.sorted(List.of(new byte[] {1, 2, 3})));
    return new VersionEdit(new UUID(0, id), Version.NO_SNAPSHOT, List.of(), Map.of(), keys);
  }

  private static VersionEdit deletesIn(String path) {
    return new VersionEdit(
        new UUID(1, 1),
        Version.NO_SNAPSHOT,
        List.of(),
        Map.of(path, DeletionVector.EMPTY),
        KeyList.EMPTY);
  }

  private static final class Source implements VersionSource {
    private boolean onlyOwn = true;
    private boolean loadsFail;
    private long committedThrough = -1;
    private long snapshotId = Version.NO_SNAPSHOT;
    private final List<LiveFile> files = new ArrayList<>();
    private SortedMap<Long, VersionEdit> pending = new TreeMap<>();

    @Override
    public Version load() {
      if (loadsFail) {
        throw new RuntimeIOException("The storage does not answer");
      }
      return Version.of(snapshotId, List.copyOf(files));
    }

    @Override
    public Poll poll(long seenSnapshotId, SortedMap<Long, VersionEdit> handedOut) {
      pending = new TreeMap<>(handedOut);
      return new Poll(snapshotId, onlyOwn, committedThrough, Map.of(), Set.of());
    }
  }
}

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

package io.meru.simulation;

import io.meru.simulation.SnapshotReader.LiveFile;
import io.meru.version.Version;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Judges reads of files that are gone. Snapshots expire while writers work, so a writer may miss
 * what it saw live when it last looked at the table, and what has come since, or has come and gone
 * between two looks without leaving a snapshot. It must not ask for what it could see leave.
 */
final class StaleReads {
  /**
   * What somebody saw of the table.
   *
   * @param head snapshot that was the table's head when it looked last
   * @param gone files that it saw then or before, and no longer in this head
   */
  record Look(long head, Set<String> gone) {
    static final Look NONE = new Look(Version.NO_SNAPSHOT, Set.of());
  }

  private static final Supplier<Look> NOBODY = () -> Look.NONE;

  private final Map<Long, Set<String>> filesBySnapshot = new HashMap<>();
  private final Deque<Supplier<Look>> readers = new ArrayDeque<>();
  private final Supplier<TableMetadata> metadata;
  private @Nullable AssertionError violation;

  /** For the table that is what {@code metadata} says. */
  StaleReads(Supplier<TableMetadata> metadata) {
    this.metadata = metadata;
  }

  /** A snapshot has these files. */
  void committed(long snapshotId, List<LiveFile> files) {
    Set<String> paths = new HashSet<>();
    for (LiveFile live : files) {
      paths.add(live.file().location());
      if (live.vector() != null) {
        paths.add(live.vector().location());
      }
    }
    filesBySnapshot.put(snapshotId, paths);
  }

  /** Who has seen {@code last} looks now, and sees the head and what is left of its history. */
  Look look(Look last) {
    Snapshot head = metadata.get().currentSnapshot();
    if (head == null) {
      return last;
    }
    Set<String> gone = new HashSet<>(last.gone());
    gone.addAll(files(last.head()));
    for (long ancestor : historySince(last, head)) {
      gone.addAll(files(ancestor));
    }
    gone.removeAll(files(head.snapshotId()));
    return new Look(head.snapshotId(), gone);
  }

  /**
   * The snapshots from {@code last} to {@code head}, all up to {@code head} after a rollback. Where
   * some of them have expired there are none: a writer whose own commit is among these cannot know
   * that what it has handed out was committed, nor that others have removed it since
   * (docs/operations.md, "Snapshots").
   */
  private List<Long> historySince(Look last, Snapshot head) {
    List<Long> history = new ArrayList<>();
    Snapshot snapshot = head;
    while (snapshot.snapshotId() != last.head()) {
      history.add(snapshot.snapshotId());
      if (snapshot.parentId() == null) {
        return history;
      }
      snapshot = metadata.get().snapshot(snapshot.parentId());
      if (snapshot == null) {
        return List.of();
      }
    }
    return history;
  }

  private Set<String> files(long snapshotId) {
    return filesBySnapshot.getOrDefault(snapshotId, Set.of());
  }

  /** Runs what somebody does whose last look is, at any moment of it, what {@code reader} says. */
  <T> T call(Supplier<Look> reader, Supplier<T> action) {
    readers.push(reader);
    try {
      return action.get();
    } finally {
      readers.pop();
    }
  }

  /** The same for what returns nothing. */
  void run(Supplier<Look> reader, Runnable action) {
    call(
        reader,
        () -> {
          action.run();
          return true;
        });
  }

  /** Runs what somebody does who is not judged. */
  void runUnjudged(Runnable action) {
    run(NOBODY, action);
  }

  /** There is no file at {@code path} for the one who acts. */
  void missed(String path) {
    Look look = readers.isEmpty() ? Look.NONE : readers.peek().get();
    if (look.gone().contains(path)) {
      violation =
          new AssertionError(
              "%s is read, which was not in snapshot %d any more, the head when its reader looked"
                  .formatted(path, look.head()));
      throw violation;
    }
  }

  /** Throws what was found wrong, whoever may have caught it since. */
  void check() {
    if (violation != null) {
      throw new AssertionError("Violation", violation);
    }
  }
}

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

package io.meru.resolve;

import io.meru.metrics.WriterMetrics;
import io.meru.version.TableFile;
import io.meru.version.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Key indexes within a budget of bytes, and the page directories of all files, which don't count.
 * To make room, a merge under way goes first, then the index that was unused longest. One that the
 * present resolve may need, or the last one needed, stays: with too small a budget some files keep
 * their index and the others are read, instead of each pushing out the next.
 */
final class KeyIndexCache {
  private final long budgetBytes;
  private final WriterMetrics metrics;
  private final Map<String, FileKeys> files = new HashMap<>();

  /** The indexes of level files, in the order in which they were made. */
  private final Set<KeyRun> runs = new LinkedHashSet<>();

  private @Nullable RunMerge merge;
  private long usedBytes;

  /** Bytes of the indexes that the present resolve may need. */
  private long neededBytes;

  private long resolve;

  KeyIndexCache(long budgetBytes, WriterMetrics metrics) {
    this.budgetBytes = budgetBytes;
    this.metrics = metrics;
  }

  /** A new resolve begins. */
  void startResolve() {
    resolve++;
    neededBytes = 0;
  }

  /** What is remembered of {@code file}, which the present resolve may need. */
  FileKeys use(TableFile file) {
    FileKeys keys = files.computeIfAbsent(file.path(), path -> new FileKeys(file));
    if (keys.lastUse() != resolve) {
      keys.usedBy(resolve);
      neededBytes += ownBytes(keys);
    }
    KeyRun run = keys.run();
    if (run != null && run.lastUse() != resolve) {
      run.usedBy(resolve);
      neededBytes += run.memoryBytes();
    }
    return keys;
  }

  /** The runs of level files that the present resolve may need. */
  List<KeyRun> runsInUse() {
    List<KeyRun> inUse = new ArrayList<>();
    for (KeyRun run : runs) {
      if (run.lastUse() == resolve) {
        inUse.add(run);
      }
    }
    return inUse;
  }

  /** Bytes that an index could have if all went that may go. */
  long roomBytes() {
    return budgetBytes - neededBytes;
  }

  /**
   * Keeps the index of a level file that the present resolve may need, and the row ids in it.
   *
   * @throws IndexTooLargeException if it does not fit into {@link #roomBytes}
   */
  void put(FileKeys keys, KeyIndex index, StoredRowIds rowIds) {
    KeyRun run = KeyRun.ofFile(keys, index);
    makeRoom(run.memoryBytes() + rowIds.memoryBytes());
    keys.run(run, 0);
    run.usedBy(keys.lastUse());
    add(run);
    keys.rowIds(rowIds);
    addOwnBytes(keys);
  }

  /** Keeps the index of a foreign file, likewise. */
  void put(FileKeys keys, PositionIndex index, StoredRowIds rowIds) {
    makeRoom(index.memoryBytes() + rowIds.memoryBytes());
    keys.foreignIndex(index);
    keys.rowIds(rowIds);
    addOwnBytes(keys);
  }

  /** The merge under way. */
  @Nullable RunMerge merge() {
    return merge;
  }

  /** Bytes that nothing uses: a merge pushes nothing out. */
  long freeBytes() {
    return budgetBytes - usedBytes;
  }

  /** Bytes by which merged runs may grow: they leave half of the budget to smaller indexes. */
  long mergedRoomBytes() {
    long merged = 0;
    for (KeyRun run : runs) {
      merged += run.isOneFile() ? 0 : run.memoryBytes();
    }
    return budgetBytes / 2 - merged;
  }

  /** Sets {@code newMerge}'s bytes aside. */
  void startMerge(RunMerge newMerge) {
    merge = newMerge;
    changed(newMerge.reservedBytes());
  }

  /** Gives up the merge under way, if there is one. */
  void cancelMerge() {
    endMerge();
    dropDeadRuns(List.of());
  }

  /**
   * Puts the result of the merge under way in the place of its inputs.
   *
   * @throws IndexTooLargeException if it is larger than what was set aside
   */
  void finishMerge(RunMerge finished) {
    KeyRun result = finished.build();
    if (result.memoryBytes() > finished.reservedBytes()) {
      throw IndexTooLargeException.INSTANCE;
    }
    endMerge();
    finished.inputs().forEach(this::remove);
    if (result.liveRows() == 0) {
      return;
    }
    for (int i = 0; i < result.files().size(); i++) {
      FileKeys file = result.files().get(i);
      if (!file.isForgotten()) {
        file.run(result, i);
        result.usedBy(Math.max(result.lastUse(), file.lastUse()));
      }
    }
    add(result);
  }

  /** Forgets the files that are not in {@code version}. */
  void retain(Version version) {
    files
        .values()
        .removeIf(
            keys -> {
              boolean isDead = version.file(keys.file().path()).isEmpty();
              if (isDead) {
                dropOwnBytes(keys);
                keys.forget();
              }
              return isDead;
            });
    dropDeadRuns(merge == null ? List.of() : merge.inputs()); // a merge holds its inputs' memory
  }

  void clear() {
    cancelMerge();
    files.clear();
    runs.clear();
    neededBytes = 0;
    changed(-usedBytes);
  }

  private void makeRoom(long bytes) {
    if (bytes > roomBytes()) {
      throw IndexTooLargeException.INSTANCE;
    }
    if (usedBytes + bytes > budgetBytes) {
      cancelMerge();
    }
    while (usedBytes + bytes > budgetBytes) {
      if (!dropLongestUnused()) {
        throw new IllegalStateException(
            "An index of %d bytes was admitted to a cache of %d with %d in use"
                .formatted(bytes, budgetBytes, usedBytes));
      }
    }
  }

  /** Returns false if all indexes are in use. */
  private boolean dropLongestUnused() {
    KeyRun oldestRun = null;
    long oldestUse = resolve;
    for (KeyRun run : runs) {
      if (run.lastUse() < oldestUse) {
        oldestRun = run;
        oldestUse = run.lastUse();
      }
    }
    FileKeys oldestForeign = null;
    for (FileKeys keys : files.values()) {
      if (keys.foreignIndex() != null && keys.lastUse() < oldestUse) {
        oldestForeign = keys;
        oldestUse = keys.lastUse();
      }
    }
    if (oldestForeign != null) {
      dropOwnBytes(oldestForeign);
      oldestForeign.indexDropped();
    } else if (oldestRun != null) {
      drop(oldestRun);
    }
    return oldestUse < resolve;
  }

  private void endMerge() {
    if (merge != null) {
      changed(-merge.reservedBytes());
      merge = null;
    }
  }

  private void dropDeadRuns(List<KeyRun> except) {
    for (KeyRun run : List.copyOf(runs)) {
      if (run.liveRows() == 0 && !except.contains(run)) {
        drop(run);
      }
    }
  }

  private void add(KeyRun run) {
    runs.add(run);
    neededBytes += run.lastUse() == resolve ? run.memoryBytes() : 0;
    changed(run.memoryBytes());
  }

  private void drop(KeyRun run) {
    if (!remove(run)) {
      return;
    }
    for (FileKeys file : run.files()) {
      if (file.run() == run) {
        dropOwnBytes(file);
        file.indexDropped();
      }
    }
  }

  /** Takes a run out; its files still refer to it. Returns whether it was there. */
  private boolean remove(KeyRun run) {
    boolean isRemoved = runs.remove(run);
    if (isRemoved) {
      neededBytes -= run.lastUse() == resolve ? run.memoryBytes() : 0;
      changed(-run.memoryBytes());
    }
    return isRemoved;
  }

  private void addOwnBytes(FileKeys keys) {
    neededBytes += keys.lastUse() == resolve ? ownBytes(keys) : 0;
    changed(ownBytes(keys));
  }

  private void dropOwnBytes(FileKeys keys) {
    neededBytes -= keys.lastUse() == resolve ? ownBytes(keys) : 0;
    changed(-ownBytes(keys));
  }

  /** Bytes of what is kept of a file beside a run. */
  private static long ownBytes(FileKeys keys) {
    PositionIndex index = keys.foreignIndex();
    return (index == null ? 0 : index.memoryBytes()) + keys.rowIds().memoryBytes();
  }

  private void changed(long bytes) {
    usedBytes += bytes;
    if (bytes != 0) {
      metrics.keyIndexBytes(usedBytes);
    }
  }
}

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
import java.util.Collection;
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
  private long resolve;

  KeyIndexCache(long budgetBytes, WriterMetrics metrics) {
    this.budgetBytes = budgetBytes;
    this.metrics = metrics;
  }

  /** A new resolve begins. */
  void startResolve() {
    resolve++;
  }

  /** What is remembered of {@code file}, which the present resolve may need. */
  FileKeys use(TableFile file) {
    FileKeys keys = files.computeIfAbsent(file.path(), path -> new FileKeys(file));
    keys.usedBy(resolve);
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
    long needed = 0;
    for (KeyRun run : runs) {
      needed += run.lastUse() == resolve ? run.memoryBytes() : 0;
    }
    for (FileKeys keys : files.values()) {
      needed += keys.lastUse() == resolve ? foreignBytes(keys) : 0;
    }
    return budgetBytes - needed;
  }

  /** Keeps the index of a level file, which must fit into {@link #roomBytes}. */
  KeyRun put(FileKeys keys, KeyIndex index) {
    KeyRun run = KeyRun.ofFile(keys, index);
    makeRoom(run.memoryBytes());
    runs.add(run);
    keys.run(run);
    changed(run.memoryBytes());
    return run;
  }

  /** Keeps the index of a foreign file, likewise. */
  void put(FileKeys keys, PositionIndex index) {
    makeRoom(index.memoryBytes());
    keys.foreignIndex(index);
    changed(index.memoryBytes());
  }

  /** The merge under way. */
  @Nullable RunMerge merge() {
    return merge;
  }

  /**
   * Whether a merge of {@code inputs} fits beside everything else, and all merged runs would leave
   * half of the budget to indexes that are smaller.
   */
  boolean hasRoomToMerge(Collection<KeyRun> inputs, long bytes) {
    long merged = bytes;
    for (KeyRun run : runs) {
      merged += run.isOneFile() || inputs.contains(run) ? 0 : run.memoryBytes();
    }
    return usedBytes + bytes <= budgetBytes && merged <= budgetBytes / 2;
  }

  /** Sets {@code newMerge}'s bytes aside. */
  void startMerge(RunMerge newMerge) {
    merge = newMerge;
    changed(newMerge.reservedBytes());
  }

  /** Gives up the merge under way, if there is one. */
  void cancelMerge() {
    if (merge != null) {
      changed(-merge.reservedBytes());
      merge = null;
    }
  }

  /** Puts the result of the merge under way in the place of its inputs. */
  void finishMerge(RunMerge finished) {
    KeyRun result = finished.build();
    cancelMerge();
    finished.inputs().forEach(this::drop);
    if (result.liveRows() > 0) {
      runs.add(result);
      for (FileKeys file : result.files()) {
        if (!file.isForgotten()) {
          // the file may have lost its index, and got it again, since the merge began
          KeyRun other = file.run();
          if (other != null) {
            drop(other);
          }
          file.run(result);
        }
      }
      changed(result.memoryBytes());
    }
  }

  /** Forgets the files that are not in {@code version}. */
  void retain(Version version) {
    files
        .values()
        .removeIf(
            keys -> {
              boolean isDead = version.file(keys.file().path()).isEmpty();
              if (isDead) {
                changed(-foreignBytes(keys));
                keys.forget();
              }
              return isDead;
            });
    for (KeyRun run : List.copyOf(runs)) {
      if (2 * run.liveRows() < run.index().rows()) {
        drop(run); // mostly about files that are gone: reading the others again costs less
      }
    }
  }

  void clear() {
    cancelMerge();
    files.clear();
    runs.clear();
    changed(-usedBytes);
  }

  private void makeRoom(long bytes) {
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
      changed(-foreignBytes(oldestForeign));
      oldestForeign.indexDropped();
    } else if (oldestRun != null) {
      drop(oldestRun);
    }
    return oldestUse < resolve;
  }

  private void drop(KeyRun run) {
    if (runs.remove(run)) {
      changed(-run.memoryBytes());
      for (FileKeys file : run.files()) {
        if (file.run() == run) {
          file.indexDropped();
        }
      }
    }
  }

  private static long foreignBytes(FileKeys keys) {
    PositionIndex index = keys.foreignIndex();
    return index == null ? 0 : index.memoryBytes();
  }

  private void changed(long bytes) {
    usedBytes += bytes;
    if (bytes != 0) {
      metrics.keyIndexBytes(usedBytes);
    }
  }
}

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
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Key indexes within a budget of bytes, and the page directories of all files, which don't count.
 * To make room, the index that was unused longest goes first. One that the present resolve may
 * need, or the last one needed, stays: with too small a budget some files keep their index and the
 * others are read, instead of each pushing out the next.
 */
final class KeyIndexCache {
  private final long budgetBytes;
  private final WriterMetrics metrics;
  private final Map<String, FileKeys> files = new HashMap<>();
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

  /** Bytes that an index could have if all went that may go. */
  long roomBytes() {
    long needed = 0;
    for (FileKeys keys : files.values()) {
      needed += keys.lastUse() == resolve ? keys.indexBytes() : 0;
    }
    return budgetBytes - needed;
  }

  /** Keeps {@code index}, which must fit into {@link #roomBytes}. */
  void put(FileKeys keys, KeyIndex index) {
    makeRoom(index.memoryBytes());
    keys.index(index);
    changed(index.memoryBytes());
  }

  /** Likewise. */
  void put(FileKeys keys, ForeignIndex index) {
    makeRoom(index.memoryBytes());
    keys.index(index);
    changed(index.memoryBytes());
  }

  /** Forgets the files that are not in {@code version}. */
  void retain(Version version) {
    long[] freed = {0};
    files
        .values()
        .removeIf(
            keys -> {
              boolean dead = version.file(keys.file().path()).isEmpty();
              freed[0] += dead ? keys.indexBytes() : 0;
              return dead;
            });
    changed(-freed[0]);
  }

  void clear() {
    files.clear();
    changed(-usedBytes);
  }

  private void makeRoom(long bytes) {
    while (usedBytes + bytes > budgetBytes) {
      FileKeys oldest = longestUnused();
      if (oldest == null) {
        throw new IllegalStateException(
            "An index of %d bytes was admitted to a cache of %d with %d in use"
                .formatted(bytes, budgetBytes, usedBytes));
      }
      changed(-oldest.indexBytes());
      oldest.dropIndex();
    }
  }

  private @Nullable FileKeys longestUnused() {
    FileKeys oldest = null;
    for (FileKeys keys : files.values()) {
      if (keys.hasIndex()
          && keys.lastUse() < resolve
          && (oldest == null || keys.lastUse() < oldest.lastUse())) {
        oldest = keys;
      }
    }
    return oldest;
  }

  private void changed(long bytes) {
    usedBytes += bytes;
    if (bytes != 0) {
      metrics.keyIndexBytes(usedBytes);
    }
  }
}

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

import io.meru.version.DeletionVector;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.iceberg.DeleteFile;
import org.jspecify.annotations.Nullable;

/**
 * The deletion vectors that a committer wrote last, so that the next commit merges them without
 * reading them back. An entry answers only for the very blob it was written to: once another writer
 * has replaced the blob, it is not found. Evicts by use within a budget of bytes.
 */
final class VectorCache {
  private final long maxBytes;
  private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /** A cache of at most {@code maxBytes}. */
  VectorCache(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** What the blob {@code dv} holds; null when it is not known. */
  @Nullable DeletionVector get(DeleteFile dv) {
    Entry entry = entries.get(dv.referencedDataFile());
    return entry != null && entry.isOf(dv) ? entry.vector : null;
  }

  /** Remembers what was written to {@code dv}; forgets what its data file had before. */
  void put(DeleteFile dv, DeletionVector vector) {
    String dataFile = dv.referencedDataFile();
    remove(dataFile);
    Entry entry = new Entry(dv.location(), dv.contentOffset(), vector, vector.memoryBytes());
    entries.put(dataFile, entry);
    bytes += entry.bytes;
    Iterator<Entry> oldest = entries.values().iterator();
    while (bytes > maxBytes) {
      bytes -= oldest.next().bytes;
      oldest.remove();
    }
  }

  /** Forgets the vector of a data file. */
  void remove(String dataFile) {
    Entry old = entries.remove(dataFile);
    if (old != null) {
      bytes -= old.bytes;
    }
  }

  private record Entry(String location, long offset, DeletionVector vector, long bytes) {
    boolean isOf(DeleteFile dv) {
      return offset == dv.contentOffset() && location.equals(dv.location());
    }
  }
}

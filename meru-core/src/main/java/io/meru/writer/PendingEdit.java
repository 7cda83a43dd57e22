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
import io.meru.version.DeletionVector;
import io.meru.version.VersionEdit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.iceberg.Metrics;
import org.jspecify.annotations.Nullable;

/**
 * The edits of the flushes since the last barrier, merged into one. Bounded: its owner asks for
 * {@link #memoryBytes} after each flush. Not thread-safe.
 */
final class PendingEdit {
  /** Path and numbers of a file. */
  private static final long BYTES_PER_FILE = 1_000;

  /** A column's counts, sizes and bounds as entries of six maps, without the bounds' bytes. */
  private static final long BYTES_PER_COLUMN = 400;

  private final List<AddedFile> added = new ArrayList<>();
  private final Set<String> paths = new HashSet<>();
  private final Map<String, DeletionVector> deletions = new HashMap<>();
  private final List<KeyList> pureDeletes = new ArrayList<>();
  private final List<Compaction> compactions = new ArrayList<>();

  private long addedBytes;
  private long outputBytes;

  void add(VersionEdit edit) {
    added.addAll(edit.added());
    edit.added().forEach(file -> paths.add(file.file().path()));
    edit.added().forEach(file -> addedBytes += bytes(file.metrics()));
    edit.deletions().forEach((path, dv) -> deletions.merge(path, dv, DeletionVector::or));
    if (edit.pureDeletes().size() > 0) {
      pureDeletes.add(edit.pureDeletes());
    }
    for (Compaction compaction : edit.compactions()) {
      compactions.add(compaction);
      compaction.outputs().forEach(file -> outputBytes += bytes(file.metrics()));
    }
  }

  /** What was deleted of {@code path} since the last barrier. */
  DeletionVector deletions(String path) {
    return deletions.getOrDefault(path, DeletionVector.EMPTY);
  }

  List<AddedFile> added() {
    return added;
  }

  List<Compaction> compactions() {
    return compactions;
  }

  /** Whether the file is one that has not been handed out yet. */
  boolean hasAdded(String path) {
    return paths.contains(path);
  }

  /** Bytes of the flushes; compactions take some {@link #compactionBytes} beside them. */
  long memoryBytes() {
    long vectors = bytes(deletions);
    long keys = pureDeletes.stream().mapToLong(KeyList::memoryBytes).sum();
    return addedBytes + vectors + keys;
  }

  /** Bytes of the compactions. */
  long compactionBytes() {
    long bytes = outputBytes;
    for (Compaction compaction : compactions) {
      bytes += bytes(compaction.moved()) + bytes(compaction.deleted());
    }
    return bytes;
  }

  private static long bytes(Map<String, DeletionVector> vectors) {
    return vectors.values().stream().mapToLong(DeletionVector::memoryBytes).sum();
  }

  private static long bytes(Metrics metrics) {
    return BYTES_PER_FILE
        + BYTES_PER_COLUMN * size(metrics.columnSizes())
        + boundBytes(metrics.lowerBounds())
        + boundBytes(metrics.upperBounds());
  }

  private static int size(@Nullable Map<Integer, Long> map) {
    return map == null ? 0 : map.size();
  }

  private static long boundBytes(@Nullable Map<Integer, ByteBuffer> bounds) {
    return bounds == null ? 0 : bounds.values().stream().mapToLong(ByteBuffer::remaining).sum();
  }

  VersionEdit build(UUID id, long baseSnapshotId) {
    return new VersionEdit(
        id,
        baseSnapshotId,
        List.copyOf(added),
        Map.copyOf(deletions),
        KeyList.merge(pureDeletes),
        List.copyOf(compactions));
  }
}

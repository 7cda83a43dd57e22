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

import static java.util.Objects.requireNonNull;

import io.meru.commit.LiveFiles.LiveFile;
import io.meru.dv.DeletionVectors;
import io.meru.key.KeySpec;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;

/**
 * The table's live files as of the snapshot that a commit is planned on. The committer's own
 * commits carry it on; any other commit makes it read the new head whole.
 */
final class Head {
  /** Dropped files remembered: a writer may go on naming one until it looks at the table again. */
  private static final int MAX_DROPPED = 100_000;

  private final Table table;
  private final KeySpec keySpec;
  private final VectorCache vectors;
  private final Map<String, Boolean> dropped =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MAX_DROPPED;
        }
      };

  private boolean read;
  private long snapshotId = Version.NO_SNAPSHOT;
  private Map<String, LiveFile> files = new HashMap<>();

  Head(Table table, KeySpec keySpec, VectorCache vectors) {
    this.table = table;
    this.keySpec = keySpec;
    this.vectors = vectors;
  }

  /** The id of a snapshot that may be missing. */
  static long id(@Nullable Snapshot snapshot) {
    return snapshot == null ? Version.NO_SNAPSHOT : snapshot.snapshotId();
  }

  /** Makes this the view of {@code snapshot}. */
  void moveTo(@Nullable Snapshot snapshot) {
    if (!read || snapshotId != id(snapshot)) {
      files = LiveFiles.read(table, snapshot, keySpec);
      snapshotId = id(snapshot);
      read = true;
    }
  }

  long snapshotId() {
    return snapshotId;
  }

  /** The live file at {@code path}; null when there is none. */
  @Nullable LiveFile file(String path) {
    return files.get(path);
  }

  Collection<LiveFile> files() {
    return files.values();
  }

  /** Whether a file that {@code committable} adds is live already. */
  boolean holdsFileOf(Committable committable) {
    return committable.edits().stream()
        .flatMap(edit -> Stream.concat(edit.added().stream(), outputs(edit)))
        .anyMatch(added -> files.containsKey(added.file().path()));
  }

  private static Stream<AddedFile> outputs(VersionEdit edit) {
    return edit.compactions().stream().flatMap(compaction -> compaction.outputs().stream());
  }

  /** Whether this committer dropped the file because every row of it was dead. */
  boolean hasDropped(String path) {
    return dropped.containsKey(path);
  }

  /** What is deleted of a live file. */
  DeletionVector deleted(LiveFile file) {
    List<DeleteFile> deletes = file.deletes();
    DeletionVector known =
        ContentFileUtil.containsSingleDV(deletes) ? vectors.get(deletes.get(0)) : null;
    return known == null ? DeletionVectors.load(table.io(), deletes, file.file().path()) : known;
  }

  /** The view of these live files that a resolver searches. */
  Version version(Collection<LiveFile> candidates) {
    List<Version.LiveFile> loaded = new ArrayList<>();
    for (LiveFile file : candidates) {
      loaded.add(
          new Version.LiveFile(file.file(), deleted(file), IcebergFiles.lineage(file.dataFile())));
    }
    return Version.of(snapshotId, loaded);
  }

  /**
   * A head that goes on from this one by itself, for a transaction that may fail; what it learns of
   * vectors, this one knows as well.
   */
  Head fork() {
    Head fork = new Head(table, keySpec, vectors);
    fork.dropped.putAll(dropped);
    fork.read = read;
    fork.snapshotId = snapshotId;
    fork.files = new HashMap<>(files);
    return fork;
  }

  /** A snapshot without changes of files was committed on {@code parentId}. */
  void advance(long parentId, long newSnapshotId) {
    if (read && snapshotId == parentId) {
      snapshotId = newSnapshotId;
    }
  }

  /** {@code plan}, which was made on this view, is committed as {@code newSnapshotId}. */
  void advance(Plan plan, List<DeleteFile> newVectors, long newSnapshotId) {
    plan.added().forEach(file -> files.put(file.file().path(), file));
    for (LiveFile file : plan.dropped()) {
      files.remove(file.file().path());
      vectors.remove(file.file().path());
      dropped.put(file.file().path(), true);
    }
    for (DeleteFile dv : newVectors) {
      files.computeIfPresent(
          dv.referencedDataFile(),
          (path, file) -> new LiveFile(file.dataFile(), file.file(), List.of(dv)));
      vectors.put(dv, requireNonNull(plan.vectors().get(dv.referencedDataFile())).merged());
    }
    snapshotId = newSnapshotId;
  }
}

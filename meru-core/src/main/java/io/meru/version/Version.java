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

package io.meru.version;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An immutable view of the table: its live files, each with its deletion vector. Versions share
 * structure; {@link #apply} costs as much as the edit and the file list, not as the table.
 */
public final class Version {
  /** In place of a snapshot id: the table has no snapshot. */
  public static final long NO_SNAPSHOT = -1;

  /**
   * A live file.
   *
   * @param deleted what is deleted of it
   * @param lineage what its commit gave to it
   */
  public record LiveFile(TableFile file, DeletionVector deleted, Lineage lineage) {
    /** A file whose commit has not been seen. */
    public LiveFile(TableFile file, DeletionVector deleted) {
      this(file, deleted, Lineage.UNSEEN);
    }

    /** Rows that are not deleted. */
    public long liveCount() {
      return file.recordCount() - deleted.cardinality();
    }

    private LiveFile without(DeletionVector positions) {
      DeletionVector merged = deleted.or(positions);
      if (merged.last() >= file.recordCount()) {
        throw new IllegalArgumentException(
            "Cannot delete position %d of %s: the file has %d rows"
                .formatted(merged.last(), file.path(), file.recordCount()));
      }
      return new LiveFile(file, merged, lineage);
    }
  }

  private final long snapshotId;
  private final Map<String, LiveFile> files;

  private Version(long snapshotId, Map<String, LiveFile> files) {
    this.snapshotId = snapshotId;
    this.files = files;
  }

  /**
   * The view of snapshot {@code snapshotId} with these files.
   *
   * @throws IllegalArgumentException if two of them have the same path
   */
  public static Version of(long snapshotId, Collection<LiveFile> files) {
    Map<String, LiveFile> byPath = new HashMap<>();
    for (LiveFile file : files) {
      if (byPath.put(file.file().path(), file) != null) {
        throw new IllegalArgumentException(
            "A version holds each file once but got %s twice".formatted(file.file().path()));
      }
    }
    return new Version(snapshotId, byPath);
  }

  /** The snapshot this view was read from; edits applied since do not change it. */
  public long snapshotId() {
    return snapshotId;
  }

  /** The live files in no stated order. */
  public Collection<LiveFile> files() {
    return Collections.unmodifiableCollection(files.values());
  }

  /** The file at {@code path}, when it is live. */
  public Optional<LiveFile> file(String path) {
    return Optional.ofNullable(files.get(path));
  }

  /**
   * This view with {@code edit} applied: rows moved, files added, positions deleted. A file whose
   * rows are all deleted leaves the view. Deletions of files that are not in the view are ignored.
   * An added file that the view holds already stays as it is: what is deleted of it remains
   * deleted.
   *
   * @throws IllegalArgumentException if a position is beyond the end of its file
   */
  public Version apply(VersionEdit edit) {
    Map<String, LiveFile> next = new HashMap<>(files);
    edit.compactions().forEach(compaction -> move(compaction, next));
    add(edit.added(), next);
    delete(edit.deletions(), next);
    return new Version(snapshotId, next);
  }

  /**
   * As {@link #apply}, of an edit that was made on another view and is to be committed onto this
   * one. Its compactions are left out if they no longer fit, as they will be by the commit.
   */
  public Version applyPending(VersionEdit edit) {
    if (edit.compactions().stream().allMatch(this::fits)) {
      return apply(edit);
    }
    return apply(
        new VersionEdit(
            edit.id(), edit.baseSnapshotId(), edit.added(), edit.deletions(), edit.pureDeletes()));
  }

  /** Whether the outputs of {@code compaction} hold just the rows that its inputs have here. */
  private boolean fits(Compaction compaction) {
    long rows = 0;
    for (String path : compaction.replaced()) {
      LiveFile live = files.get(path);
      if (live == null) {
        return false;
      }
      rows += live.liveCount();
    }
    for (Map.Entry<String, DeletionVector> moved : compaction.moved().entrySet()) {
      LiveFile live = files.get(moved.getKey());
      if (live == null || !live.deleted().and(moved.getValue()).isEmpty()) {
        return false;
      }
      rows += moved.getValue().cardinality();
    }
    return rows == compaction.liveRows();
  }

  private static void move(Compaction compaction, Map<String, LiveFile> files) {
    compaction.replaced().forEach(files::remove);
    delete(compaction.moved(), files);
    add(compaction.outputs(), files);
    delete(compaction.deleted(), files);
  }

  private static void add(List<AddedFile> added, Map<String, LiveFile> files) {
    for (AddedFile file : added) {
      files.putIfAbsent(file.file().path(), new LiveFile(file.file(), DeletionVector.EMPTY));
    }
  }

  private static void delete(Map<String, DeletionVector> deletions, Map<String, LiveFile> files) {
    deletions.forEach(
        (path, positions) ->
            files.computeIfPresent(
                path,
                (same, file) -> {
                  LiveFile left = file.without(positions);
                  return left.liveCount() == 0 ? null : left;
                }));
  }

  /** This view without these files, by path. */
  public Version without(Set<String> dropped) {
    if (dropped.isEmpty()) {
      return this;
    }
    Map<String, LiveFile> next = new HashMap<>(files);
    next.keySet().removeAll(dropped);
    return new Version(snapshotId, next);
  }

  /** This view, in which the commits of these files, by path, have been seen. */
  public Version withLineage(Map<String, Lineage> seen) {
    if (seen.isEmpty()) {
      return this;
    }
    Map<String, LiveFile> next = new HashMap<>(files);
    seen.forEach(
        (path, lineage) ->
            next.computeIfPresent(
                path, (same, live) -> new LiveFile(live.file(), live.deleted(), lineage)));
    return new Version(snapshotId, next);
  }
}

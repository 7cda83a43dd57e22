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

package io.meru.inspect;

import static java.util.Objects.requireNonNull;

import io.meru.io.TableFiles;
import io.meru.key.KeySpec;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.version.DeletionVector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.ContentFileUtil;

/**
 * Checks every {@link Invariant} of a table by reading its metadata, its deletion vectors and, of
 * its data files, footers and key columns. Changes nothing. It takes some 200 MB of heap whatever
 * the table's size, beside the list of its files and their deletion vectors, and a second or so of
 * CPU per four million rows.
 *
 * <p>What is wrong with a file is found once, however many snapshots hold it; the rows of each
 * snapshot are compared with one another.
 */
public final class TableVerifier {
  private final Table table;
  private final KeySpec keySpec;
  private final Limits limits;
  private final Findings findings = new Findings();
  private final ParquetKeyFileOpener opener;
  private final ManifestLists manifests;
  private final FileCheck fileCheck;
  private final VectorCheck vectorCheck;
  private final Map<String, Boolean> readable = new HashMap<>();
  private final Set<String> reported = new HashSet<>();
  private long rows;
  private long liveRows;

  /**
   * How much is held in memory at a time.
   *
   * @param hashes of keys
   * @param rowIds row ids, a bit each
   */
  record Limits(int hashes, int rowIds) {}

  private TableVerifier(Table table, String tableName, Limits limits) {
    this.table = table;
    this.keySpec = KeySpec.of(tableName, table.schema());
    this.limits = limits;
    this.opener =
        new ParquetKeyFileOpener(
            keySpec, (path, length) -> TableFiles.input(table.io(), path, length));
    this.manifests = new ManifestLists(table, keySpec, file -> true, delete -> true);
    this.fileCheck = new FileCheck(table, keySpec, opener, findings);
    this.vectorCheck = new VectorCheck(table, findings);
  }

  /**
   * Verifies the head of {@code table} as it was loaded.
   *
   * @throws io.meru.error.UnsupportedTableException if the table has no primary key
   * @throws IllegalStateException if the snapshot was expired meanwhile
   */
  public static VerifyReport verifyHead(Table table, String tableName) {
    Snapshot head = table.currentSnapshot();
    return verify(
        table,
        tableName,
        head == null ? List.of() : List.of(head),
        new Limits(DuplicateKeys.MAX_HASHES, RowIds.SLICE));
  }

  /**
   * Verifies all snapshots of {@code table} as it was loaded. The comparison of rows costs as much
   * for each as for the head.
   *
   * @throws io.meru.error.UnsupportedTableException if the table has no primary key
   * @throws IllegalStateException if a snapshot was expired meanwhile
   */
  public static VerifyReport verifyAllSnapshots(Table table, String tableName) {
    List<Snapshot> snapshots = new ArrayList<>();
    table.snapshots().forEach(snapshots::add);
    snapshots.sort(Comparator.comparingLong(Snapshot::timestampMillis));
    return verify(table, tableName, snapshots, new Limits(DuplicateKeys.MAX_HASHES, RowIds.SLICE));
  }

  /** Verifies {@code snapshots}; visible to tests, which have small tables. */
  static VerifyReport verify(
      Table table, String tableName, List<Snapshot> snapshots, Limits limits) {
    return new TableVerifier(table, tableName, limits).verify(snapshots);
  }

  private VerifyReport verify(List<Snapshot> snapshots) {
    for (Snapshot snapshot : snapshots) {
      findings.startSnapshot(snapshot.snapshotId());
      vectorCheck.startSnapshot();
      verify(snapshot);
    }
    if (findings.errors() > 0) {
      requireNotExpired(snapshots);
    }
    return new VerifyReport(
        keySpec.table(),
        snapshots.stream().map(Snapshot::snapshotId).toList(),
        readable.size(),
        vectorCheck.count(),
        rows,
        liveRows,
        findings.errors(),
        findings.warnings(),
        findings.kept());
  }

  /** What an expiry has removed is not missing. */
  private void requireNotExpired(List<Snapshot> snapshots) {
    table.refresh();
    for (Snapshot snapshot : snapshots) {
      if (table.snapshot(snapshot.snapshotId()) == null) {
        throw new IllegalStateException(
            "Cannot verify snapshot %d of table %s: it was expired meanwhile. Verify again."
                .formatted(snapshot.snapshotId(), keySpec.table()));
      }
    }
  }

  private void verify(Snapshot snapshot) {
    Deleted deleted = new Deleted();
    SnapshotFiles files =
        manifests.read(
            snapshot,
            (path, content, failure) -> {
              deleted.incomplete |= content != ManifestContent.DATA;
              deleted.ofUnknownFiles |= content != ManifestContent.DELETES;
              if (reported.add(path)) {
                findings.error(
                    Invariant.MANIFEST_READABLE,
                    path,
                    null,
                    "a manifest that can be read",
                    String.valueOf(failure.getMessage()));
              }
            });
    Map<String, DataFile> data = new LinkedHashMap<>();
    for (DataFile file : files.data()) {
      if (data.put(file.location(), file) != null) {
        findings.error(
            Invariant.FILE_LISTED_ONCE,
            file.location(),
            null,
            "one manifest entry",
            "another one, so that readers see each of its rows again");
      }
    }
    for (DataFile file : data.values()) {
      if (!readable.containsKey(file.location())) {
        rows += file.recordCount();
        readable.put(file.location(), fileCheck.check(file));
      }
    }
    for (DeleteFile delete : files.deletes()) {
      checkDelete(delete, data, deleted);
    }
    List<LiveRows> live = new ArrayList<>();
    for (DataFile file : data.values()) {
      if (requireNonNull(readable.get(file.location()))
          && !deleted.unknown.contains(file.location())) {
        live.add(
            new LiveRows(
                file, deleted.positions.getOrDefault(file.location(), DeletionVector.EMPTY)));
      }
    }
    liveRows = live.stream().mapToLong(LiveRows::liveCount).sum();
    if (deleted.incomplete) {
      return;
    }
    if (!deleted.byValue) {
      new DuplicateKeys(keySpec, opener, limits.hashes(), findings).check(live);
    }
    new RowIds(table, nextRowId(), limits.rowIds(), findings).check(live);
  }

  /**
   * What the delete files of a snapshot delete. Rows are compared only where that is known: a dead
   * row that passes for a live one would be reported beside its successor.
   */
  private static final class Deleted {
    final Map<String, DeletionVector> positions = new HashMap<>();
    final Set<String> withVector = new HashSet<>();

    /** Data files with a delete file that cannot be read, which is a finding of its own. */
    final Set<String> unknown = new HashSet<>();

    /** Whether there are equality deletes, likewise. */
    boolean byValue;

    /** Whether a manifest of delete files, or all of them, cannot be read, likewise. */
    boolean incomplete;

    /** Whether a manifest of data files, or all of them, cannot be read, likewise. */
    boolean ofUnknownFiles;
  }

  private void checkDelete(DeleteFile delete, Map<String, DataFile> data, Deleted deleted) {
    if (ContentFileUtil.isDV(delete)) {
      checkVector(delete, data, deleted);
    } else if (delete.content() == FileContent.EQUALITY_DELETES) {
      deleted.byValue = true;
      reportOnce(Invariant.NO_EQUALITY_DELETES, delete, "no equality deletes");
    } else {
      takePositionDeletes(delete, data, deleted);
    }
  }

  private void checkVector(DeleteFile delete, Map<String, DataFile> data, Deleted deleted) {
    String path = requireNonNull(delete.referencedDataFile());
    DataFile file = data.get(path);
    if (file == null) {
      if (!deleted.ofUnknownFiles
          && reported.add(delete.location() + "@" + delete.contentOffset())) {
        findings.warning(
            Invariant.VECTOR_OF_LIVE_FILE,
            delete.location(),
            null,
            "a vector of a live file",
            "one of %s, which is not live".formatted(path));
      }
      return;
    }
    if (!deleted.withVector.add(path)) {
      findings.error(
          Invariant.ONE_VECTOR_PER_FILE,
          path,
          null,
          "one deletion vector",
          "another one in %s at offset %s".formatted(delete.location(), delete.contentOffset()));
    }
    take(vectorCheck.check(delete, file), file, deleted);
  }

  private static void take(Optional<DeletionVector> positions, DataFile file, Deleted deleted) {
    if (positions.isPresent()) {
      deleted.positions.merge(file.location(), positions.get(), DeletionVector::or);
    } else {
      deleted.unknown.add(file.location());
    }
  }

  private void takePositionDeletes(DeleteFile delete, Map<String, DataFile> data, Deleted deleted) {
    if (reported.add(delete.location())) {
      findings.warning(
          Invariant.NO_POSITION_DELETE_FILES,
          delete.location(),
          null,
          "deletion vectors only",
          "a position delete file of format version 2");
    }
    for (DataFile file : data.values()) {
      if (vectorCheck.applies(delete, file)) {
        take(vectorCheck.positionDeletes(delete, file), file, deleted);
      }
    }
  }

  private void reportOnce(Invariant invariant, DeleteFile delete, String expected) {
    if (reported.add(delete.location())) {
      findings.error(
          invariant,
          delete.location(),
          null,
          expected,
          "%d of them".formatted(delete.recordCount()));
    }
  }

  private long nextRowId() {
    return table instanceof HasTableOperations operations
        ? operations.operations().current().nextRowId()
        : 0;
  }
}

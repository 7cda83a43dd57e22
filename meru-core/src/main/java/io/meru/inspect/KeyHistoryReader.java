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

import io.meru.commit.IcebergFiles;
import io.meru.dv.DeletionVectors;
import io.meru.error.UnsupportedTableException;
import io.meru.inspect.KeyHistory.KeyAt;
import io.meru.inspect.KeyHistory.Place;
import io.meru.inspect.TableShape.SnapshotShape;
import io.meru.io.TableFiles;
import io.meru.key.HashRange;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.metrics.WriterMetrics;
import io.meru.resolve.Resolver;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Comparators;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;

/**
 * Finds a key in all snapshots of a table. A data file does not change, so each that may hold the
 * key is searched once, by the engine's own resolver, whichever snapshots it is in; what differs
 * between snapshots is which files are live and what their deletion vectors cover.
 */
public final class KeyHistoryReader {
  /** Enough for the page directories; a search for one key makes no index. */
  private static final long CACHE_BYTES = 1 << 20;

  private final Table table;
  private final KeySpec keySpec;
  private final byte[] key;
  private final int hash;
  private final Map<String, DeletionVector> vectors = new HashMap<>();
  private final Map<String, Place> places = new HashMap<>();
  private final RowReader rows;

  private KeyHistoryReader(Table table, KeySpec keySpec, byte[] key) {
    this.table = table;
    this.keySpec = keySpec;
    this.key = key;
    this.hash = KeyHash.hash16(KeyHash.hash64(key, 0, key.length));
    this.rows = new RowReader(table);
  }

  /**
   * Finds a key.
   *
   * @param values one per key column, in key order, as {@link KeyText#toKey} takes them
   * @throws IllegalArgumentException if they are no key of the table
   * @throws io.meru.error.UnsupportedTableException if the table has no primary key, or its head
   *     has equality deletes that may apply to the key, or a data file is no Parquet file
   */
  public static KeyHistory read(Table table, String tableName, List<String> values) {
    KeySpec keySpec = KeySpec.of(tableName, table.schema());
    return new KeyHistoryReader(table, keySpec, KeyText.toKey(keySpec, values)).read();
  }

  private KeyHistory read() {
    List<Snapshot> snapshots = new ArrayList<>();
    table.snapshots().forEach(snapshots::add);
    snapshots.sort(Comparator.comparingLong(Snapshot::timestampMillis));
    Map<Long, List<DataFile>> files = candidates(snapshots);
    Map<String, DataFile> candidates = new LinkedHashMap<>();
    files.values().forEach(some -> some.forEach(file -> candidates.put(file.location(), file)));
    Map<String, DeletionVector> found = search(List.copyOf(candidates.values()));
    ManifestLists deletes =
        new ManifestLists(table, keySpec, file -> false, delete -> mayApply(delete, found));
    Snapshot head = table.currentSnapshot();
    List<Place> atHead = List.of();
    List<KeyAt> history = new ArrayList<>();
    List<Place> last = List.of();
    for (Snapshot snapshot : snapshots) {
      boolean isHead = head != null && head.snapshotId() == snapshot.snapshotId();
      List<DataFile> data = requireNonNull(files.get(snapshot.snapshotId()));
      List<DeleteFile> deleteFiles = deletes.readDeletes(snapshot);
      @Nullable DeleteFile byValue = equalityDelete(data, deleteFiles, found);
      if (byValue != null) {
        if (isHead) {
          throw hiddenByValue(byValue);
        }
        history.add(keyAt(snapshot, null, false));
        continue;
      }
      List<Place> now = places(data, deleteFiles, found);
      if (isHead) {
        atHead = now;
      }
      history.add(keyAt(snapshot, now, !now.equals(last)));
      last = now;
    }
    return new KeyHistory(
        keySpec.table(),
        keyByColumn(),
        HexFormat.of().formatHex(key),
        hash,
        candidates.size(),
        atHead,
        List.copyOf(history));
  }

  private Map<Long, List<DataFile>> candidates(List<Snapshot> snapshots) {
    ManifestLists manifests = new ManifestLists(table, keySpec, this::mayHoldKey, delete -> false);
    Map<Long, List<DataFile>> files = new LinkedHashMap<>();
    snapshots.forEach(snapshot -> files.put(snapshot.snapshotId(), manifests.readData(snapshot)));
    return files;
  }

  /** Most deletion vectors are of files without the key. */
  private static boolean mayApply(DeleteFile delete, Map<String, DeletionVector> found) {
    return !ContentFileUtil.isDV(delete) || found.containsKey(delete.referencedDataFile());
  }

  private Map<String, String> keyByColumn() {
    Map<String, String> byColumn = new LinkedHashMap<>();
    List<String> values = KeyText.ofKey(keySpec, key, 0, key.length);
    for (int i = 0; i < values.size(); i++) {
      byColumn.put(keySpec.columns().get(i).name(), values.get(i));
    }
    return byColumn;
  }

  /** Whether its hash range lets the file hold the key; the resolver looks at its bounds. */
  private boolean mayHoldKey(DataFile file) {
    @Nullable LevelFileName name = LevelFileName.parse(file.location()).orElse(null);
    return name == null
        || !name.fingerprint().equals(keySpec.fingerprint())
        || name.hashRange().overlaps(new HashRange(hash, hash + 1));
  }

  /** The positions that the key has in {@code files}, dead or alive. */
  private Map<String, DeletionVector> search(List<DataFile> files) {
    List<Version.LiveFile> all =
        files.stream()
            .map(
                file ->
                    new Version.LiveFile(
                        IcebergFiles.toTableFile(
                            keySpec, file, requireNonNull(table.specs().get(file.specId()))),
                        DeletionVector.EMPTY))
            .toList();
    ParquetKeyFileOpener opener =
        new ParquetKeyFileOpener(
            keySpec, (path, length) -> TableFiles.input(table.io(), path, length));
    try (Resolver resolver =
        Resolver.ofPositions(keySpec, opener, CACHE_BYTES, WriterMetrics.NONE)) {
      return resolver.resolveEverywhere(
          new OneKey(key),
          Version.of(Version.NO_SNAPSHOT, all),
          new HashRange(hash, hash + 1),
          file -> true);
    }
  }

  private List<Place> places(
      List<DataFile> files, List<DeleteFile> deletes, Map<String, DeletionVector> found) {
    List<Place> live = new ArrayList<>();
    for (DataFile file : files) {
      DeletionVector positions = found.get(file.location());
      if (positions != null) {
        DeletionVector deleted = deleted(file, positions, deletes);
        positions.andNot(deleted).forEach(position -> live.add(place(file, position)));
      }
    }
    live.sort(Comparator.comparing(Place::path).thenComparing(Place::position));
    return List.copyOf(live);
  }

  /** Which of {@code positions} are deleted. */
  private DeletionVector deleted(
      DataFile file, DeletionVector positions, List<DeleteFile> deletes) {
    DeletionVector deleted = DeletionVector.EMPTY;
    for (DeleteFile delete : deletes) {
      if (appliesTo(delete, file)) {
        String id = delete.location() + "@" + delete.contentOffset() + "#" + file.location();
        deleted =
            deleted.or(
                vectors.computeIfAbsent(
                    id,
                    same ->
                        DeletionVectors.load(table.io(), List.of(delete), file.location())
                            .and(positions)));
      }
    }
    return deleted;
  }

  /** An equality delete that may hide a row of the key; null if there is none. */
  private static @Nullable DeleteFile equalityDelete(
      List<DataFile> files, List<DeleteFile> deletes, Map<String, DeletionVector> found) {
    if (files.stream().noneMatch(file -> found.containsKey(file.location()))) {
      return null;
    }
    return deletes.stream()
        .filter(delete -> delete.content() == FileContent.EQUALITY_DELETES)
        .findFirst()
        .orElse(null);
  }

  private UnsupportedTableException hiddenByValue(DeleteFile delete) {
    return new UnsupportedTableException(
        ("Cannot say where the key lives in table %s: its head has equality deletes (%s), which hide"
                + " rows by value. Turn them into deletion vectors first (the command meru"
                + " rewrite-deletes, or io.meru.maintenance.DeleteRewrite).")
            .formatted(keySpec.table(), delete.location()));
  }

  private boolean appliesTo(DeleteFile delete, DataFile file) {
    if (ContentFileUtil.isDV(delete)) {
      return file.location().equals(delete.referencedDataFile());
    }
    return delete.specId() == file.specId()
        && (delete.referencedDataFile() == null
            || delete.referencedDataFile().equals(file.location()))
        && Comparators.forType(requireNonNull(table.specs().get(file.specId())).partitionType())
                .compare(delete.partition(), file.partition())
            == 0
        && requireNonNull(delete.dataSequenceNumber()) >= requireNonNull(file.dataSequenceNumber());
  }

  private static KeyAt keyAt(Snapshot snapshot, @Nullable List<Place> now, boolean changed) {
    SnapshotShape shape = SnapshotShapes.of(snapshot);
    return new KeyAt(
        shape.id(),
        shape.timestampMs(),
        shape.operation(),
        shape.job(),
        shape.checkpointId(),
        changed,
        now);
  }

  private Place place(DataFile file, long position) {
    return places.computeIfAbsent(
        file.location() + "@" + position, same -> rows.read(file, position));
  }
}

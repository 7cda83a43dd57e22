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

import io.meru.commit.SinkMemory;
import io.meru.inspect.TableShape.CleanUp;
import io.meru.inspect.TableShape.FileShape;
import io.meru.inspect.TableShape.LevelShape;
import io.meru.inspect.TableShape.PartitionShape;
import io.meru.inspect.TableShape.RunShape;
import io.meru.inspect.TableShape.SinkShape;
import io.meru.inspect.TableShape.SizeBucket;
import io.meru.inspect.TableShape.Sizes;
import io.meru.inspect.TableShape.SnapshotShape;
import io.meru.inspect.TableShape.VectorShape;
import io.meru.key.KeyColumn;
import io.meru.key.KeySpec;
import io.meru.version.LevelFileName;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.TableUtil;
import org.apache.iceberg.util.ContentFileUtil;
import org.apache.iceberg.util.PropertyUtil;
import org.jspecify.annotations.Nullable;

/** Reads a table's {@link TableShape}. */
public final class ShapeReader {
  private static final Comparator<FileShape> BY_LEVEL =
      Comparator.comparing(FileShape::level, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(FileShape::firstHash, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(FileShape::partition)
          .thenComparing(FileShape::path);

  private final Table table;
  private final KeySpec keySpec;

  private ShapeReader(Table table, String tableName) {
    this.table = table;
    this.keySpec = KeySpec.of(tableName, table.schema());
  }

  /**
   * Reads the shape of {@code table} as it was loaded; what clean-up could take away as of now.
   *
   * @throws io.meru.error.UnsupportedTableException if the table has no primary key
   */
  public static TableShape read(Table table, String tableName) {
    return new ShapeReader(table, tableName).read();
  }

  private TableShape read() {
    Snapshot head = table.currentSnapshot();
    SnapshotFiles files =
        head == null
            ? new SnapshotFiles(List.of(), List.of())
            : new ManifestLists(table, keySpec, file -> true, delete -> true).read(head);
    Map<String, Long> deletedByPath = new HashMap<>();
    for (DeleteFile delete : files.deletes()) {
      if (delete.referencedDataFile() != null) {
        deletedByPath.merge(delete.referencedDataFile(), delete.recordCount(), Long::sum);
      }
    }
    List<FileShape> shapes =
        files.data().stream()
            .map(file -> file(file, deletedByPath.getOrDefault(file.location(), 0L)))
            .sorted(BY_LEVEL)
            .toList();
    List<SnapshotShape> snapshots = new ArrayList<>();
    table.snapshots().forEach(snapshot -> snapshots.add(snapshot(snapshot)));
    snapshots.sort(Comparator.comparingLong(SnapshotShape::timestampMs));
    return new TableShape(
        keySpec.table(),
        table.location(),
        table.uuid().toString(),
        TableUtil.formatVersion(table),
        keySpec.columns().stream().map(KeyColumn::name).toList(),
        keySpec.fingerprint(),
        shapes.size(),
        shapes.stream().mapToLong(FileShape::rows).sum(),
        shapes.stream().mapToLong(FileShape::liveRows).sum(),
        shapes.stream().mapToLong(FileShape::deletedRows).sum(),
        shapes.stream().mapToLong(FileShape::bytes).sum(),
        PropertyUtil.propertyAsLong(
            table.properties(),
            TableProperties.WRITE_TARGET_FILE_SIZE_BYTES,
            TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT),
        head == null ? null : snapshot(head),
        levels(shapes),
        shapes,
        partitions(shapes),
        List.copyOf(snapshots),
        SinkMemory.of(table.properties()).stream().map(ShapeReader::sink).toList(),
        vectors(files.deletes()),
        cleanUp(head));
  }

  private FileShape file(DataFile file, long deleted) {
    @Nullable LevelFileName name = LevelFileName.parse(file.location()).orElse(null);
    PartitionSpec spec = table.specs().get(file.specId());
    return new FileShape(
        file.location(),
        name == null ? null : name.level(),
        name == null ? null : name.hashRange().start(),
        name == null ? null : name.hashRange().end() - 1,
        name == null ? null : name.sinkId(),
        name == null ? null : name.fingerprint(),
        name != null && name.fingerprint().equals(keySpec.fingerprint()),
        spec == null ? "" : spec.partitionToPath(file.partition()),
        file.recordCount(),
        file.recordCount() - deleted,
        deleted,
        share(deleted, file.recordCount()),
        file.fileSizeInBytes(),
        bounds(file.lowerBounds()),
        bounds(file.upperBounds()),
        file.firstRowId(),
        file.dataSequenceNumber());
  }

  private List<@Nullable String> bounds(@Nullable Map<Integer, ByteBuffer> bounds) {
    List<@Nullable String> texts = new ArrayList<>();
    for (KeyColumn column : keySpec.columns()) {
      ByteBuffer bound = bounds == null ? null : bounds.get(column.fieldId());
      texts.add(bound == null ? null : KeyText.ofBound(column, bound));
    }
    return texts;
  }

  private static List<LevelShape> levels(List<FileShape> files) {
    Map<Integer, List<FileShape>> byLevel =
        files.stream()
            .collect(
                Collectors.groupingBy(
                    file -> file.level() == null ? Integer.MAX_VALUE : file.level(),
                    TreeMap::new,
                    Collectors.toList()));
    return byLevel.values().stream().map(ShapeReader::level).toList();
  }

  private static LevelShape level(List<FileShape> files) {
    long rows = files.stream().mapToLong(FileShape::rows).sum();
    long deleted = files.stream().mapToLong(FileShape::deletedRows).sum();
    return new LevelShape(
        files.get(0).level(),
        files.size(),
        rows,
        rows - deleted,
        deleted,
        share(deleted, rows),
        files.stream().mapToLong(FileShape::bytes).sum(),
        sizes(files));
  }

  private static Sizes sizes(List<FileShape> files) {
    long[] sorted = files.stream().mapToLong(FileShape::bytes).sorted().toArray();
    TreeMap<Long, Integer> buckets = new TreeMap<>();
    for (long bytes : sorted) {
      long floor = Long.highestOneBit(Math.max(1, bytes));
      buckets.merge(bytes > floor ? 2 * floor : floor, 1, Integer::sum);
    }
    return new Sizes(
        sorted[0],
        sorted[(sorted.length - 1) / 2],
        sorted[sorted.length - 1],
        buckets.entrySet().stream()
            .map(bucket -> new SizeBucket(bucket.getKey(), bucket.getValue()))
            .toList());
  }

  private static List<PartitionShape> partitions(List<FileShape> files) {
    Map<String, List<FileShape>> byPartition =
        files.stream()
            .collect(
                Collectors.groupingBy(FileShape::partition, TreeMap::new, Collectors.toList()));
    return byPartition.values().stream().map(ShapeReader::partition).toList();
  }

  private static PartitionShape partition(List<FileShape> files) {
    long rows = files.stream().mapToLong(FileShape::rows).sum();
    long deleted = files.stream().mapToLong(FileShape::deletedRows).sum();
    return new PartitionShape(
        files.get(0).partition(),
        files.size(),
        (int) files.stream().filter(file -> Integer.valueOf(0).equals(file.level())).count(),
        rows,
        rows - deleted,
        share(deleted, rows),
        files.stream().mapToLong(FileShape::bytes).sum());
  }

  private static SnapshotShape snapshot(Snapshot snapshot) {
    return SnapshotShapes.of(snapshot);
  }

  private static SinkShape sink(SinkMemory memory) {
    return new SinkShape(
        memory.sinkId(),
        memory.generation(),
        memory.owner(),
        memory.runs().stream()
            .map(run -> new RunShape(run.runId(), run.generation(), run.checkpointId(), run.torn()))
            .toList());
  }

  private static VectorShape vectors(List<DeleteFile> deletes) {
    int vectors = 0;
    long bytes = 0;
    int positionDeletes = 0;
    int equalityDeletes = 0;
    Map<String, Long> files = new HashMap<>();
    for (DeleteFile delete : deletes) {
      if (delete.content() == FileContent.EQUALITY_DELETES) {
        equalityDeletes++;
      } else if (ContentFileUtil.isDV(delete)) {
        vectors++;
        Long length = delete.contentSizeInBytes();
        bytes += length == null ? 0 : length;
        files.put(delete.location(), delete.fileSizeInBytes());
      } else {
        positionDeletes++;
      }
    }
    return new VectorShape(
        vectors,
        bytes,
        files.size(),
        files.values().stream().mapToLong(Long::longValue).sum(),
        positionDeletes,
        equalityDeletes);
  }

  private CleanUp cleanUp(@Nullable Snapshot head) {
    Map<String, String> properties = table.properties();
    @Nullable List<Snapshot> expirable = expirable();
    List<ManifestFile> manifests = head == null ? List.of() : head.allManifests(table.io());
    return new CleanUp(
        expirable == null ? null : expirable.size(),
        expirable == null ? null : bytesOnlyIn(expirable),
        previousMetadataFiles(),
        PropertyUtil.propertyAsInt(
            properties,
            TableProperties.METADATA_PREVIOUS_VERSIONS_MAX,
            TableProperties.METADATA_PREVIOUS_VERSIONS_MAX_DEFAULT),
        PropertyUtil.propertyAsBoolean(
            properties,
            TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED,
            TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED_DEFAULT),
        manifests.size(),
        manifests.stream().mapToLong(ManifestFile::length).sum());
  }

  private @Nullable List<Snapshot> expirable() {
    if (!PropertyUtil.propertyAsBoolean(
        table.properties(), TableProperties.GC_ENABLED, TableProperties.GC_ENABLED_DEFAULT)) {
      return null;
    }
    return table.expireSnapshots().apply();
  }

  /**
   * What a snapshot removes was live in its parent, and in nothing after it: nobody else needs it
   * once all snapshots up to the parent are gone.
   */
  private long bytesOnlyIn(List<Snapshot> expirable) {
    Set<Long> ids = new HashSet<>();
    expirable.forEach(snapshot -> ids.add(snapshot.snapshotId()));
    long bytes = 0;
    Snapshot snapshot = table.currentSnapshot();
    while (snapshot != null) {
      Long parent = snapshot.parentId();
      if (parent != null && ids.contains(parent)) {
        bytes += SnapshotShapes.removedBytes(snapshot);
      }
      snapshot = parent == null ? null : table.snapshot(parent);
    }
    return bytes;
  }

  private int previousMetadataFiles() {
    if (!(table instanceof HasTableOperations operations)) {
      return 0;
    }
    TableMetadata metadata = operations.operations().current();
    return metadata.previousFiles().size();
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}

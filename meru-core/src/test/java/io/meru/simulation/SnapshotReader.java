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

package io.meru.simulation;

import static java.util.Objects.requireNonNull;
import static org.apache.iceberg.MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER;
import static org.apache.iceberg.MetadataColumns.ROW_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.meru.simulation.SimulatedRows.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.data.BaseDeleteLoader;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.deletes.PositionDeleteIndex;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.ContentFileUtil;
import org.jspecify.annotations.Nullable;

/**
 * Reads snapshots with Iceberg's readers, each file once, manifests too, and refuses what no
 * snapshot may be: a file that is missing or not as stated, two deletion vectors on one, a vector
 * without its file, an equality delete.
 */
final class SnapshotReader {
  /** A row id that no table has; ids from here on were not stored in the file. */
  private static final long NOT_STORED = 1L << 50;

  /**
   * A data file as it was written: keys, rows, and what is stored of their lineage (-1 for none),
   * by position.
   */
  record FileRows(long[] keys, Row[] rows, long[] rowIds, long[] lastUpdated) {}

  /** A data file of a snapshot and its deletion vector. */
  record LiveFile(
      DataFile file, @Nullable DeleteFile vector, FileRows rows, PositionDeleteIndex dead) {
    boolean isLive(int position) {
      return !dead.isDeleted(position);
    }

    /** The row's {@code _row_id}. */
    long rowId(int position) {
      long stored = rows.rowIds()[position];
      return stored >= 0 ? stored : requireNonNull(file.firstRowId()) + position;
    }

    /** The row's {@code _last_updated_sequence_number}. */
    long lastUpdated(int position) {
      long stored = rows.lastUpdated()[position];
      return stored >= 0 ? stored : file.dataSequenceNumber();
    }
  }

  private record VectorName(String location, long offset) {}

  /**
   * A manifest, what its entries inherit, which is in the list that names it, and the schema, which
   * gives their partition its types.
   */
  private record ManifestName(
      String location,
      int specId,
      long snapshotId,
      long sequenceNumber,
      @Nullable Long firstRowId,
      int schemaId) {
    static ManifestName of(ManifestFile manifest, TableMetadata metadata) {
      return new ManifestName(
          manifest.path(),
          manifest.partitionSpecId(),
          manifest.snapshotId(),
          manifest.sequenceNumber(),
          manifest.firstRowId(),
          metadata.currentSchemaId());
    }
  }

  private final MemoryFiles files;
  private final Map<ManifestName, List<ContentFile<?>>> filesByManifest = new HashMap<>();
  private final Map<String, FileRows> rowsByPath = new HashMap<>();
  private final Map<VectorName, PositionDeleteIndex> vectors = new HashMap<>();

  SnapshotReader(MemoryFiles files) {
    this.files = files;
  }

  /** The live files of {@code snapshot} in the order of the manifests. */
  List<LiveFile> read(TableMetadata metadata, Snapshot snapshot) {
    Map<String, DeleteFile> vectorByFile = vectors(metadata, snapshot);
    Set<String> paths = new HashSet<>();
    List<LiveFile> live = new ArrayList<>();
    for (ManifestFile manifest : snapshot.dataManifests(files)) {
      for (ContentFile<?> entry : entries(metadata, manifest)) {
        DataFile file = (DataFile) entry;
        assertThat(paths.add(file.location())).as("%s is live once", file.location()).isTrue();
        live.add(liveFile(metadata.schema(), file, vectorByFile.remove(file.location())));
      }
    }
    assertThat(vectorByFile).as("vectors without their file").isEmpty();
    return live;
  }

  private Map<String, DeleteFile> vectors(TableMetadata metadata, Snapshot snapshot) {
    Map<String, DeleteFile> vectorByFile = new HashMap<>();
    for (ManifestFile manifest : snapshot.deleteManifests(files)) {
      for (ContentFile<?> entry : entries(metadata, manifest)) {
        DeleteFile delete = (DeleteFile) entry;
        assertThat(delete.content()).isNotEqualTo(FileContent.EQUALITY_DELETES);
        assertThat(ContentFileUtil.isDV(delete)).isTrue();
        assertThat(vectorByFile.put(delete.referencedDataFile(), delete))
            .as("second deletion vector of %s", delete.referencedDataFile())
            .isNull();
      }
    }
    return vectorByFile;
  }

  /** The live files in a manifest, which must still be there. */
  private List<ContentFile<?>> entries(TableMetadata metadata, ManifestFile manifest) {
    files.bytes(manifest.path());
    return filesByManifest.computeIfAbsent(
        ManifestName.of(manifest, metadata), name -> readManifest(metadata, manifest));
  }

  private List<ContentFile<?>> readManifest(TableMetadata metadata, ManifestFile manifest) {
    return manifest.content() == ManifestContent.DATA
        ? copies(ManifestFiles.read(manifest, files, metadata.specsById()))
        : copies(ManifestFiles.readDeleteManifest(manifest, files, metadata.specsById()));
  }

  private static <F extends ContentFile<F>> List<ContentFile<?>> copies(ManifestReader<F> entries) {
    List<ContentFile<?>> copies = new ArrayList<>();
    try (entries) {
      entries.forEach(file -> copies.add(file.copy()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return copies;
  }

  private LiveFile liveFile(Schema schema, DataFile file, @Nullable DeleteFile vector) {
    assertThat(files.bytes(file.location())).hasSize((int) file.fileSizeInBytes());
    FileRows rows =
        rowsByPath.computeIfAbsent(file.location(), path -> readFile(schema, file.location()));
    assertThat((long) rows.keys.length).isEqualTo(file.recordCount());
    return new LiveFile(
        file, vector, rows, vector == null ? PositionDeleteIndex.empty() : dead(vector, file));
  }

  private PositionDeleteIndex dead(DeleteFile vector, DataFile file) {
    PositionDeleteIndex dead =
        vectors.computeIfAbsent(
            new VectorName(vector.location(), vector.contentOffset()),
            name ->
                new BaseDeleteLoader(delete -> files.newInputFile(delete.location()), null)
                    .loadPositionDeletes(List.of(vector), file.location()));
    assertThat(dead.cardinality()).isEqualTo(vector.recordCount());
    assertThat(dead.cardinality()).isLessThanOrEqualTo(file.recordCount());
    return dead;
  }

  private FileRows readFile(Schema schema, String path) {
    List<Record> records = new ArrayList<>();
    Schema withIds = TypeUtil.join(schema, new Schema(ROW_ID, LAST_UPDATED_SEQUENCE_NUMBER));
    Map<Integer, Object> constants =
        Map.of(ROW_ID.fieldId(), NOT_STORED, LAST_UPDATED_SEQUENCE_NUMBER.fieldId(), NOT_STORED);
    try (CloseableIterable<Record> rows =
        Parquet.read(files.newInputFile(path))
            .project(withIds)
            .createReaderFunc(type -> GenericParquetReaders.buildReader(withIds, type, constants))
            .build()) {
      rows.forEach(records::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long[] keys = records.stream().mapToLong(row -> SimulatedRows.key(schema, row)).toArray();
    Row[] rows = records.stream().map(row -> SimulatedRows.row(schema, row)).toArray(Row[]::new);
    return new FileRows(
        keys, rows, stored(records, ROW_ID), stored(records, LAST_UPDATED_SEQUENCE_NUMBER));
  }

  private static long[] stored(List<Record> records, Types.NestedField column) {
    return records.stream()
        .mapToLong(row -> (long) requireNonNull(row.getField(column.name())))
        .map(value -> value >= NOT_STORED ? -1 : value)
        .toArray();
  }
}

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

package io.meru.maintenance;

import io.meru.io.LocationPath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.PartitionStatisticsFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.StatisticsFile;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadata.MetadataLogEntry;
import org.apache.iceberg.TableOperations;
import org.jspecify.annotations.Nullable;

/**
 * What a table's metadata names: every file of every snapshot, whichever branch or tag has it,
 * statistics, and the metadata files in its log. Grows as later states are added.
 */
final class ReferencedFiles {
  private final PathSet paths = new PathSet();
  private final Set<String> manifests = new HashSet<>();
  private final Set<Long> snapshots = new HashSet<>();

  /**
   * Adds all that {@code metadata} names and that was not added before.
   *
   * @param stop asked now and then; the set is then incomplete
   */
  void add(TableMetadata metadata, TableOperations operations, BooleanSupplier stop) {
    addPath(metadata.metadataFileLocation());
    for (MetadataLogEntry entry : metadata.previousFiles()) {
      addPath(entry.file());
    }
    for (StatisticsFile file : metadata.statisticsFiles()) {
      addPath(file.path());
    }
    for (PartitionStatisticsFile file : metadata.partitionStatisticsFiles()) {
      addPath(file.path());
    }
    for (Snapshot snapshot : metadata.snapshots()) {
      if (stop.getAsBoolean()) {
        return;
      }
      add(metadata, operations, snapshot);
    }
  }

  /** Adds the files of one snapshot, if they were not added before. */
  void add(TableMetadata metadata, TableOperations operations, Snapshot snapshot) {
    if (!snapshots.add(snapshot.snapshotId())) {
      return;
    }
    addPath(snapshot.manifestListLocation());
    for (ManifestFile manifest : snapshot.allManifests(operations.io())) {
      if (manifests.add(manifest.path())) {
        addPath(manifest.path());
        addContent(metadata, operations, manifest);
      }
    }
  }

  /** Whether a file at {@code location} is named, under this or an equal name. */
  boolean mayContain(String location) {
    String path = LocationPath.of(location);
    return paths.mayContain(path) || paths.mayContain(LocationPath.decoded(path));
  }

  int size() {
    return paths.size();
  }

  private void addContent(
      TableMetadata metadata, TableOperations operations, ManifestFile manifest) {
    try (ManifestReader<? extends ContentFile<?>> files =
        switch (manifest.content()) {
          case DATA -> ManifestFiles.read(manifest, operations.io(), metadata.specsById());
          case DELETES ->
              ManifestFiles.readDeleteManifest(manifest, operations.io(), metadata.specsById());
        }) {
      for (ContentFile<?> file : files) {
        addPath(file.location());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read manifest " + manifest.path(), e);
    }
  }

  private void addPath(@Nullable String location) {
    if (location != null) {
      String path = LocationPath.of(location);
      paths.add(path);
      paths.add(LocationPath.decoded(path));
    }
  }
}

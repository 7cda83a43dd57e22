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

import io.meru.key.KeyColumn;
import io.meru.key.KeySpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/**
 * Reads which files are live in snapshots, straight from their manifests. Unlike a scan's plan it
 * shows what should not be there: a second deletion vector of a file, one whose file is gone.
 * Snapshots share manifests, and manifests name the same files again: read in the order in which
 * they were made, each manifest is read once, and each data file kept once.
 */
final class ManifestLists {
  /** Takes what cannot be read. */
  interface Failures {
    /** Takes a manifest, or, without content, the list of them. */
    void add(String path, @Nullable ManifestContent content, RuntimeException failure);
  }

  private final Table table;
  private final Set<Integer> keyIds;
  private final Predicate<DataFile> wanted;
  private final Predicate<DeleteFile> wantedDeletes;
  private final Map<String, List<DataFile>> dataOfManifest = new HashMap<>();
  private final Map<String, List<DeleteFile>> deletesOfManifest = new HashMap<>();
  private final Map<String, DataFile> byPath = new HashMap<>();

  /**
   * Reads snapshots of {@code table}.
   *
   * @param wanted the data files to list
   * @param wantedDeletes the delete files to list
   */
  ManifestLists(
      Table table,
      KeySpec keySpec,
      Predicate<DataFile> wanted,
      Predicate<DeleteFile> wantedDeletes) {
    this.table = table;
    this.keyIds = keySpec.columns().stream().map(KeyColumn::fieldId).collect(Collectors.toSet());
    this.wanted = wanted;
    this.wantedDeletes = wantedDeletes;
  }

  /** The data files of {@code snapshot}. */
  List<DataFile> readData(Snapshot snapshot) {
    List<DataFile> data = new ArrayList<>();
    List<ManifestFile> manifests = snapshot.dataManifests(table.io());
    retain(dataOfManifest, manifests);
    manifests.forEach(manifest -> data.addAll(data(manifest)));
    return data;
  }

  /** The delete files of {@code snapshot}. */
  List<DeleteFile> readDeletes(Snapshot snapshot) {
    List<DeleteFile> deletes = new ArrayList<>();
    List<ManifestFile> manifests = snapshot.deleteManifests(table.io());
    retain(deletesOfManifest, manifests);
    manifests.forEach(manifest -> deletes.addAll(deletes(manifest)));
    return deletes;
  }

  /** Forgets manifests that the snapshot no longer has: none after it will. */
  private static void retain(Map<String, ?> known, List<ManifestFile> manifests) {
    known
        .keySet()
        .retainAll(manifests.stream().map(ManifestFile::path).collect(Collectors.toSet()));
  }

  /** The files of {@code snapshot}. */
  SnapshotFiles read(Snapshot snapshot) {
    return read(
        snapshot,
        (path, content, failure) -> {
          throw failure;
        });
  }

  /** The files of {@code snapshot}, without those of manifests that {@code failures} gets. */
  SnapshotFiles read(Snapshot snapshot, Failures failures) {
    List<ManifestFile> manifests;
    try {
      manifests = snapshot.allManifests(table.io());
    } catch (RuntimeException e) {
      failures.add(snapshot.manifestListLocation(), null, e);
      return new SnapshotFiles(List.of(), List.of());
    }
    retain(dataOfManifest, manifests);
    retain(deletesOfManifest, manifests);
    List<DataFile> data = new ArrayList<>();
    List<DeleteFile> deletes = new ArrayList<>();
    for (ManifestFile manifest : manifests) {
      try {
        if (manifest.content() == ManifestContent.DATA) {
          data.addAll(data(manifest));
        } else {
          deletes.addAll(deletes(manifest));
        }
      } catch (RuntimeException e) {
        failures.add(manifest.path(), manifest.content(), e);
      }
    }
    return new SnapshotFiles(data, deletes);
  }

  private List<DataFile> data(ManifestFile manifest) {
    List<DataFile> known = dataOfManifest.get(manifest.path());
    if (known != null) {
      return known;
    }
    List<DataFile> files = new ArrayList<>();
    try (ManifestReader<DataFile> reader =
        ManifestFiles.read(manifest, table.io(), table.specs())) {
      for (DataFile file : reader) {
        if (wanted.test(file)) {
          files.add(byPath.computeIfAbsent(file.location(), path -> file.copyWithStats(keyIds)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read manifest " + manifest.path(), e);
    }
    dataOfManifest.put(manifest.path(), files);
    return files;
  }

  private List<DeleteFile> deletes(ManifestFile manifest) {
    List<DeleteFile> known = deletesOfManifest.get(manifest.path());
    if (known != null) {
      return known;
    }
    List<DeleteFile> files = new ArrayList<>();
    try (ManifestReader<DeleteFile> reader =
        ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
      for (DeleteFile file : reader) {
        if (wantedDeletes.test(file)) {
          files.add(file.copyWithoutStats());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read manifest " + manifest.path(), e);
    }
    deletesOfManifest.put(manifest.path(), files);
    return files;
  }
}

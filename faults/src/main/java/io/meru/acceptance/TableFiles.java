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

package io.meru.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.FileInfo;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.SupportsPrefixOperations;

/** The files that a table's snapshots name, and those that lie beside them. */
final class TableFiles {
  private final Table table;
  private final Map<String, ContentFile<?>> named = new HashMap<>();

  private TableFiles(Table table) {
    this.table = table;
  }

  /** The files of the table now. */
  static TableFiles of(Table table) {
    TableFiles files = new TableFiles(table);
    files.readManifests();
    return files;
  }

  /** Each file that a snapshot names is there in its length, and none has equality deletes. */
  void check(List<String> violations) {
    for (ContentFile<?> file : named.values()) {
      if (file.content() == FileContent.EQUALITY_DELETES) {
        violations.add(file.location() + " has equality deletes");
      }
      InputFile stored = table.io().newInputFile(file.location());
      if (!stored.exists()) {
        violations.add(file.location() + " is named by a snapshot and missing");
      } else if (stored.getLength() != file.fileSizeInBytes()) {
        violations.add(
            "%s has %d bytes, expected %d"
                .formatted(file.location(), stored.getLength(), file.fileSizeInBytes()));
      }
    }
  }

  /** How many files the snapshots name. */
  int count() {
    return named.size();
  }

  /** Locations below the table's data folder that no snapshot names. */
  List<String> orphans() {
    SupportsPrefixOperations storage = (SupportsPrefixOperations) table.io();
    Iterable<FileInfo> files = storage.listPrefix(table.location() + "/data");
    Map<String, ContentFile<?>> byPath = new HashMap<>();
    named.forEach((location, file) -> byPath.put(path(location), file));
    return StreamSupport.stream(files.spliterator(), false)
        .map(FileInfo::location)
        .filter(location -> !byPath.containsKey(path(location)))
        .toList();
  }

  /** A storage lists its files with a scheme or host that the table's locations need not have. */
  private static String path(String location) {
    return new Path(location).toUri().getPath();
  }

  private void readManifests() {
    Map<String, ManifestFile> manifests = new HashMap<>();
    for (Snapshot snapshot : table.snapshots()) {
      snapshot.allManifests(table.io()).forEach(m -> manifests.put(m.path(), m));
    }
    for (ManifestFile manifest : manifests.values()) {
      if (manifest.content() == ManifestContent.DATA) {
        add(ManifestFiles.read(manifest, table.io(), table.specs()));
      } else {
        add(ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs()));
      }
    }
  }

  private <F extends ContentFile<F>> void add(ManifestReader<F> manifest) {
    try (manifest) {
      for (F file : manifest) {
        named.put(file.location(), file.copy());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close a manifest", e);
    }
  }
}

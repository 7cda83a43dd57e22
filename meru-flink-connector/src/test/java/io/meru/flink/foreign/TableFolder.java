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

package io.meru.flink.foreign;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.ReachableFileUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** The files of a table on the local disk. */
final class TableFolder {
  private static final Duration OLD = Duration.ofDays(2);

  private TableFolder() {}

  /** Every file that the table's metadata names, its own metadata files included. */
  static Set<Path> namedFiles(Table table) throws IOException {
    Set<Path> files = new HashSet<>();
    ReachableFileUtil.metadataFileLocations(table, true).forEach(at -> files.add(path(at)));
    for (Snapshot snapshot : table.snapshots()) {
      files.add(path(snapshot.manifestListLocation()));
      for (ManifestFile manifest : snapshot.allManifests(table.io())) {
        if (files.add(path(manifest.path()))) {
          addContent(table, manifest, files);
        }
      }
    }
    return files;
  }

  /** Makes files look as if nobody had touched them for days. */
  static void age(Iterable<Path> files) throws IOException {
    for (Path file : files) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(OLD)));
    }
  }

  private static void addContent(Table table, ManifestFile manifest, Set<Path> files)
      throws IOException {
    if (manifest.content() == ManifestContent.DATA) {
      addContent(ManifestFiles.read(manifest, table.io(), table.specs()), files);
    } else {
      addContent(ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs()), files);
    }
  }

  private static <F extends ContentFile<F>> void addContent(
      ManifestReader<F> manifest, Set<Path> files) throws IOException {
    try (manifest) {
      for (F file : manifest) {
        files.add(path(file.location()));
      }
    }
  }

  private static Path path(String location) {
    return location.startsWith("file:")
        ? Path.of(URI.create(location).getPath())
        : Path.of(location);
  }
}

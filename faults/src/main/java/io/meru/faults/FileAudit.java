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

package io.meru.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.ReachableFileUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** Holds the files on the disk against those that the table's snapshots name. */
final class FileAudit {
  private final Table table;
  private final Path data;
  private final Path metadata;

  /**
   * @param folders where the table's files lie
   */
  FileAudit(Table table, FaultTable folders) {
    this.table = table;
    this.data = folders.data();
    this.metadata = folders.metadata();
  }

  /** Each file that a snapshot names must be there in its length, none with equality deletes. */
  void checkLiveFiles(Violations violations) {
    for (ContentFile<?> file : named().values()) {
      Path path = path(file.location());
      if (file.content() == FileContent.EQUALITY_DELETES) {
        violations.add("%s has equality deletes".formatted(path));
      }
      if (!Files.exists(path)) {
        violations.add("%s is named by a snapshot and missing".formatted(path));
      } else if (size(path) != file.fileSizeInBytes()) {
        violations.add(
            "%s has %d bytes, expected %d".formatted(path, size(path), file.fileSizeInBytes()));
      }
    }
  }

  /** Files that some snapshot names. */
  Set<Path> namedFiles() {
    return named().keySet();
  }

  /** Files below the table's data folder that no snapshot names. */
  List<Path> orphans() {
    return without(namedFiles(), data);
  }

  /** Files below its metadata folder that neither the table nor a snapshot names. */
  List<Path> metadataOrphans() {
    Set<Path> named = new HashSet<>();
    ReachableFileUtil.metadataFileLocations(table, true).forEach(at -> named.add(path(at)));
    ReachableFileUtil.manifestListLocations(table).forEach(at -> named.add(path(at)));
    ReachableFileUtil.statisticsFilesLocations(table).forEach(at -> named.add(path(at)));
    named.add(path(ReachableFileUtil.versionHintLocation(table)));
    manifests().forEach(manifest -> named.add(path(manifest.path())));
    return without(named, metadata);
  }

  private static List<Path> without(Set<Path> named, Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.getFileName().toString().endsWith(".crc"))
          .filter(file -> !named.contains(file))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + folder, e);
    }
  }

  private Collection<ManifestFile> manifests() {
    Map<String, ManifestFile> manifests = new HashMap<>();
    for (Snapshot snapshot : table.snapshots()) {
      snapshot.allManifests(table.io()).forEach(m -> manifests.put(m.path(), m));
    }
    return manifests.values();
  }

  private Map<Path, ContentFile<?>> named() {
    Map<Path, ContentFile<?>> named = new HashMap<>();
    for (ManifestFile manifest : manifests()) {
      if (manifest.content() == ManifestContent.DATA) {
        add(ManifestFiles.read(manifest, table.io(), table.specs()), named);
      } else {
        add(ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs()), named);
      }
    }
    return named;
  }

  private static <F extends ContentFile<F>> void add(
      ManifestReader<F> manifest, Map<Path, ContentFile<?>> named) {
    try (manifest) {
      for (F file : manifest) {
        named.put(path(file.location()), file.copy());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close a manifest", e);
    }
  }

  private static Path path(String location) {
    return location.startsWith("file:")
        ? Path.of(URI.create(location).getPath())
        : Path.of(location);
  }

  private static long size(Path path) {
    try {
      return Files.size(path);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look at " + path, e);
    }
  }
}

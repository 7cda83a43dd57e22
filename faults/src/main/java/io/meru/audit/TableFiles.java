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

package io.meru.audit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
import org.apache.hadoop.fs.Path;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.ReachableFileUtil;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.FileInfo;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.SupportsPrefixOperations;

/** The files that a table names, and those that lie in its folder beside them. */
public final class TableFiles {
  private static final String DATA = "/data/";
  private static final String METADATA = "/metadata/";

  private final Table table;
  private final Map<String, ManifestFile> manifests = new HashMap<>();
  private final Map<String, ContentFile<?>> content = new HashMap<>();

  private TableFiles(Table table) {
    this.table = table;
  }

  /** The files of the table as it was loaded. */
  public static TableFiles of(Table table) {
    TableFiles files = new TableFiles(table);
    files.readManifests();
    return files;
  }

  /** Each file that the table names is there in its length, and none has equality deletes. */
  public void check(Consumer<String> violations) {
    for (ContentFile<?> file : content.values()) {
      if (file.content() == FileContent.EQUALITY_DELETES) {
        violations.accept(file.location() + " has equality deletes");
      }
      check(file.location(), file.fileSizeInBytes(), violations);
    }
    manifests.values().forEach(m -> check(m.path(), m.length(), violations));
    List<String> others = new ArrayList<>(ReachableFileUtil.manifestListLocations(table));
    others.addAll(ReachableFileUtil.metadataFileLocations(table, false));
    others.addAll(ReachableFileUtil.statisticsFilesLocations(table));
    for (String location : others) {
      if (!table.io().newInputFile(location).exists()) {
        violations.accept(location + " is named by the table and missing");
      }
    }
  }

  private void check(String location, long length, Consumer<String> violations) {
    InputFile stored = table.io().newInputFile(location);
    if (!stored.exists()) {
      violations.accept(location + " is named by a snapshot and missing");
    } else if (stored.getLength() != length) {
      violations.accept(
          "%s has %d bytes, expected %d".formatted(location, stored.getLength(), length));
    }
  }

  /** Locations of the data files and deletion vectors that snapshots name. */
  public Set<String> named() {
    return Set.copyOf(content.keySet());
  }

  /** The most manifests that one snapshot has written. */
  public int mostManifestsOfOneSnapshot() {
    Map<Long, Integer> counts = new HashMap<>();
    manifests.values().forEach(manifest -> counts.merge(manifest.snapshotId(), 1, Integer::sum));
    return counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  /** Files below the data folder that no snapshot names. */
  public List<String> dataOrphans() {
    return without(paths(content.keySet()), list(DATA));
  }

  /** Files below the metadata folder that neither the table nor a snapshot names. */
  public List<String> metadataOrphans() {
    Set<String> named = new HashSet<>(manifests.keySet());
    named.addAll(ReachableFileUtil.manifestListLocations(table));
    named.addAll(ReachableFileUtil.metadataFileLocations(table, true));
    named.addAll(ReachableFileUtil.statisticsFilesLocations(table));
    named.add(ReachableFileUtil.versionHintLocation(table));
    return without(paths(named), list(METADATA));
  }

  /** Files in the table's folder that are in neither of the two. */
  public List<String> strays() {
    Set<String> known = paths(list(DATA));
    known.addAll(paths(list(METADATA)));
    return without(known, list("/"));
  }

  private static List<String> without(Set<String> paths, List<String> stored) {
    return stored.stream().filter(location -> !paths.contains(path(location))).toList();
  }

  private List<String> list(String folder) {
    SupportsPrefixOperations storage = (SupportsPrefixOperations) table.io();
    Iterable<FileInfo> files = storage.listPrefix(table.location() + folder);
    return StreamSupport.stream(files.spliterator(), false).map(FileInfo::location).toList();
  }

  private static Set<String> paths(Iterable<String> locations) {
    Set<String> paths = new HashSet<>();
    locations.forEach(location -> paths.add(path(location)));
    return paths;
  }

  /** A storage lists its files with a scheme or host that the table's locations need not have. */
  private static String path(String location) {
    return new Path(location).toUri().getPath();
  }

  private void readManifests() {
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
        content.put(file.location(), file.copy());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close a manifest", e);
    }
  }
}

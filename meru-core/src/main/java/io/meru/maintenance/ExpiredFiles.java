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

import io.meru.commit.ForwardingOperations;
import io.meru.commit.LocalTable;
import io.meru.maintenance.SnapshotExpiry.Expired;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.PartitionStatisticsFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.StatisticsFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files that only expired snapshots need. One that looks again and again keeps what it
 * has read of the snapshots that stay, and reads each once. Used by one thread at a time.
 *
 * <p>Where the expired snapshots were all on the main branch, the files are what they have removed,
 * and the manifests that no other has, without what tags and other branches need. The cost is that
 * of reading the manifest lists and what the expired snapshots wrote, not the table. Iceberg's own
 * clean-up does the same where there is nothing but the main branch, but it has two faults: it
 * deletes a Puffin file as soon as one of its vectors was replaced, and when it can't read the
 * manifest list of a snapshot that stays, it takes that snapshot's manifests for unneeded. Here
 * every failure is thrown, and nothing is deleted.
 *
 * <p>Where others were expired, too (a tag or a branch that is gone, a rollback), Iceberg's search
 * of all that can be reached decides, which has neither fault, and whose cost is that of reading
 * every manifest.
 */
final class ExpiredFiles {
  private final Map<Long, Set<String>> manifestsOfMain = new HashMap<>();
  private final ReferencedFiles beside = new ReferencedFiles();

  /** Paths in the order in which to delete them: what refers to a file goes after the file. */
  List<String> find(Table table, Expired expired) {
    TableOperations operations = ((HasTableOperations) table).operations();
    // no look at the table itself, which another thread may be working with
    Replay replay = new Replay(operations, expired);
    Table fixed = new BaseTable(replay, table.name());
    if (!main(expired.before()).containsAll(expired.snapshots())) {
      return List.copyOf(anywhere(fixed));
    }
    TableMetadata after = expired.after();
    Set<Long> main = main(after);
    for (Snapshot snapshot : after.snapshots()) {
      if (!main.contains(snapshot.snapshotId())) {
        beside.add(after, replay, snapshot);
      }
    }
    Set<String> found = ofMain(fixed, expired, main);
    found.removeAll(stillInUse(fixed, after, puffins(found)));
    found.removeIf(beside::mayContain);
    return List.copyOf(found);
  }

  private static Set<Long> main(TableMetadata metadata) {
    return metadata.currentSnapshot() == null
        ? Set.of()
        : new HashSet<>(SnapshotUtil.ancestorIds(metadata.currentSnapshot(), metadata::snapshot));
  }

  private Set<String> ofMain(Table table, Expired expired, Set<Long> main) {
    manifestsOfMain.keySet().retainAll(main);
    Set<String> needed = new HashSet<>();
    for (Snapshot snapshot : expired.after().snapshots()) {
      if (main.contains(snapshot.snapshotId())) {
        needed.addAll(
            manifestsOfMain.computeIfAbsent(
                snapshot.snapshotId(), same -> manifests(table, snapshot)));
      }
    }
    Set<String> content = new LinkedHashSet<>();
    Set<String> manifests = new LinkedHashSet<>();
    List<String> lists = new ArrayList<>();
    for (long id : expired.snapshots()) {
      Snapshot snapshot = expired.before().snapshot(id);
      addRemoved(table, snapshot, content);
      for (ManifestFile manifest : snapshot.allManifests(table.io())) {
        if (!needed.contains(manifest.path())) {
          manifests.add(manifest.path());
        }
      }
      if (snapshot.manifestListLocation() != null) {
        lists.add(snapshot.manifestListLocation());
      }
    }
    // what it removed, only those before it had
    addRemoved(table, oldestOnMain(expired.after()), content);
    content.addAll(manifests);
    content.addAll(lists);
    content.addAll(statistics(expired.before()));
    content.removeAll(statistics(expired.after()));
    return content;
  }

  private static Set<String> manifests(Table table, Snapshot snapshot) {
    Set<String> paths = new HashSet<>();
    snapshot.allManifests(table.io()).forEach(manifest -> paths.add(manifest.path()));
    return paths;
  }

  private static void addRemoved(Table table, @Nullable Snapshot snapshot, Set<String> paths) {
    if (snapshot != null) {
      SnapshotChanges changes = SnapshotChanges.builderFor(table).snapshot(snapshot).build();
      changes.removedDataFiles().forEach(file -> paths.add(file.location()));
      changes.removedDeleteFiles().forEach(file -> paths.add(file.location()));
    }
  }

  private static @Nullable Snapshot oldestOnMain(TableMetadata metadata) {
    Snapshot oldest = null;
    if (metadata.currentSnapshot() != null) {
      for (Snapshot snapshot :
          SnapshotUtil.ancestorsOf(metadata.currentSnapshot().snapshotId(), metadata::snapshot)) {
        oldest = snapshot;
      }
    }
    return oldest;
  }

  private static Set<String> statistics(TableMetadata metadata) {
    Set<String> paths = new HashSet<>();
    metadata.statisticsFiles().stream().map(StatisticsFile::path).forEach(paths::add);
    metadata.partitionStatisticsFiles().stream()
        .map(PartitionStatisticsFile::path)
        .forEach(paths::add);
    return paths;
  }

  private static Set<String> anywhere(Table fixed) {
    Set<String> found = new LinkedHashSet<>();
    fixed
        .expireSnapshots()
        .expireOlderThan(Long.MIN_VALUE)
        .deleteWith(found::add)
        .planWith(LocalTable.workers(fixed))
        .commit();
    return found;
  }

  private static Set<String> puffins(Collection<String> paths) {
    Set<String> puffins = new HashSet<>();
    for (String path : paths) {
      if (FileFormat.fromFileName(path) == FileFormat.PUFFIN) {
        puffins.add(path);
      }
    }
    return puffins;
  }

  /**
   * On one chain a vector that is in use anywhere is so in the oldest snapshot, since it is older
   * than an expired one and none comes back.
   */
  private static Set<String> stillInUse(Table table, TableMetadata after, Set<String> puffins) {
    Set<String> inUse = new HashSet<>();
    Snapshot oldest = oldestOnMain(after);
    if (!puffins.isEmpty() && oldest != null) {
      for (ManifestFile manifest : oldest.deleteManifests(table.io())) {
        search(table, after, manifest, puffins, inUse);
      }
    }
    return inUse;
  }

  private static void search(
      Table table,
      TableMetadata after,
      ManifestFile manifest,
      Set<String> puffins,
      Set<String> inUse) {
    try (ManifestReader<DeleteFile> files =
        ManifestFiles.readDeleteManifest(manifest, table.io(), after.specsById())) {
      for (DeleteFile file : files) {
        if (puffins.contains(file.location())) {
          inUse.add(file.location());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read delete manifest " + manifest.path(), e);
    }
  }

  /** Has Iceberg's clean-up believe that it has just committed the expiry. */
  private static final class Replay extends ForwardingOperations {
    private final Expired expired;
    private boolean committed;

    Replay(TableOperations operations, Expired expired) {
      super(operations);
      this.expired = expired;
    }

    @Override
    public TableMetadata current() {
      return committed ? expired.after() : expired.before();
    }

    @Override
    public TableMetadata refresh() {
      return current();
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      committed = true;
    }
  }
}

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

import io.meru.commit.LocalTable;
import io.meru.maintenance.SnapshotExpiry.Expired;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.util.SnapshotUtil;

/**
 * Finds the files that only expired snapshots need, by Iceberg's own clean-up: its incremental one
 * where all snapshots lie on one chain, its search of everything reachable where they don't.
 *
 * <p>The incremental one takes a delete file for dead as soon as one manifest entry with its path
 * was deleted, although a Puffin file has an entry for each of its vectors. So a Puffin file of
 * which a vector is still in use is left out here.
 */
final class ExpiredFiles {
  private ExpiredFiles() {}

  /** Paths in the order in which to delete them: what refers to a file goes after the file. */
  static List<String> find(Table table, Expired expired) {
    Set<String> found = new LinkedHashSet<>();
    TableOperations operations = ((HasTableOperations) table).operations();
    new BaseTable(new Replay(operations, expired), table.name())
        .expireSnapshots()
        .expireOlderThan(Long.MIN_VALUE)
        .deleteWith(found::add)
        .planWith(LocalTable.workers(table))
        .commit();
    found.removeAll(stillInUse(table, expired.after(), puffins(found)));
    return List.copyOf(found);
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

  private static Set<String> stillInUse(Table table, TableMetadata after, Set<String> puffins) {
    Set<String> inUse = new HashSet<>();
    Set<String> read = new HashSet<>();
    if (!puffins.isEmpty()) {
      for (Snapshot snapshot : toSearch(after)) {
        for (ManifestFile manifest : snapshot.deleteManifests(table.io())) {
          if (read.add(manifest.path())) {
            search(table, after, manifest, puffins, inUse);
          }
        }
      }
    }
    return inUse;
  }

  /**
   * On one chain a vector that is in use anywhere is so in the oldest snapshot, since it is older
   * than an expired one and none comes back.
   */
  private static Collection<Snapshot> toSearch(TableMetadata after) {
    Snapshot oldest = null;
    int onMain = 0;
    if (after.currentSnapshot() != null) {
      for (Snapshot snapshot :
          SnapshotUtil.ancestorsOf(after.currentSnapshot().snapshotId(), after::snapshot)) {
        oldest = snapshot;
        onMain++;
      }
    }
    return oldest != null && onMain == after.snapshots().size()
        ? List.of(oldest)
        : after.snapshots();
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

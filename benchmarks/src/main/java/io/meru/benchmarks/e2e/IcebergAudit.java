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

package io.meru.benchmarks.e2e;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;

/**
 * What the snapshots of an Iceberg table say about how it was written.
 *
 * @param snapshots number of snapshots looked at, all there are
 * @param equalityDeleteFiles equality delete files ever added
 * @param snapshotsWithTwoVectors snapshots in which a data file has two deletion vectors
 * @param keysTwice rows, over all snapshots read, whose key stands in the same snapshot again
 * @param snapshotsRead snapshots whose keys were read
 * @param vectorBytes bytes of the deletion vectors in the last snapshot
 */
record IcebergAudit(
    int snapshots,
    int equalityDeleteFiles,
    int snapshotsWithTwoVectors,
    long keysTwice,
    int snapshotsRead,
    long vectorBytes) {

  /** Looks at every snapshot of {@code db.t} and, where {@code readKeys}, at the keys in each. */
  static IcebergAudit of(Path directory, Workload workload, boolean readKeys) throws IOException {
    Table table = IcebergTables.load(directory, IcebergTables.NAME);
    int snapshots = 0;
    Set<String> equality = new HashSet<>();
    int doubled = 0;
    int read = 0;
    long keysTwice = 0;
    long vectorBytes = 0;
    for (Snapshot snapshot : table.snapshots()) {
      snapshots++;
      Set<String> covered = new HashSet<>();
      boolean twice = false;
      vectorBytes = 0;
      for (ManifestFile manifest : snapshot.deleteManifests(table.io())) {
        try (ManifestReader<DeleteFile> files =
            ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
          for (DeleteFile file : files) {
            if (file.content() == FileContent.EQUALITY_DELETES) {
              equality.add(file.location());
            }
            if (file.format() == FileFormat.PUFFIN) {
              twice |= !covered.add(file.referencedDataFile());
              vectorBytes += file.contentSizeInBytes();
            }
          }
        }
      }
      doubled += twice ? 1 : 0;
      if (readKeys) {
        read++;
        keysTwice += keysTwice(table, snapshot.snapshotId(), workload);
      }
    }
    return new IcebergAudit(snapshots, equality.size(), doubled, keysTwice, read, vectorBytes);
  }

  private static long keysTwice(Table table, long snapshotId, Workload workload)
      throws IOException {
    Verifier keys = new Verifier(workload, 0, true);
    BitSet seen = new BitSet(workload.keys());
    long twice = 0;
    try (CloseableIterable<Record> records =
        IcebergGenerics.read(table).useSnapshot(snapshotId).select(Rows.NAMES[Rows.ID]).build()) {
      for (Record record : records) {
        int index = IcebergReader.keyIndex(keys, record.get(0));
        twice += seen.get(index) ? 1 : 0;
        seen.set(index);
      }
    }
    return twice;
  }
}

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

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.util.SnapshotUtil;

/**
 * What commits did to the deletion vectors of a table.
 *
 * @param before data files that had one before them
 * @param changes data file to how many commits changed its vector
 */
record VectorChanges(Set<String> before, Map<String, Integer> changes) {
  /** By the commits behind {@code planned}. */
  static VectorChanges between(Table planned, Table now) {
    Set<String> before = new HashSet<>();
    for (ManifestFile manifest : planned.currentSnapshot().deleteManifests(planned.io())) {
      for (DeleteFile file :
          ManifestFiles.readDeleteManifest(manifest, planned.io(), planned.specs())) {
        before.add(file.referencedDataFile());
      }
    }
    Map<String, Integer> changes = new HashMap<>();
    for (Snapshot snapshot :
        SnapshotUtil.ancestorsBetween(
            now.currentSnapshot().snapshotId(),
            planned.currentSnapshot().snapshotId(),
            now::snapshot)) {
      for (DeleteFile file : snapshot.addedDeleteFiles(now.io())) {
        changes.merge(file.referencedDataFile(), 1, Integer::sum);
      }
    }
    return new VectorChanges(before, changes);
  }

  /** Whether two of them changed the same vector, of a file that had one before. */
  boolean anyTwice() {
    return before.stream().anyMatch(file -> changes.getOrDefault(file, 0) > 1);
  }

  /** Whether they changed the vector of one of {@code files}. */
  boolean touch(Set<String> files) {
    return files.stream().anyMatch(changes::containsKey);
  }
}

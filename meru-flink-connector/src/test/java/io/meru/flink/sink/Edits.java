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

package io.meru.flink.sink;

import io.meru.key.HashRange;
import io.meru.key.KeyList;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.VersionEdit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.iceberg.Metrics;

/** Edits with made-up content. */
final class Edits {
  private Edits() {}

  /** An edit that adds one file and deletes two positions. */
  static VersionEdit some(long id) {
    LevelFileName name =
        new LevelFileName(0, new HashRange(0, 32768), "5e1f00aa", "orders", "0".repeat(32));
    TableFile file =
        new TableFile(
            "file:/t/data/" + name.format(),
            1234,
            10,
            PartitionTuple.unpartitioned(0),
            name,
            -5,
            17);
    Metrics metrics =
        new Metrics(
            10L, Map.of(1, 80L), Map.of(1, 10L), Map.of(1, 0L), Map.of(), Map.of(), Map.of());
    return new VersionEdit(
        new UUID(7, id),
        42,
        List.of(new AddedFile(file, metrics, List.of(4L), 1)),
        Map.of("file:/t/data/old.parquet", DeletionVector.of(3, 5)),
        KeyList.EMPTY);
  }

  /** An edit without changes. */
  static VersionEdit empty(long id) {
    return new VersionEdit(new UUID(7, id), 42, List.of(), Map.of(), KeyList.EMPTY);
  }
}

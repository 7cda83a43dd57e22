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

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/**
 * Notices when a checkpoint's snapshot appears in a table of a Hadoop catalog. While nothing
 * happens it only looks whether the next metadata file exists.
 */
final class CommitWatch {
  private final Table table;

  CommitWatch(Table table) {
    this.table = table;
  }

  boolean isCommitted(long checkpointId) {
    if (!Files.exists(nextMetadata())) {
      return false;
    }
    table.refresh();
    Snapshot head = table.currentSnapshot();
    return head != null
        && checkpointId
            == Long.parseLong(
                head.summary().getOrDefault("flink.max-committed-checkpoint-id", "-1"));
  }

  private Path nextMetadata() {
    String current = ((BaseTable) table).operations().current().metadataFileLocation();
    Path path = Path.of(current.replaceFirst("^file:/*", "/"));
    String name = path.getFileName().toString(); // v<version>.metadata.json
    int version = Integer.parseInt(name.substring(1, name.indexOf('.')));
    return path.resolveSibling("v" + (version + 1) + ".metadata.json");
  }
}

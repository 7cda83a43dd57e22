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

import java.util.List;

/**
 * What a compaction of a table did. Of a dry run, files and bytes taken are those of its first
 * pass, and what comes of them is 0.
 *
 * @param dryRun whether nothing was changed
 * @param filesBefore live data files of the partitions before it
 * @param filesAfter and after it
 * @param merged files that were merged away; one that came from a merge counts again
 * @param bytesMerged their sizes
 * @param bytesWritten sizes of the files that took their place
 * @param rowsDropped deleted rows that went with them
 * @param snapshots commits made
 * @param abandoned merges given up: others deleted or rewrote most of their rows meanwhile, or took
 *     away a file, or a file could not be read
 * @param skipped files that cannot be merged
 */
public record TableCompactionResult(
    boolean dryRun,
    int filesBefore,
    int filesAfter,
    int merged,
    long bytesMerged,
    long bytesWritten,
    long rowsDropped,
    int snapshots,
    int abandoned,
    List<Skipped> skipped) {

  /**
   * A file that stays as it is.
   *
   * @param path where it lies
   * @param reason why
   * @param damaged whether that is because it, or a file that was to be merged with it, is missing
   *     or cannot be read, or they hold a key twice: a person must act
   */
  public record Skipped(String path, String reason, boolean damaged) {}

  /** Whether a file is left out since the table is damaged. */
  public boolean foundDamage() {
    return skipped.stream().anyMatch(Skipped::damaged);
  }
}

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

import io.meru.compaction.CompactionPicker;
import io.meru.config.CompactionOptions;
import io.meru.config.LevelOptions;
import io.meru.key.HashRange;
import java.util.Set;

/**
 * What a compaction of a table takes, and how it goes about it.
 *
 * @param partitions partitions to compact, as Iceberg names them ({@code
 *     day=2026-01-31/region=eu}); all of them when empty
 * @param parallelism of the job that goes on writing the table: each of its writers gets files of
 *     its own, which it alone has to look into, and can compact again; 1 if there is none
 * @param targetFileBytes what a file should have
 * @param deletedRatio share of a file's rows, from 0 and below 1, above which deleted ones have it
 *     rewritten
 * @param maxBytes live bytes that one merge takes; at least two files are taken anyway. A merge
 *     needs a byte of heap per row
 * @param maxBytesPerSecond read and written; 0 for no limit
 * @param levels how the files are written
 */
public record TableCompactionOptions(
    Set<String> partitions,
    int parallelism,
    long targetFileBytes,
    double deletedRatio,
    long maxBytes,
    long maxBytesPerSecond,
    LevelOptions levels) {

  /** One in twenty. */
  public static final double DEFAULT_DELETED_RATIO = CompactionPicker.MAX_DELETED_AT_REST;

  /** All partitions, files as a job's own compaction makes them. */
  public static final TableCompactionOptions DEFAULTS =
      new TableCompactionOptions(
          Set.of(),
          1,
          CompactionOptions.DEFAULT_TARGET_FILE_BYTES,
          DEFAULT_DELETED_RATIO,
          CompactionOptions.DEFAULT_MAX_BYTES,
          0,
          LevelOptions.DEEPER_DEFAULTS);

  /** Checks every value. */
  public TableCompactionOptions {
    partitions = Set.copyOf(partitions);
    if (targetFileBytes < 1 || maxBytes < 1 || maxBytesPerSecond < 0) {
      throw new IllegalArgumentException(
          ("Target size and size of one merge must be 1 or more and the rate 0 or more, but were %d,"
                  + " %d and %d")
              .formatted(targetFileBytes, maxBytes, maxBytesPerSecond));
    }
    if (!(deletedRatio >= 0 && deletedRatio < 1)) {
      throw new IllegalArgumentException(
          "The deleted ratio must be from 0 and below 1 but was " + deletedRatio);
    }
    if (parallelism < 1 || parallelism > HashRange.SPACE) {
      throw new IllegalArgumentException(
          "The parallelism must be from 1 to %d but was %d"
              .formatted(HashRange.SPACE, parallelism));
    }
  }

  /** The same for some partitions only. */
  public TableCompactionOptions withPartitions(Set<String> only) {
    return new TableCompactionOptions(
        only, parallelism, targetFileBytes, deletedRatio, maxBytes, maxBytesPerSecond, levels);
  }

  /** The same for a job of so many writers. */
  public TableCompactionOptions withParallelism(int writers) {
    return new TableCompactionOptions(
        partitions, writers, targetFileBytes, deletedRatio, maxBytes, maxBytesPerSecond, levels);
  }
}

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

package io.meru.inspect;

import io.meru.commit.MeruProperties;
import io.meru.inspect.TableShape.SnapshotShape;
import java.util.Map;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotSummary;
import org.jspecify.annotations.Nullable;

/** Snapshots by their summaries. */
final class SnapshotShapes {
  private SnapshotShapes() {}

  static SnapshotShape of(Snapshot snapshot) {
    Map<String, String> summary = snapshot.summary() == null ? Map.of() : snapshot.summary();
    return new SnapshotShape(
        snapshot.snapshotId(),
        snapshot.parentId(),
        snapshot.timestampMillis(),
        snapshot.operation(),
        summary.get(MeruProperties.JOB),
        summary.get(MeruProperties.SINK_ID),
        summary.get(MeruProperties.RUN_ID),
        number(summary, MeruProperties.CHECKPOINT_ID),
        number(summary, MeruProperties.GENERATION),
        number(summary, MeruProperties.WATERMARK),
        count(summary, SnapshotSummary.ADDED_FILES_PROP),
        count(summary, SnapshotSummary.DELETED_FILES_PROP),
        count(summary, SnapshotSummary.ADDED_RECORDS_PROP),
        count(summary, SnapshotSummary.DELETED_RECORDS_PROP),
        count(summary, SnapshotSummary.ADDED_POS_DELETES_PROP)
            - count(summary, SnapshotSummary.REMOVED_POS_DELETES_PROP),
        count(summary, SnapshotSummary.ADDED_DVS_PROP),
        count(summary, SnapshotSummary.REMOVED_DVS_PROP),
        count(summary, SnapshotSummary.TOTAL_DATA_FILES_PROP),
        count(summary, SnapshotSummary.TOTAL_RECORDS_PROP),
        count(summary, SnapshotSummary.TOTAL_RECORDS_PROP)
            - count(summary, SnapshotSummary.TOTAL_POS_DELETES_PROP),
        count(summary, SnapshotSummary.TOTAL_FILE_SIZE_PROP));
  }

  /** Bytes of the files that {@code snapshot} removed. */
  static long removedBytes(Snapshot snapshot) {
    return count(snapshot.summary(), SnapshotSummary.REMOVED_FILE_SIZE_PROP);
  }

  private static long count(Map<String, String> summary, String property) {
    @Nullable Long number = number(summary, property);
    return number == null ? 0 : number;
  }

  private static @Nullable Long number(Map<String, String> summary, String property) {
    String value = summary.get(property);
    try {
      return value == null ? null : Long.valueOf(value);
    } catch (NumberFormatException e) {
      return null; // another writer's own meaning
    }
  }
}

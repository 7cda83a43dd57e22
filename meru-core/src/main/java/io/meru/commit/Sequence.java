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

package io.meru.commit;

import java.util.Map;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/** What goes on counting from one commit to the next. */
final class Sequence {
  private static final long FIRST = 1;

  private Sequence() {}

  /** The sequence number of the table's next change. */
  static long next(Map<String, String> properties) {
    String value = properties.get(MeruProperties.NEXT_SEQ);
    return value == null ? FIRST : Long.parseLong(value);
  }

  /** The watermark of the sink's newest commit, {@link Committable#NO_WATERMARK} without one. */
  static long lastWatermark(Table table, @Nullable Snapshot head, String sinkId) {
    Snapshot snapshot = head;
    while (snapshot != null) {
      Map<String, String> summary = snapshot.summary();
      String watermark = summary.get(MeruProperties.WATERMARK);
      if (watermark != null && sinkId.equals(summary.get(MeruProperties.SINK_ID))) {
        return Long.parseLong(watermark);
      }
      snapshot = snapshot.parentId() == null ? null : table.snapshot(snapshot.parentId());
    }
    return Committable.NO_WATERMARK;
  }
}

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

package io.meru.writer;

import io.meru.version.PartitionTuple;
import java.util.HashMap;
import java.util.Map;

/**
 * Knows which partitions are at rest: those that the writer has not changed for a while. A
 * partition that it has never changed counts from when the writer was opened. Holds no more
 * partitions than were changed within that while. Not thread-safe.
 */
final class RestClock {
  private final long restNanos;
  private final Map<PartitionTuple, Long> changes = new HashMap<>();
  private final long openedNanos;
  private long nowNanos;

  /**
   * Nothing is at rest yet.
   *
   * @param restNanos time without a change; 0 if nothing ever is at rest
   */
  RestClock(long restNanos, long nowNanos) {
    this.restNanos = restNanos;
    this.openedNanos = nowNanos;
    this.nowNanos = nowNanos;
  }

  void changed(PartitionTuple partition, long atNanos) {
    if (restNanos > 0) {
      changes.put(partition, atNanos);
    }
  }

  /** It is {@code toNanos} now. */
  void advance(long toNanos) {
    nowNanos = toNanos;
    changes.values().removeIf(this::isLongAgo);
  }

  boolean isAtRest(PartitionTuple partition) {
    return restNanos > 0 && isLongAgo(openedNanos) && !changes.containsKey(partition);
  }

  private boolean isLongAgo(long atNanos) {
    return nowNanos - atNanos >= restNanos;
  }
}

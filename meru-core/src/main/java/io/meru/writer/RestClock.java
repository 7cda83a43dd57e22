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
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import io.meru.version.VersionEdit;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Knows which partitions are at rest: those that nobody has changed for a while, as far as this
 * writer has seen. One of which it has seen no change counts from when the writer was opened. Holds
 * the partitions that were changed within a long rest, and those that are left alone. Not
 * thread-safe.
 */
final class RestClock {
  /** A rest is long when it has lasted so many times as long as one must. */
  static final int LONG = 12;

  private final long restNanos;
  private final Map<PartitionTuple, Long> changes = new HashMap<>();
  private final Map<PartitionTuple, Long> leftAlone = new HashMap<>();
  private final long openedNanos;
  private long nowNanos;

  /**
   * Nothing is at rest yet.
   *
   * @param restNanos time without a change; 0 if nothing ever is at rest
   */
  RestClock(long restNanos, long nowNanos) {
    this.restNanos = Math.min(restNanos, Long.MAX_VALUE / LONG);
    this.openedNanos = nowNanos;
    this.nowNanos = nowNanos;
  }

  /** It is {@code toNanos} now. */
  void advance(long toNanos) {
    nowNanos = toNanos;
    changes.values().removeIf(at -> nowNanos - at >= LONG * restNanos);
    leftAlone.values().removeIf(at -> nowNanos - at >= restNanos);
  }

  /** A partition is to be taken for one that is not at rest for as long as a rest takes. */
  void leaveAlone(PartitionTuple partition) {
    leftAlone.put(partition, nowNanos);
  }

  private void changed(PartitionTuple partition) {
    if (restNanos > 0) {
      changes.put(partition, nowNanos);
    }
  }

  /**
   * A flush has changed what is in {@code edit}.
   *
   * @param before what it changed
   */
  void changed(VersionEdit edit, Version before) {
    edit.added().forEach(added -> changed(added.file().partition()));
    for (String path : edit.deletions().keySet()) {
      before.file(path).ifPresent(live -> changed(live.file().partition()));
    }
  }

  /**
   * Others have changed what differs, since what the writer itself has done is in both. What its
   * siblings have taken out of files that it shares counts as well, and so does a compaction of its
   * own that was dropped: that is only later for it.
   */
  void changedByOthers(Version before, Version after) {
    if (restNanos == 0) {
      return;
    }
    for (LiveFile live : after.files()) {
      Optional<LiveFile> old = before.file(live.file().path());
      if (old.isEmpty() || old.get().liveCount() != live.liveCount()) {
        changed(live.file().partition());
      }
    }
    for (LiveFile live : before.files()) {
      if (after.file(live.file().path()).isEmpty()) {
        changed(live.file().partition());
      }
    }
  }

  /** Whether any partition may be. */
  boolean isAnyAtRest() {
    return restNanos > 0 && nowNanos - openedNanos >= restNanos;
  }

  boolean isAtRest(PartitionTuple partition) {
    return isAnyAtRest()
        && nowNanos - lastChange(partition) >= restNanos
        && !leftAlone.containsKey(partition);
  }

  /** Whether it has been for long. */
  boolean isAtLongRest(PartitionTuple partition) {
    return isAtRest(partition) && nowNanos - lastChange(partition) >= LONG * restNanos;
  }

  private long lastChange(PartitionTuple partition) {
    return changes.getOrDefault(partition, openedNanos);
  }
}

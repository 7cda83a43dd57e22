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

import io.meru.version.Version;
import io.meru.version.VersionEdit;
import io.meru.writer.VersionSource;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The ids by which a writer and the engine know checkpoints. Flink asks a sink writer for its edits
 * without saying for which checkpoint, and names the checkpoint right after, before any further
 * row. So the engine gets a provisional id, one above the last that is known and therefore never
 * above the true one, and its questions about the table, which names the true ones, are translated.
 *
 * <p>The task thread calls {@link #next} and {@link #named}; the flush thread asks.
 */
final class CheckpointIds {
  /** From provisional to true ids of checkpoints not yet seen committed. */
  private final NavigableMap<Long, Long> trueIds = new ConcurrentSkipListMap<>();

  private long last;
  private long provisional;

  /**
   * Starts after a restore.
   *
   * @param restored the checkpoint that the job was restored from, or 0
   */
  CheckpointIds(long restored) {
    this.last = restored;
    this.provisional = restored;
  }

  /** A provisional id for edits that are handed out now. */
  long next() {
    provisional = Math.max(provisional, last) + 1;
    return provisional;
  }

  /** The edits handed out last belong to checkpoint {@code checkpointId}. */
  void named(long checkpointId) {
    last = checkpointId;
    trueIds.putIfAbsent(provisional, checkpointId);
  }

  /** As {@link #named}, for edits that change nothing: nobody will ask what became of them. */
  void namedEmpty(long checkpointId) {
    last = checkpointId;
  }

  /** {@code table} for one who knows provisional ids only. */
  VersionSource translating(VersionSource table) {
    return new VersionSource() {
      @Override
      public Version load() {
        return table.load();
      }

      @Override
      public Poll poll(long seenSnapshotId, SortedMap<Long, VersionEdit> pending) {
        Poll poll = table.poll(seenSnapshotId, byTrueId(pending));
        return new Poll(
            poll.headSnapshotId(),
            poll.onlyOwn(),
            provisional(poll.committedThrough()),
            poll.lineages(),
            poll.dropped());
      }
    };
  }

  /** Edits of a checkpoint that has no name yet cannot have been committed: they are left out. */
  private SortedMap<Long, VersionEdit> byTrueId(SortedMap<Long, VersionEdit> pending) {
    SortedMap<Long, VersionEdit> named = new TreeMap<>();
    pending.forEach(
        (provisionalId, edit) -> {
          Long trueId = trueIds.get(provisionalId);
          if (trueId != null) {
            named.put(trueId, edit);
          }
        });
    return named;
  }

  /** The highest provisional id whose true id is at most {@code committedThrough}, or -1. */
  private long provisional(long committedThrough) {
    long highest = -1;
    for (Map.Entry<Long, Long> entry : trueIds.entrySet()) {
      if (entry.getValue() <= committedThrough) {
        highest = entry.getKey();
      }
    }
    trueIds.headMap(highest, false).clear();
    return highest;
  }
}

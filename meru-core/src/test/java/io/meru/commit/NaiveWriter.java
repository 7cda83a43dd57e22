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

import io.meru.key.HashRange;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import io.meru.writer.VersionSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/**
 * Does what the real writer promises, in the plainest way: resolves by looking at every row, polls
 * before the first flush after a barrier, takes its own pending edits into account.
 */
final class NaiveWriter {
  private final TestTable test;
  private final Table table;
  private final String sinkId;
  private final HashRange range;
  private final VersionSource source;
  private final Supplier<UUID> ids;
  private final NavigableMap<Long, VersionEdit> pending = new TreeMap<>();
  private Version version;
  private long seen;
  private boolean afterBarrier;

  private List<AddedFile> added = new ArrayList<>();
  private Map<String, DeletionVector> deletions = new HashMap<>();
  private SortedSet<Long> pureDeletes = new TreeSet<>();

  NaiveWriter(TestTable test, String sinkId) {
    this(test, sinkId, HashRange.ALL);
  }

  NaiveWriter(TestTable test, String sinkId, HashRange range) {
    this.test = test;
    this.table = test.load();
    this.sinkId = sinkId;
    this.range = range;
    this.source = new TableVersionSource(table, TestTable.NAME, test.keySpec(), range, sinkId);
    this.ids = test.ids();
    this.version = source.load();
    this.seen = version.snapshotId();
  }

  /** The snapshot that the next edit starts from, unless the table is looked at before. */
  long baseSnapshotId() {
    return version.snapshotId();
  }

  /** Lets the next flush go ahead as if it had been polled for already. */
  void skipNextPoll() {
    afterBarrier = false;
  }

  /** Writes the changes as one memtable would be: null deletes. Foreign keys are skipped. */
  void flush(Map<Long, @Nullable String> changes) {
    if (afterBarrier) {
      poll();
      afterBarrier = false;
    }
    NavigableMap<Long, String> puts = new TreeMap<>();
    List<Long> deletes = new ArrayList<>();
    changes.forEach(
        (key, value) -> {
          if (range.contains(TestTable.hash16(key))) {
            if (value == null) {
              deletes.add(key);
            } else {
              puts.put(key, value);
            }
          }
        });
    List<Long> touched = new ArrayList<>(deletes);
    touched.addAll(puts.keySet());
    Map<String, DeletionVector> dead = resolve(touched);
    List<AddedFile> files =
        puts.isEmpty() ? List.of() : List.of(test.levelFile(table, sinkId, range, puts));
    pureDeletes.addAll(deletes);
    pureDeletes.removeAll(puts.keySet());
    added.addAll(files);
    dead.forEach((path, positions) -> deletions.merge(path, positions, DeletionVector::or));
    version =
        version.apply(new VersionEdit(ids.get(), 0, files, dead, TestTable.keyList(List.of())));
  }

  /** Hands out what the flushes since the last barrier change. */
  VersionEdit barrier(long checkpointId) {
    VersionEdit edit =
        new VersionEdit(
            ids.get(),
            version.snapshotId(),
            added,
            deletions,
            TestTable.keyList(new ArrayList<>(pureDeletes)));
    added = new ArrayList<>();
    deletions = new HashMap<>();
    pureDeletes = new TreeSet<>();
    pending.put(checkpointId, edit);
    afterBarrier = true;
    return edit;
  }

  private void poll() {
    VersionSource.Poll poll = source.poll(seen, pending);
    seen = poll.headSnapshotId();
    pending.headMap(poll.committedThrough(), true).clear();
    if (!poll.onlyOwn()) {
      version = source.load();
      seen = version.snapshotId();
      pending.values().forEach(edit -> version = version.apply(edit));
    }
  }

  private Map<String, DeletionVector> resolve(List<Long> touched) {
    Map<String, DeletionVector> dead = new LinkedHashMap<>();
    for (Version.LiveFile live : version.files()) {
      DeletionVector.Builder positions = new DeletionVector.Builder();
      long[] keys = test.keys(table, live.file().path());
      for (int i = 0; i < keys.length; i++) {
        if (touched.contains(keys[i]) && !live.deleted().contains(i)) {
          positions.add(i);
        }
      }
      DeletionVector found = positions.build();
      if (!found.isEmpty()) {
        dead.put(live.file().path(), found);
      }
    }
    return dead;
  }
}

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

package io.meru.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.commit.MeruProperties;
import io.meru.simulation.SnapshotReader.LiveFile;
import io.meru.simulation.Subtask.Changed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Holds what Iceberg's row lineage asks for: no two live rows have one {@code _row_id}, and a row
 * that a checkpoint puts in another's place has the id of that one, wherever its writer could know
 * it: it had seen the commit that gave it, and nobody has rolled back what the writer relied on. A
 * compaction, and a checkpoint for all other rows, changes neither ids nor last changes.
 */
final class LineageCheck {
  /**
   * A live row.
   *
   * @param sequenceNumber of the commit that added its file
   */
  private record LiveRow(long id, long lastUpdated, long sequenceNumber) {
    String lineage() {
      return id + "@" + lastUpdated;
    }
  }

  private final Map<Long, Map<Long, List<LiveRow>>> rowsBySnapshot = new HashMap<>();
  private final Map<String, List<Long>> snapshotsByRun = new HashMap<>();
  private int kept;

  /** Rows whose id had to be kept, and was. */
  int kept() {
    return kept;
  }

  /**
   * Checks a snapshot.
   *
   * @param changes those of the checkpoint in it; null for another's
   */
  void check(
      TableMetadata metadata,
      Snapshot snapshot,
      List<LiveFile> files,
      @Nullable Map<Long, Changed> changes) {
    Map<Long, List<LiveRow>> rows = rows(files);
    rowsBySnapshot.put(snapshot.snapshotId(), rows);
    Snapshot parent = snapshot.parentId() == null ? null : metadata.snapshot(snapshot.parentId());
    if (parent == null) {
      return;
    }
    Map<Long, List<LiveRow>> parentRows = rowsBySnapshot.get(parent.snapshotId());
    if (MeruProperties.JOB_COMPACTION.equals(snapshot.summary().get(MeruProperties.JOB))) {
      assertThat(lineages(rows, Set.of())).isEqualTo(lineages(parentRows, Set.of()));
      return;
    }
    if (changes == null) {
      return;
    }
    assertThat(lineages(rows, changes.keySet())).isEqualTo(lineages(parentRows, changes.keySet()));
    String runId = snapshot.summary().get(MeruProperties.RUN_ID);
    List<Long> ofRun = snapshotsByRun.computeIfAbsent(runId, same -> new ArrayList<>());
    Set<Long> history = ancestors(metadata, parent);
    if (history.containsAll(ofRun)) {
      changes.forEach((key, change) -> check(metadata, key, change, history, parentRows, rows));
    }
    ofRun.add(snapshot.snapshotId());
  }

  private void check(
      TableMetadata metadata,
      long key,
      Changed change,
      Set<Long> history,
      Map<Long, List<LiveRow>> before,
      Map<Long, List<LiveRow>> after) {
    List<LiveRow> old = before.getOrDefault(key, List.of());
    boolean isUpdate = change.row() != null && old.size() == 1;
    if (isUpdate && history.contains(change.seenHead())) {
      List<LiveRow> seen = rowsBySnapshot.get(change.seenHead()).getOrDefault(key, List.of());
      boolean hasSeenIt =
          old.get(0).sequenceNumber() <= metadata.snapshot(change.seenHead()).sequenceNumber();
      // of a key that another writer's append has doubled, the writer may have taken the other id
      if (hasSeenIt && seen.size() == 1 && seen.get(0).id() == old.get(0).id()) {
        assertThat(after.get(key).get(0).id())
            .as("row id of key %s, which %s had and %s has now", key, old, after.get(key))
            .isEqualTo(old.get(0).id());
        kept++;
      }
    }
  }

  private static Map<Long, List<LiveRow>> rows(List<LiveFile> files) {
    Map<Long, List<LiveRow>> rows = new HashMap<>();
    Set<Long> ids = new HashSet<>();
    for (LiveFile live : files) {
      for (int i = 0; i < live.rows().keys().length; i++) {
        if (live.isLive(i)) {
          long id = live.rowId(i);
          assertThat(ids.add(id)).as("row id %s is one row's", id).isTrue();
          rows.computeIfAbsent(live.rows().keys()[i], key -> new ArrayList<>())
              .add(new LiveRow(id, live.lastUpdated(i), live.file().dataSequenceNumber()));
        }
      }
    }
    return rows;
  }

  private static Map<Long, Set<String>> lineages(Map<Long, List<LiveRow>> rows, Set<Long> without) {
    Map<Long, Set<String>> lineages = new HashMap<>();
    rows.forEach(
        (key, live) -> {
          if (!without.contains(key)) {
            lineages.put(key, live.stream().map(LiveRow::lineage).collect(Collectors.toSet()));
          }
        });
    return lineages;
  }

  private static Set<Long> ancestors(TableMetadata metadata, Snapshot head) {
    Set<Long> ids = new HashSet<>();
    for (Snapshot s = head; s != null; ) {
      ids.add(s.snapshotId());
      s = s.parentId() == null ? null : metadata.snapshot(s.parentId());
    }
    return ids;
  }
}

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

package io.meru.flink.foreign;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.flink.testing.Changes;
import io.meru.testing.TableChecks;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/**
 * Holds every snapshot against a map: it must have the rows of the one before it, changed by what
 * it says it commits. For a job's checkpoint these are the changes up to its marker row, each of
 * which replaces all rows that its key has at that place in the history, whoever wrote them; for
 * another writer's commit it is the statement, and for a compaction nothing.
 */
final class SnapshotAudit {
  private final Map<String, Changes> jobs;
  private final Map<String, Long> markers = new HashMap<>();
  private @Nullable Long last;
  private TableState state = new TableState();
  private final Set<String> commitIds = new HashSet<>();
  private long checkpoints;
  private long compactions;
  private long othersCommits;
  private long othersRowsReplaced;
  private long doublesSettled;

  /**
   * @param jobs changes by sink id
   */
  SnapshotAudit(Map<String, Changes> jobs) {
    this.jobs = Map.copyOf(jobs);
  }

  /** The rows of the last snapshot. */
  TableState state() {
    return state;
  }

  /** The change that the last snapshot reaches. */
  long marker(String sinkId) {
    return markers.getOrDefault(sinkId, -1L);
  }

  /** Checkpoints of all jobs. */
  long checkpoints() {
    return checkpoints;
  }

  /** Compactions of all jobs. */
  long compactions() {
    return compactions;
  }

  /** Snapshots that other writers made. */
  long othersCommits() {
    return othersCommits;
  }

  /** Rows of other writers that a job's checkpoint replaced or deleted. */
  long othersRowsReplaced() {
    return othersRowsReplaced;
  }

  /** Keys that had several rows before a checkpoint and at most one after it. */
  long doublesSettled() {
    return doublesSettled;
  }

  /**
   * Checks the snapshots since the last time.
   *
   * @param statement what others have committed meanwhile; null for nothing
   */
  void advance(Table table, @Nullable Statement statement) {
    for (Snapshot snapshot : newSnapshots(table)) {
      String job = snapshot.summary().get("meru.job");
      TableState before = state.copy();
      if (job == null) {
        assertThat(statement).as("a statement that made snapshot %s", snapshot).isNotNull();
        Objects.requireNonNull(statement).effect().accept(state);
        othersCommits++;
      }
      TableState actual =
          TableState.of(
              TableChecks.rows(table, snapshot.snapshotId()).stream().map(TableRow::of).toList());
      if ("flush".equals(job)) {
        applyCheckpoint(snapshot, actual);
        count(before);
      } else if ("compaction".equals(job)) {
        compactions++;
      }
      assertThat(state.difference(actual))
          .as("snapshot %s after %s", snapshot, statement)
          .isEmpty();
      TableChecks.assertDeletes(table, snapshot);
      last = snapshot.snapshotId();
    }
  }

  private void applyCheckpoint(Snapshot snapshot, TableState actual) {
    String sinkId = snapshot.summary().getOrDefault("meru.sink-id", "");
    Changes changes = Objects.requireNonNull(jobs.get(sinkId), sinkId);
    List<TableRow> marker = actual.of(changes.marker());
    assertThat(marker).as("marker rows of %s", snapshot).hasSize(1);
    long reached = Objects.requireNonNull(marker.get(0).amount());
    long before = marker(sinkId);
    assertThat(reached).as("change that %s reaches", snapshot).isGreaterThan(before);
    state.apply(changes, before + 1, reached);
    markers.put(sinkId, reached);
    assertThat(commitIds.add(snapshot.summary().get("meru.commit-id"))).isTrue();
    checkpoints++;
  }

  private void count(TableState before) {
    for (long key : before.keys()) {
      List<TableRow> now = state.of(key);
      othersRowsReplaced +=
          before.of(key).stream().filter(row -> row.isOthers() && !now.contains(row)).count();
      if (before.of(key).size() > 1 && now.size() <= 1) {
        doublesSettled++;
      }
    }
  }

  private Iterable<Snapshot> newSnapshots(Table table) {
    Deque<Snapshot> chain = new ArrayDeque<>();
    Snapshot snapshot = table.currentSnapshot();
    while (snapshot != null && !Long.valueOf(snapshot.snapshotId()).equals(last)) {
      chain.addFirst(snapshot);
      snapshot = snapshot.parentId() == null ? null : table.snapshot(snapshot.parentId());
    }
    assertThat(snapshot != null || last == null)
        .as("snapshot %s is still in the history", last)
        .isTrue();
    return chain;
  }
}

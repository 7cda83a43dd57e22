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

package io.meru.faults;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/**
 * Follows the table's history snapshot by snapshot and holds each against the model.
 *
 * <p>A snapshot's marker row says which changes are new in it: those after the previous snapshot's
 * marker, or, when the marker is another attempt's, those from where that attempt started. An
 * attempt that starts behind what the table has repeats changes, one that starts beyond it has lost
 * some, and an attempt that commits after its successor was not fenced.
 */
final class SnapshotAudit {
  private final Workload workload;
  private final boolean prefixes;
  private final Violations violations;
  private final Model model;
  private final Set<String> checkpoints = new HashSet<>();
  private final Set<String> commitIds = new HashSet<>();
  private final Map<String, Long> generations = new HashMap<>();
  private final Set<String> attempts = new HashSet<>();
  private final Set<Long> othersKeys = new HashSet<>();
  private final Map<String, Long> commitsBySink = new HashMap<>();
  private @Nullable String newestSink;
  private @Nullable Marker marker;
  private @Nullable Long lastSnapshotId;

  /** Rows of the last snapshot. The model is ahead of them where a barrier has overtaken rows. */
  private List<Row> present = List.of();

  /** While two jobs write: what was the newest marker before, and each sink's since. */
  private @Nullable Fork fork;

  private long highest = -1;
  private long commits;
  private long compactions;
  private long changes;
  private int foreign;

  /**
   * @param prefixes whether each snapshot must be that of a prefix of the changes, as it is with
   *     aligned checkpoints
   */
  SnapshotAudit(Workload workload, boolean prefixes, Violations violations) {
    this.workload = workload;
    this.prefixes = prefixes;
    this.violations = violations;
    this.model = new Model(workload);
  }

  /** Checks all snapshots since the last call. */
  void advance(Table table) {
    for (Snapshot snapshot : newSnapshots(table)) {
      check(table, snapshot);
      lastSnapshotId = snapshot.snapshotId();
    }
  }

  /** The last snapshot checked. */
  Optional<Long> lastSnapshotId() {
    return Optional.ofNullable(lastSnapshotId);
  }

  /** The highest change that any snapshot had; -1 before the first. */
  long highest() {
    return highest;
  }

  /** The marker of the last snapshot. */
  Optional<Marker> marker() {
    return Optional.ofNullable(marker);
  }

  /** Snapshots by checkpoints so far. */
  long commits() {
    return commits;
  }

  /** Snapshots by compactions so far. */
  long compactions() {
    return compactions;
  }

  /** Checkpoints that {@code sinkId} has committed so far. */
  long commitsOf(String sinkId) {
    return commitsBySink.getOrDefault(sinkId, 0L);
  }

  /** The sink that has committed last. */
  String newestSink() {
    if (newestSink == null) {
      throw new IllegalStateException("No checkpoint has been committed yet");
    }
    return newestSink;
  }

  /** From now on two jobs with sinks of their own give the table the same changes. */
  void beginFork() {
    fork = new Fork(marker);
  }

  /** The newest change that {@code sinkId} has committed since {@link #beginFork}. */
  long position(String sinkId) {
    return requireNonNull(fork, "the job was not forked").before(sinkId).n();
  }

  /**
   * From now on one job writes, that of {@code sinkId}, which was the last of the two or is as far.
   * Once it has given all changes again that the other one has, the table must be the map's.
   */
  void endFork(String sinkId) {
    marker = requireNonNull(fork, "the job was not forked").end(sinkId);
  }

  /** Changes that these held, repeated ones each time. */
  long changes() {
    return changes;
  }

  /** Attempts of the job that committed something. */
  int attempts() {
    return attempts.size();
  }

  /** Snapshots by other writers. */
  int foreignCommits() {
    return foreign;
  }

  /** Keys that other writers have written, to be added here before they do. */
  Set<Long> othersKeys() {
    return othersKeys;
  }

  /**
   * At the end, when the job has repeated all that it had to: the table is what it would have been
   * without any failure. Keys that others wrote are left out of that; with aligned checkpoints they
   * are held against the model, which has followed what others appended.
   */
  void checkEnd(Table table) {
    Marker end = marker().orElse(Fork.NOTHING);
    if (end.n() < highest) {
      violations.add("The job ended at change %d, before %d".formatted(end.n(), highest));
    }
    List<Row> rows = TableReader.rows(table, table.currentSnapshot().snapshotId());
    String difference = differenceFromMap(end.n(), rows);
    if (difference.isEmpty() && prefixes) {
      difference = model.difference(rows);
    }
    if (!difference.isEmpty()) {
      violations.add("At the end, after change %d: %s".formatted(end.n(), difference));
    }
  }

  private List<Row> withoutOthers(List<Row> rows) {
    return rows.stream()
        .filter(row -> row.id() != Workload.MARKER_KEY && !othersKeys.contains(row.id()))
        .toList();
  }

  private Iterable<Snapshot> newSnapshots(Table table) {
    Deque<Snapshot> chain = new ArrayDeque<>();
    Snapshot snapshot = table.currentSnapshot();
    while (snapshot != null && !Long.valueOf(snapshot.snapshotId()).equals(lastSnapshotId)) {
      chain.addFirst(snapshot);
      snapshot = snapshot.parentId() == null ? null : table.snapshot(snapshot.parentId());
    }
    if (snapshot == null && lastSnapshotId != null) {
      violations.add("Snapshot %d is no longer in the table's history".formatted(lastSnapshotId));
      goOnFrom(table);
      return List.of();
    }
    return chain;
  }

  /** Believes what the table holds now. */
  private void goOnFrom(Table table) {
    lastSnapshotId = table.currentSnapshot().snapshotId();
    present = TableReader.rows(table, lastSnapshotId);
    model.reset(present);
  }

  private void check(Table table, Snapshot snapshot) {
    List<Row> rows = TableReader.rows(table, snapshot.snapshotId());
    String job = snapshot.summary().get("meru.job");
    if (job == null) {
      foreign++;
      checkForeign(snapshot, rows);
    } else {
      checkOwn(snapshot, job, rows);
    }
    present = rows;
  }

  private void checkOwn(Snapshot snapshot, String job, List<Row> rows) {
    checkGeneration(snapshot);
    if (job.equals("flush")) {
      commits++;
      newestSink = snapshot.summary().get("meru.sink-id");
      commitsBySink.merge(newestSink, 1L, Long::sum);
      checkOnce(snapshot);
      checkMarker(snapshot, rows);
    } else if (job.equals("compaction")) {
      compactions++;
    }
    checkChanges(snapshot, rows);
    if (fork != null && fork.hasEnded() && marker.n() >= highest) {
      checkConverged(snapshot, rows);
    }
  }

  private void checkChanges(Snapshot snapshot, List<Row> rows) {
    if (prefixes) {
      checkRows(snapshot, rows);
    } else {
      checkEachRow(snapshot, rows);
    }
  }

  /** A newer claim is a promise that the older run commits no more. */
  private void checkGeneration(Snapshot snapshot) {
    String sinkId = snapshot.summary().get("meru.sink-id");
    long found = Long.parseLong(snapshot.summary().get("meru.generation"));
    long before = generations.getOrDefault(sinkId, 0L);
    if (found < before) {
      violation(snapshot, "has generation %d after %d".formatted(found, before));
    }
    generations.put(sinkId, Math.max(before, found));
  }

  private void checkOnce(Snapshot snapshot) {
    Map<String, String> summary = snapshot.summary();
    String checkpoint =
        summary.get("meru.run-id") + ", checkpoint " + summary.get("meru.checkpoint-id");
    if (!checkpoints.add(checkpoint)) {
      violation(snapshot, "commits run %s a second time".formatted(checkpoint));
    }
    if (!commitIds.add(summary.get("meru.commit-id"))) {
      violation(snapshot, "has the commit id of an earlier one");
    }
  }

  private void checkMarker(Snapshot snapshot, List<Row> rows) {
    List<Row> markers = rows.stream().filter(row -> row.id() == Workload.MARKER_KEY).toList();
    if (markers.size() != 1) {
      violation(snapshot, "has %d marker rows".formatted(markers.size()));
      return;
    }
    Marker found = Marker.of(markers.get(0));
    Marker before = before(snapshot);
    long first = before.n() + 1;
    if (!found.attempt().equals(before.attempt())) {
      first = found.start();
      // a barrier that overtook rows has them in its checkpoint, not in the table
      if (prefixes && first > before.n() + 1) {
        violation(
            snapshot,
            "starts with change %d, so that those from %d on are lost"
                .formatted(first, before.n() + 1));
      }
      if (!attempts.add(found.attempt())) {
        violation(snapshot, "is of attempt %s, which had a successor".formatted(found.attempt()));
      }
    }
    // of two jobs the one whose commit came last: a checkpoint replaces all rows of its keys
    model.apply(first, found.n());
    model.put(found.toRow());
    if (fork != null) {
      fork.advance(newestSink, found);
    }
    changes += found.n() - first + 1;
    highest = Math.max(highest, found.n());
    marker = found;
  }

  private Marker before(Snapshot snapshot) {
    if (fork != null) {
      return fork.before(snapshot.summary().get("meru.sink-id"));
    }
    return marker == null ? Fork.NOTHING : marker;
  }

  /**
   * One of two jobs that wrote the same changes has given all of them. {@link #checkChanges} holds
   * the snapshot against what both did in turn; this is what must have come of it.
   */
  private void checkConverged(Snapshot snapshot, List<Row> rows) {
    fork = null;
    String difference = prefixes ? differenceFromMap(marker.n(), rows) : "";
    if (!difference.isEmpty()) {
      violation(snapshot, "is not what both jobs have given: " + difference);
    }
  }

  /** What differs from changes 0 to {@code last} alone. Keys that others wrote are left out. */
  private String differenceFromMap(long last, List<Row> rows) {
    Model whole = new Model(workload);
    whole.apply(0, last);
    Model expected = new Model(workload);
    expected.reset(withoutOthers(whole.rows()));
    return expected.difference(withoutOthers(rows));
  }

  private void checkRows(Snapshot snapshot, List<Row> rows) {
    String difference = model.difference(rows);
    if (!difference.isEmpty()) {
      violation(snapshot, difference);
      model.reset(rows);
    }
  }

  /** Where barriers overtake rows: each key once, and each row one that some change wrote. */
  private void checkEachRow(Snapshot snapshot, List<Row> rows) {
    Set<Long> keys = new HashSet<>();
    for (Row row : withoutOthers(rows)) {
      if (!keys.add(row.id())) {
        violation(snapshot, "has key %d twice".formatted(row.id()));
      }
      Workload.Change change = workload.change(row.n());
      if (change.isDelete() || !workload.row(change).equals(row)) {
        violation(snapshot, "has %s, which no change wrote".formatted(row));
      }
    }
  }

  /**
   * Others' commits are what they are; but one that replaces files changes no row, and one that
   * appends takes none away.
   */
  private void checkForeign(Snapshot snapshot, List<Row> rows) {
    if (snapshot.operation().equals("replace")) {
      checkChanges(snapshot, rows);
    }
    Set<Row> lost = new HashSet<>(present);
    rows.forEach(lost::remove);
    if (snapshot.operation().equals("append") && !lost.isEmpty()) {
      violation(snapshot, "is another writer's append and has lost %d rows".formatted(lost.size()));
    }
    model.reset(rows);
  }

  private void violation(Snapshot snapshot, String what) {
    violations.add(
        "Snapshot %d (sequence number %d, %s) %s"
            .formatted(snapshot.snapshotId(), snapshot.sequenceNumber(), snapshot.summary(), what));
  }
}

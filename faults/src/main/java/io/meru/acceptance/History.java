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

package io.meru.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;
import org.jspecify.annotations.Nullable;

/**
 * Holds every snapshot of the table against the model, from the first one on. The marker row says
 * which changes a snapshot adds: those after the marker before, or, when an attempt of the job
 * commits for the first time, those from where its state had it go on.
 */
final class History {
  private final Table table;
  private final List<String> violations;
  private final ItemModel model = new ItemModel();
  private final Set<String> attempts = new HashSet<>();
  private final Set<String> commitIds = new HashSet<>();
  private final Map<String, Long> checkpointsByRun = new HashMap<>();
  private Marker marker = new Marker("", 0, -1);
  private long highest = -1;
  private int flushes;
  private int compactions;
  private int others;
  private int repeated;
  private List<Item> rows = List.of();

  History(Table table, List<String> violations) {
    this.table = table;
    this.violations = violations;
  }

  /** Checks all snapshots. */
  void check() {
    for (Snapshot snapshot : oldestFirst()) {
      List<Item> before = rows;
      rows = ItemTable.read(table, snapshot.snapshotId());
      checkVectors(snapshot);
      String job = snapshot.summary().get("meru.job");
      if (job == null) {
        others++;
        followOther(snapshot, before);
      } else if (job.equals("flush")) {
        flushes++;
        followFlush(snapshot);
      } else if (job.equals("compaction")) {
        compactions++;
      }
      String difference = model.difference(rows);
      if (!difference.isEmpty()) {
        violation(snapshot, difference);
      }
    }
  }

  /**
   * The table now is what it would be if the job had never failed, started again, or been
   * superseded.
   *
   * @param othersItems rows of other writers that no change of the job has replaced
   */
  void checkEnd(Collection<Item> othersItems) {
    if (marker.n() < highest) {
      violations.add("The job ended at change %d, before %d".formatted(marker.n(), highest));
    }
    ItemModel whole = new ItemModel();
    whole.apply(0, marker.n());
    whole.put(marker.toItem());
    whole.append(othersItems);
    String difference = whole.difference(rows);
    if (!difference.isEmpty()) {
      violations.add("At the end, after change %d: %s".formatted(marker.n(), difference));
    }
  }

  /** Rows of the last snapshot. */
  List<Item> rows() {
    return rows;
  }

  /** Snapshots by checkpoints of the job. */
  int flushes() {
    return flushes;
  }

  /** Snapshots that only moved rows to other files. */
  int compactions() {
    return compactions;
  }

  /** Snapshots by other writers. */
  int others() {
    return others;
  }

  /** Attempts of the job that committed. */
  int attempts() {
    return attempts.size();
  }

  /** Attempts that began with changes that the table had already. */
  int repeated() {
    return repeated;
  }

  private Iterable<Snapshot> oldestFirst() {
    Deque<Snapshot> chain = new ArrayDeque<>();
    for (Snapshot s = table.currentSnapshot(); s != null; s = parent(s)) {
      chain.addFirst(s);
    }
    return chain;
  }

  private @Nullable Snapshot parent(Snapshot snapshot) {
    return snapshot.parentId() == null ? null : table.snapshot(snapshot.parentId());
  }

  /** Others only append here: what was there stays, and no more is added than they say. */
  private void followOther(Snapshot snapshot, List<Item> before) {
    List<Item> added = new ArrayList<>(rows);
    before.forEach(added::remove);
    long said = Long.parseLong(snapshot.summary().getOrDefault("added-records", "0"));
    if (added.size() != said) {
      violation(snapshot, "adds %d rows, its summary says %d".formatted(added.size(), said));
    }
    model.append(added);
  }

  private void followFlush(Snapshot snapshot) {
    checkOrder(snapshot);
    List<Item> markers = rows.stream().filter(row -> row.key().equals(Marker.KEY)).toList();
    if (markers.size() != 1) {
      violation(snapshot, "has %d marker rows".formatted(markers.size()));
      return;
    }
    Marker found = Marker.of(markers.get(0));
    long first = marker.n() + 1;
    if (!found.attempt().equals(marker.attempt())) {
      if (found.start() > first) {
        violation(
            snapshot,
            "starts with change %d: those from %d on are lost".formatted(found.start(), first));
      }
      if (!attempts.add(found.attempt())) {
        violation(snapshot, "is of attempt %s, which had a successor".formatted(found.attempt()));
      }
      repeated += found.start() < first ? 1 : 0;
      first = found.start();
    }
    if (found.n() < first) {
      violation(snapshot, "ends with change %d, before %d".formatted(found.n(), first));
    }
    model.apply(first, found.n());
    model.put(found.toItem());
    marker = found;
    highest = Math.max(highest, found.n());
  }

  /** No checkpoint of a run twice, and each after the one before. */
  private void checkOrder(Snapshot snapshot) {
    Map<String, String> summary = snapshot.summary();
    long checkpoint = Long.parseLong(summary.get("meru.checkpoint-id"));
    Long before = checkpointsByRun.put(summary.get("meru.run-id"), checkpoint);
    if (before != null && before >= checkpoint) {
      violation(snapshot, "commits checkpoint %d after %d".formatted(checkpoint, before));
    }
    if (!commitIds.add(summary.get("meru.commit-id"))) {
      violation(snapshot, "has the commit id of an earlier one");
    }
  }

  private void checkVectors(Snapshot snapshot) {
    try (CloseableIterable<FileScanTask> tasks =
        table.newScan().useSnapshot(snapshot.snapshotId()).planFiles()) {
      for (FileScanTask task : tasks) {
        if (task.deletes().size() > 1) {
          violation(snapshot, "has %d deletes on %s".formatted(task.deletes().size(), task.file()));
        }
        task.deletes().stream()
            .filter(
                delete ->
                    delete.content() != FileContent.POSITION_DELETES
                        || delete.format() != FileFormat.PUFFIN)
            .forEach(delete -> violation(snapshot, "has %s, no vector".formatted(delete)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close a scan of " + table, e);
    }
  }

  private void violation(Snapshot snapshot, String what) {
    violations.add(
        "Snapshot %d (sequence number %d, %s) %s"
            .formatted(snapshot.snapshotId(), snapshot.sequenceNumber(), snapshot.summary(), what));
  }
}

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

import io.meru.servers.Await;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.flink.core.execution.JobClient;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchTableException;

/** Waits for what jobs commit, which the snapshots' summaries say. */
final class Commits {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Catalog catalog;
  private final TableIdentifier name;

  Commits(Catalog catalog, TableIdentifier name) {
    this.catalog = catalog;
    this.name = name;
  }

  /** Runs, which are attempts of jobs, that have committed a checkpoint so far. */
  Set<String> runs() {
    Set<String> runs = new HashSet<>();
    for (Snapshot snapshot : catalog.loadTable(name).snapshots()) {
      if (isFlush(snapshot)) {
        runs.add(snapshot.summary().get("meru.run-id"));
      }
    }
    return runs;
  }

  /** Returns when runs other than {@code before} have committed {@code count} checkpoints. */
  void await(JobClient job, Set<String> before, int count) throws InterruptedException {
    Await.until(
        "the job has committed %d checkpoints in a new run".formatted(count),
        LIMIT,
        () -> countOfOthers(before) >= count,
        () -> "Its status is " + job.getJobStatus().join());
  }

  /**
   * Returns when a job that goes on from a checkpoint, and so repeats changes, has given all that
   * the table has seen.
   */
  void awaitCaughtUp(JobClient job) throws InterruptedException {
    long highest = highestChange();
    Await.until(
        "the job has repeated change " + highest,
        LIMIT,
        () -> {
          Table table = catalog.loadTable(name);
          return ItemTable.newestChange(table, table.currentSnapshot().snapshotId()) >= highest;
        },
        () -> "Its status is " + job.getJobStatus().join());
  }

  private long highestChange() {
    Table table = catalog.loadTable(name);
    Map<String, Snapshot> lastOfRuns = new HashMap<>();
    for (Snapshot snapshot : table.snapshots()) {
      if (isFlush(snapshot)) {
        lastOfRuns.merge(
            snapshot.summary().get("meru.run-id"),
            snapshot,
            (a, b) -> a.sequenceNumber() > b.sequenceNumber() ? a : b);
      }
    }
    return lastOfRuns.values().stream()
        .mapToLong(snapshot -> ItemTable.newestChange(table, snapshot.snapshotId()))
        .max()
        .orElseThrow();
  }

  private int countOfOthers(Set<String> before) {
    Table table;
    try {
      table = catalog.loadTable(name);
    } catch (NoSuchTableException e) {
      return 0; // the job has not created it yet
    }
    int count = 0;
    for (Snapshot snapshot : table.snapshots()) {
      if (isFlush(snapshot) && !before.contains(snapshot.summary().get("meru.run-id"))) {
        count++;
      }
    }
    return count;
  }

  private static boolean isFlush(Snapshot snapshot) {
    return "flush".equals(snapshot.summary().get("meru.job"));
  }
}

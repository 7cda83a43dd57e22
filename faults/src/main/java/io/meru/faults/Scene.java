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

import io.meru.servers.Await;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** What the faults of one schedule act upon. */
record Scene(
    Schedule schedule,
    FlinkCluster cluster,
    RestCatalog rest,
    Optional<TableDisk> disk,
    FaultTable table,
    SparkTable sparkTable,
    JobControl job,
    SnapshotAudit audit,
    Violations violations,
    Met met) {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  /** Waits until {@code count} more checkpoints are in the table. */
  void awaitCommits(int count) throws InterruptedException {
    long before = commits();
    Await.until(
        count + " more checkpoints of " + job.current().jobId() + " are in the table",
        LIMIT,
        () -> commits() >= before + count,
        this::describe);
  }

  /** Waits until run ids other than {@code runId} commit; empty: any. */
  void awaitCommitOfAnotherRunThan(Optional<String> runId) throws InterruptedException {
    Await.until(
        "another run than " + runId + " has committed",
        LIMIT,
        () -> {
          Optional<String> newest = newestRun();
          return newest.isPresent() && !newest.equals(runId);
        },
        this::describe);
  }

  /**
   * Waits for a moment of a commit, not for ever: see {@link CommitTrap#await}. Returns whether it
   * came.
   */
  boolean awaitMoment(CommitTrap.Moment moment) throws IOException, InterruptedException {
    try (CommitTrap trap = CommitTrap.set(table, moment)) {
      boolean struck = trap.await();
      met.add(struck ? "struck at " + moment : "struck at no moment");
      return struck;
    }
  }

  /** The run that made the newest checkpoint in the table. */
  Optional<String> newestRun() {
    Table now = table.load();
    Snapshot snapshot = now.currentSnapshot();
    while (snapshot != null && !isCommit(snapshot)) {
      snapshot = snapshot.parentId() == null ? null : now.snapshot(snapshot.parentId());
    }
    return Optional.ofNullable(snapshot).map(found -> found.summary().get("meru.run-id"));
  }

  /** Checks every snapshot that has come since the last time. */
  void auditNow() {
    audit.advance(table.load());
  }

  private long commits() {
    auditNow();
    return audit.commits();
  }

  private static boolean isCommit(Snapshot snapshot) {
    return "flush".equals(snapshot.summary().get("meru.job"));
  }

  /** What the job does, for messages. */
  String describe() {
    try {
      String jobId = job.current().jobId();
      return "The job is %s. %s"
          .formatted(cluster.rest().state(jobId), cluster.rest().exceptions(jobId));
    } catch (Exception e) {
      return "The JobManager does not answer: " + e;
    }
  }
}

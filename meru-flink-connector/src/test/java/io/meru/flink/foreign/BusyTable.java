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
import io.meru.testing.ForeignWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.exceptions.CommitFailedException;

/** A job with default settings on a table to which another writer commits every 100 ms. */
final class BusyTable {
  private static final String SINK = "job";
  private static final long PAUSE_MS = 100;
  private static final int CHECKPOINTS = 12;
  private static final int MAX_ATTEMPTS = 20;
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final Path folder;
  private volatile boolean stopped;
  private volatile int appended;

  BusyTable(Path folder) {
    this.folder = folder;
  }

  /**
   * Runs the job until both have committed some times, and once in each other's way, and checks all
   * that they made.
   */
  void run(Changes changes) throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (SharedTable table = SharedTable.create(folder, Map.of())) {
      CommitTrap trap = CommitTrap.on(table.loader());
      StreamingJob job =
          StreamingJob.start(trap, changes, SINK, folder.resolve("savepoints"), null);
      try {
        Future<Integer> appends = thread.submit(() -> append(table.load()));
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (table.flushes(SINK) < CHECKPOINTS
            || appended <= CHECKPOINTS
            || trap.tries().values().stream().allMatch(tries -> tries == 1)) {
          assertThat(System.nanoTime()).as("time that the job may take").isLessThan(deadline);
          assertThat(job.isRunning()).as("the job runs").isTrue();
          Thread.sleep(50);
        }
        stopped = true;
        int othersCommits = appends.get();
        job.stop();
        check(table, changes, trap, othersCommits);
      } finally {
        stopped = true;
        job.cancel();
      }
    } finally {
      thread.shutdownNow();
    }
  }

  private static void check(
      SharedTable table, Changes changes, CommitTrap trap, int othersCommits) {
    SnapshotAudit audit = new SnapshotAudit(Map.of(SINK, changes));
    audit.advance(
        table.load(),
        new Statement(
            "append of one row",
            state -> state.insert(row(state.keys().stream().filter(BusyTable::isOthers).count()))));
    assertThat(audit.othersCommits()).isEqualTo(othersCommits);
    assertThat(trap.tries().values())
        .as("tries of each commit")
        .allMatch(tries -> tries <= MAX_ATTEMPTS);
    System.out.printf(
        "%d commits of others; tries of the job's: %s%n",
        othersCommits, trap.tries().values().stream().sorted().toList());
  }

  /** Appends the rows 0, 1, 2, ..., each in a commit; returns how many. */
  private int append(Table table) throws InterruptedException {
    ForeignWriter writer = new ForeignWriter(table);
    while (!stopped) {
      TableRow row = row(appended);
      Record record = GenericRecord.create(Changes.SCHEMA);
      record.set(0, row.id());
      record.set(1, row.amount());
      record.set(2, row.name());
      try {
        writer.append(List.of(record));
        appended = appended + 1; // by this thread alone
      } catch (CommitFailedException e) {
        // the job was faster, as often as Iceberg tries
      }
      Thread.sleep(PAUSE_MS);
    }
    return appended;
  }

  private static TableRow row(long number) {
    return new TableRow(View.FIRST_OTHERS_KEY + number, -1 - number, "of another writer");
  }

  private static boolean isOthers(long key) {
    return key >= View.FIRST_OTHERS_KEY;
  }
}

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
import java.util.stream.IntStream;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.exceptions.CommitFailedException;

/** A job on a table to which another writer commits all the time. */
final class BusyTable {
  private static final String SINK = "job";

  /** Races that a commit has to lose in a row, one commit after the other. */
  private static final int[] RACES = {0, 1, 2, 5};

  private static final long PAUSE_MS = 100;
  private static final int CHECKPOINTS = 12;
  private static final int COMMITS = 2;
  private static final int FEW_ATTEMPTS = 3;
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final Path folder;
  private int appended;

  BusyTable(Path folder) {
    this.folder = folder;
  }

  /**
   * Has a job with default settings but for compactions, which commit as well, lose races, then has
   * the other writer commit every 100 ms until both have committed some times, and checks all that
   * they made.
   */
  void run(Changes changes) throws Exception {
    try (SharedTable table = SharedTable.create(folder, Map.of())) {
      ForeignWriter writer = new ForeignWriter(table.load());
      CommitTrap trap = CommitTrap.on(table.loader());
      trap.stopAll();
      StreamingJob job =
          StreamingJob.start(trap, changes, SINK, folder.resolve("savepoints"), null);
      try {
        for (int races : RACES) {
          trap.lose(races, () -> append(writer));
        }
        trap.letAllPass();
        long deadline = System.nanoTime() + LIMIT.toNanos();
        int forced = appended;
        while (table.flushes(SINK) < CHECKPOINTS || appended < forced + COMMITS) {
          assertThat(System.nanoTime()).as("time that the job may take").isLessThan(deadline);
          assertThat(job.isRunning()).as("the job runs").isTrue();
          appendUnlessOvertaken(writer);
          Thread.sleep(PAUSE_MS);
        }
        job.stop();
      } finally {
        trap.letAllPass();
        job.cancel();
      }
      audit(table, changes);
      assertThat(trap.lostRaces()).isGreaterThanOrEqualTo(IntStream.of(RACES).sum());
      trap.assertNoTryInVain();
      System.out.printf("%d commits of others; tries of the job's: %s%n", appended, trap.tries());
    }
  }

  /**
   * Has a job with few attempts lose a race with each; returns the failure that it comes to. What
   * it tried to commit is not there.
   */
  Throwable failureOfAJobThatAlwaysLoses(Changes changes) throws Exception {
    try (SharedTable table = SharedTable.create(folder, Map.of())) {
      ForeignWriter writer = new ForeignWriter(table.load());
      CommitTrap trap = CommitTrap.on(table.loader());
      trap.stopAll();
      StreamingJob job =
          StreamingJob.start(
              trap,
              changes,
              SINK,
              folder.resolve("savepoints"),
              null,
              Map.of(
                  "commit.max-attempts",
                  String.valueOf(FEW_ATTEMPTS),
                  "compaction.enabled",
                  "false"));
      try {
        trap.lose(1, () -> append(writer));
        String commitId = trap.await();
        trap.loseForGood(FEW_ATTEMPTS, () -> append(writer));
        Throwable failure = job.failure();
        assertThat(trap.tries(commitId)).isEqualTo(FEW_ATTEMPTS);
        assertThat(table.flushes(SINK)).isEqualTo(1);
        audit(table, changes);
        return failure;
      } finally {
        trap.letAllPass();
        job.cancel();
      }
    }
  }

  private void audit(SharedTable table, Changes changes) {
    SnapshotAudit audit = new SnapshotAudit(Map.of(SINK, changes));
    audit.advance(
        table.load(),
        new Statement(
            "append of one row",
            state -> state.insert(row(state.keys().stream().filter(BusyTable::isOthers).count()))));
    assertThat(audit.othersCommits()).isEqualTo(appended);
  }

  /** Appends the row after the last one. */
  private void append(ForeignWriter writer) {
    TableRow row = row(appended);
    Record record = GenericRecord.create(Changes.SCHEMA);
    record.set(0, row.id());
    record.set(1, row.amount());
    record.set(2, row.name());
    writer.append(List.of(record));
    appended++;
  }

  private void appendUnlessOvertaken(ForeignWriter writer) {
    try {
      append(writer);
    } catch (CommitFailedException e) {
      // the job was faster, as often as Iceberg tries
    }
  }

  private static TableRow row(long number) {
    return new TableRow(View.FIRST_OTHERS_KEY + number, -1 - number, "of another writer");
  }

  private static boolean isOthers(long key) {
    return key >= View.FIRST_OTHERS_KEY;
  }
}

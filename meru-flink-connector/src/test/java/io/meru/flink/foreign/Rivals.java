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
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Two jobs with sink ids of their own on one table. At first each has to lose races against the
 * other's checkpoints, as many in a row as {@link #RACES} says; then both run freely.
 */
final class Rivals {
  /** First key of the other job: it has none of the first one's. */
  static final long OTHER_KEYS = 1_000_000;

  /** First key of the other job: it has those of the first one. */
  static final long SAME_KEYS = 0;

  private static final int[] RACES = {1, 3};
  private static final int CHECKPOINTS = 8;
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final Path folder;

  Rivals(Path folder) {
    this.folder = folder;
  }

  /** Runs both until each has committed some checkpoints, and checks all that they made. */
  void run(Changes one, Changes other) throws Exception {
    try (SharedTable table = SharedTable.create(folder, Map.of())) {
      CommitTrap ones = CommitTrap.on(table.loader());
      CommitTrap others = CommitTrap.on(table.loader());
      ones.stopAll();
      others.stopAll();
      Path savepoints = folder.resolve("savepoints");
      StreamingJob first = StreamingJob.start(ones, one, "one", savepoints, null);
      StreamingJob second = StreamingJob.start(others, other, "other", savepoints, null);
      try {
        for (int races : RACES) {
          ones.lose(races, () -> others.pass(1));
          others.lose(races, () -> ones.pass(1));
        }
        ones.letAllPass();
        others.letAllPass();
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (table.flushes("one") < CHECKPOINTS || table.flushes("other") < CHECKPOINTS) {
          assertThat(System.nanoTime()).as("time that both may take").isLessThan(deadline);
          assertThat(first.isRunning() && second.isRunning()).as("both run").isTrue();
          Thread.sleep(50);
        }
        first.stop();
        second.stop();
      } finally {
        ones.letAllPass();
        others.letAllPass();
        first.cancel();
        second.cancel();
      }
      SnapshotAudit audit = new SnapshotAudit(Map.of("one", one, "other", other));
      audit.advance(table.load(), null);
      assertThat(audit.checkpoints()).isEqualTo(table.flushes("one") + table.flushes("other"));
      assertThat(audit.checkpoints())
          .as("commits")
          .isEqualTo(ones.tries().size() + others.tries().size());
      int forced = IntStream.of(RACES).sum();
      assertThat(ones.lostRaces()).isGreaterThanOrEqualTo(forced);
      assertThat(others.lostRaces()).isGreaterThanOrEqualTo(forced);
      ones.assertNoTryInVain();
      others.assertNoTryInVain();
      System.out.printf(
          "Tries of one job's commits: %s, of the other's: %s%n", ones.tries(), others.tries());
    }
  }
}

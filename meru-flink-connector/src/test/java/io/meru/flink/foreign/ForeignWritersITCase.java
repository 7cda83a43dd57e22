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
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.meru.flink.testing.Changes;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A job streams while Spark, in a process of its own, writes to the same table. Each statement once
 * falls whole between the plan of one of the job's commits and its effect, and once has checkpoints
 * of the job between its own plan and its effect. Agreement of every snapshot with the map shows
 * that each commit, whoever made it, did to the one before it just what it says, and that a
 * statement that Spark reports as failed did nothing.
 *
 * <p>{@code -Dforeign.statements=200} runs as many random statements, from {@code -Dforeign.seed=}.
 */
class ForeignWritersITCase {
  private static final Moment[] MOMENTS = {
    Moment.ANY, Moment.WITHIN_THE_JOBS_COMMIT, Moment.AROUND_THE_JOBS_COMMITS
  };

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  @TempDir Path folder;

  @Test
  void eachStatementTakesEffectAtItsPlaceInTheHistory() throws Exception {
    try (Scene scene = new Scene(folder, writeMode("merge-on-read"), 1)) {
      for (Operation operation : Operation.values()) {
        scene.run(operation, Moment.WITHIN_THE_JOBS_COMMIT);
        scene.run(operation, Moment.AROUND_THE_JOBS_COMMITS);
      }
      // now that a file has keys of both, checkpoints touch it
      scene.run(Operation.REWRITE_SMALL_FILES, Moment.WITHIN_THE_JOBS_COMMIT);
      assertThat(scene.run(Operation.DELETE_OTHERS_KEYS, Moment.AROUND_THE_JOBS_COMMITS))
          .isNotEmpty();
      scene.finish();

      assertThat(scene.audit().othersCommits()).isGreaterThanOrEqualTo(14);
      assertThat(scene.audit().othersRowsReplaced()).isPositive();
      assertThat(scene.audit().doublesSettled()).isPositive();
    }
  }

  @Test
  void soDoStatementsThatCopyFiles() throws Exception {
    try (Scene scene = new Scene(folder, writeMode("copy-on-write"), 2)) {
      for (Operation operation : Operation.values()) {
        if (operation.dependsOnWriteMode()) {
          scene.run(operation, Moment.WITHIN_THE_JOBS_COMMIT);
          scene.run(operation, Moment.AROUND_THE_JOBS_COMMITS);
        }
      }
      scene.finish();

      assertThat(scene.audit().othersCommits()).isGreaterThanOrEqualTo(6);
      assertThat(scene.audit().othersRowsReplaced()).isPositive();
    }
  }

  @Test
  void soDoStatementsAtAnyMoment() throws Exception {
    long seed = Long.getLong("foreign.seed", 1);
    SplittableRandom random = new SplittableRandom(seed);
    try (Scene scene = new Scene(folder, writeMode("merge-on-read"), seed)) {
      for (int i = 0; i < Integer.getInteger("foreign.statements", 4); i++) {
        Operation operation = any(Operation.values(), random);
        Moment moment = any(MOMENTS, random);
        scene.run(operation, moment);
      }
      scene.finish();

      assertThat(scene.audit().checkpoints()).isPositive();
    }
  }

  @Test
  void soDoStatementsBesideCompactions() throws Exception {
    try (Scene scene = Scene.compacting(folder, writeMode("merge-on-read"), 7)) {
      for (Operation operation : Operation.values()) {
        scene.run(operation, Moment.AROUND_A_COMPACTION);
      }
      // what is done of a compaction by then may have lost its inputs
      scene.run(Operation.DELETE_JOBS_KEYS, Moment.WITHIN_THE_JOBS_COMMIT);
      scene.run(Operation.REWRITE_SMALL_FILES, Moment.WITHIN_THE_JOBS_COMMIT);
      scene.run(Operation.UPDATE_JOBS_KEYS, Moment.ANY);
      scene.finish();

      assertThat(scene.audit().compactions()).isGreaterThanOrEqualTo(Operation.values().length);
      assertThat(scene.audit().othersCommits()).isGreaterThanOrEqualTo(5);
    }
  }

  @Test
  void anOrphanCleanUpTakesNothingOfTheJobs() throws Exception {
    try (Scene scene = new Scene(folder, Map.of(), 3)) {
      scene.removeOrphansWithinTheJobsCommit();
      scene.finish();
    }
  }

  @Test
  void anExpiryByTheJavaApiThatLeavesFilesIsSafe() throws Exception {
    try (Scene scene = new Scene(folder, writeMode("merge-on-read"), 4)) {
      // vectors that share a file, of which the job replaces some
      scene.run(Operation.DELETE_JOBS_KEYS, Moment.WITHIN_THE_JOBS_COMMIT);
      scene.run(Operation.DELETE_JOBS_KEYS, Moment.WITHIN_THE_JOBS_COMMIT);
      scene.changeWithinTheJobsCommit(
          table ->
              table
                  .expireSnapshots()
                  .expireOlderThan(table.currentSnapshot().timestampMillis())
                  .retainLast(1)
                  .cleanupLevel(ExpireSnapshots.CleanupLevel.NONE)
                  .commit());
      scene.finish();
    }
  }

  @Test
  void anAddedColumnHasItsDefaultUntilTheJobRestarts() throws Exception {
    try (Scene scene = new Scene(folder, Map.of(), 5)) {
      scene.runWithinTheJobsCommit("ALTER TABLE %s ADD COLUMN plain BIGINT");
      // Spark has no way to say this one, in Iceberg 1.11
      assertThat(scene.refusal("ALTER TABLE %s ADD COLUMN extra STRING DEFAULT 'initial'"))
          .get(STRING)
          .contains("default values in Spark is currently unsupported");
      scene.changeWithinTheJobsCommit(
          table ->
              table
                  .updateSchema()
                  .addColumn("extra", Types.StringType.get(), Literal.of("initial"))
                  .commit());

      assertThat(scene.query("select distinct extra, plain from %s"))
          .containsExactly("\"initial\", null");

      long before = scene.restart();

      assertThat(scene.query("select distinct extra, plain from %s where amount > " + before))
          .containsExactly("null, null");
      assertThat(scene.query("select distinct extra, plain from %s where amount <= " + before))
          .containsExactly("\"initial\", null");
      scene.finish();
    }
  }

  @Test
  void aDroppedColumnStopsTheJobWithAMessage() throws Exception {
    try (Scene scene = new Scene(folder, Map.of(), 6)) {
      assertThat(scene.failureAfter(table -> table.updateSchema().deleteColumn("name").commit()))
          .hasStackTraceContaining("was dropped");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {Rivals.OTHER_KEYS, Rivals.SAME_KEYS})
  void twoJobsDoNotDisturbEachOther(long firstKeyOfTheOther) throws Exception {
    Changes one = new Changes(8, 0, 400, -1);
    Changes other = new Changes(9, firstKeyOfTheOther, 400, -2);

    new Rivals(folder).run(one, other);
  }

  @Test
  void aJobGoesOnThoughOthersCommitAllTheTime() throws Exception {
    new BusyTable(folder).run(new Changes(10, 400));
  }

  @Test
  void aJobThatLosesEveryRaceFailsWithAMessage() throws Exception {
    assertThat(new BusyTable(folder).failureOfAJobThatAlwaysLoses(new Changes(11, 400)))
        .hasStackTraceContaining("other commits came between 3 times");
  }

  private static Map<String, String> writeMode(String mode) {
    return Map.of("write.delete.mode", mode, "write.update.mode", mode, "write.merge.mode", mode);
  }

  private static <T> T any(T[] values, SplittableRandom random) {
    return values[random.nextInt(values.length)];
  }
}

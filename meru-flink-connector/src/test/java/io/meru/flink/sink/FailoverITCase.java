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

package io.meru.flink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.flink.testing.ChangeSource;
import io.meru.flink.testing.Changes;
import io.meru.flink.testing.FailingOnce;
import io.meru.flink.testing.FailingOnce.Moment;
import io.meru.flink.testing.FaultyTableLoader;
import io.meru.flink.testing.FaultyTableLoader.Fault;
import io.meru.flink.testing.TestTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.iceberg.flink.TableLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The job fails once at each step of the protocol, while it merges its files; no row may be lost,
 * doubled or old.
 */
class FailoverITCase {
  private static final long CHANGES = 5_000;
  private static final int PER_SECOND = 2_500;

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  private static int compactions;

  @TempDir Path folder;

  private final Changes changes = new Changes(7, 400);

  @AfterAll
  static void someFilesWereMerged() {
    assertThat(compactions).as("compactions of all jobs").isPositive();
  }

  @ParameterizedTest
  @EnumSource(Moment.class)
  void aFailureAroundTheBarrierLosesAndDoublesNothing(Moment moment) throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    FailingOnce failing = new FailingOnce(moment);

    run(table.loader(), failing, false);

    assertThat(failing.hasFailed()).isTrue();
    table.assertEachSnapshotIsAPrefixOf(changes);
    table.assertHolds(changes, CHANGES);
    compactions += table.compactions().size();
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void aFailureInACommitLosesAndDoublesNothing(Fault fault) throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    FaultyTableLoader loader = FaultyTableLoader.of(table, Fault.NONE, fault, Fault.NONE, fault);

    run(loader, null, false);

    assertThat(loader.faultsMet()).isEqualTo(2);
    table.assertEachSnapshotIsAPrefixOf(changes);
    table.assertHolds(changes, CHANGES);
    compactions += table.compactions().size();
  }

  @ParameterizedTest
  @CsvSource({
    "CONFLICT, ERROR_BEFORE",
    "CONFLICT, ERROR_AFTER",
    "UNKNOWN_BEFORE, ERROR_AFTER",
    "UNKNOWN_AFTER, ERROR_BEFORE",
    "ERROR_BEFORE, UNKNOWN_AFTER",
    "ERROR_AFTER, CONFLICT"
  })
  void aFailureInTheRetryOfACommitLosesAndDoublesNothing(Fault first, Fault second)
      throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    FaultyTableLoader loader = FaultyTableLoader.of(table, Fault.NONE, first, second);

    run(loader, null, false);

    assertThat(loader.faultsMet()).isEqualTo(2);
    table.assertEachSnapshotIsAPrefixOf(changes);
    table.assertHolds(changes, CHANGES);
    compactions += table.compactions().size();
  }

  @Test
  void failuresWithUnalignedCheckpointsLoseAndDoubleNothing() throws Exception {
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    FailingOnce failing = new FailingOnce(Moment.AFTER_CHECKPOINT);
    FaultyTableLoader loader =
        FaultyTableLoader.of(table, Fault.NONE, Fault.ERROR_AFTER, Fault.ERROR_BEFORE);

    run(loader, failing, true);

    assertThat(failing.hasFailed()).isTrue();
    assertThat(loader.faultsMet()).isEqualTo(2);
    table.assertHolds(changes, CHANGES);
    compactions += table.compactions().size();
  }

  private void run(TableLoader loader, FailingOnce failing, boolean unaligned) throws Exception {
    Configuration config = new Configuration();
    config.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    config.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 5);
    config.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(10));
    config.set(CheckpointingOptions.ENABLE_UNALIGNED, unaligned);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
    env.setParallelism(2);
    env.enableCheckpointing(200);
    if (failing != null) {
      failing.addTo(env, CHANGES, PER_SECOND);
    }
    MeruSink.forRowData(Changes.ROW_TYPE)
        .tableLoader(loader)
        .uidSuffix("failover")
        .set("commit.min-backoff", "1ms")
        .set("compaction.level-trigger", "2")
        .append(ChangeSource.stream(env, changes, CHANGES, PER_SECOND));
    env.execute();
  }
}

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

package io.meru.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Writers, committer and table against a map, in schedules drawn at random: rows on their way,
 * flushes, barriers, commits, failures, restores, rescales, zombies, other jobs and other writers,
 * each step of one between any two of another. Agreement proves invariants 1, 2, 3, 4 and 8 of the
 * design for the schedules drawn: every snapshot that ever was held what its parent held and the
 * changes of one checkpoint, each checkpoint took effect once, and no row was lost.
 *
 * <p>{@code -Dmeru.simulation.schedules=50000} draws more of them, {@code
 * -Dmeru.simulation.first=10000} those from that seed on; a schedule that fails says its seed and
 * its steps, and {@code -Dmeru.simulation.seed=N} runs it alone.
 */
class SimulationTest {
  private static final int SCHEDULES = 2_000;

  @Test
  void everySnapshotHoldsWhatAMapHoldsUnderTheSameChanges() {
    Long one = Long.getLong("meru.simulation.seed");
    long first = Long.getLong("meru.simulation.first", 0);
    LongStream seeds =
        one != null
            ? LongStream.of(one)
            : LongStream.range(
                first, first + Integer.getInteger("meru.simulation.schedules", SCHEDULES));
    SideBySide.Result result = SideBySide.run(seeds.toArray());
    System.out.println(result);
    if (result.schedules() >= SCHEDULES) {
      assertThat(result.compactions()).isPositive();
      assertThat(result.compactionsAtRest()).isPositive();
      assertThat(result.tableCompactions()).isPositive();
    }
  }

  /**
   * Seeds that fail without what was once mended: 7 when manifests are deleted after a commit that
   * was only said to have failed, 829 when a checkpoint without effect loses its files before it is
   * restored. What other seeds once found, the simulation has not found again since its draws
   * changed: {@code VersionTrackerTest} and {@code EmptyCheckpointTest} hold it. Whoever changes
   * what is drawn has to look for others.
   */
  @ParameterizedTest
  @ValueSource(longs = {7, 829})
  void whatWasMendedStaysMended(long seed) {
    new Schedule(seed).run();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void aSeedReplaysItsSchedule(long seed) {
    assertThat(trace(seed)).isEqualTo(trace(seed));
  }

  private static List<String> trace(long seed) {
    Schedule schedule = new Schedule(seed);
    schedule.run();
    return schedule.trace();
  }
}

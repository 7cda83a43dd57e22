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

package io.meru;

import java.util.Map;
import java.util.stream.LongStream;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The engine against a map: random changes, flushes, barriers, commits, failures, restores (of
 * older checkpoints too), rescales and foreign commits, in an order drawn from a seed. After every
 * commit that leaves nothing pending the table, read by Iceberg's own reader, holds the map's rows;
 * at no snapshot do two live rows share a key or a file have two deletion vectors. Agreement proves
 * invariants 1, 2, 3, 4 and 8 of the design for the schedules drawn.
 *
 * <p>{@code -Dmeru.simulation.seed=N} replays one seed, {@code -Dmeru.simulation.seeds=N} sets how
 * many are drawn.
 */
class EngineSimulationTest {
  static LongStream seeds() {
    Long one = Long.getLong("meru.simulation.seed");
    return one != null
        ? LongStream.of(one)
        : LongStream.range(0, Integer.getInteger("meru.simulation.seeds", 15));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theTableEqualsAMapUnderTheSameChanges(long seed) {
    new SimulatedSchedule(seed, memory()).run();
  }

  @Test
  void aRestartWithoutStateGoesOnWhereTheTableStands() {
    SimulatedSchedule schedule = new SimulatedSchedule(4711, memory());
    schedule.job.read(200);
    schedule.job.barrier();
    schedule.job.commitOldest();
    schedule.job.restore(schedule.job.checkpoints(), 3);
    schedule.job.read(SimulatedSchedule.LOG_LENGTH);
    schedule.job.barrier();
    schedule.job.commitOldest();
    schedule.check();
  }

  private static InMemoryCatalog memory() {
    InMemoryCatalog catalog = new InMemoryCatalog();
    catalog.initialize("memory", Map.of());
    catalog.createNamespace(Namespace.of("db"));
    return catalog;
  }
}

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

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A few schedules on real processes, one for each kind of fault; {@code -Dfaults.schedules=200}
 * runs as many, from {@code -Dfaults.seed=}. Under each of them the table must be the one that a
 * map has.
 */
class FaultsITCase {
  @Test
  void noFaultLosesOrDoublesARow() throws Exception {
    assertThat(violations(FlinkCluster.Kind.STANDALONE, "faults.schedules")).isEmpty();
  }

  @Test
  void noFaultLosesOrDoublesARowWhereZooKeeperRemembersTheJobs() throws Exception {
    assertThat(violations(FlinkCluster.Kind.ZOOKEEPER, "faults.zookeeper.schedules")).isEmpty();
  }

  private static List<String> violations(FlinkCluster.Kind kind, String schedules)
      throws Exception {
    FaultMain.Places places =
        new FaultMain.Places(
            Path.of(System.getProperty("faults.directory")),
            Path.of(System.getProperty("meru.spark.classpath")).getParent(),
            Path.of(System.getProperty("meru.rest.classpath")));
    return FaultMain.run(
        places,
        kind,
        Long.getLong("faults.seed"),
        Integer.getInteger(schedules, FaultKind.of(kind).size()),
        Integer.getInteger("faults.faults"),
        System.out);
  }
}

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

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final List<FaultKind> KINDS = FaultKind.of(FlinkCluster.Kind.STANDALONE);

  @Test
  void aSeedGivesTheSameScheduleEachTime() {
    assertThat(Schedule.of(17, KINDS)).isEqualTo(Schedule.of(17, KINDS));
    assertThat(Schedule.of(17, KINDS)).isNotEqualTo(Schedule.of(18, KINDS));
  }

  @Test
  void successiveSeedsHaveEveryKindOfFault() {
    Set<FaultKind> first = EnumSet.noneOf(FaultKind.class);
    for (long seed = 100; seed < 100 + KINDS.size(); seed++) {
      first.add(Schedule.of(seed, KINDS).steps().get(0).kind());
    }

    assertThat(first).containsExactlyInAnyOrderElementsOf(KINDS);
  }

  @Test
  void aFaultOfTheCatalogHasACatalogThatIsAServer() {
    for (long seed = 0; seed < 500; seed++) {
      Schedule schedule = Schedule.of(seed, KINDS);

      assertThat(
              schedule.rest()
                  || schedule.steps().stream()
                      .noneMatch(s -> s.kind().needsRest() || s.holdsCommit()))
          .as(schedule.toString())
          .isTrue();
      assertThat(schedule.unaligned() || !schedule.has(FaultKind.SLOW_SINK))
          .as(schedule.toString())
          .isTrue();
    }
  }

  @Test
  void aProcessIsFrozenWithItsCommitOnTheWayAndInTheMiddleOfIt() {
    Set<Boolean> both = new HashSet<>();
    for (long seed = 0; seed < 500; seed++) {
      Schedule.of(seed, KINDS).steps().stream()
          .filter(step -> step.kind() == FaultKind.ZOMBIE)
          .forEach(step -> both.add(step.holdsCommit()));
    }
    assertThat(both).containsExactlyInAnyOrder(true, false);
  }

  @Test
  void whatOthersAppendIsFollowedRowByRow() {
    int appends = 0;
    for (long seed = 0; seed < 500; seed++) {
      Schedule schedule = Schedule.of(seed, KINDS);
      if (schedule.has(FaultKind.FOREIGN_APPENDS) && !schedule.has(FaultKind.SLOW_SINK)) {
        appends++;
        assertThat(schedule.unaligned()).as(schedule.toString()).isFalse();
      }
    }
    assertThat(appends).isPositive();
  }

  @Test
  void eachKindOfFaultIsThatOfSomeCluster() {
    Set<FaultKind> both = EnumSet.copyOf(KINDS);
    both.addAll(FaultKind.of(FlinkCluster.Kind.ZOOKEEPER));

    assertThat(both).containsExactlyInAnyOrder(FaultKind.values());
  }
}

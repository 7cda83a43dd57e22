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

package io.meru.commit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private final Backoff backoff =
      new Backoff(new CommitOptions(20, 50, 5_000, 0, 0, false, Map.of()), UUID::randomUUID);

  @Test
  void eachFailureDoublesTheWaitUpToTheLongest() {
    assertThat(limitsAfter(9, backoff::failed))
        .containsExactly(50L, 100L, 200L, 400L, 800L, 1_600L, 3_200L, 5_000L, 5_000L);
  }

  @Test
  void tenLostRacesLeaveTheWaitAsItIs() {
    assertThat(limitsAfter(10, backoff::lostRace)).containsOnly(50L);
    assertThat(limitsAfter(4, backoff::lostRace)).containsExactly(50L, 100L, 200L, 400L);
  }

  @Test
  void lostRacesDoNotHideFailures() {
    assertThat(limitsAfter(3, backoff::lostRace)).containsOnly(50L);
    assertThat(limitsAfter(3, backoff::failed)).containsExactly(50L, 100L, 200L);
  }

  @Test
  void theLongestWaitNeverOverflows() {
    assertThat(limitsAfter(200, backoff::failed)).last().isEqualTo(5_000L);
  }

  private List<Long> limitsAfter(int times, Runnable event) {
    List<Long> limits = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      event.run();
      limits.add(backoff.limitMs());
    }
    return limits;
  }
}

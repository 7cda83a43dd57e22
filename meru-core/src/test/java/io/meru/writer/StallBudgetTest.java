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

package io.meru.writer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class StallBudgetTest {
  private static final long LIMIT = 1_000;

  private final StallBudget budget = new StallBudget(LIMIT, 0);

  @Test
  void oneMergeIsWaitedForNoLongerThanTheLimit() {
    budget.resume(0);
    budget.stalledUntil(600);
    assertThat(budget.isSpent()).isFalse();
    budget.resume(5_000);
    budget.stalledUntil(5_399);
    assertThat(budget.isSpent()).isFalse();
    budget.stalledUntil(5_400);
    assertThat(budget.isSpent()).as("600 and 400, however long between").isTrue();
    budget.resume(50_000);
    assertThat(budget.isSpent()).isTrue();
    budget.mergeStarts();
    assertThat(budget.isSpent()).isFalse();
  }

  @Test
  void severalMergesInOneGoHaveOneLimit() {
    budget.resume(0);
    budget.stalledUntil(700);
    budget.mergeStarts();
    budget.resume(710);
    budget.stalledUntil(1_049);
    assertThat(budget.isSpent()).as("10 made up for 40").isFalse();
    budget.stalledUntil(1_050);
    assertThat(budget.isSpent()).isTrue();
    budget.mergeStarts();
    assertThat(budget.isSpent()).isTrue();
    budget.resume(1_051);
    assertThat(budget.isSpent()).isFalse();
  }

  @Test
  void aLimitOfZeroLetsNothingWait() {
    StallBudget none = new StallBudget(0, 0);
    none.resume(1_000);
    assertThat(none.isSpent()).isTrue();
  }

  @Test
  void aLimitWithoutBoundIsNeverSpent() {
    StallBudget endless = new StallBudget(Long.MAX_VALUE, 0);
    endless.stalledUntil(1L << 55);
    endless.resume(1L << 56);
    assertThat(endless.isSpent()).isFalse();
    endless.resume(Long.MAX_VALUE);
    assertThat(endless.isSpent()).isFalse();
  }

  @Test
  void inNoStretchIsTheInputHeldUpForLongerThanTheLimitAndFourTimesItsFreeTime() {
    Random random = new Random(1);
    long now = 0;
    long free = 0;
    long stalled = 0;
    long mostOwed = 0; // the largest stall less what free time allowed, of any stretch up to now
    for (int i = 0; i < 100_000; i++) {
      long step = random.nextInt(300);
      now += step;
      free += step;
      mostOwed = Math.max(0, mostOwed - 4 * step);
      budget.resume(now);
      if (random.nextInt(3) == 0) {
        budget.mergeStarts();
      }
      while (!budget.isSpent() && random.nextInt(200) != 0) {
        long wait = 1 + random.nextInt(10);
        now += wait;
        stalled += wait;
        mostOwed += wait;
        budget.stalledUntil(now);
      }
      assertThat(mostOwed).as("of the last, at most one wait too much").isLessThan(LIMIT + 10);
    }
    assertThat(stalled).as("yet it is used").isGreaterThan(free);
  }
}

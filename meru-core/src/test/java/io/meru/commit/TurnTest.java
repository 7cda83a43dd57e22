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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.Table;
import org.apache.iceberg.UpdateProperties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TurnTest {
  private static final int LONG_MS = 60_000;

  private final TestTable test = new TestTable(1);
  private final Faults faults = new Faults();
  private final Table table = test.load(faults);
  private final Table another = test.load();

  @Test
  void askingTwiceIsAskingOnce() {
    Turn turn = turn(LONG_MS);
    turn.ask();
    String token = token();
    turn.ask();
    assertThat(token()).isNotNull().isEqualTo(token);
    assertThat(turn.awaitOthers()).as("waits for itself").isFalse();
  }

  @Test
  void whoAsksLaterGoesLater() throws Exception {
    set("another's");
    Turn turn = turn(LONG_MS);
    turn.ask();
    assertThat(token()).isEqualTo("another's");

    CompletableFuture<Boolean> wait = CompletableFuture.supplyAsync(turn::awaitOthers);
    Thread.sleep(100);
    assertThat(wait).isNotDone();
    set(null);
    assertThat(wait.get(30, TimeUnit.SECONDS)).isTrue();
    turn.ask();
    assertThat(token()).isNotNull();
  }

  @Test
  void whoHasGoneIsWaitedForOnceAndThenReplaced() {
    set("gone");
    Turn turn = turn(Turn.POLLS);
    int before = faults.refreshes();
    assertThat(turn.awaitOthers()).isTrue();
    assertThat(faults.refreshes() - before).isEqualTo(Turn.POLLS);
    assertThat(turn.awaitOthers()).isFalse();
    turn.ask();
    assertThat(token()).isNotNull().isNotEqualTo("gone");
  }

  @Test
  void whoWasPassedOverAsksWithANewToken() {
    Turn slow = turn(Turn.POLLS);
    slow.ask();
    String first = token();
    Turn other = new Turn(another, Turn.POLLS, test.ids());
    another.refresh();
    assertThat(other.awaitOthers()).isTrue();
    set(null);
    table.refresh();

    slow.ask();
    another.refresh();
    assertThat(token()).isNotNull().isNotEqualTo(first);
    assertThat(other.awaitOthers()).as("waits for the second one, too").isTrue();
  }

  @Test
  void aTableThatCannotBeReadEndsTheWait() {
    set("another's");
    Turn turn = turn(LONG_MS);
    faults.failRefreshes(1);
    assertThat(turn.awaitOthers()).isTrue();
  }

  @Test
  void aCatalogThatRefusesItDoesNotMatter() {
    Turn turn = turn(LONG_MS);
    for (int i = 0; i < 20; i++) {
      faults.commits(Faults.Kind.FAIL);
    }
    turn.ask();
    assertThat(token()).isNull();
    turn.giveBack();
    assertThat(turn.awaitOthers()).isFalse();
  }

  @Test
  void onlyTheOwnTurnIsGivenBack() {
    Turn turn = turn(LONG_MS);
    turn.ask();
    turn.giveBack();
    assertThat(token()).isNull();
    set("another's");
    turn.giveBack();
    assertThat(token()).isEqualTo("another's");
  }

  /** Of a committer that has just looked at the table. */
  private Turn turn(int limitMs) {
    table.refresh();
    return new Turn(table, limitMs, test.ids());
  }

  private @Nullable String token() {
    return test.load().properties().get(MeruProperties.TURN);
  }

  private void set(@Nullable String token) {
    UpdateProperties update = test.load().updateProperties();
    if (token == null) {
      update.remove(MeruProperties.TURN).commit();
    } else {
      update.set(MeruProperties.TURN, token).commit();
    }
  }
}

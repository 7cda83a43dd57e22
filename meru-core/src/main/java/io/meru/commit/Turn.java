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

import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.Table;
import org.apache.iceberg.UpdateProperties;
import org.jspecify.annotations.Nullable;

/**
 * Gives a committer that loses race after race its turn. Planning anew takes time in which a rival
 * that commits without a pause is always faster; a table property takes next to none to write. So
 * the loser puts a random token there, and other committers wait before their next plan until it is
 * gone, with the loser's commit, or for the longest wait between two tries. Nobody waits for a
 * token twice: its owner may be gone.
 *
 * <p>It is a courtesy, which nothing but speed depends on. Other writers know nothing of it.
 */
final class Turn {
  /** Lost races of one commit after which a committer asks for its turn. */
  static final int LOST_RACES = 5;

  private final Table table;
  private final CommitOptions options;
  private final Supplier<UUID> ids;
  private @Nullable String own;
  private @Nullable String waitedFor;

  /**
   * No turn yet.
   *
   * @param table refreshed by the waits
   */
  Turn(Table table, CommitOptions options, Supplier<UUID> ids) {
    this.table = table;
    this.options = options;
    this.ids = ids;
  }

  /** Asks for the turn, unless that was done already. May fail like any commit. */
  void ask() {
    if (own == null) {
      own = ids.get().toString();
    }
    if (!own.equals(table.properties().get(MeruProperties.TURN))) {
      table.updateProperties().set(MeruProperties.TURN, own).commit();
    }
  }

  /** Whether {@code properties} say that it is another committer's turn. */
  boolean isAnothers(Map<String, String> properties) {
    String token = properties.get(MeruProperties.TURN);
    return token != null && !token.equals(own) && !token.equals(waitedFor);
  }

  /** Waits until the other one's turn is over. */
  void awaitOwn() {
    Backoff backoff = new Backoff(options, ids);
    long waitedMs = 0;
    while (waitedMs < options.maxBackoffMs() && isAnothers(table.properties())) {
      waitedMs += backoff.await();
      backoff.failed();
      table.refresh();
    }
    waitedFor = table.properties().get(MeruProperties.TURN);
  }

  /** Has the commit that {@code update} belongs to end the turn: its own, or one that is over. */
  void endBy(UpdateProperties update, Map<String, String> properties) {
    if (properties.containsKey(MeruProperties.TURN)) {
      update.remove(MeruProperties.TURN);
    }
  }

  /** That commit went through. */
  void ended() {
    own = null;
  }
}

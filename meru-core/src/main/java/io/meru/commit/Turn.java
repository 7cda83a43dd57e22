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
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.Table;
import org.apache.iceberg.UpdateProperties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a committer that loses race after race its turn. Planning anew takes time in which a rival
 * that commits without a pause is always faster; a table property takes next to none to write. So
 * the loser puts a random token there, and other committers wait before their next plan until it is
 * gone, with the loser's commit, or for the longest wait between two tries. Nobody waits twice for
 * the token that was the last one waited for: its owner may be gone, or take longer than that.
 *
 * <p>It is a courtesy, on which nothing but speed depends: what goes wrong with it is passed over.
 * Writers of another kind know nothing of it.
 */
final class Turn {
  /** Lost races of one commit after which a committer asks for its turn. */
  static final int LOST_RACES = 5;

  /** How often a wait looks at the table. */
  static final int POLLS = 50;

  private static final Logger LOG = LoggerFactory.getLogger(Turn.class);

  private final Table table;
  private final long limitMs;
  private final Supplier<UUID> ids;
  private @Nullable String own;
  private @Nullable String waitedFor;

  /**
   * No turn yet.
   *
   * @param table as last refreshed; a wait refreshes it
   * @param limitMs longest wait for another one's turn
   * @param ids source of tokens
   */
  Turn(Table table, long limitMs, Supplier<UUID> ids) {
    this.table = table;
    this.limitMs = limitMs;
    this.ids = ids;
  }

  /** Asks for the turn, unless it is the own one already, or another's. */
  void ask() {
    if (isAnothers() || isOwn()) {
      return;
    }
    own = ids.get().toString(); // a new one, since who waited for the last one is done with that
    try {
      table.updateProperties().set(MeruProperties.TURN, own).commit();
    } catch (RuntimeException e) {
      LOG.info("Cannot ask for a turn on table {}, trying without", table.name(), e);
    }
  }

  /** Waits until another one's turn is over; returns whether there was one. */
  boolean awaitOthers() {
    if (!isAnothers()) {
      return false;
    }
    String token = token();
    LOG.info("Letting another committer of table {}, which lost its races, go first", table.name());
    long pollMs = Math.max(1, limitMs / POLLS);
    for (long ms = 0; ms < limitMs && Objects.equals(token, token()); ms += pollMs) {
      Backoff.sleep(pollMs);
      if (!refresh()) {
        break;
      }
    }
    waitedFor = token;
    return true;
  }

  /** Has the commit that {@code update} belongs to end whatever turn there is. */
  void endBy(UpdateProperties update, Map<String, String> properties) {
    if (properties.containsKey(MeruProperties.TURN)) {
      update.remove(MeruProperties.TURN);
    }
  }

  /** Gives back an own turn that no commit has ended. */
  void giveBack() {
    try {
      if (isOwn()) {
        table.updateProperties().remove(MeruProperties.TURN).commit();
      }
    } catch (RuntimeException e) {
      LOG.info("Cannot give back the turn on table {}, others will wait once", table.name(), e);
    }
    own = null;
  }

  private boolean isOwn() {
    return own != null && own.equals(token());
  }

  private boolean isAnothers() {
    String token = token();
    return token != null && !token.equals(own) && !token.equals(waitedFor);
  }

  private @Nullable String token() {
    return table.properties().get(MeruProperties.TURN);
  }

  /** Whether it could; if not, the plan will meet what is wrong, too. */
  private boolean refresh() {
    try {
      table.refresh();
      return true;
    } catch (RuntimeException e) {
      LOG.info("Cannot refresh table {} while another committer goes first", table.name(), e);
      return false;
    }
  }
}

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

import io.meru.error.CommitConflictException;
import io.meru.metrics.CommitMetrics;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries a commit until it is settled what became of it: planned anew after each lost race, looked
 * for in the table after each answer that leaves it open. Used by one thread at a time.
 */
final class CommitAttempts {
  private static final Logger LOG = LoggerFactory.getLogger(CommitAttempts.class);

  /** Refreshes that may fail before an unknown commit state is given up on. */
  private static final int REFRESHES = 10;

  /** What is to be committed. */
  interface Job {
    /**
     * Looks at the table and commits if that is still to be done.
     *
     * @throws ValidationException or {@link CommitFailedException} if the race was lost
     */
    void tryOnce();

    /** Whether the table, as refreshed, holds what the job was to commit. */
    boolean isDone();

    /** Whether a next try has a chance; when it has none, others need not wait for it. */
    default boolean mayGoOn() {
      return true;
    }

    /** Deletes what the lost try left behind; called when the table is known not to refer to it. */
    void discard();
  }

  private final Table table;
  private final String tableName;
  private final CommitOptions options;
  private final CommitMetrics metrics;
  private final Supplier<UUID> ids;
  private final ClockCheck clockCheck;
  private final Turn turn;

  CommitAttempts(
      Table table,
      String tableName,
      CommitOptions options,
      CommitMetrics metrics,
      Clock clock,
      Supplier<UUID> ids) {
    this.table = table;
    this.tableName = tableName;
    this.options = options;
    this.metrics = metrics;
    this.ids = ids;
    this.clockCheck = new ClockCheck(tableName, clock);
    this.turn = new Turn(table, options.maxBackoffMs(), ids);
  }

  /**
   * Tries {@code job}.
   *
   * @param what it is, for messages
   * @throws CommitConflictException if every attempt lost its race
   * @throws CommitStateUnknownException if it cannot be found out whether the commit went through;
   *     nothing has been deleted
   */
  void untilSettled(String what, Job job) {
    try {
      tryUntilSettled(what, job);
    } finally {
      turn.giveBack();
    }
  }

  /** A transaction on the table as it is now, or will be when another committer had its turn. */
  Transaction newTransaction() {
    Transaction transaction = HonestOperations.newTransaction(table);
    return turn.awaitOthers() ? HonestOperations.newTransaction(table) : transaction;
  }

  /** Has the commit that {@code update} belongs to end whatever turn there is. */
  void endTurn(UpdateProperties update, Map<String, String> properties) {
    turn.endBy(update, properties);
  }

  /**
   * A check against snapshot {@code parentId} fails as a wrong argument when that was rolled back
   * meanwhile, which is a lost race.
   */
  RuntimeException lostRaceOr(IllegalArgumentException e, long parentId) {
    table.refresh();
    return Head.id(table.currentSnapshot()) == parentId
        ? e
        : new ValidationException(e, "Snapshot %d was rolled back", parentId);
  }

  private void tryUntilSettled(String what, Job job) {
    RuntimeException last = null;
    Backoff backoff = new Backoff(options, ids);
    for (int attempt = 0; attempt < options.maxAttempts(); attempt++) {
      if (attempt > 0) {
        metrics.retried();
        LOG.info("Trying {} of table {} again: {}", what, tableName, String.valueOf(last));
        backoff.await();
      }
      try {
        job.tryOnce();
        return;
      } catch (CommitStateUnknownException e) {
        refreshAfter(e);
        backoff.failed();
        last = e;
      } catch (ValidationException e) {
        backoff.lostRace();
        boolean goesOn = attempt + 1 < options.maxAttempts() && job.mayGoOn();
        if (goesOn && backoff.lostRaces() >= Turn.LOST_RACES) {
          turn.ask();
        }
        last = e;
      } catch (CommitFailedException e) {
        backoff.failed();
        last = e;
      } catch (IllegalArgumentException e) {
        if (clockCheck.isBehind(table)) {
          job.discard();
          throw clockCheck.behind(what, table, e);
        }
        throw e;
      }
    }
    table.refresh();
    if (job.isDone()) {
      return;
    }
    job.discard();
    throw new CommitConflictException(
        ("Cannot commit %s to table %s: other commits came between %d times. Too many writers commit"
                + " to the table; lengthen their intervals or raise the number of attempts.")
            .formatted(what, tableName, options.maxAttempts()),
        last);
  }

  /** The next try has to see what became of this one; when the table can't be read, give up. */
  private void refreshAfter(CommitStateUnknownException unknown) {
    Backoff backoff = new Backoff(options, ids);
    for (int attempt = 1; ; attempt++) {
      try {
        table.refresh();
        return;
      } catch (RuntimeException e) {
        unknown.addSuppressed(e);
        if (attempt == REFRESHES) {
          throw unknown;
        }
      }
      backoff.failed();
      backoff.await();
    }
  }
}

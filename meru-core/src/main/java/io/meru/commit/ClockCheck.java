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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.HistoryEntry;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;

/**
 * Tells why Iceberg refuses a commit when this machine's clock stands too far behind the table's
 * last change, because it went back or because another machine's is ahead: Iceberg's own words name
 * neither the clock nor the way out.
 */
final class ClockCheck {
  /** What Iceberg allows for clocks of different machines. */
  private static final Duration TOLERANCE = Duration.ofMinutes(1);

  private final String tableName;
  private final Clock clock;

  ClockCheck(String tableName, Clock clock) {
    this.tableName = tableName;
    this.clock = clock;
  }

  /** Whether Iceberg refuses commits to {@code table} because of the clock. */
  boolean isBehind(Table table) {
    return clock.instant().plus(TOLERANCE).isBefore(lastChange(table));
  }

  /** What to throw when the clock is behind; the same commit succeeds once it is not. */
  IllegalStateException behind(String what, Table table, IllegalArgumentException refusal) {
    Instant lastChange = lastChange(table);
    return new IllegalStateException(
        ("Cannot commit %s to table %s: this machine's clock says %s, but the table was last changed"
                + " at %s, and Iceberg takes no commit that is more than a minute older. Set the"
                + " clocks of all machines that commit to the table. Nothing is lost: the commit"
                + " goes through at the first restart of the job after %s by this clock.")
            .formatted(what, tableName, clock.instant(), lastChange, lastChange.minus(TOLERANCE)),
        refusal);
  }

  private static Instant lastChange(Table table) {
    long last = 0;
    for (HistoryEntry entry : table.history()) {
      last = entry.timestampMillis(); // the last of them is what Iceberg compares with
    }
    if (table instanceof HasTableOperations operations) {
      TableMetadata metadata = operations.operations().current();
      last = Math.max(last, metadata.lastUpdatedMillis());
    }
    return Instant.ofEpochMilli(last);
  }
}

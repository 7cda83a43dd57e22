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

package io.meru.maintenance;

import java.time.Duration;
import java.util.List;

/**
 * Which files an orphan removal may delete.
 *
 * @param minAge age below which no file is touched: a writer, or a checkpoint that is not committed
 *     yet, may still need it
 * @param shortAgeAllowed whether {@code minAge} may be below {@link #LEAST_AGE}
 * @param scope whose files
 * @param alsoUnder further locations to list, beside the table's own folders for data and metadata.
 *     They must belong to this table alone: what other tables have there would be deleted
 * @param maxFiles orphans of one run; the next finds the rest
 */
public record OrphanOptions(
    Duration minAge, boolean shortAgeAllowed, Scope scope, List<String> alsoUnder, int maxFiles) {
  /**
   * A job that is down for longer than this between a checkpoint and its commit is rare enough to
   * be asked for.
   */
  public static final Duration LEAST_AGE = Duration.ofDays(1);

  /** Three days, as with Iceberg's own procedure. */
  public static final OrphanOptions DEFAULTS =
      new OrphanOptions(Duration.ofDays(3), false, Scope.ALL, List.of(), 100_000);

  /** Whose files are removed. */
  public enum Scope {
    /** All that lie in the table's folders. */
    ALL,
    /**
     * Those that have a name as Meru and Iceberg's commits give it; metadata files only where the
     * table has old ones deleted ({@code write.metadata.delete-after-commit.enabled}).
     */
    OWN
  }

  /** Refuses an age that a pending checkpoint may well have. */
  public OrphanOptions {
    alsoUnder = List.copyOf(alsoUnder);
    if (minAge.compareTo(LEAST_AGE) < 0 && !shortAgeAllowed) {
      throw new IllegalArgumentException(
          ("Orphans must be at least %s old but were to be %s: a checkpoint that is not committed"
                  + " yet has files that no snapshot names, and a job that is down keeps them for"
                  + " as long as it is. If no job and no other writer can have such files, allow a"
                  + " short age.")
              .formatted(LEAST_AGE, minAge));
    }
    if (minAge.isNegative() || maxFiles < 1) {
      throw new IllegalArgumentException(
          "Orphans need an age of 0 or more and a number of 1 or more but had %s and %d"
              .formatted(minAge, maxFiles));
    }
  }

  /** These options with another age. */
  public OrphanOptions withMinAge(Duration age, boolean shortAllowed) {
    return new OrphanOptions(age, shortAllowed, scope, alsoUnder, maxFiles);
  }

  /** These options with another scope. */
  public OrphanOptions withScope(Scope other) {
    return new OrphanOptions(minAge, shortAgeAllowed, other, alsoUnder, maxFiles);
  }
}

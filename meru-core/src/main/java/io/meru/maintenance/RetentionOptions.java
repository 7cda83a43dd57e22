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

import static org.apache.iceberg.TableProperties.MAX_SNAPSHOT_AGE_MS;
import static org.apache.iceberg.TableProperties.MIN_SNAPSHOTS_TO_KEEP;

import java.time.Duration;
import java.util.Map;
import org.apache.iceberg.SnapshotRef;
import org.jspecify.annotations.Nullable;

/**
 * How long snapshots of the main branch stay. A null leaves the choice to the branch's own
 * retention or the table's properties {@code history.expire.*}, where one is set, else to {@link
 * #DEFAULTS}. Where they set an age and this has no number, the number of snapshots has no bound:
 * somebody wanted that history.
 *
 * @param timeRetained age beyond which a snapshot is expired
 * @param minTimeRetained age below which none is, however many there are
 * @param minSnapshots newest snapshots that always stay
 * @param maxSnapshots number beyond which older snapshots are expired before their time
 */
public record RetentionOptions(
    @Nullable Duration timeRetained,
    @Nullable Duration minTimeRetained,
    @Nullable Integer minSnapshots,
    @Nullable Integer maxSnapshots) {
  /** The table decides, or the defaults. */
  public static final RetentionOptions UNSET = new RetentionOptions(null, null, null, null);

  /**
   * An hour, a hundred snapshots. A hundred take 110 KB of metadata.json, which every commit writes
   * and every writer reads.
   */
  public static final Retention DEFAULTS =
      new Retention(Duration.ofHours(1), Duration.ofMinutes(5), 20, 100);

  /** Refuses bounds that contradict each other. */
  public RetentionOptions {
    checkPositive("time", timeRetained);
    checkPositive("minimum time", minTimeRetained);
    if (minSnapshots != null && minSnapshots < 1) {
      throw new IllegalArgumentException(
          "At least 1 snapshot must be retained but was %d".formatted(minSnapshots));
    }
    if (maxSnapshots != null && maxSnapshots < (minSnapshots == null ? 1 : minSnapshots)) {
      throw new IllegalArgumentException(
          "The highest number of snapshots, %d, must not be below the lowest, %d"
              .formatted(maxSnapshots, minSnapshots == null ? 1 : minSnapshots));
    }
  }

  /** Settled bounds; see {@link RetentionOptions}. */
  public record Retention(
      Duration timeRetained, Duration minTimeRetained, int minSnapshots, int maxSnapshots) {
    /** Whether the {@code index}-th newest snapshot of the main branch, from 0, stays. */
    boolean keeps(int index, long ageMs) {
      return index < minSnapshots
          || ageMs <= minTimeRetained.toMillis()
          || (index < maxSnapshots && ageMs <= timeRetained.toMillis());
    }
  }

  /** The bounds that hold for a table. */
  Retention settle(Map<String, String> properties, @Nullable SnapshotRef main) {
    Long tableAge =
        main != null && main.maxSnapshotAgeMs() != null
            ? main.maxSnapshotAgeMs()
            : number(properties, MAX_SNAPSHOT_AGE_MS);
    Long tableMin =
        main != null && main.minSnapshotsToKeep() != null
            ? Long.valueOf(main.minSnapshotsToKeep())
            : number(properties, MIN_SNAPSHOTS_TO_KEEP);
    Duration time =
        timeRetained != null
            ? timeRetained
            : tableAge != null ? Duration.ofMillis(tableAge) : DEFAULTS.timeRetained();
    int min =
        minSnapshots != null
            ? minSnapshots
            : tableMin != null ? Math.toIntExact(tableMin) : DEFAULTS.minSnapshots();
    boolean tableWantsHistory = timeRetained == null && tableAge != null;
    int max =
        maxSnapshots != null
            ? maxSnapshots
            : tableWantsHistory ? Integer.MAX_VALUE : DEFAULTS.maxSnapshots();
    Duration minTime = minTimeRetained != null ? minTimeRetained : DEFAULTS.minTimeRetained();
    if (minTime.compareTo(time) > 0) {
      minTime = time;
    }
    return new Retention(time, minTime, maxSnapshots == null ? min : Math.min(min, max), max);
  }

  private static @Nullable Long number(Map<String, String> properties, String key) {
    String value = properties.get(key);
    return value == null ? null : Long.valueOf(value);
  }

  private static void checkPositive(String what, @Nullable Duration duration) {
    if (duration != null && duration.isNegative()) {
      throw new IllegalArgumentException(
          "The %s for which snapshots are retained must not be negative but was %s"
              .formatted(what, duration));
    }
  }
}

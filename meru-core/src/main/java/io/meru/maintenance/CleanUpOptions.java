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

/**
 * What the cleaner of a running job does.
 *
 * @param enabled whether it does anything
 * @param expireInterval time between two expiries
 * @param retention which snapshots stay
 * @param orphanInterval time between two removals of orphans; zero for none
 * @param orphans which of them go
 */
public record CleanUpOptions(
    boolean enabled,
    Duration expireInterval,
    RetentionOptions retention,
    Duration orphanInterval,
    OrphanOptions orphans) {
  /** Expires every minute, looks for Meru's own orphans every day. */
  public static final CleanUpOptions DEFAULTS =
      new CleanUpOptions(
          true,
          Duration.ofMinutes(1),
          RetentionOptions.UNSET,
          Duration.ofDays(1),
          OrphanOptions.DEFAULTS.withScope(OrphanOptions.Scope.OWN));

  /** Refuses negative times. */
  public CleanUpOptions {
    if (expireInterval.isNegative() || orphanInterval.isNegative()) {
      throw new IllegalArgumentException(
          "Intervals of clean-up must not be negative but were %s and %s"
              .formatted(expireInterval, orphanInterval));
    }
  }
}

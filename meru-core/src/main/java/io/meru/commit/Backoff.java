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

import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Waits between the tries of one commit, with jitter, so that rivals part. After a failure the wait
 * is twice as long as before. After a lost race it is not, for {@value #QUICK_TRIES} times: whoever
 * won has just committed, so it is a good moment to try again, and a committer that waited longer
 * after each race would be overtaken ever again by one that commits more often than it tries.
 */
final class Backoff {
  /** Lost races that don't lengthen the wait. */
  static final int QUICK_TRIES = 10;

  private static final int MAX_DOUBLINGS = 20;

  private final long minMs;
  private final long maxMs;
  private final Supplier<UUID> chance;
  private int lostRaces;
  private int failures;

  Backoff(CommitOptions options, Supplier<UUID> chance) {
    this.minMs = options.minBackoffMs();
    this.maxMs = options.maxBackoffMs();
    this.chance = chance;
  }

  /** Another writer was faster. */
  void lostRace() {
    lostRaces++;
  }

  /** How often another writer was faster so far. */
  int lostRaces() {
    return lostRaces;
  }

  /** The catalog failed. */
  void failed() {
    failures++;
  }

  /** The longest that the next wait can be; half of it is the shortest. */
  long limitMs() {
    int steps = failures + Math.max(0, lostRaces - QUICK_TRIES);
    int doublings = Math.min(Math.max(0, steps - 1), MAX_DOUBLINGS);
    return Math.max(1, Math.min(maxMs, minMs << doublings));
  }

  /** Waits. */
  void await() {
    long limit = limitMs();
    long jitter = Long.remainderUnsigned(chance.get().getMostSignificantBits(), limit / 2 + 1);
    sleep(limit / 2 + jitter);
  }

  /** Sleeps for {@code ms}. */
  static void sleep(long ms) {
    try {
      TimeUnit.MILLISECONDS.sleep(ms);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting to try a commit again", e);
    }
  }
}

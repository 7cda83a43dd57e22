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

/** Waits between two tries: twice as long each time, with jitter, so that rivals part. */
final class Backoff {
  private final long minMs;
  private final long maxMs;
  private final Supplier<UUID> chance;

  Backoff(long minMs, long maxMs, Supplier<UUID> chance) {
    this.minMs = minMs;
    this.maxMs = maxMs;
    this.chance = chance;
  }

  /** Waits before try {@code attempt}, counted from 1 for the second one. */
  void await(int attempt) {
    long doubled = minMs << Math.min(attempt - 1, 20);
    long limit = Math.max(1, Math.min(maxMs, doubled));
    long jitter = Long.remainderUnsigned(chance.get().getMostSignificantBits(), limit / 2 + 1);
    try {
      TimeUnit.MILLISECONDS.sleep(limit / 2 + jitter);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting to try a commit again", e);
    }
  }
}

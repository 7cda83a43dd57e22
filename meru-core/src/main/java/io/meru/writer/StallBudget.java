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

package io.meru.writer;

/**
 * How long the input may be held up for merges. Behind the input wait the barriers of checkpoints,
 * which have a timeout: so it is no longer than the limit for any one merge, and none longer in one
 * go either, however many merges that takes. Time in which the input is not held up makes up for
 * four times as much in which it was: without end, the input is held up for four fifths of the time
 * at most, and a barrier waits no longer than the limit and five times what the rows before it
 * take. Not thread-safe.
 */
final class StallBudget {
  private static final long REFILL = 4;

  /** Beyond any wait, and safe to multiply. */
  private static final long MAX_LIMIT_NANOS = Long.MAX_VALUE / (2 * (REFILL + 1));

  private final long limitNanos;
  private long leftNanos;
  private long leftForMergeNanos;
  private long lastNanos;

  /**
   * The whole limit.
   *
   * @param limitNanos 0 for no wait at all
   */
  StallBudget(long limitNanos, long nowNanos) {
    this.limitNanos = Math.min(limitNanos, MAX_LIMIT_NANOS);
    this.leftNanos = this.limitNanos;
    this.leftForMergeNanos = this.limitNanos;
    this.lastNanos = nowNanos;
  }

  /** Another merge may be waited for. */
  void mergeStarts() {
    leftForMergeNanos = limitNanos;
  }

  /** The input comes to a wait; since the last one it was not held up. */
  void resume(long nowNanos) {
    long free = Math.min(nowNanos - lastNanos, limitNanos); // more than fills it: no overflow
    leftNanos = Math.min(limitNanos, leftNanos + REFILL * free);
    lastNanos = nowNanos;
  }

  /** The input was held up since {@link #resume}, or since this was called last. */
  void stalledUntil(long nowNanos) {
    long stalled = nowNanos - lastNanos;
    leftNanos -= stalled;
    leftForMergeNanos -= stalled;
    lastNanos = nowNanos;
  }

  /** Whether the input goes on now. */
  boolean isSpent() {
    return leftNanos <= 0 || leftForMergeNanos <= 0;
  }
}

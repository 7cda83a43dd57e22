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

package io.meru.compaction;

import io.meru.levelfile.MergeControl;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Holds a merge to a rate, unless somebody waits for it, and ends it when its host says so. Used by
 * one thread.
 */
public final class Throttle implements MergeControl {
  private static final long MAX_SLEEP_NANOS = 100_000_000;
  private static final long MIN_SLEEP_NANOS = 1_000_000;

  private final double nanosPerByte;
  private final LongSupplier nanoClock;
  private final BooleanSupplier isUrgent;
  private final BooleanSupplier isToEnd;

  /** When a merge that had kept to the rate all the time would have begun. */
  private long start;

  /**
   * A throttle that starts now.
   *
   * @param maxBytesPerSecond read and written; 0 for no limit
   * @param isUrgent whether somebody waits for the merge: then there is no limit, and what is done
   *     meanwhile does not count
   * @param isToEnd whether it is to end
   */
  public Throttle(
      long maxBytesPerSecond,
      LongSupplier nanoClock,
      BooleanSupplier isUrgent,
      BooleanSupplier isToEnd) {
    this.nanosPerByte = maxBytesPerSecond == 0 ? 0 : 1e9 / maxBytesPerSecond;
    this.nanoClock = nanoClock;
    this.isUrgent = isUrgent;
    this.isToEnd = isToEnd;
    this.start = nanoClock.getAsLong();
  }

  @Override
  public void progress(long bytesRead, long bytesWritten) {
    checkOpen();
    if (nanosPerByte == 0) {
      return;
    }
    long allowedNanos = (long) ((bytesRead + bytesWritten) * nanosPerByte);
    long early = start + allowedNanos - nanoClock.getAsLong();
    while (early >= MIN_SLEEP_NANOS && !isUrgent.getAsBoolean()) {
      sleep(Math.min(early, MAX_SLEEP_NANOS));
      checkOpen();
      early = start + allowedNanos - nanoClock.getAsLong();
    }
    if (early > 0 && isUrgent.getAsBoolean()) {
      start = nanoClock.getAsLong() - allowedNanos;
    }
  }

  private void checkOpen() {
    if (isToEnd.getAsBoolean()) {
      throw new CancellationException("The host has ended the compaction");
    }
  }

  private static void sleep(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Interrupted");
    }
  }
}

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

package io.meru.key;

/**
 * The slice {@code [start, end)} of the hash space of user keys that one writer owns. The ranges of
 * a job's subtasks cover the space without gap or overlap, so every key has exactly one owner.
 */
public record HashRange(int start, int end) {
  /** Hashes lie in {@code [0, SPACE)}. Part of the file format: never change it. */
  public static final int SPACE = 1 << 16;

  /** The whole space: the range of a single writer. */
  public static final HashRange ALL = new HashRange(0, SPACE);

  /** Refuses empty ranges and ranges outside the hash space. */
  public HashRange {
    if (start < 0 || start >= end || end > SPACE) {
      throw new IllegalArgumentException(
          "Hash range must satisfy 0 <= start < end <= %d but was [%d, %d)"
              .formatted(SPACE, start, end));
    }
  }

  /** Returns the range that subtask {@code subtask} of {@code parallelism} owns. */
  public static HashRange ofSubtask(int subtask, int parallelism) {
    return new HashRange(bound(subtask, parallelism), bound(subtask + 1, parallelism));
  }

  /** Returns the subtask of {@code parallelism} whose range holds {@code hash16}. */
  public static int subtaskOf(int hash16, int parallelism) {
    // the exact inverse of bound(); long, since Flink allows parallelism 32768
    return (int) (((hash16 + 1L) * parallelism - 1) >>> 16);
  }

  /** Whether {@code hash16} lies in this range. */
  public boolean contains(int hash16) {
    return start <= hash16 && hash16 < end;
  }

  /** Whether a file of range {@code that} may be compacted whole by this range's owner. */
  public boolean covers(HashRange that) {
    return start <= that.start && that.end <= end;
  }

  /** Whether the two ranges share a hash. */
  public boolean overlaps(HashRange that) {
    return start < that.end && that.start < end;
  }

  /** Which share of the hashes of {@code that} lie in this range, from 0 to 1. */
  public double shareOf(HashRange that) {
    int shared = Math.min(end, that.end) - Math.max(start, that.start);
    return (double) Math.max(0, shared) / (that.end - that.start);
  }

  private static int bound(int subtask, int parallelism) {
    return (int) ((long) subtask * SPACE / parallelism);
  }
}

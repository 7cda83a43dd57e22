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

package io.meru.metrics;

/** What a table's cleaner counts and times. Called from two threads. */
public interface CleanUpMetrics {
  /** Counts nothing. */
  CleanUpMetrics NONE = new CleanUpMetrics() {};

  /** Snapshots were expired, on the committing thread. */
  default void expired(int snapshots, long nanos) {}

  /** Snapshots that the table has, and bytes of its metadata file. */
  default void table(int snapshots, long metadataBytes) {}

  /** Files of expired snapshots were deleted, or could not be. */
  default void deleted(int files, int failed, long nanos) {}

  /** Files of expired snapshots that wait until their snapshots would have been old enough. */
  default void waiting(int files) {}

  /** Orphans were looked for: how many there are, and how many of them were deleted. */
  default void orphans(int found, int deleted, long nanos) {}

  /** A step failed; the next checkpoint or interval tries again. */
  default void failed() {}
}

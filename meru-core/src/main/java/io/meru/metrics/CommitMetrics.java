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

/** What a committer counts and times. Called from the committing thread. */
public interface CommitMetrics {
  /** Counts nothing. */
  CommitMetrics NONE = new CommitMetrics() {};

  /**
   * A commit went through.
   *
   * @param files data files added
   * @param records rows in them
   * @param bytes bytes of them
   * @param newPositions positions newly deleted
   * @param vectors deletion vectors written, those of the commit's compactions as well, and
   * @param vectorBytes their bytes
   * @param droppedFiles data files dropped because every row of theirs is dead
   * @param nanos time from the first plan to success
   */
  default void committed(
      int files,
      long records,
      long bytes,
      long newPositions,
      int vectors,
      long vectorBytes,
      int droppedFiles,
      long nanos) {}

  /** Another writer's commit came between; the edits were resolved again or planned anew. */
  default void retried() {}

  /** Edits were resolved again because the table changed under them. */
  default void reresolved(long keys) {}

  /** Compactions were committed: files removed, and files added with their bytes. */
  default void compactionsCommitted(int removed, int added, long bytes) {}

  /** Compactions of so many writers were dropped, since others had changed their inputs. */
  default void compactionsDropped(int writers) {}
}

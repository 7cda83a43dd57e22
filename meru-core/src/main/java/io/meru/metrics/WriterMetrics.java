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

/** What a writer counts and times. Called from the writer's threads; must not block. */
public interface WriterMetrics {
  /** Counts nothing. */
  WriterMetrics NONE = new WriterMetrics() {};

  /** A put or a delete was taken. Called per row. */
  default void row(boolean put) {}

  /** A flush ended: entries written as rows, entries that were deletes, bytes of its files. */
  default void flushed(long puts, long deletes, int files, long bytes, long nanos) {}

  /** The writer waited for a sealed memtable to be flushed. */
  default void stalled(long nanos) {}

  /** Heap bytes of the memtable that takes rows, as it grows and after it was sealed. */
  default void activeBytes(long bytes) {}

  /** Heap bytes of the memtables that are sealed and not flushed yet. */
  default void sealedBytes(long bytes) {}

  /** Number of level-0 files in the writer's version. */
  default void level0Files(int files) {}

  /**
   * Rows were written that replace one but do not carry on its {@code _row_id}, since the commit
   * that gives it had not been seen. Called after each flush, with 0 as well.
   */
  default void lineagesStarted(long rows) {}

  /** Positions that a resolve put into deletion vectors, and nanoseconds it took. */
  default void resolved(long keys, long positions, long nanos) {}

  /** Pages of key columns that the resolver read, and those it could skip. */
  default void resolverPages(long read, long skipped) {}

  /** Bytes of key indexes in memory; indexes built from files so far is counted by calls. */
  default void keyIndexBytes(long bytes) {}

  /** An index was built from a file's key column. */
  default void keyIndexBuilt(long keys, long nanos) {}

  /** Indexes of files were merged into one that holds so many rows. */
  default void keyIndexesMerged(long rows) {}

  /** Whether a compaction is running. */
  default void compacting(boolean isRunning) {}

  /** A compaction has been written, with so many deleted rows left out. */
  default void compacted(
      int inputs,
      int outputs,
      long rows,
      long rowsDropped,
      long bytesRead,
      long bytesWritten,
      long nanos) {}

  /** The compaction that has just been written was one of a partition at rest. */
  default void compactedAtRest() {}

  /** A compaction of a partition at rest was ended for one that is more urgent. */
  default void compactionGivenUp() {}

  /** A compaction was installed; it travels in the next checkpoint. */
  default void compactionInstalled() {}

  /** A compaction failed; the files stay as they are. */
  default void compactionFailed(Throwable cause) {}

  /** A compaction could not be installed any more, as others had changed its inputs. */
  default void compactionDiscarded() {}

  /** The input was slowed down, or waited, for a compaction. */
  default void compactionStalled(long nanos) {}

  /** Live files of each level in the writer's version, and their bytes. */
  default void levels(int[] files, long[] bytes) {}
}

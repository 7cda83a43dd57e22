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

package io.meru.config;

/**
 * Settings of one LSM writer. All byte sizes are per writer (a Flink subtask has one).
 *
 * @param writeBufferBytes bytes of memtable after which it is sealed and flushed
 * @param maxSealed sealed memtables that may wait for their flush before the writer stalls
 * @param resolverCacheBytes memory for key indexes of the table's files; what does not fit is read
 *     page by page, which costs 8 to 100 times as much
 * @param pendingEditMaxBytes memory for edits since the last barrier (deleted positions, keys of
 *     pure deletes); beyond it the writer fails with a message that names this option
 * @param level0 how level-0 files are written
 * @param compaction when and how level files are merged
 */
public record WriteOptions(
    long writeBufferBytes,
    int maxSealed,
    long resolverCacheBytes,
    long pendingEditMaxBytes,
    LevelOptions level0,
    CompactionOptions compaction) {

  /** With compaction at its defaults. */
  public WriteOptions(
      long writeBufferBytes,
      int maxSealed,
      long resolverCacheBytes,
      long pendingEditMaxBytes,
      LevelOptions level0) {
    this(
        writeBufferBytes,
        maxSealed,
        resolverCacheBytes,
        pendingEditMaxBytes,
        level0,
        CompactionOptions.DEFAULTS);
  }

  /** 64 MiB. */
  public static final long DEFAULT_WRITE_BUFFER_BYTES = 64L << 20;

  /** Two. */
  public static final int DEFAULT_MAX_SEALED = 2;

  /** 256 MiB: about 80 million keys of 40 significant bits. */
  public static final long DEFAULT_RESOLVER_CACHE_BYTES = 256L << 20;

  /** 256 MiB. */
  public static final long DEFAULT_PENDING_EDIT_MAX_BYTES = 256L << 20;

  /** Every setting at its default. */
  public static final WriteOptions DEFAULTS =
      new WriteOptions(
          DEFAULT_WRITE_BUFFER_BYTES,
          DEFAULT_MAX_SEALED,
          DEFAULT_RESOLVER_CACHE_BYTES,
          DEFAULT_PENDING_EDIT_MAX_BYTES,
          LevelOptions.LEVEL_0_DEFAULTS,
          CompactionOptions.DEFAULTS);

  /** Checks every value. */
  public WriteOptions {
    Checks.positive("write buffer", writeBufferBytes);
    Checks.positive("number of sealed memtables", maxSealed);
    Checks.positive("pending edit limit", pendingEditMaxBytes);
    if (resolverCacheBytes < 0) {
      throw new IllegalArgumentException(
          "The resolver cache must not be negative but was " + resolverCacheBytes);
    }
  }

  /** The same with compaction on or off. */
  public WriteOptions withCompaction(boolean enabled) {
    return new WriteOptions(
        writeBufferBytes,
        maxSealed,
        resolverCacheBytes,
        pendingEditMaxBytes,
        level0,
        compaction.withEnabled(enabled));
  }
}

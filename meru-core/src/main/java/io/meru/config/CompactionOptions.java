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
 * When a writer merges level files, and how.
 *
 * @param enabled whether it does at all
 * @param levelTrigger files of one partition and level, all seen committed, at which they are
 *     merged into the next level. Fewer of them make scans open fewer files, and each row is
 *     rewritten more often
 * @param deletedRatio share of a file's rows, in (0, 1], that are deleted before it is rewritten.
 *     Scans read deleted rows as well; a row is rewritten (1 - ratio) / ratio times for each
 *     update. Fewer than {@code levelTrigger} files with less than 1/64 of the target's size
 *     deleted between them stay as they are until their partition is at rest
 * @param targetFileBytes what a file should have; one of half of that or more is merged no further,
 *     unless its deleted rows, or at rest small files beside it, ask for it
 * @param maxBytes live bytes that one compaction takes; at least two files are taken anyway
 * @param slowdownTrigger level-0 files of one partition at which the input is slowed down while a
 *     compaction runs
 * @param stopTrigger level-0 files of one partition at which the input waits for it
 * @param maxStallMillis how long the input waits for compactions, or is slowed down for them: for
 *     one of them all in all, and in one go, or in several that follow each other closely, however
 *     many compactions that takes. Then it goes on, and so does the compaction. Time without a wait
 *     makes up for four times as much of it. So a barrier waits for compactions no longer than this
 *     and four times what the rows before it take
 * @param maxBytesPerSecond read and written by compactions of this writer; 0 for no limit
 * @param restAfterMillis how long nobody must have changed a partition for it to be at rest, as far
 *     as the writer has seen: then small files are merged whatever their number, and files with
 *     more than a twentieth of their rows deleted are rewritten; 0 for never. In a partition that
 *     is changed each time that it has come to rest, some tens of rows may be rewritten for each
 *     update, and after a rest twelve times as long a file of the target's size
 * @param levels how files of level 1 and up are written
 */
public record CompactionOptions(
    boolean enabled,
    int levelTrigger,
    double deletedRatio,
    long targetFileBytes,
    long maxBytes,
    int slowdownTrigger,
    int stopTrigger,
    long maxStallMillis,
    long maxBytesPerSecond,
    long restAfterMillis,
    LevelOptions levels) {

  /** Eight. */
  public static final int DEFAULT_LEVEL_TRIGGER = 8;

  /** Three in ten. */
  public static final double DEFAULT_DELETED_RATIO = 0.3;

  /** 128 MiB. */
  public static final long DEFAULT_TARGET_FILE_BYTES = 128L << 20;

  /** 1 GiB. */
  public static final long DEFAULT_MAX_BYTES = 1L << 30;

  /** Twenty. */
  public static final int DEFAULT_SLOWDOWN_TRIGGER = 20;

  /** Thirty-six. */
  public static final int DEFAULT_STOP_TRIGGER = 36;

  /** One minute, a tenth of Flink's default for the timeout of a checkpoint. */
  public static final long DEFAULT_MAX_STALL_MILLIS = 60_000;

  /** Two hours: a stream that comes in batches by the hour is never at rest. */
  public static final long DEFAULT_REST_AFTER_MILLIS = 7_200_000;

  /** True. */
  public static final boolean DEFAULT_ENABLED = true;

  /** Every setting at its default. */
  public static final CompactionOptions DEFAULTS =
      new CompactionOptions(
          DEFAULT_ENABLED,
          DEFAULT_LEVEL_TRIGGER,
          DEFAULT_DELETED_RATIO,
          DEFAULT_TARGET_FILE_BYTES,
          DEFAULT_MAX_BYTES,
          DEFAULT_SLOWDOWN_TRIGGER,
          DEFAULT_STOP_TRIGGER,
          DEFAULT_MAX_STALL_MILLIS,
          0,
          DEFAULT_REST_AFTER_MILLIS,
          LevelOptions.DEEPER_DEFAULTS);

  /** Checks every value. */
  public CompactionOptions {
    Checks.positive("target file size", targetFileBytes);
    Checks.positive("size of one compaction", maxBytes);
    if (levelTrigger < 2) {
      throw new IllegalArgumentException(
          "The files of a level that are merged must be two or more but were " + levelTrigger);
    }
    if (!(deletedRatio > 0 && deletedRatio <= 1)) {
      throw new IllegalArgumentException(
          "The deleted ratio must be above 0 and at most 1 but was " + deletedRatio);
    }
    if (slowdownTrigger < levelTrigger || stopTrigger < slowdownTrigger) {
      throw new IllegalArgumentException(
          "Triggers must ascend from compaction (%d) to slowdown (%d) to stop (%d)"
              .formatted(levelTrigger, slowdownTrigger, stopTrigger));
    }
    if (maxStallMillis < 0) {
      throw new IllegalArgumentException(
          "The wait for a compaction must not be negative but was %d ms".formatted(maxStallMillis));
    }
    if (maxBytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "The limit of compactions must not be negative but was " + maxBytesPerSecond);
    }
    if (restAfterMillis < 0) {
      throw new IllegalArgumentException(
          "The time after which a partition is at rest must not be negative but was %d ms"
              .formatted(restAfterMillis));
    }
  }

  /** The same with compaction on or off. */
  public CompactionOptions withEnabled(boolean newEnabled) {
    return new CompactionOptions(
        newEnabled,
        levelTrigger,
        deletedRatio,
        targetFileBytes,
        maxBytes,
        slowdownTrigger,
        stopTrigger,
        maxStallMillis,
        maxBytesPerSecond,
        restAfterMillis,
        levels);
  }
}

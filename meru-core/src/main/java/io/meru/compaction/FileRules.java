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

import io.meru.config.CompactionOptions;
import io.meru.key.HashRange;
import io.meru.levelfile.MergeRows;
import io.meru.version.LevelFileName;
import io.meru.version.Lineage;
import io.meru.version.TableFile;
import io.meru.version.Version.LiveFile;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;

/** What files are to the writer of a hash range that may merge them. */
final class FileRules {
  static final Comparator<LiveFile> SMALLEST_FIRST =
      Comparator.comparingLong(FileRules::liveBytes).thenComparing(live -> live.file().path());

  /** The part of the heap for inputs that one may take: a file that needs more is left alone. */
  private static final int MAX_FILE_PART = 4;

  private final CompactionOptions options;
  private final HashRange range;
  private final String sinkId;
  private final int specId;
  private final long openBytes;

  FileRules(CompactionOptions options, HashRange range, String sinkId, int specId, long openBytes) {
    this.options = options;
    this.range = range;
    this.sinkId = sinkId;
    this.specId = specId;
    this.openBytes = openBytes;
  }

  /**
   * Whether this writer may have rows in the file, its commit was seen, its rows have the ids that
   * they must keep, and are not so large that it is better left alone.
   */
  boolean mayTake(LiveFile live) {
    LevelFileName name = live.file().levelName();
    return name != null
        && name.sinkId().equals(sinkId)
        && live.file().partition().specId() == specId
        && range.overlaps(name.hashRange())
        && live.lineage().firstRowId() != Lineage.NONE
        && live.liveCount() > 0
        && InputHeap.of(live.file()) <= openBytes / MAX_FILE_PART;
  }

  /** Whether other writers have no rows in the file. */
  boolean isOwned(LiveFile live) {
    return live.file().isOwnedBy(range);
  }

  boolean isSmall(LiveFile live) {
    return isSmall(liveBytes(live));
  }

  /** Whether it has about the size that it should have, or less. */
  boolean isAtMostLarge(LiveFile live) {
    return liveBytes(live) <= 2 * options.targetFileBytes();
  }

  boolean isSmall(long bytes) {
    return bytes < options.targetFileBytes() / 2;
  }

  /**
   * The share of the writer's rows that are deleted. Of a file that it shares, it learns what
   * others delete only when it loads the table.
   *
   * @param deletedByAll how many rows of a file all writers together had deleted then
   */
  double deletedShare(LiveFile live, ToLongFunction<String> deletedByAll) {
    double share = range.shareOf(hashes(live));
    long deleted = live.deleted().cardinality();
    long byAll = Math.min(deleted, deletedByAll.applyAsLong(live.file().path()));
    return (byAll * share + deleted - byAll) / (live.file().recordCount() * share);
  }

  /**
   * The first of {@code files} that one compaction may take.
   *
   * @param least so many are taken, if there are, though they be larger; no more than two
   */
  List<LiveFile> upToLimit(List<LiveFile> files, int least) {
    int most = Math.min(MergeRows.MAX_INPUTS, InputHeap.fitting(files, openBytes));
    long bytes = 0;
    int count = 0;
    for (LiveFile live : files.subList(0, Math.min(most, files.size()))) {
      bytes += (long) (liveBytes(live) * range.shareOf(hashes(live)));
      if (count >= least && bytes > options.maxBytes()) {
        break;
      }
      count++;
    }
    return List.copyOf(files.subList(0, count));
  }

  static long liveBytes(LiveFile live) {
    TableFile file = live.file();
    return (long)
        ((double) file.fileSizeBytes() / Math.max(1, file.recordCount()) * live.liveCount());
  }

  static int level(LiveFile live) {
    LevelFileName name = live.file().levelName();
    return name == null ? -1 : name.level();
  }

  /** The highest level of {@code files}, 1 at least: where a merge of them that is none up goes. */
  static int highestLevel(List<LiveFile> files) {
    return Math.max(1, files.stream().mapToInt(FileRules::level).max().orElse(0));
  }

  private static HashRange hashes(LiveFile live) {
    LevelFileName name = live.file().levelName();
    return name == null ? HashRange.ALL : name.hashRange();
  }
}

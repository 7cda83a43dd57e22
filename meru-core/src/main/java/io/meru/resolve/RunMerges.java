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

package io.meru.resolve;

import io.meru.metrics.WriterMetrics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Merges the indexes of level files that a resolve has to look through one after the other, so that
 * a key costs about the same however many files overlap. Merging is paid for by the searches that
 * it will save: each resolve takes it on by as much work as its own searches beyond one per key
 * were, so that both together cost no more than a few times the best choice, and no resolve waits
 * for a large merge.
 */
final class RunMerges {
  /** Fewer runs than these are searched one by one. */
  static final int MIN_INPUTS = 8;

  /** What a search of a key in a run costs, in rows merged. */
  private static final int ROWS_PER_SEARCH = 1;

  private final boolean fixedLong;
  private final KeyIndexCache cache;
  private final WriterMetrics metrics;

  /** Runs below which no merge is tried, after one that came out too large. */
  private int minInputs = MIN_INPUTS;

  RunMerges(boolean fixedLong, KeyIndexCache cache, WriterMetrics metrics) {
    this.fixedLong = fixedLong;
    this.cache = cache;
    this.metrics = metrics;
  }

  /**
   * Goes on merging.
   *
   * @param searches searches that the present resolve would have saved had all been merged
   */
  void work(long searches) {
    if (searches <= 0) {
      return;
    }
    RunMerge merge = cache.merge();
    if (merge == null) {
      merge = start();
    }
    if (merge == null) {
      return;
    }
    try {
      if (merge.advance(ROWS_PER_SEARCH * searches)) {
        cache.finishMerge(merge);
        metrics.keyIndexesMerged(merge.rows());
        minInputs = MIN_INPUTS;
      }
    } catch (IndexTooLargeException e) {
      cache.cancelMerge();
      minInputs = 2 * merge.inputs().size();
    }
  }

  private @Nullable RunMerge start() {
    List<KeyRun> inputs = pick(cache.runsInUse(), minInputs);
    if (inputs.isEmpty() || !cache.hasRoomToMerge(inputs, RunMerge.bytes(inputs))) {
      return null;
    }
    RunMerge merge = new RunMerge(fixedLong, inputs);
    cache.startMerge(merge);
    return merge;
  }

  /**
   * Picks what to merge of {@code runs}: the smallest ones, as long as none is larger than all
   * before it together; nothing if those are fewer than {@code minInputs}. So a key takes part in a
   * number of merges that grows with the logarithm of the table.
   */
  static List<KeyRun> pick(List<KeyRun> runs, int minInputs) {
    List<KeyRun> bySize = new ArrayList<>(runs);
    bySize.sort(Comparator.comparingLong(KeyRun::liveRows));
    List<KeyRun> picked = new ArrayList<>();
    long rows = 0;
    for (KeyRun run : bySize) {
      boolean fits =
          picked.size() < minInputs / 2
              || run.liveRows() <= rows && rows + run.liveRows() <= RunMerge.MAX_ROWS;
      if (!fits) {
        break;
      }
      picked.add(run);
      rows += run.liveRows();
    }
    return picked.size() < minInputs || rows > RunMerge.MAX_ROWS ? List.of() : picked;
  }
}

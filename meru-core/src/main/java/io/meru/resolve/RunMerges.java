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
 * it will save: each resolve takes it on by as many rows as it searched for keys in indexes beyond
 * one search per key, so that both together cost no more than a few times the best choice, and a
 * large merge is spread over many resolves. It uses memory that is free, and pushes nothing out.
 */
final class RunMerges {
  /** Fewer runs than these are searched one by one. */
  static final int MIN_INPUTS = 8;

  /** Runs are taken to be alike up to this many times the smallest of them. */
  private static final int ALIKE = 4;

  private final boolean fixedLong;
  private final KeyIndexCache cache;
  private final WriterMetrics metrics;

  /** Runs below which no merge is tried, after one of half as many came out too large. */
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
      if (merge.advance(searches)) {
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
    List<KeyRun> runs = cache.runsInUse();
    if (2 * runs.size() < minInputs) {
      minInputs = MIN_INPUTS; // those of the merge that failed are gone
    }
    List<KeyRun> inputs = pick(runs, minInputs, cache.freeBytes(), cache.mergedRoomBytes());
    if (inputs.isEmpty()) {
      return null;
    }
    RunMerge merge = new RunMerge(fixedLong, inputs);
    cache.startMerge(merge);
    return merge;
  }

  /**
   * Picks what to merge of {@code runs}: the smallest ones that are about alike, or no larger than
   * all smaller ones picked together, if there are {@code minInputs} of them. So the run of a key
   * at least doubles with each merge, and a key takes part in a number of merges that grows with
   * the logarithm of the table. A run that is mostly about files that are gone goes alone, before.
   *
   * @param freeBytes what the merge may take
   * @param mergedRoomBytes what it may take beyond the inputs that are merged runs themselves
   * @return nothing if there is nothing to merge, or no room
   */
  static List<KeyRun> pick(List<KeyRun> runs, int minInputs, long freeBytes, long mergedRoomBytes) {
    List<KeyRun> bySize = new ArrayList<>(runs);
    bySize.sort(Comparator.comparingLong(KeyRun::liveRows));
    Pick pick = new Pick(freeBytes, mergedRoomBytes);
    for (KeyRun run : bySize) {
      if (run.isMostlyForgotten() && pick.hasRoomFor(run)) {
        return List.of(run);
      }
    }
    for (KeyRun run : bySize) {
      if (!pick.isAlike(run)) {
        if (pick.runs.size() >= minInputs) {
          break;
        }
        pick = new Pick(freeBytes, mergedRoomBytes);
      }
      if (!pick.hasRoomFor(run)) {
        break;
      }
      pick.add(run);
    }
    return pick.runs.size() < minInputs ? List.of() : pick.runs;
  }

  /** Runs picked so far, ascending by size. */
  private static final class Pick {
    private final List<KeyRun> runs = new ArrayList<>();
    private final long freeBytes;
    private long mergedRoomBytes;
    private RunMerge.Size size = RunMerge.Size.NONE;

    Pick(long freeBytes, long mergedRoomBytes) {
      this.freeBytes = freeBytes;
      this.mergedRoomBytes = mergedRoomBytes;
    }

    boolean isAlike(KeyRun run) {
      return runs.isEmpty()
          || run.liveRows() <= Math.max(size.rows(), ALIKE * runs.get(0).liveRows());
    }

    boolean hasRoomFor(KeyRun run) {
      RunMerge.Size more = size.plus(run);
      return more.rows() <= RunMerge.MAX_ROWS
          && more.bytes() <= freeBytes
          && more.bytes() <= mergedRoomBytes + mergedBytes(run);
    }

    void add(KeyRun run) {
      runs.add(run);
      size = size.plus(run);
      mergedRoomBytes += mergedBytes(run);
    }

    private static long mergedBytes(KeyRun run) {
      return run.isOneFile() ? 0 : run.memoryBytes();
    }
  }
}

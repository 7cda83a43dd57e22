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

import io.meru.version.DeletionVector;
import io.meru.version.Version.LiveFile;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells what of the rows found in a run of several files is live in which file. */
final class RunSearch {
  // room for one search, kept from run to run
  private int[] starts = new int[0];
  private int[] rows = new int[0];

  /**
   * Adds the live positions of the rows of {@code ranks} to {@code found}, and sets {@code
   * stillOpen} where there is none.
   *
   * @param candidates the files that are searched, by their number in the run; null for others
   * @param batch the keys, open at the places from {@code from} on
   * @param ranks of the keys searched for, in {@code run}
   * @param count number of keys
   * @param replaced gets the ids of the rows; null if nobody asks for them
   */
  void takeLive(
      KeyRun run,
      @Nullable LiveFile[] candidates,
      KeyBatch batch,
      int from,
      int[] ranks,
      int count,
      boolean[] stillOpen,
      Map<String, DeletionVector> found,
      @Nullable ReplacedRows replaced) {
    DeletionVector.Builder[] builders = new DeletionVector.Builder[candidates.length];
    findFirstRows(run.index(), ranks, count);
    for (int i = 0; i < count; i++) {
      stillOpen[i] = true;
      if (ranks[i] == KeyIndex.ABSENT) {
        continue;
      }
      int end = run.index().end(ranks[i]);
      for (int at = starts[i]; at < end; at++) {
        int row = at == starts[i] ? rows[i] : run.index().position(at);
        int file = run.fileOf(row);
        int position = row - run.firstRow(file);
        LiveFile live = candidates[file];
        if (live != null && !live.deleted().contains(position)) {
          if (builders[file] == null) {
            builders[file] = new DeletionVector.Builder();
          }
          builders[file].add(position);
          stillOpen[i] = false;
          if (replaced != null) {
            long stored = run.files().get(file).rowIds().get(position);
            replaced.found(batch.slot(from + i), live, position, stored);
          }
        }
      }
    }
    for (int file = 0; file < candidates.length; file++) {
      if (builders[file] != null) {
        found.put(run.files().get(file).file().path(), builders[file].build());
      }
    }
  }

  /** Each from its place in memory, far from the last: so that the loads wait side by side. */
  private void findFirstRows(PositionIndex index, int[] ranks, int count) {
    if (rows.length < count) {
      starts = new int[count];
      rows = new int[count];
    }
    for (int i = 0; i < count; i++) {
      starts[i] = index.start(Math.max(0, ranks[i]));
    }
    for (int i = 0; i < count; i++) {
      rows[i] = index.position(starts[i]);
    }
  }
}

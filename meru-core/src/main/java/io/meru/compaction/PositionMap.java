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

import io.meru.version.DeletionVector;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the rows of one input of a merge went. Monotonic, and so held as little more than one byte
 * for each row of the outputs, which all inputs share. Immutable; safe to read from many threads.
 */
public final class PositionMap {
  private final MergeOrder order;
  private final int input;
  private final long from;
  private final long to;
  private final @Nullable BitSet skipped;
  private final List<String> outputs;

  PositionMap(
      MergeOrder order,
      int input,
      long from,
      long to,
      @Nullable BitSet skipped,
      List<String> outputs) {
    this.order = order;
    this.input = input;
    this.from = from;
    this.to = to;
    this.skipped = skipped;
    this.outputs = outputs;
  }

  /** The positions that were moved to an output. */
  public DeletionVector moved() {
    DeletionVector.Builder moved = new DeletionVector.Builder();
    for (long position = from; position < to; position++) {
      if (skipped == null || !skipped.get((int) position)) {
        moved.add(position);
      }
    }
    return moved.build();
  }

  /**
   * The rows at these positions of the input, as positions of the outputs, by path. Positions that
   * were not moved are in no output, and left out.
   */
  public Map<String, DeletionVector> translate(DeletionVector late) {
    Map<Integer, DeletionVector.Builder> builders = new TreeMap<>();
    Walk walk = new Walk();
    for (int position : late.toArray()) {
      boolean moved =
          position >= from && position < to && (skipped == null || !skipped.get(position));
      if (moved) {
        walk.to(position);
        builders
            .computeIfAbsent(walk.file(), file -> new DeletionVector.Builder())
            .add(walk.position());
      }
    }
    Map<String, DeletionVector> translated = new TreeMap<>();
    builders.forEach((file, builder) -> translated.put(outputs.get(file), builder.build()));
    return translated;
  }

  /** Goes through the outputs' rows, from one of the input's to a later one. */
  private final class Walk {
    private int nextSkipped = skipped == null ? -1 : skipped.nextSetBit((int) from);
    private long skippedBefore;

    private int block = -1;
    private long blockRank; // of the input's first row in the block, and in later ones
    private int row;
    private long rank; // of the input's first row at or after the row at hand

    void to(int position) {
      while (skipped != null && nextSkipped >= 0 && nextSkipped < position) {
        skippedBefore++;
        nextSkipped = skipped.nextSetBit(nextSkipped + 1);
      }
      long wanted = position - from - skippedBefore;
      while (block < 0 || wanted >= blockRank + block().counts()[input]) {
        blockRank += block < 0 ? 0 : block().counts()[input];
        block++;
        row = block().from();
        rank = blockRank;
      }
      byte[] inputs = block().order();
      while ((inputs[row] & 0xff) != input || rank < wanted) {
        rank += (inputs[row] & 0xff) == input ? 1 : 0;
        row++;
      }
    }

    int file() {
      return block().file();
    }

    long position() {
      return block().firstPosition() + row - block().from();
    }

    private MergeOrder.Block block() {
      return order.blocks().get(block);
    }
  }
}

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

import io.meru.levelfile.MergeRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which input each row of the outputs came from: a byte a row. With the inputs' own order, that is
 * a map from the inputs' positions to the outputs'.
 */
final class MergeOrder {
  /** Rows of which it is known how many came from each input. */
  static final int BLOCK_ROWS = 1 << 14;

  /** Some rows of one output. */
  record Block(byte[] order, int from, int to, int file, long firstPosition, int[] counts) {}

  private final int inputs;
  private final List<Block> blocks = new ArrayList<>();

  MergeOrder(int inputs) {
    this.inputs = inputs;
  }

  /** The blocks, in the order of the outputs. */
  List<Block> blocks() {
    return blocks;
  }

  /** Adds the rows of one row group, of which the first has {@code position} in output file. */
  void add(MergeRows rows, int file, long position) {
    byte[] order = Arrays.copyOf(rows.order(), rows.rows());
    for (int from = 0; from < order.length; from += BLOCK_ROWS) {
      int to = Math.min(order.length, from + BLOCK_ROWS);
      int[] counts = new int[inputs];
      for (int i = from; i < to; i++) {
        counts[order[i] & 0xff]++;
      }
      blocks.add(new Block(order, from, to, file, position + from, counts));
    }
  }
}

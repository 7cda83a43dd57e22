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

package io.meru.levelfile;

import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which rows a merge takes next, and in which order: those of one row group. Rows of an input are
 * taken in the order of their positions, so that for each row the number of its input says it all.
 *
 * @param order the number of each row's input, unsigned: valid in [0, rows)
 * @param rows how many rows there are
 * @param from of each input: the position of the first row
 * @param to of each input: where the rows end, the same as {@code from} for none
 * @param skipped of each input: positions that are not taken; null for none
 */
public record MergeRows(
    byte[] order, int rows, long[] from, long[] to, List<@Nullable BitSet> skipped) {
  /** As many inputs as a byte can number. */
  public static final int MAX_INPUTS = 256;
}

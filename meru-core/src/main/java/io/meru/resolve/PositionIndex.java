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

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The distinct keys of some rows and at which positions each stands, once or more. Immutable. */
final class PositionIndex {
  private final KeyIndex keys;

  /** The positions, by key; null when a key's rank is its position. */
  private final @Nullable PackedInts positions;

  /** Where in {@code positions} each key's begin; null when every key stands once. */
  private final @Nullable AscendingInts starts;

  private final int rows;

  PositionIndex(
      KeyIndex keys, @Nullable PackedInts positions, @Nullable AscendingInts starts, int rows) {
    this.keys = keys;
    this.positions = positions;
    this.starts = starts;
    this.rows = rows;
  }

  /** The index of rows that are sorted by key, each key once. */
  static PositionIndex ofSortedRows(KeyIndex keys) {
    return new PositionIndex(keys, null, null, keys.size());
  }

  KeyIndex keys() {
    return keys;
  }

  /** Rows with a key. */
  int rows() {
    return rows;
  }

  /** Whether a key's rank is its position. */
  boolean isSortedRows() {
    return positions == null;
  }

  long memoryBytes() {
    return keys.memoryBytes()
        + (positions == null ? 0 : positions.memoryBytes())
        + (starts == null ? 0 : starts.memoryBytes())
        + 40;
  }

  /** Where the positions of the key of {@code rank} start, for {@link #position}. */
  int start(int rank) {
    return starts == null ? rank : starts.get(rank);
  }

  /** Where the positions of the key of {@code rank} end. */
  int end(int rank) {
    if (starts == null) {
      return rank + 1;
    }
    return rank + 1 < keys.size() ? starts.get(rank + 1) : rows;
  }

  /** The position at {@code i}, from {@link #start} to {@link #end} of a key. */
  int position(int i) {
    return positions == null ? i : positions.get(i);
  }

  /** Hands the positions of the key of {@code rank} to {@code consumer}. */
  void forEachPosition(int rank, LongConsumer consumer) {
    int end = end(rank);
    for (int i = start(rank); i < end; i++) {
      consumer.accept(position(i));
    }
  }
}

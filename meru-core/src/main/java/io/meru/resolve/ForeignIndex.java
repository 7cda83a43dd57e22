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

/** The distinct keys of a foreign file and where each stands, once or more. Immutable. */
final class ForeignIndex {
  private final KeyIndex keys;

  /** The positions, by key. */
  private final PackedInts positions;

  /** Where in {@code positions} each key's begin; null when every key stands once. */
  private final @Nullable PackedInts starts;

  private final int rows;

  ForeignIndex(KeyIndex keys, PackedInts positions, @Nullable PackedInts starts, int rows) {
    this.keys = keys;
    this.positions = positions;
    this.starts = starts;
    this.rows = rows;
  }

  KeyIndex keys() {
    return keys;
  }

  long memoryBytes() {
    return keys.memoryBytes()
        + positions.memoryBytes()
        + (starts == null ? 0 : starts.memoryBytes())
        + 40;
  }

  /** Hands the positions of the key of {@code rank} to {@code consumer}. */
  void forEachPosition(int rank, LongConsumer consumer) {
    if (starts == null) {
      consumer.accept(positions.get(rank));
      return;
    }
    int end = rank + 1 < keys.size() ? starts.get(rank + 1) : rows;
    for (int i = starts.get(rank); i < end; i++) {
      consumer.accept(positions.get(i));
    }
  }
}

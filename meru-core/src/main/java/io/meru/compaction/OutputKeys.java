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

import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the keys of the outputs as the merge passes them, so that an index of an output costs no
 * read. Called by the merging thread.
 */
public interface OutputKeys {
  /** Takes nothing. */
  OutputKeys NONE =
      new OutputKeys() {
        @Override
        public void startFile(int file, long expectedRows) {}

        @Override
        public void add(long prefix, byte[] array, int offset, int length) {}
      };

  /**
   * The keys that follow are those of output {@code file}; the first has the number 0.
   *
   * @param expectedRows about how many there will be
   */
  void startFile(int file, long expectedRows);

  /**
   * The key of the next row.
   *
   * @param prefix {@link io.meru.key.SortedKeys#prefix}
   * @param array valid during the call only
   */
  void add(long prefix, byte[] array, int offset, int length);

  /**
   * Who takes the row ids of the output that the keys are of; they come later than the keys, in the
   * same order. Null when nobody wants them, which saves their passing.
   */
  default @Nullable LongConsumer rowIds() {
    return null;
  }
}

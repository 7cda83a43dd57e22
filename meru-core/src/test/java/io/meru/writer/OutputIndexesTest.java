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

package io.meru.writer;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.key.SortedKeys;
import io.meru.resolve.NewFileIndex;
import io.meru.testing.Keys;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutputIndexesTest {
  private static final int ROWS = 50_000;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void allOutputsOfAMergeShareOneBudget(boolean fixedLong) {
    long one = bytes(fill(fixedLong, 1 << 30, 1)).get(0);
    assertThat(one).isGreaterThan(2 * ROWS);

    long limit = 5 * one / 2;
    List<Long> bytes = bytes(fill(fixedLong, limit, 4));

    assertThat(bytes).containsExactly(one, one, 0L, 0L);
  }

  @Test
  void keysAndRowIdsOfAnOutputShareIt() {
    long one = bytes(fill(true, 1 << 30, 1)).get(0);

    assertThat(bytes(fill(true, one - 1, 1))).containsExactly(0L);
    assertThat(bytes(fill(true, one + 4096, 1))).containsExactly(one);
  }

  @Test
  void whatDoesNotFitTakesNothingFromThoseAfterIt() {
    long one = bytes(fill(true, 1 << 30, 1)).get(0);
    OutputIndexes indexes = new OutputIndexes(true, 2 * one);
    fill(indexes, 0, 3 * ROWS);
    fill(indexes, 1, ROWS);

    assertThat(bytes(indexes)).containsExactly(0L, one);
  }

  private static OutputIndexes fill(boolean fixedLong, long limitBytes, int files) {
    OutputIndexes indexes = new OutputIndexes(fixedLong, limitBytes);
    for (int file = 0; file < files; file++) {
      fill(indexes, file, ROWS);
    }
    return indexes;
  }

  private static void fill(OutputIndexes indexes, int file, int rows) {
    indexes.startFile(file, rows);
    for (long row = 0; row < rows; row++) {
      byte[] key = Keys.ofLong(row * 1000);
      indexes.add(SortedKeys.prefixOf(key, 0, key.length), key, 0, key.length);
    }
    for (long row = 0; row < rows; row++) {
      indexes.rowIds().accept(row * 31 % 1_000_000);
    }
  }

  private static List<Long> bytes(OutputIndexes indexes) {
    return indexes.indexes().stream().map(NewFileIndex::end).toList();
  }
}

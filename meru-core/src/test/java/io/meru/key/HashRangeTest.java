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

package io.meru.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashRangeTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 10, 31, 100, 127, 1000, 4099, 32767, 32768, 65536})
  void rangesOfAllSubtasksCoverTheSpaceWithoutOverlap(int parallelism) {
    int next = 0;
    for (int subtask = 0; subtask < parallelism; subtask++) {
      HashRange range = HashRange.ofSubtask(subtask, parallelism);
      assertThat(range.start()).isEqualTo(next);
      next = range.end();
    }
    assertThat(next).isEqualTo(HashRange.SPACE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 10, 31, 100, 127, 1000, 4099, 32767, 32768, 65536})
  void routingIsTheExactInverseOfTheRanges(int parallelism) {
    for (int subtask = 0; subtask < parallelism; subtask++) {
      HashRange range = HashRange.ofSubtask(subtask, parallelism);
      for (int hash16 = range.start(); hash16 < range.end(); hash16++) {
        if (HashRange.subtaskOf(hash16, parallelism) != subtask) {
          throw new AssertionError(
              "Hash %d of %s goes to subtask %d instead of %d of %d"
                  .formatted(
                      hash16,
                      range,
                      HashRange.subtaskOf(hash16, parallelism),
                      subtask,
                      parallelism));
        }
      }
    }
  }

  @Test
  void rangesKnowWhatTheyContainCoverAndOverlap() {
    HashRange range = new HashRange(10, 20);
    assertThat(range.contains(10)).isTrue();
    assertThat(range.contains(20)).isFalse();
    assertThat(range.contains(9)).isFalse();
    assertThat(range.covers(new HashRange(10, 20))).isTrue();
    assertThat(range.covers(new HashRange(10, 21))).isFalse();
    assertThat(range.covers(new HashRange(9, 20))).isFalse();
    assertThat(range.overlaps(new HashRange(19, 30))).isTrue();
    assertThat(range.overlaps(new HashRange(20, 30))).isFalse();
    assertThat(range.overlaps(new HashRange(0, 10))).isFalse();
    assertThat(HashRange.ALL.covers(range)).isTrue();
  }

  @Test
  void emptyRangesAndRangesOutsideTheSpaceAreRefused() {
    assertThatThrownBy(() -> new HashRange(5, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Hash range must satisfy 0 <= start < end <= 65536 but was [5, 5)");
    assertThatThrownBy(() -> new HashRange(-1, 5)).hasMessageContaining("was [-1, 5)");
    assertThatThrownBy(() -> new HashRange(0, 65537)).hasMessageContaining("was [0, 65537)");
  }
}

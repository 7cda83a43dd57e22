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

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AscendingIntsTest {
  private static final long SEED = Long.getLong("meru.seed", 20251128L);

  @Test
  void gives_back_what_was_added_with_gaps_of_any_size() {
    Random random = new Random(SEED);
    for (int maxGap : new int[] {1, 2, 7, 58, 500, 20_000}) {
      for (int count : new int[] {0, 1, 7, 8, 9, 64, 1000}) {
        int[] values = new int[count];
        int next = random.nextInt(maxGap);
        for (int i = 0; i < count; i++) {
          values[i] = next;
          next += 1 + random.nextInt(maxGap);
        }
        AscendingInts.Builder builder = new AscendingInts.Builder(count, next);
        for (int value : values) {
          builder.add(value);
        }
        AscendingInts ints = builder.build();
        for (int i = 0; i < count; i++) {
          assertThat(ints.get(i)).as("int %d of seed %d", i, SEED).isEqualTo(values[i]);
        }
        assertThat((double) ints.memoryBytes())
            .isBetween(0.9 * HeapBytes.of(ints) - 16, 1.1 * HeapBytes.of(ints) + 32);
        assertThat(AscendingInts.memoryBytes(count, next))
            .isGreaterThanOrEqualTo(ints.memoryBytes());
      }
    }
  }
}

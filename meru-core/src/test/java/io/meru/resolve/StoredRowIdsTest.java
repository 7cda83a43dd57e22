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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.version.Lineage;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredRowIdsTest {
  private static final long SEED = Long.getLong("meru.seed", 20261129L);

  @ParameterizedTest
  @ValueSource(ints = {1, 127, 128, 129, 5_000})
  void idsComeBackByPosition(int count) {
    Random random = new Random(SEED + count);
    for (int bits = 0; bits < Bits.MAX_WIDTH; bits++) {
      long[] ids = new long[count];
      StoredRowIds.Builder builder = new StoredRowIds.Builder(1L << 30);
      for (int i = 0; i < count; i++) {
        ids[i] =
            random.nextInt(5) == 0
                ? Lineage.NONE
                : random.nextLong() >>> 1 & ((1L << random.nextInt(bits + 1)) - 1);
        builder.add(ids[i]);
      }
      StoredRowIds stored = builder.build();
      for (int i = 0; i < count; i++) {
        assertThat(stored.get(i)).isEqualTo(ids[i]);
      }
      if (stored != StoredRowIds.NONE) {
        long heap = HeapBytes.of(stored);
        assertThat(stored.memoryBytes()).isBetween(heap - 64, heap + 64);
      }
    }
  }

  @Test
  void ascendingIdsTakeAByteEach() {
    StoredRowIds.Builder builder = new StoredRowIds.Builder(1L << 30);
    for (int i = 0; i < 100_000; i++) {
      builder.add(5_000_000_000L + i);
    }
    assertThat(builder.build().memoryBytes()).isBetween(90_000L, 110_000L);
  }

  @Test
  void aFileThatStoresNoneTakesNothing() {
    StoredRowIds.Builder builder = new StoredRowIds.Builder(1L << 30);
    for (int i = 0; i < 1_000; i++) {
      builder.add(Lineage.NONE);
    }
    StoredRowIds none = builder.build();
    assertThat(none).isSameAs(StoredRowIds.NONE);
    assertThat(none.memoryBytes()).isZero();
    assertThat(none.get(999)).isEqualTo(Lineage.NONE);
  }

  @Test
  void theLimitIsKept() {
    StoredRowIds.Builder builder = new StoredRowIds.Builder(1_000);
    Random random = new Random(SEED);
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                builder.add(random.nextLong() >>> 24);
              }
            })
        .isSameAs(IndexTooLargeException.INSTANCE);
  }
}

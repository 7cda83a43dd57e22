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

package io.meru.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DeletionVectorTest {
  private static final long SEED = Long.getLong("meru.seed", 20251122L);

  @Test
  void behaves_as_a_set_of_positions() {
    Random random = new Random(SEED);
    for (int round = 0; round < 50; round++) {
      TreeSet<Long> left = positions(random);
      TreeSet<Long> right = positions(random);
      DeletionVector vector = vector(left).or(vector(right));
      DeletionVector both = vector(left).and(vector(right));
      DeletionVector rest = vector(left).andNot(vector(right));

      TreeSet<Long> union = new TreeSet<>(left);
      union.addAll(right);
      TreeSet<Long> shared = new TreeSet<>(left);
      shared.retainAll(right);
      left.removeAll(right);
      assertThat(list(vector)).as("seed %d round %d", SEED, round).containsExactlyElementsOf(union);
      assertThat(vector.cardinality()).isEqualTo(union.size());
      assertThat(vector.isEmpty()).isEqualTo(union.isEmpty());
      assertThat(vector.last()).isEqualTo(union.isEmpty() ? -1 : union.last());
      for (long position : union) {
        assertThat(vector.contains(position)).isTrue();
        assertThat(vector.contains(position + 1)).isEqualTo(union.contains(position + 1));
      }
      assertThat(both.toArray())
          .containsExactly(shared.stream().mapToInt(Long::intValue).toArray());
      assertThat(list(rest)).containsExactlyElementsOf(left);
    }
  }

  @Test
  void or_changes_neither_side() {
    DeletionVector left = DeletionVector.of(1, 2);
    DeletionVector right = DeletionVector.of(2, 70_000);
    assertThat(list(left.or(right))).containsExactly(1L, 2L, 70_000L);
    assertThat(list(left)).containsExactly(1L, 2L);
    assertThat(list(right)).containsExactly(2L, 70_000L);
  }

  @Test
  void equality_is_that_of_the_positions_however_they_came() {
    long[] run = new long[10_000];
    Arrays.setAll(run, i -> i + 60_000L);
    DeletionVector atOnce = DeletionVector.of(run);
    DeletionVector one = DeletionVector.EMPTY;
    for (int i = 0; i < run.length; i += 1000) {
      one = DeletionVector.of(Arrays.copyOfRange(run, i, i + 1000)).or(one);
    }
    DeletionVector backwards = backwards(run);
    assertThat(one).isEqualTo(atOnce).hasSameHashCodeAs(atOnce);
    assertThat(backwards).isEqualTo(atOnce).hasSameHashCodeAs(atOnce);
    assertThat(DeletionVector.deserialize(one.serialize())).isEqualTo(atOnce);
    assertThat(atOnce).isNotEqualTo(DeletionVector.of(60_000)).isNotEqualTo(DeletionVector.EMPTY);
    assertThat(new DeletionVector.Builder().build()).isEqualTo(DeletionVector.EMPTY);
  }

  @Test
  void serialized_form_reads_back() {
    Random random = new Random(SEED);
    for (int round = 0; round < 50; round++) {
      DeletionVector vector = vector(positions(random));
      DeletionVector read = DeletionVector.deserialize(vector.serialize());
      assertThat(read)
          .as("seed %d round %d", SEED, round)
          .isEqualTo(vector)
          .hasSameHashCodeAs(vector);
    }
  }

  @Test
  void highest_position_is_held_and_the_next_refused() {
    DeletionVector vector = DeletionVector.of(Integer.MAX_VALUE, 0);
    assertThat(list(vector)).containsExactly(0L, (long) Integer.MAX_VALUE);
    assertThat(vector.contains(Integer.MAX_VALUE)).isTrue();
    assertThat(vector.contains(1L << 32)).isFalse();
    assertThat(vector.contains(-1)).isFalse();
    assertThatThrownBy(() -> DeletionVector.of(1L << 31))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot delete position 2147483648: positions go from 0 to 2147483647. A data file of"
                + " 2^31 rows or more cannot be updated; rewrite it into smaller files.");
    assertThatThrownBy(() -> DeletionVector.of(-1))
        .hasMessageStartingWith("Cannot delete position -1:");
  }

  @Test
  void refuses_bytes_that_are_no_vector() {
    byte[] bytes = DeletionVector.of(1, 5).serialize();
    assertThatThrownBy(() -> DeletionVector.deserialize(Arrays.copyOf(bytes, bytes.length - 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot read a deletion vector: %d bytes are not a 32-bit Roaring bitmap"
                .formatted(bytes.length - 1));
    assertThatThrownBy(() -> DeletionVector.deserialize(Arrays.copyOf(bytes, bytes.length + 1)))
        .hasMessage(
            "Cannot read a deletion vector: 1 of %d bytes are left behind the bitmap"
                .formatted(bytes.length + 1));
    assertThatThrownBy(() -> DeletionVector.deserialize(new byte[0]))
        .hasMessage("Cannot read a deletion vector: 0 bytes are not a 32-bit Roaring bitmap");
  }

  private static TreeSet<Long> positions(Random random) {
    TreeSet<Long> positions = new TreeSet<>();
    int count = random.nextInt(4) == 0 ? 0 : random.nextInt(8000);
    int bound = 1 << (1 + random.nextInt(24));
    long start = random.nextInt(1 << 20);
    boolean run = random.nextInt(3) == 0;
    for (int i = 0; i < count; i++) {
      positions.add(start + (run ? i : random.nextInt(bound)));
    }
    return positions;
  }

  private static DeletionVector vector(TreeSet<Long> positions) {
    DeletionVector.Builder builder = new DeletionVector.Builder();
    positions.forEach(builder::add);
    return builder.build();
  }

  private static DeletionVector backwards(long[] positions) {
    DeletionVector.Builder builder = new DeletionVector.Builder();
    for (int i = positions.length - 1; i >= 0; i--) {
      builder.add(positions[i]);
    }
    return builder.build();
  }

  private static List<Long> list(DeletionVector vector) {
    List<Long> list = new ArrayList<>();
    vector.forEach(list::add);
    return list;
  }
}

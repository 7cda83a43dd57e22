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

import io.meru.key.SortedKeys;
import io.meru.testing.Keys;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class KeyIndexTest {
  private static final long SEED = Long.getLong("meru.seed", 20251122L);
  private static final long UNLIMITED = Long.MAX_VALUE;
  private static final int[] SIZES = {1, 2, 15, 16, 17, 255, 256, 257, 511, 512, 513, 5000};

  /** What draws a key. */
  private static final Map<String, Function<Random, byte[]>> LONGS =
      new TreeMap<>(
          Map.of(
              "dense", random -> Keys.ofLong(random.nextInt(7000)),
              "40 bit", random -> Keys.ofLong(random.nextLong() >>> 24),
              "64 bit", random -> Keys.ofLong(random.nextLong()),
              "around zero", random -> Keys.ofLong(random.nextInt(1 << 16) - (1 << 15)),
              "extremes",
                  random ->
                      Keys.ofLong(
                          (random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE)
                              ^ random.nextInt(1 << 14)),
              "clusters",
                  random ->
                      Keys.ofLong((random.nextInt(5) * 0x1234567890L) + random.nextInt(1 << 11)),
              "all widths", random -> Keys.ofLong(random.nextLong() >> random.nextInt(64))));

  private static final Map<String, Function<Random, byte[]>> BYTES =
      new TreeMap<>(
          Map.of(
              "uuid text",
                  random -> text(new UUID(random.nextLong(), random.nextLong()).toString()),
              "counted", random -> text("customer-%08d".formatted(random.nextInt(20_000))),
              "two letters", KeyIndexTest::twoLetters,
              "extreme bytes", KeyIndexTest::extremeBytes,
              "two longs", KeyIndexTest::twoLongs,
              "long ones", KeyIndexTest::longOnes));

  @TestFactory
  Stream<DynamicTest> long_keys_are_found_at_their_rank_and_no_others() {
    return tests(true, LONGS);
  }

  @TestFactory
  Stream<DynamicTest> other_keys_are_found_at_their_rank_and_no_others() {
    return tests(false, BYTES);
  }

  private static Stream<DynamicTest> tests(
      boolean fixedLong, Map<String, Function<Random, byte[]>> kinds) {
    return kinds.entrySet().stream()
        .flatMap(
            kind ->
                IntStream.of(SIZES)
                    .mapToObj(
                        size ->
                            DynamicTest.dynamicTest(
                                "%s, %d keys, seed %d".formatted(kind.getKey(), size, SEED),
                                () -> check(fixedLong, size, kind.getValue()))));
  }

  private static void check(boolean fixedLong, int size, Function<Random, byte[]> draw) {
    Random random = new Random(SEED + size);
    List<byte[]> held = draw(random, size, draw);
    SortedKeys keys = Keys.sorted(held);
    KeyIndex index = index(fixedLong, keys);
    assertThat(index.size()).isEqualTo(keys.size());
    assertThat((double) index.memoryBytes())
        .isBetween(0.9 * HeapBytes.of(index), 1.1 * HeapBytes.of(index) + 32);

    checkCursor(fixedLong, index.cursor(), keys);
    TreeMap<byte[], Integer> ranks = new TreeMap<>(Arrays::compareUnsigned);
    for (int i = 0; i < keys.size(); i++) {
      ranks.put(Keys.bytes(keys, i), i);
    }
    checkBatch(fixedLong, index, keys, ranks);
    for (int searched : new int[] {1, 3, 20, 300, 5000}) {
      List<byte[]> batch = draw(random, searched, draw);
      for (byte[] key : List.copyOf(batch)) {
        batch.addAll(neighbours(fixedLong, key));
      }
      checkBatch(fixedLong, index, Keys.sorted(batch), ranks);
      batch.subList(0, batch.size() / 2).clear();
      batch.addAll(held.subList(0, Math.min(held.size(), searched)));
      checkBatch(fixedLong, index, Keys.sorted(batch), ranks);
    }
  }

  private static void checkCursor(boolean fixedLong, KeyCursor cursor, SortedKeys expected) {
    for (int i = 0; i < expected.size(); i++) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.prefix()).isEqualTo(expected.prefix(i) ^ Long.MIN_VALUE);
      if (!fixedLong) {
        assertThat(Arrays.copyOf(cursor.array(), cursor.length()))
            .isEqualTo(Keys.bytes(expected, i));
      }
    }
    assertThat(cursor.next()).isFalse();
  }

  private static void checkBatch(
      boolean fixedLong, KeyIndex index, SortedKeys searched, TreeMap<byte[], Integer> expected) {
    KeyBatch batch = new KeyBatch(fixedLong);
    batch.reset(searched);
    int from = searched.size() / 10;
    int[] ranks = new int[searched.size() - from];
    Arrays.fill(ranks, 77);
    index.find(batch, from, searched.size(), ranks);
    for (int i = from; i < searched.size(); i++) {
      byte[] key = Keys.bytes(searched, i);
      int rank = expected.getOrDefault(key, KeyIndex.ABSENT);
      if (ranks[i - from] != rank) {
        assertThat(ranks[i - from]).as("rank of %s", Arrays.toString(key)).isEqualTo(rank);
      }
    }
  }

  @Test
  void forty_bit_keys_take_3_2_bytes_at_most_and_denser_ones_less() {
    assertThat(bytesPerKey(1_000_000, 1L << 40)).isLessThanOrEqualTo(3.2);
    assertThat(bytesPerKey(1_000_000, 1L << 36)).isLessThanOrEqualTo(2.7);
    assertThat(bytesPerKey(1_000_000, 1L << 21)).isLessThanOrEqualTo(0.95);
    assertThat(bytesPerKey(1_000_000, 1_000_000)).isLessThanOrEqualTo(0.8);
  }

  /** {@code count} keys with random gaps, spread over {@code space}. */
  private static double bytesPerKey(int count, long space) {
    Random random = new Random(SEED);
    PackedLongIndex.Builder builder = new PackedLongIndex.Builder(count, UNLIMITED);
    long gap = space / count;
    long key = 0;
    for (int i = 0; i < count; i++) {
      key += gap == 1 ? 1 : 1 + (long) (-Math.log(1 - random.nextDouble()) * (gap - 1));
      assertThat(builder.add(key)).isTrue();
    }
    return (double) builder.build().memoryBytes() / count;
  }

  @Test
  void keys_that_do_not_ascend_are_not_taken() {
    for (boolean fixedLong : new boolean[] {true, false}) {
      KeyIndex.Builder builder = KeyIndex.builder(fixedLong, 2, UNLIMITED);
      assertThat(add(builder, Keys.ofLong(5))).isTrue();
      assertThat(add(builder, Keys.ofLong(5))).isFalse();
      assertThat(add(builder, Keys.ofLong(4))).isFalse();
      for (int i = 6; i < 3000; i++) {
        assertThat(add(builder, Keys.ofLong(i))).isTrue();
        assertThat(add(builder, Keys.ofLong(i - 1))).isFalse();
      }
      assertThat(builder.build().size()).isEqualTo(2995);
    }
    KeyIndex.Builder builder = KeyIndex.builder(false, 2, UNLIMITED);
    assertThat(add(builder, new byte[] {1, 0})).isTrue();
    assertThat(add(builder, new byte[] {1})).isFalse();
    assertThat(add(builder, new byte[] {1, 0, 0})).isTrue();
    assertThat(add(builder, new byte[] {1, -1})).isTrue();
    assertThat(add(builder, new byte[] {1, 127})).isFalse();
  }

  @Test
  void an_index_stops_growing_at_its_limit() {
    for (boolean fixedLong : new boolean[] {true, false}) {
      Random random = new Random(SEED);
      SortedKeys keys = Keys.sorted(draw(random, 20_000, LONGS.get("64 bit")));
      long needed = index(fixedLong, keys).memoryBytes();
      KeyIndex.Builder builder = KeyIndex.builder(fixedLong, 10, needed / 2);
      int taken = 0;
      try {
        while (taken < keys.size()) {
          add(builder, Keys.bytes(keys, taken));
          taken++;
        }
      } catch (IndexTooLargeException e) {
        assertThat(taken).isBetween(keys.size() / 4, keys.size() * 3 / 4);
      }
      assertThat(taken).isLessThan(keys.size());
    }
  }

  @Test
  void an_index_of_short_text_fits_into_little_more_than_it_takes() {
    Random random = new Random(SEED);
    for (int count : new int[] {127, 4_096, 32_767, 32_769, 33_500, 40_000}) {
      SortedKeys keys =
          Keys.sorted(
              draw(
                  random,
                  count,
                  r -> Integer.toString(r.nextInt(10_000_000)).getBytes(StandardCharsets.UTF_8)));
      long needed = index(false, keys).memoryBytes();

      for (int expected : new int[] {10, keys.size(), 8 * keys.size()}) {
        KeyIndex.Builder builder = KeyIndex.builder(false, expected, needed);
        for (int i = 0; i < keys.size(); i++) {
          assertThat(add(builder, Keys.bytes(keys, i))).isTrue();
        }
        assertThat(builder.build().memoryBytes()).isEqualTo(needed);
      }
    }
  }

  private static KeyIndex index(boolean fixedLong, SortedKeys keys) {
    KeyIndex.Builder builder = KeyIndex.builder(fixedLong, keys.size(), UNLIMITED);
    for (int i = 0; i < keys.size(); i++) {
      assertThat(add(builder, Keys.bytes(keys, i))).isTrue();
    }
    return builder.build();
  }

  private static boolean add(KeyIndex.Builder builder, byte[] key) {
    return builder.add(Bits.ordered(key, 0, key.length), key, 0, key.length);
  }

  private static List<byte[]> draw(Random random, int count, Function<Random, byte[]> draw) {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      keys.add(draw.apply(random));
    }
    return keys;
  }

  /** Keys next to {@code key}, or as far from it as can be. */
  private static List<byte[]> neighbours(boolean fixedLong, byte[] key) {
    if (fixedLong) {
      long value = Bits.ordered(key, 0, 8);
      return List.of(
          Keys.ofLong(value + 1),
          Keys.ofLong(value - 1),
          Keys.ofLong(value ^ Long.MIN_VALUE),
          Keys.ofLong(Long.MIN_VALUE),
          Keys.ofLong(Long.MAX_VALUE));
    }
    byte[] last = key.clone();
    if (last.length > 0) {
      last[last.length - 1]++;
    }
    byte[] cut = Arrays.copyOf(key, key.length / 2);
    return List.of(Arrays.copyOf(key, key.length + 1), last, cut, new byte[] {-1, -1, -1});
  }

  private static byte[] text(String value) {
    return value.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] twoLetters(Random random) {
    byte[] key = new byte[random.nextInt(16)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) ('a' + random.nextInt(2));
    }
    return key;
  }

  private static byte[] extremeBytes(Random random) {
    byte[] key = new byte[random.nextInt(14)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(3) - 1);
    }
    return key;
  }

  private static byte[] twoLongs(Random random) {
    byte[] key = Arrays.copyOf(Keys.ofLong(random.nextInt(9) - 4), 16);
    System.arraycopy(Keys.ofLong(random.nextInt(4000)), 0, key, 8, 8);
    return key;
  }

  /** Lengths and shared beginnings of more than 127 and 16383 bytes. */
  private static byte[] longOnes(Random random) {
    byte[] key = new byte[random.nextInt(20) == 0 ? 17_000 : 130 + random.nextInt(300)];
    Arrays.fill(key, (byte) 7);
    key[key.length - 1 - random.nextInt(2)] = (byte) random.nextInt();
    return key;
  }
}

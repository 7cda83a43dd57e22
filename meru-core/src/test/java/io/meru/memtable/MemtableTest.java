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

package io.meru.memtable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.meru.key.KeyHash;
import io.meru.key.SortedKeys;
import io.meru.row.ByteBuilder;
import io.meru.testing.Keys;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemtableTest {
  private static final long SEED = Long.getLong("meru.seed", 20261122);

  private final ByteBuilder key = new ByteBuilder(16);
  private final ByteBuilder row = new ByteBuilder(16);

  @Test
  void theNewestEntryOfEachKeyIsKeptInKeyOrder() {
    for (KeyShape shape : KeyShape.values()) {
      for (int round = 0; round < 25; round++) {
        long seed = SEED + round;
        Random random = new Random(seed);
        int operations = round == 0 ? 0 : random.nextInt(round % 5 == 0 ? 6_000 : 300);
        Memtable memtable = new Memtable();
        TreeMap<byte[], Optional<byte[]>> model = new TreeMap<>(Arrays::compareUnsigned);
        for (int i = 0; i < operations; i++) {
          applyRandom(memtable, model, shape.next.apply(random), random);
        }
        assertThat(memtable.size()).isEqualTo(model.size());
        assertHolds(memtable.seal(), model, "%s, seed %d".formatted(shape, seed));
      }
    }
  }

  /** What keys look like decides how they are sorted. */
  private enum KeyShape {
    LONGS(random -> Keys.ofLong(random.nextInt(3000) - 1500)),
    SCATTERED_LONGS(random -> Keys.ofLong(random.nextInt(3000) * 0x9E3779B97F4A7C15L)),
    SHORT_WITH_ZEROS(random -> bytes(random, random.nextInt(5), 2)),
    ZEROS_ONLY(random -> new byte[random.nextInt(200)]),
    LONG_COMMON_PREFIX(
        random ->
            ("customer/region/eu/%06d".formatted(random.nextInt(3000)))
                .getBytes(StandardCharsets.UTF_8)),
    NESTED_PREFIXES(random -> bytes(random, 1 + random.nextInt(60), 1 + random.nextInt(2)));

    private final Function<Random, byte[]> next;

    KeyShape(Function<Random, byte[]> next) {
      this.next = next;
    }

    private static byte[] bytes(Random random, int length, int values) {
      byte[] bytes = new byte[length];
      for (int i = 0; i < length; i++) {
        bytes[i] = (byte) (random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(values));
      }
      return bytes;
    }
  }

  private void applyRandom(
      Memtable memtable, Map<byte[], Optional<byte[]>> model, byte[] keyBytes, Random random) {
    if (random.nextInt(4) == 0) {
      memtable.delete(load(key, keyBytes));
      model.put(keyBytes, Optional.empty());
    } else {
      byte[] rowBytes = new byte[randomRowLength(random)];
      random.nextBytes(rowBytes);
      memtable.put(load(key, keyBytes), load(row, rowBytes));
      model.put(keyBytes, Optional.of(rowBytes));
    }
  }

  private static int randomRowLength(Random random) {
    return switch (random.nextInt(1000)) {
      case 0 -> Arena.MAX_SHARED_BYTES + random.nextInt(2 * SegmentPool.SEGMENT_BYTES);
      case 1 -> Arena.MAX_SHARED_BYTES;
      case 2, 3 -> random.nextInt(Arena.MAX_SHARED_BYTES);
      default -> random.nextInt(100);
    };
  }

  private static void assertHolds(
      SealedMemtable sealed, TreeMap<byte[], Optional<byte[]>> model, String description) {
    assertThat(sealed.size()).as(description).isEqualTo(model.size());
    int i = 0;
    for (Map.Entry<byte[], Optional<byte[]>> expected : model.entrySet()) {
      byte[] keyBytes = expected.getKey();
      assertThat(Keys.bytes(sealed, i)).as("key %d of %s", i, description).isEqualTo(keyBytes);
      assertThat(sealed.prefix(i)).isEqualTo(SortedKeys.prefixOf(keyBytes, 0, keyBytes.length));
      assertThat(sealed.isDelete(i))
          .as("%d of %s", i, description)
          .isEqualTo(expected.getValue().isEmpty());
      if (expected.getValue().isPresent()) {
        byte[] rowBytes = expected.getValue().get();
        int offset = sealed.rowOffset(i);
        assertThat(
                Arrays.equals(
                    sealed.rowArray(i),
                    offset,
                    offset + rowBytes.length,
                    rowBytes,
                    0,
                    rowBytes.length))
            .as("row %d of %s", i, description)
            .isTrue();
      }
      i++;
    }
  }

  @Test
  void keysThatShareTheirLowHashBitsAreToldApart() {
    Memtable memtable = new Memtable();
    for (long i = 0; i < 2000; i++) {
      memtable.put(load(key, Keys.ofLong(i)), 42, load(row, Keys.ofLong(-i)));
    }
    memtable.delete(load(key, Keys.ofLong(7)), 42);
    SealedMemtable sealed = memtable.seal();
    assertThat(sealed.size()).isEqualTo(2000);
    for (int i = 0; i < 2000; i++) {
      assertThat(Keys.bytes(sealed, i)).isEqualTo(Keys.ofLong(i));
      assertThat(sealed.isDelete(i)).isEqualTo(i == 7);
    }
  }

  @Test
  void sortingManyKeysWithEqualBeginningsNeedsNoDeepStack() {
    Memtable memtable = new Memtable();
    byte[] bytes = new byte[100_000];
    for (int i = 0; i < 100; i++) { // key i: 0xFF...0xFF of length 100_000 - 500 * i
      Arrays.fill(bytes, (byte) 0xFF);
      key.reset();
      key.append(bytes, 0, bytes.length - 500 * i);
      memtable.delete(key);
    }
    SealedMemtable sealed = memtable.seal();
    for (int i = 0; i < 100; i++) {
      assertThat(sealed.length(i)).isEqualTo(bytes.length - 500 * (99 - i));
    }
  }

  @Test
  void updatesOfTheSameKeysDoNotGrowTheArena() {
    Memtable memtable = new Memtable();
    Random random = new Random(SEED);
    byte[] rowBytes = new byte[100];
    for (int i = 0; i < 1000; i++) {
      memtable.put(load(key, Keys.ofLong(i)), load(row, rowBytes));
    }
    long before = memtable.memoryBytes();
    for (int i = 0; i < 200_000; i++) {
      load(key, Keys.ofLong(random.nextInt(1000)));
      if (random.nextInt(3) == 0) {
        memtable.delete(key);
      } else {
        memtable.put(key, load(row, rowBytes, random.nextInt(101)));
      }
    }
    assertThat(memtable.memoryBytes()).isEqualTo(before);
  }

  @Test
  void aRowThatGrowsOnAndOnMovesSeldom() {
    Memtable memtable = new Memtable();
    byte[] rowBytes = new byte[20_000];
    for (int length = 1; length <= rowBytes.length; length++) {
      memtable.put(load(key, Keys.ofLong(1)), load(row, rowBytes, length));
    }
    assertThat(memtable.memoryBytes()).isLessThan(2 * SegmentPool.SEGMENT_BYTES);
  }

  @Test
  void steadyPutsAllocateNothing() {
    Memtable memtable = new Memtable();
    byte[] rowBytes = new byte[60];
    load(row, rowBytes);
    int first = 25_000; // the table is replaced at 24,576 keys, and next at 49,152
    int last = 49_000;
    putLongs(memtable, 0, first);
    putLongs(memtable, 0, first);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    threads.getCurrentThreadAllocatedBytes();

    long start = threads.getCurrentThreadAllocatedBytes();
    putLongs(memtable, 0, first);
    long updates = threads.getCurrentThreadAllocatedBytes() - start;
    long memoryBefore = memtable.memoryBytes();
    start = threads.getCurrentThreadAllocatedBytes();
    putLongs(memtable, first, last);
    long inserts = threads.getCurrentThreadAllocatedBytes() - start;

    assertThat(updates).as("bytes allocated by %d updates", first).isLessThan(1000);
    assertThat(inserts - (memtable.memoryBytes() - memoryBefore))
        .as("bytes allocated by %d inserts beyond new segments and pages", last - first)
        .isLessThan(10_000);
  }

  /** Growing the table frees the smaller one: at most as many bytes again as it has grown by. */
  @Test
  void memoryBytesCountsWhatIsAllocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    load(row, new byte[60]);
    putLongs(new Memtable(), 0, 10);
    long start = threads.getCurrentThreadAllocatedBytes();
    Memtable memtable = new Memtable();
    putLongs(memtable, 0, 300_000);
    long allocated = threads.getCurrentThreadAllocatedBytes() - start;
    assertThat(memtable.memoryBytes()).isBetween(allocated * 8 / 10, allocated);
  }

  private void putLongs(Memtable memtable, int from, int to) {
    for (int i = from; i < to; i++) {
      key.reset();
      key.appendLongBigEndian(i * 0x9E3779B97F4A7C15L);
      memtable.put(key, KeyHash.hash64(key.array(), 0, 8), row);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LONGS", "LONG_COMMON_PREFIX", "NESTED_PREFIXES"})
  void releasedSegmentsServeTheNextMemtable(KeyShape shape) {
    SegmentPool pool = new SegmentPool(4L * SegmentPool.SEGMENT_BYTES);
    Random random = new Random(SEED);
    for (int round = 0; round < 5; round++) {
      Memtable memtable = new Memtable(pool);
      TreeMap<byte[], Optional<byte[]>> model = new TreeMap<>(Arrays::compareUnsigned);
      for (int i = 0; i < 20_000; i++) {
        applyRandom(memtable, model, shape.next.apply(random), random);
      }
      SealedMemtable sealed = memtable.seal();
      assertHolds(sealed, model, "round %d of seed %d".formatted(round, SEED));
      assertThat(pool.freeBytes()).as("all in use").isZero();

      sealed.release();
      sealed.release();

      assertThat(pool.freeBytes()).as("up to the bound").isEqualTo(4L * SegmentPool.SEGMENT_BYTES);
      assertThatThrownBy(() -> sealed.array(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void eachFillStartsEmpty() {
    Memtable memtable = new Memtable(new SegmentPool(4L * SegmentPool.SEGMENT_BYTES));
    Random random = new Random(SEED);
    for (int round = 0; round < 40; round++) {
      KeyShape shape = KeyShape.values()[random.nextInt(KeyShape.values().length)];
      TreeMap<byte[], Optional<byte[]>> model = new TreeMap<>(Arrays::compareUnsigned);
      int operations = random.nextInt(random.nextInt(4) == 0 ? 10_000 : 50);
      for (int i = 0; i < operations; i++) {
        applyRandom(memtable, model, shape.next.apply(random), random);
      }
      SealedMemtable sealed = memtable.seal();
      assertThat(memtable.size()).isZero();
      memtable.delete(load(key, Keys.ofLong(round))); // what is sealed knows nothing of it
      assertHolds(sealed, model, "%s, round %d of seed %d".formatted(shape, round, SEED));
      sealed.release();
      assertThat(memtable.seal().size()).isEqualTo(1);
    }
  }

  @Test
  void itKeepsAsMuchAsTheLastTwoFillsNeeded() {
    Memtable memtable = new Memtable(new SegmentPool(0));
    long empty = memtable.memoryBytes();
    load(row, new byte[60]);
    putLongs(memtable, 0, 100_000);
    memtable.seal();
    long kept = memtable.memoryBytes();
    putLongs(memtable, 0, 10);
    memtable.seal();

    assertThat(kept).isBetween(100_000L * (32 + 11), 100_000L * (32 + 22) + 64_000);
    assertThat(memtable.memoryBytes()).isEqualTo(kept);

    putLongs(memtable, 0, 10);
    memtable.seal();
    assertThat(memtable.memoryBytes() - empty).isBetween(0L, 64_000L);
  }

  @Test
  void aNegativePoolIsRefused() {
    assertThatThrownBy(() -> new SegmentPool(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A segment pool keeps 0 bytes or more, but was told -1");
  }

  private static ByteBuilder load(ByteBuilder builder, byte[] bytes) {
    return load(builder, bytes, bytes.length);
  }

  private static ByteBuilder load(ByteBuilder builder, byte[] bytes, int length) {
    builder.reset();
    builder.append(bytes, 0, length);
    return builder;
  }
}

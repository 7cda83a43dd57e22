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

import io.meru.testing.Keys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyListTest {
  @Test
  void deserializingGivesTheKeysThatWereSerialized() {
    long seed = Long.getLong("meru.seed", 42);
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      SortedKeys keys = Keys.sorted(randomKeys(random, random.nextInt(200)));

      KeyList list = KeyList.deserialize(KeyList.copyOf(keys).serialize());

      assertThat(list).as("round %d of seed %d", round, seed).isEqualTo(KeyList.copyOf(keys));
      assertSameKeys(list, keys);
    }
  }

  @Test
  void mergingGivesEveryKeyOfTheListsOnce() {
    long seed = Long.getLong("meru.seed", 42);
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      List<KeyList> lists = new ArrayList<>();
      List<byte[]> all = new ArrayList<>();
      for (int list = random.nextInt(6); list > 0; list--) {
        List<byte[]> keys = randomKeys(random, random.nextInt(50));
        keys.addAll(all.subList(0, random.nextInt(all.size() + 1)));
        lists.add(KeyList.copyOf(Keys.sorted(keys)));
        all.addAll(keys);
      }

      assertThat(KeyList.merge(lists))
          .as("round %d of seed %d", round, seed)
          .isEqualTo(KeyList.copyOf(Keys.sorted(all)));
    }
  }

  @Test
  void anEmptyListIsTwoBytes() {
    assertThat(KeyList.EMPTY.serialize()).isEqualTo(new byte[] {0, 0});
    assertThat(KeyList.deserialize(new byte[] {0, 0})).isSameAs(KeyList.EMPTY);
    assertThat(KeyList.copyOf(Keys.sorted(List.of()))).isSameAs(KeyList.EMPTY);
  }

  @Test
  void theSerializedFormIsAsDocumented() {
    SortedKeys keys = Keys.sorted(List.of("ab".getBytes(), "abc".getBytes(), "b".getBytes()));
    assertThat(KeyList.copyOf(keys).serialize())
        .isEqualTo(new byte[] {3, 6, 0, 2, 'a', 'b', 2, 1, 'c', 0, 1, 'b'});
  }

  @Test
  void denseLongKeysTakeThreeBytesEach() {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      keys.add(Keys.ofLong(1_000_000_000_000L + i));
    }
    assertThat(KeyList.copyOf(Keys.sorted(keys)).serialize().length).isBetween(30_000, 30_200);
  }

  @Test
  void unsortedKeysAreRefused() {
    KeyList sorted = KeyList.copyOf(Keys.sorted(List.of(new byte[] {1}, new byte[] {2})));
    SortedKeys twice = new Reordered(sorted, new int[] {0, 0});
    SortedKeys reversed = new Reordered(sorted, new int[] {1, 0});
    String message =
        "Keys must be ascending, each once, but key 1 of 2 is not above the one before it";
    assertThatThrownBy(() -> KeyList.copyOf(twice)).hasMessage(message);
    assertThatThrownBy(() -> KeyList.copyOf(reversed)).hasMessage(message);
    assertThatThrownBy(() -> KeyList.deserialize(new byte[] {2, 2, 0, 1, 'b', 0, 1, 'a'}))
        .hasMessage(message);
  }

  @Test
  void damagedBytesAreRefusedWithTheirPlace() {
    assertThatThrownBy(() -> KeyList.deserialize(new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot read a key list: at byte 0 of 0 it has no byte left for 'count'");
    assertThatThrownBy(() -> KeyList.deserialize(new byte[] {100, 1, 0, 1, 'a'}))
        .hasMessage(
            "Cannot read a key list: at byte 1 of 5 it has count = 100 where at most 2 is possible");
    assertThatThrownBy(() -> KeyList.deserialize(new byte[] {1, 1, 0, 1, 'a', 7}))
        .hasMessageStartingWith("Cannot read a key list: at byte");
    assertThatThrownBy(() -> KeyList.deserialize(new byte[] {1, 2, 1, 1, 'a'}))
        .hasMessage(
            "Cannot read a key list: at byte 3 of 5 it has shared = 1 where at most 0 is possible");
  }

  @Test
  void noDamageEscapesAsAnotherException() {
    long seed = Long.getLong("meru.seed", 4711);
    Random random = new Random(seed);
    byte[] good = KeyList.copyOf(Keys.sorted(randomKeys(random, 50))).serialize();
    for (int round = 0; round < 20_000; round++) {
      byte[] bad =
          Arrays.copyOf(good, random.nextInt(10) == 0 ? random.nextInt(good.length) : good.length);
      for (int i = random.nextInt(4); i >= 0 && bad.length > 0; i--) {
        bad[random.nextInt(Math.min(bad.length, 1 + random.nextInt(bad.length)))] =
            (byte) random.nextInt();
      }
      try {
        KeyList list = KeyList.deserialize(bad);
        assertThat(KeyList.deserialize(list.serialize())).isEqualTo(list);
      } catch (IllegalArgumentException expected) {
        assertThat(expected)
            .hasMessageMatching("(Cannot read a key list|Keys must be ascending).*");
      } catch (RuntimeException other) {
        throw new AssertionError("round %d of seed %d".formatted(round, seed), other);
      }
    }
  }

  private static List<byte[]> randomKeys(Random random, int count) {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] key = new byte[random.nextInt(12)];
      for (int at = 0; at < key.length; at++) {
        key[at] = (byte) (random.nextInt(3) - 1);
      }
      keys.add(key);
    }
    return keys;
  }

  private static void assertSameKeys(SortedKeys actual, SortedKeys expected) {
    assertThat(actual.size()).isEqualTo(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(Keys.bytes(actual, i)).isEqualTo(Keys.bytes(expected, i));
      assertThat(actual.prefix(i)).isEqualTo(expected.prefix(i));
      assertThat(actual.length(i)).isEqualTo(expected.length(i));
    }
  }

  /** Keys in an order that {@link SortedKeys} forbids. */
  private record Reordered(SortedKeys keys, int[] order) implements SortedKeys {
    @Override
    public int size() {
      return order.length;
    }

    @Override
    public long prefix(int i) {
      return keys.prefix(order[i]);
    }

    @Override
    public byte[] array(int i) {
      return keys.array(order[i]);
    }

    @Override
    public int offset(int i) {
      return keys.offset(order[i]);
    }

    @Override
    public int length(int i) {
      return keys.length(order[i]);
    }
  }
}

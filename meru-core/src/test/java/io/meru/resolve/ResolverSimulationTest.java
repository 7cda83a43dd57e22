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

import io.meru.key.HashRange;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.key.SortedKeys;
import io.meru.metrics.WriterMetrics;
import io.meru.testing.Keys;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.Lineage;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Random tables that live for some rounds: level files, each key at most once live among them until
 * the table is rolled back, foreign files with keys in any order and number, deletions in both.
 * Each round resolves keys and compares with a walk over all rows, then changes the table.
 */
class ResolverSimulationTest {
  private static final long SEED = Long.getLong("meru.seed", 20251122L);
  private static final int WORLDS = 12;
  private static final int ROUNDS = 14;

  /** With less than this, no merge finds room. */
  private static final long MERGING_BUDGET = 60_000;

  private static final KeySpec LONG_KEY =
      KeySpec.of(
          "t",
          new Schema(
              List.of(Types.NestedField.required(1, "id", Types.LongType.get())), Set.of(1)));
  private static final KeySpec STRING_KEY =
      KeySpec.of(
          "t",
          new Schema(
              List.of(Types.NestedField.required(1, "id", Types.StringType.get())), Set.of(1)));
  private static final KeySpec COMPOSITE_KEY =
      KeySpec.of(
          "t",
          new Schema(
              List.of(
                  Types.NestedField.required(1, "a", Types.LongType.get()),
                  Types.NestedField.required(2, "b", Types.LongType.get())),
              Set.of(1, 2)));

  private record Kind(KeySpec spec, Function<Random, byte[]> draw) {}

  private static final Map<String, Kind> KINDS =
      new TreeMap<>(
          Map.of(
              "dense longs", new Kind(LONG_KEY, random -> Keys.ofLong(random.nextInt(900) - 400)),
              "any longs",
                  new Kind(
                      LONG_KEY,
                      random -> Keys.ofLong(random.nextLong() >> (random.nextInt(4) * 18))),
              "texts",
                  new Kind(
                      STRING_KEY,
                      random ->
                          "customer-%03d"
                              .formatted(random.nextInt(800))
                              .getBytes(StandardCharsets.UTF_8)),
              "bytes that tie", new Kind(STRING_KEY, ResolverSimulationTest::tie),
              "two longs", new Kind(COMPOSITE_KEY, ResolverSimulationTest::twoLongs)));

  @TestFactory
  Stream<DynamicTest> resolves_as_a_walk_over_all_rows_does() {
    return KINDS.entrySet().stream()
        .flatMap(
            kind ->
                Stream.of(0L, 700L, 6_000L, 60_000L, 1L << 30)
                    .map(
                        budget ->
                            DynamicTest.dynamicTest(
                                "%s, cache of %d bytes, seed %d"
                                    .formatted(kind.getKey(), budget, SEED),
                                () -> run(kind.getValue(), budget))));
  }

  private static void run(Kind kind, long budget) {
    long mergedRows = 0;
    for (int i = 0; i < WORLDS; i++) {
      World world = new World(kind, budget, new Random(SEED + i));
      world.run();
      mergedRows += world.mergedRows;
    }
    // else nothing was shown of merged indexes
    assertThat(mergedRows > 0).as("indexes merged").isEqualTo(budget >= MERGING_BUDGET);
  }

  private static byte[] tie(Random random) {
    byte[] key = new byte[random.nextInt(3) == 0 ? 8 : 5 + random.nextInt(8)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(i < 4 ? 2 : 3) - 1);
    }
    return key;
  }

  private static byte[] twoLongs(Random random) {
    byte[] key = Arrays.copyOf(Keys.ofLong(random.nextInt(7) - 3), 16);
    System.arraycopy(Keys.ofLong(random.nextInt(150)), 0, key, 8, 8);
    return key;
  }

  /** One table. */
  private static final class World {
    private final Kind kind;
    private final long budget;
    private final Random random;
    private final FakeKeyFiles stored = new FakeKeyFiles();
    private final Map<String, List<byte[]>> rows = new HashMap<>();
    private final Map<String, long[]> rowIds = new HashMap<>();
    private final ReplacedRows replaced = new ReplacedRows();
    private long nextRowId;
    private final Map<String, LiveFile> files = new HashMap<>();
    private final List<byte[]> pool = new ArrayList<>();
    private final Map<String, Long> indexBytes = new HashMap<>();
    private final Resolver resolver;
    private final Map<String, LiveFile> gone = new HashMap<>();
    private boolean isUnsettled;
    private int drawn;
    private long mergedRows;

    World(Kind kind, long budget, Random random) {
      this.kind = kind;
      this.budget = budget;
      this.random = random;
      this.resolver = Resolver.ofRows(kind.spec(), stored, budget, new BudgetCheck(), () -> 0);
      for (int i = 0; i < 400; i++) {
        pool.add(kind.draw().apply(random));
      }
    }

    /** The cache never holds more than its budget. */
    private final class BudgetCheck implements WriterMetrics {
      @Override
      public void keyIndexBytes(long bytes) {
        indexBytes.put("now", bytes);
        assertThat(bytes).isBetween(0L, budget);
      }

      @Override
      public void keyIndexesMerged(long rows) {
        mergedRows += rows;
      }
    }

    void run() {
      for (int round = 0; round < ROUNDS; round++) {
        change();
        Version version = Version.of(round, files.values());
        if (random.nextInt(3) == 0) {
          resolver.retain(version);
        }
        check(version);
        check(version);
      }
      resolver.close();
      assertThat(indexBytes.getOrDefault("now", 0L)).isZero();
      assertThat(stored.stillOpen()).isZero();
    }

    private void change() {
      for (int i = random.nextInt(random.nextInt(3) == 0 ? 10 : 3); i > 0; i--) {
        addLevelFile();
      }
      if (random.nextInt(3) == 0) {
        addForeignFile();
      }
      if (random.nextInt(3) == 0 && !files.isEmpty()) {
        String path = new TreeSet<>(files.keySet()).first();
        gone.put(path, files.remove(path));
      }
      if (random.nextInt(8) == 0) {
        rollBack();
      }
      for (LiveFile live : List.copyOf(files.values())) {
        if (random.nextInt(3) == 0) {
          delete(live, random.nextInt(1 + (int) live.file().recordCount()));
        }
      }
    }

    /** Files that were gone are back, and what was deleted of others is not; keys live twice. */
    private void rollBack() {
      files.putAll(gone);
      gone.clear();
      for (LiveFile live : List.copyOf(files.values())) {
        if (random.nextInt(3) == 0) {
          files.put(
              live.file().path(), new LiveFile(live.file(), DeletionVector.EMPTY, live.lineage()));
        }
      }
      isUnsettled = true;
    }

    /** A new level file; keys in it that live in another one die there, as a flush has it. */
    private void addLevelFile() {
      SortedKeys keys = Keys.sorted(some(1 + random.nextInt(random.nextBoolean() ? 10 : 400)));
      List<byte[]> list = new ArrayList<>();
      for (int i = 0; i < keys.size(); i++) {
        list.add(Keys.bytes(keys, i));
      }
      for (LiveFile live : List.copyOf(files.values())) {
        if (live.file().levelName() != null) {
          replace(live, positions(live, keys));
        }
      }
      String unique = "%032x".formatted(drawn++);
      String fingerprint = random.nextInt(6) == 0 ? "0bad0bad" : kind.spec().fingerprint();
      LevelFileName name = new LevelFileName(0, hashes(list), fingerprint, "sink", unique);
      TableFile file = add("data/" + name.format(), list, name);
      if (random.nextBoolean() && fingerprint.equals(kind.spec().fingerprint())) {
        long[] ids = rowIds.get(file.path());
        resolver.add(file, keys, ids == null ? null : position -> ids[position]);
      }
    }

    private void addForeignFile() {
      List<byte[]> keys = some(1 + random.nextInt(300));
      for (int i = random.nextInt(60); i > 0; i--) {
        keys.add(keys.get(random.nextInt(keys.size())));
      }
      if (random.nextBoolean()) {
        keys.sort(Arrays::compareUnsigned);
      } else {
        Collections.shuffle(keys, random);
      }
      add("data/foreign-%d.parquet".formatted(drawn++), keys, null);
    }

    private TableFile add(String path, List<byte[]> keys, LevelFileName name) {
      SortedKeys sorted = Keys.sorted(keys);
      boolean bounds = random.nextInt(4) > 0;
      TableFile file =
          new TableFile(
              path,
              100,
              keys.size(),
              PartitionTuple.unpartitioned(0),
              name,
              bounds ? sorted.prefix(0) : 0,
              bounds ? sorted.prefix(sorted.size() - 1) : -1);
      long[] ids = random.nextInt(3) == 0 ? null : ids(keys.size());
      stored.put(path, keys, 1 + random.nextInt(100), random.nextInt(4) > 0, ids);
      rows.put(path, keys);
      rowIds.put(path, ids);
      files.put(path, new LiveFile(file, DeletionVector.EMPTY, lineage(keys.size())));
      return file;
    }

    /** Stored row ids: some rows have none, in some files no row has one. */
    private long[] ids(int count) {
      int without = random.nextInt(4);
      long range = 1L << random.nextInt(40);
      long[] ids = new long[count];
      for (int i = 0; i < count; i++) {
        boolean hasNone = without == 3 || random.nextInt(3) < without;
        ids[i] = hasNone ? Lineage.NONE : (random.nextLong() & Long.MAX_VALUE) % range;
      }
      return ids;
    }

    private Lineage lineage(int count) {
      return switch (random.nextInt(4)) {
        case 0 -> Lineage.UNSEEN;
        case 1 -> new Lineage(Lineage.NONE, 7);
        default -> {
          nextRowId += count;
          yield new Lineage(nextRowId - count, 7);
        }
      };
    }

    private HashRange hashes(List<byte[]> keys) {
      TreeSet<Integer> hashes = new TreeSet<>();
      keys.forEach(key -> hashes.add(KeyHash.hash16(KeyHash.hash64(key, 0, key.length))));
      return new HashRange(hashes.first(), hashes.last() + 1);
    }

    private List<byte[]> some(int count) {
      List<byte[]> keys = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        keys.add(pool.get(random.nextInt(pool.size())));
      }
      return keys;
    }

    private DeletionVector positions(LiveFile live, SortedKeys keys) {
      TreeSet<byte[]> set = new TreeSet<>(Arrays::compareUnsigned);
      for (int i = 0; i < keys.size(); i++) {
        set.add(Keys.bytes(keys, i));
      }
      return positions(live, set);
    }

    /** The live positions of {@code keys} in one file. */
    private DeletionVector positions(LiveFile live, Set<byte[]> keys) {
      DeletionVector.Builder positions = new DeletionVector.Builder();
      List<byte[]> list = rows.get(live.file().path());
      for (int i = 0; i < list.size(); i++) {
        if (!live.deleted().contains(i) && keys.contains(list.get(i))) {
          positions.add(i);
        }
      }
      return positions.build();
    }

    private void delete(LiveFile live, int count) {
      DeletionVector.Builder positions = new DeletionVector.Builder();
      for (int i = 0; i < count; i++) {
        positions.add(random.nextInt((int) live.file().recordCount()));
      }
      replace(live, positions.build());
    }

    private void replace(LiveFile live, DeletionVector more) {
      LiveFile left = new LiveFile(live.file(), live.deleted().or(more), live.lineage());
      if (left.liveCount() == 0) {
        files.remove(live.file().path());
      } else {
        files.put(live.file().path(), left);
      }
    }

    private void check(Version version) {
      TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
      keys.addAll(some(1 + random.nextInt(random.nextBoolean() ? 4 : 500)));
      for (int i = random.nextInt(50); i > 0; i--) {
        keys.add(kind.draw().apply(random));
      }
      HashRange range = HashRange.ALL;
      if (random.nextInt(3) == 0) {
        HashRange half = HashRange.ofSubtask(random.nextInt(2), 2);
        keys.removeIf(key -> !half.contains(KeyHash.hash16(KeyHash.hash64(key, 0, key.length))));
        range = half;
      }
      int excluded = random.nextInt(6);
      Predicate<TableFile> candidates =
          file -> Math.floorMod(file.path().hashCode(), 6) != excluded;

      Map<String, DeletionVector> expected = new HashMap<>();
      for (LiveFile live : version.files()) {
        DeletionVector positions = positions(live, keys);
        if (candidates.test(live.file()) && !positions.isEmpty()) {
          expected.put(live.file().path(), positions);
        }
      }
      SortedKeys sorted = Keys.sorted(keys);
      if (!isUnsettled) {
        assertThat(resolver.resolve(sorted, version, range, candidates, replaced))
            .isEqualTo(expected);
        checkIds(sorted, version, expected);
      }
      assertThat(resolver.resolveEverywhere(sorted, version, range, candidates, replaced))
          .isEqualTo(expected);
      checkIds(sorted, version, expected);
    }

    /** A row in an unseen file is the newest of its key; else the highest id counts. */
    private void checkIds(SortedKeys keys, Version version, Map<String, DeletionVector> found) {
      Map<byte[], Set<Long>> unseen = new TreeMap<>(Arrays::compareUnsigned);
      Map<byte[], Long> seen = new TreeMap<>(Arrays::compareUnsigned);
      Map<byte[], Set<String>> unknown = new TreeMap<>(Arrays::compareUnsigned);
      found.forEach(
          (path, positions) ->
              positions.forEach(
                  position -> {
                    byte[] key = rows.get(path).get((int) position);
                    long[] ids = rowIds.get(path);
                    long id = ids == null ? Lineage.NONE : ids[(int) position];
                    Lineage lineage = version.file(path).orElseThrow().lineage();
                    if (!lineage.isSeen()) {
                      unseen.computeIfAbsent(key, same -> new HashSet<>()).add(id);
                      if (id == Lineage.NONE) {
                        unknown.computeIfAbsent(key, same -> new HashSet<>()).add(path);
                      }
                    } else if (lineage.firstRowId() != Lineage.NONE) {
                      long known = id == Lineage.NONE ? lineage.firstRowId() + position : id;
                      seen.merge(key, known, Math::max);
                    }
                  }));
      for (int i = 0; i < keys.size(); i++) {
        byte[] key = Keys.bytes(keys, i);
        if (unseen.containsKey(key)) {
          assertThat(unseen.get(key)).contains(replaced.id(i));
        } else {
          assertThat(replaced.id(i)).isEqualTo(seen.getOrDefault(key, Lineage.NONE));
        }
        if (replaced.unknownFile(i) != null) {
          assertThat(replaced.id(i)).isEqualTo(Lineage.NONE);
          assertThat(unknown.get(key)).contains(replaced.unknownFile(i));
        } else {
          assertThat(unseen.getOrDefault(key, Set.of(1L))).isNotEqualTo(Set.of(Lineage.NONE));
        }
      }
    }
  }
}

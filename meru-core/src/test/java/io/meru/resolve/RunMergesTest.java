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
import io.meru.metrics.WriterMetrics;
import io.meru.testing.Keys;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is merged, when, and what becomes of it. Sizes are rows of one file each. */
class RunMergesTest {
  private static final long LARGE = 1 << 20;

  private final List<FileKeys> files = new ArrayList<>();

  /** What the last cache made says it holds. */
  private long usedBytes;

  @Test
  void files_of_one_size_are_merged_once_there_are_enough() {
    assertThat(picked(100, 100, 100, 100, 100, 100, 100)).isEmpty();
    assertThat(picked(100, 100, 100, 100, 100, 100, 100, 100)).hasSize(8);
  }

  @Test
  void a_run_much_larger_than_the_others_is_left_alone() {
    assertThat(picked(10, 10, 10, 10, 10, 10, 10, 10, 1000))
        .containsExactly(10, 10, 10, 10, 10, 10, 10, 10);
    assertThat(picked(1000, 10, 10, 10, 10, 10, 10, 10)).isEmpty();
  }

  @Test
  void a_few_small_runs_do_not_keep_larger_ones_from_being_merged() {
    assertThat(picked(10, 10, 10, 10, 10, 900, 1000, 1100, 1000, 1000, 1000, 1000, 1000))
        .containsExactly(900, 1000, 1000, 1000, 1000, 1000, 1000, 1100);
  }

  @Test
  void as_many_are_merged_as_there_is_room_for() {
    List<KeyRun> runs = runs(100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100);
    long forNine = bytes(runs.subList(0, 9));
    long more = bytes(runs.subList(0, 12));
    assertThat(RunMerges.pick(runs, 8, forNine, more)).hasSize(9);
    assertThat(RunMerges.pick(runs, 8, more, forNine)).hasSize(9);
    assertThat(RunMerges.pick(runs, 8, more, more)).hasSize(12);
    assertThat(RunMerges.pick(runs, 8, bytes(runs.subList(0, 7)), more)).isEmpty();
  }

  @Test
  void a_run_joins_when_the_smaller_ones_are_as_large_together() {
    assertThat(picked(80, 10, 10, 10, 10, 10, 10, 10, 10)).hasSize(9).endsWith(80);
    assertThat(picked(81, 10, 10, 10, 10, 10, 10, 10, 10)).hasSize(8).doesNotContain(81);
  }

  @Test
  void runs_of_steeply_growing_sizes_are_few_and_stay() {
    assertThat(picked(1, 10, 100, 1000, 10_000, 100_000)).isEmpty();
  }

  @Test
  void a_merge_goes_on_by_what_searching_cost_and_takes_the_place_of_its_inputs() {
    KeyIndexCache cache = cache(LARGE);
    List<Long> merged = new ArrayList<>();
    RunMerges merges = merges(cache, merged);
    for (int i = 0; i < 8; i++) {
      put(cache, i, LongStream.range(0, 100).map(key -> 3 * key).toArray());
    }
    merges.work(0);
    assertThat(cache.merge()).isNull();
    merges.work(799);
    assertThat(cache.merge()).isNotNull();
    assertThat(cache.runsInUse()).hasSize(8);
    merges.work(1);
    assertThat(cache.merge()).isNull();
    assertThat(merged).containsExactly(800L);
    KeyRun run = cache.runsInUse().get(0);
    assertThat(cache.runsInUse()).containsExactly(run);
    assertThat(run.isOneFile()).isFalse();
    assertThat(files).allSatisfy(file -> assertThat(file.run()).isSameAs(run));
    assertThat(run.index().keys().size()).isEqualTo(100);
    assertThat(positions(run, 17))
        .containsExactlyInAnyOrder("0:17", "1:17", "2:17", "3:17", "4:17", "5:17", "6:17", "7:17");
  }

  @Test
  void a_merge_leaves_out_files_that_are_gone_and_passes_over_those_that_go_meanwhile() {
    KeyIndexCache cache = cache(LARGE);
    RunMerges merges = merges(cache, new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      put(cache, i, 1, 2, 10 + i);
    }
    merges.work(24);
    // the run of 0 to 7 without file 0
    cache.retain(version(1, 2, 3, 4, 5, 6, 7));
    for (int i = 8; i < 15; i++) {
      put(cache, i, 1, 10 + i, 100 + i);
    }
    merges.work(1);
    assertThat(cache.merge()).isNotNull();
    cache.retain(version(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
    merges.work(100);
    KeyRun run = cache.runsInUse().get(0);
    assertThat(cache.runsInUse()).containsExactly(run);
    assertThat(run.liveRows()).isEqualTo(7 * 3 + 6 * 3);
    // keys 1, 2, 11 to 17, 18 to 24, 108 to 114: that of file 0 alone, 10, is not there
    assertThat(run.index().keys().size()).isEqualTo(23);
    assertThat(positions(run, 0)).hasSize(13).contains("1:0", "13:0").doesNotContain("0:0");
    assertThat(positions(run, 15)).isEmpty();
    assertThat(files.get(14).isForgotten()).isTrue();
  }

  @Test
  void a_run_mostly_of_files_that_are_gone_is_merged_alone_and_an_empty_one_dropped() {
    KeyIndexCache cache = cache(LARGE);
    RunMerges merges = merges(cache, new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      put(cache, i, 1, 2, 3 + i);
    }
    merges.work(100);
    KeyRun all = cache.runsInUse().get(0);
    cache.retain(version(0, 1, 2, 3));
    merges.work(100);
    assertThat(cache.runsInUse()).containsExactly(all);
    cache.retain(version(0, 1, 2));
    merges.work(100);
    KeyRun left = cache.runsInUse().get(0);
    assertThat(cache.runsInUse()).containsExactly(left);
    assertThat(left.files()).containsExactlyElementsOf(files.subList(0, 3));
    assertThat(left.index().rows()).isEqualTo(9);
    assertThat(left.index().keys().size()).isEqualTo(5);
    assertThat(usedBytes).isEqualTo(left.memoryBytes());
    cache.retain(version());
    assertThat(cache.runsInUse()).isEmpty();
    assertThat(usedBytes).isZero();
  }

  @Test
  void an_input_that_is_gone_counts_until_the_merge_lets_go_of_it() {
    KeyIndexCache cache = cache(LARGE);
    RunMerges merges = merges(cache, new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      put(cache, i, 1, 2, 3);
    }
    long before = usedBytes;
    merges.work(1);
    cache.retain(version(0, 1, 2, 3, 4, 5, 6));
    assertThat(usedBytes).isEqualTo(before + cache.merge().reservedBytes());
    cache.cancelMerge();
    assertThat(usedBytes).isEqualTo(before / 8 * 7);
  }

  @Test
  void a_merge_that_outgrows_its_reserve_changes_nothing() {
    // blocks of dense keys, far apart, that one run of other keys shifts against the blocks'
    // borders
    KeyIndexCache cache = cache(1 << 24);
    List<Long> merged = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int run = i;
      put(
          cache,
          i,
          LongStream.range(0, 40 * 256).map(k -> (k / 256 * 8 + run << 40) + k % 256).toArray());
    }
    put(cache, 8, LongStream.range(0, 10_000).map(k -> -10_000 + k).toArray());
    put(cache, 9, LongStream.range(0, 10_000).map(k -> -20_128 + k).limit(9_000 + 128).toArray());
    long before = usedBytes;
    RunMerges merges = merges(cache, merged);
    merges.work(1);
    assertThat(cache.merge()).isNotNull();
    merges.work(1_000_000);
    assertThat(cache.merge()).isNull();
    assertThat(merged).isEmpty();
    assertThat(usedBytes).isEqualTo(before);
    assertThat(cache.runsInUse()).hasSize(10);
    merges.work(1);
    assertThat(cache.merge()).as("the same merge again").isNull();
  }

  @Test
  void a_merge_gives_way_to_an_index_that_is_needed() {
    long one = indexBytes(LongStream.range(0, 500).toArray());
    KeyIndexCache cache = cache(1 << 18);
    RunMerges merges = merges(cache, new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      put(cache, i, LongStream.range(0, 500).toArray());
    }
    merges.work(1);
    assertThat(cache.merge()).isNotNull();
    int next = 8;
    while (cache.merge() != null) {
      assertThat(cache.roomBytes()).isGreaterThan(one);
      put(cache, next++, LongStream.range(0, 500).toArray());
    }
    assertThat(next).isLessThan((int) ((1 << 18) / one));
    assertThat(cache.runsInUse()).hasSize(next);
  }

  @Test
  void merged_runs_take_no_more_than_half_of_the_budget() {
    long[] keys = LongStream.range(0, 500).toArray();
    List<KeyRun> runs = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      runs.add(KeyRun.ofFile(new FileKeys(file(i, 500)), index(keys)));
    }
    long half = bytes(runs);
    for (boolean fits : new boolean[] {true, false}) {
      KeyIndexCache cache = cache(2 * half - (fits ? 0 : 2));
      for (int i = 0; i < 8; i++) {
        put(cache, i, keys);
      }
      assertThat(cache.freeBytes()).isGreaterThan(half);
      merges(cache, new ArrayList<>()).work(1);
      assertThat(cache.merge() != null).isEqualTo(fits);
    }
  }

  private RunMerges merges(KeyIndexCache cache, List<Long> merged) {
    return new RunMerges(
        true,
        cache,
        new WriterMetrics() {
          @Override
          public void keyIndexesMerged(long rows) {
            merged.add(rows);
          }
        });
  }

  private KeyIndexCache cache(long budget) {
    KeyIndexCache cache =
        new KeyIndexCache(
            budget,
            new WriterMetrics() {
              @Override
              public void keyIndexBytes(long now) {
                usedBytes = now;
              }
            });
    cache.startResolve();
    return cache;
  }

  private void put(KeyIndexCache cache, int number, long... keys) {
    FileKeys file = cache.use(file(number, keys.length));
    files.add(file);
    cache.put(file, index(keys), StoredRowIds.NONE);
  }

  private static long indexBytes(long... keys) {
    return KeyRun.ofFile(new FileKeys(file(0, keys.length)), index(keys)).memoryBytes();
  }

  private static KeyIndex index(long... keys) {
    KeyIndex.Builder builder = KeyIndex.builder(true, keys.length, LARGE);
    for (long key : new TreeSet<>(Arrays.stream(keys).boxed().toList())) {
      byte[] bytes = Keys.ofLong(key);
      builder.add(Bits.ordered(bytes, 0, bytes.length), bytes, 0, bytes.length);
    }
    return builder.build();
  }

  private static TableFile file(int number, long rows) {
    LevelFileName name =
        new LevelFileName(0, HashRange.ALL, "00000000", "sink", "%032x".formatted(number));
    return new TableFile(path(number), 100, rows, PartitionTuple.unpartitioned(0), name, 0, -1);
  }

  private static String path(int number) {
    return "data/" + number;
  }

  private Version version(int... numbers) {
    List<LiveFile> live = new ArrayList<>();
    for (int number : numbers) {
      live.add(new LiveFile(files.get(number).file(), DeletionVector.EMPTY));
    }
    return Version.of(1, live);
  }

  /** Where the key of {@code rank} stands in files that are still there, as file:position. */
  private List<String> positions(KeyRun run, int rank) {
    List<String> positions = new ArrayList<>();
    run.index()
        .forEachPosition(
            rank,
            row -> {
              int file = run.fileOf((int) row);
              FileKeys keys = run.files().get(file);
              if (!keys.isForgotten()) {
                positions.add(files.indexOf(keys) + ":" + (row - run.firstRow(file)));
              }
            });
    return positions;
  }

  private static List<Integer> picked(int... sizes) {
    return RunMerges.pick(runs(sizes), RunMerges.MIN_INPUTS, LARGE, LARGE).stream()
        .map(run -> (int) run.liveRows())
        .toList();
  }

  private static List<KeyRun> runs(int... sizes) {
    List<KeyRun> runs = new ArrayList<>();
    for (int i = 0; i < sizes.length; i++) {
      FileKeys keys = new FileKeys(file(i, sizes[i]));
      runs.add(KeyRun.ofFile(keys, index(LongStream.range(0, sizes[i]).toArray())));
    }
    return runs;
  }

  private static long bytes(List<KeyRun> runs) {
    RunMerge.Size size = RunMerge.Size.NONE;
    for (KeyRun run : runs) {
      size = size.plus(run);
    }
    return size.bytes();
  }
}

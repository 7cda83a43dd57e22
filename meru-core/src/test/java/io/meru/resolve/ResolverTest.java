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

import io.meru.error.CorruptFileException;
import io.meru.error.UnsupportedTableException;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.key.SortedKeys;
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
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

class ResolverTest {
  private static final KeySpec SPEC =
      KeySpec.of(
          "t",
          new Schema(
              List.of(Types.NestedField.required(1, "id", Types.LongType.get())), Set.of(1)));
  private static final long LARGE = 1 << 20;

  private final FakeKeyFiles stored = new FakeKeyFiles();
  private final Counts counts = new Counts();

  @Test
  void a_search_ends_at_the_first_live_position_and_not_at_a_deleted_one() {
    LiveFile large = level(1, HashRange.ALL, 0, 1000, 3);
    LiveFile small = level(2, HashRange.ALL, 0, 10);
    Version version = Version.of(1, List.of(large, small));
    Resolver resolver = resolver(LARGE);

    assertThat(resolve(resolver, version, 3, 5))
        .isEqualTo(
            Map.of(
                large.file().path(), DeletionVector.of(5),
                small.file().path(), DeletionVector.of(3)));
    assertThat(resolver.resolveEverywhere(keys(3, 5), version, HashRange.ALL, file -> true))
        .isEqualTo(
            Map.of(
                large.file().path(), DeletionVector.of(5),
                small.file().path(), DeletionVector.of(3, 5)));
  }

  @Test
  void files_outside_the_hash_range_or_the_key_bounds_are_not_opened() {
    LiveFile lower = level(1, new HashRange(0, 0x8000), 0, 100);
    LiveFile upper = level(2, new HashRange(0x8000, 0x10000), 0, 100);
    LiveFile later = level(3, HashRange.ALL, 1000, 1100);
    Version version = Version.of(1, List.of(lower, upper, later));
    Resolver resolver = resolver(0);
    assertThat(resolver.resolve(keys(7), version, new HashRange(0, 0x8000), file -> true).keySet())
        .containsExactly(lower.file().path());
    assertThat(stored.opened()).isEqualTo(1);
    assertThat(resolve(resolver, version, 500)).isEmpty();
    assertThat(stored.opened()).isEqualTo(1);
  }

  @Test
  void the_keys_of_a_file_just_written_are_never_read() {
    LiveFile file = level(1, HashRange.ALL, 0, 1000);
    Resolver resolver = resolver(LARGE);
    resolver.add(file.file(), range(0, 1000));
    assertThat(resolve(resolver, Version.of(1, List.of(file)), 17, 2000))
        .isEqualTo(Map.of(file.file().path(), DeletionVector.of(17)));
    assertThat(stored.opened()).isZero();
    assertThat(counts.resolvedKeys).isEqualTo(2);
    assertThat(counts.resolvedPositions).isEqualTo(1);
    assertThat(counts.indexesBuilt).isZero();
  }

  @Test
  void a_large_batch_reads_an_index_once() {
    LiveFile file = level(1, HashRange.ALL, 0, 1000);
    Version version = Version.of(1, List.of(file));
    Resolver resolver = resolver(LARGE);
    for (int i = 0; i < 3; i++) {
      resolver.resolve(range(0, 1000), version, HashRange.ALL, candidate -> true);
    }
    assertThat(stored.opened()).isEqualTo(1);
    assertThat(stored.wholeReads()).isEqualTo(1);
    assertThat(stored.pagesRead()).isZero();
    assertThat(counts.indexesBuilt).isEqualTo(1);
  }

  @Test
  void sparse_batches_read_pages_until_an_index_would_have_paid() {
    LiveFile file = level(1, HashRange.ALL, 0, 1000);
    Version version = Version.of(1, List.of(file));
    Resolver resolver = resolver(LARGE);
    for (int i = 0; i < 9; i++) {
      assertThat(resolve(resolver, version, 5 + i).keySet()).hasSize(1);
    }
    assertThat(stored.pagesRead()).isEqualTo(9);
    assertThat(stored.wholeReads()).isZero();
    assertThat(counts.pagesRead).isEqualTo(9);
    assertThat(counts.pagesSkipped).isEqualTo(81);
    resolve(resolver, version, 5);
    resolve(resolver, version, 500);
    assertThat(stored.pagesRead()).isEqualTo(9);
    assertThat(stored.wholeReads()).isEqualTo(1);
  }

  @Test
  void a_file_whose_known_pages_hold_no_key_is_not_opened_again() {
    LiveFile file = level(1, HashRange.ALL, 0, 1000);
    stored.put(file.file().path(), everySecond(1000), 100, true);
    TableFile sparse =
        new TableFile(
            file.file().path(), 1, 1000, file.file().partition(), file.file().levelName(), 0, -1);
    Version version = Version.of(1, List.of(new LiveFile(sparse, DeletionVector.EMPTY)));
    Resolver resolver = resolver(LARGE);
    resolve(resolver, version, 4);
    // between the last key of the first page, 198, and the first one of the next, 200
    assertThat(resolve(resolver, version, 199)).isEmpty();
    assertThat(stored.opened()).isEqualTo(1);
  }

  @Test
  void without_a_budget_only_pages_are_read() {
    LiveFile file = level(1, HashRange.ALL, 0, 1000);
    Version version = Version.of(1, List.of(file));
    Resolver resolver = resolver(0);
    resolver.add(file.file(), range(0, 1000));
    for (int i = 0; i < 3; i++) {
      assertThat(resolver.resolve(range(0, 1000), version, HashRange.ALL, candidate -> true))
          .isEqualTo(
              Map.of(file.file().path(), DeletionVector.of(LongStream.range(0, 1000).toArray())));
    }
    assertThat(stored.wholeReads()).isZero();
    assertThat(stored.pagesRead()).isEqualTo(30);
    assertThat(counts.indexBytes).isZero();
  }

  @Test
  void the_index_unused_longest_makes_room_and_those_in_use_stay() {
    LiveFile first = level(1, HashRange.ALL, 0, 1000);
    LiveFile second = level(2, HashRange.ALL, 1000, 2000);
    LiveFile third = level(3, HashRange.ALL, 2000, 3000);
    Version version = Version.of(1, List.of(first, second, third));
    Resolver measuring = resolver(LARGE);
    measuring.add(first.file(), range(0, 1000));
    long roomForTwo = counts.indexBytes * 5 / 2;
    measuring.close();
    Resolver resolver = resolver(roomForTwo);
    resolver.resolve(range(0, 1000), version, HashRange.ALL, file -> true);
    resolver.resolve(range(1000, 2000), version, HashRange.ALL, file -> true);
    resolver.resolve(range(2000, 3000), version, HashRange.ALL, file -> true);
    assertThat(stored.wholeReads()).isEqualTo(3);
    resolver.resolve(range(1000, 3000), version, HashRange.ALL, file -> true);
    assertThat(stored.opened()).isEqualTo(3);

    // all three are needed: the two stay, the third is read
    for (int i = 0; i < 5; i++) {
      resolver.resolve(range(0, 3000), version, HashRange.ALL, file -> true);
    }
    assertThat(stored.wholeReads()).isEqualTo(3);
    assertThat(stored.pagesRead()).isEqualTo(50);
  }

  @Test
  void indexes_of_dead_files_are_forgotten() {
    LiveFile first = level(1, HashRange.ALL, 0, 1000);
    LiveFile second = level(2, HashRange.ALL, 1000, 2000);
    Resolver resolver = resolver(LARGE);
    resolver.add(first.file(), range(0, 1000));
    long one = counts.indexBytes;
    resolver.add(second.file(), range(1000, 2000));
    assertThat(one).isPositive();
    assertThat(counts.indexBytes).isGreaterThan(one);
    resolver.retain(Version.of(2, List.of(second)));
    assertThat(counts.indexBytes).isEqualTo(one);
    resolver.close();
    assertThat(counts.indexBytes).isZero();
  }

  @Test
  void a_level_file_of_another_fingerprint_counts_as_foreign() {
    List<byte[]> unsorted = List.of(Keys.ofLong(5), Keys.ofLong(1), Keys.ofLong(5));
    LevelFileName name = name(1, HashRange.ALL, "0bad0bad");
    TableFile file =
        new TableFile(name.format(), 1, 3, PartitionTuple.unpartitioned(0), name, 0, -1);
    stored.put(name.format(), unsorted, 2, true);
    Version version = Version.of(1, List.of(new LiveFile(file, DeletionVector.EMPTY)));
    for (long budget : new long[] {0, LARGE}) {
      assertThat(resolve(resolver(budget), version, 5))
          .isEqualTo(Map.of(name.format(), DeletionVector.of(0, 2)));
    }
  }

  @Test
  void keys_found_in_level_files_are_still_searched_in_foreign_ones() {
    LiveFile level = level(1, HashRange.ALL, 0, 10);
    stored.put("foreign", List.of(Keys.ofLong(5), Keys.ofLong(4)), 10, true);
    TableFile foreign =
        new TableFile("foreign", 1, 2, PartitionTuple.unpartitioned(0), null, 0, -1);
    Version version = Version.of(1, List.of(level, new LiveFile(foreign, DeletionVector.EMPTY)));
    assertThat(resolve(resolver(LARGE), version, 5))
        .isEqualTo(
            Map.of(level.file().path(), DeletionVector.of(5), "foreign", DeletionVector.of(0)));
  }

  @Test
  void rows_of_foreign_files_without_a_key_keep_their_positions() {
    List<byte[]> keys = Arrays.asList(Keys.ofLong(9), null, Keys.ofLong(3), null, Keys.ofLong(9));
    stored.put("foreign", keys, 10, false);
    stored.put("keyless", Arrays.asList(null, null), 10, false);
    PartitionTuple partition = PartitionTuple.unpartitioned(0);
    TableFile foreign = new TableFile("foreign", 1, 5, partition, null, 0, -1);
    TableFile keyless = new TableFile("keyless", 1, 2, partition, null, 0, -1);
    Version version =
        Version.of(
            1,
            List.of(
                new LiveFile(foreign, DeletionVector.EMPTY),
                new LiveFile(keyless, DeletionVector.EMPTY)));
    for (long budget : new long[] {0, LARGE}) {
      assertThat(resolve(resolver(budget), version, 3))
          .isEqualTo(Map.of("foreign", DeletionVector.of(2)));
      assertThat(resolve(resolver(budget), version, 9))
          .isEqualTo(Map.of("foreign", DeletionVector.of(0, 4)));
    }
  }

  @Test
  void a_level_file_out_of_order_is_refused_whichever_way_it_is_read() {
    LiveFile file = level(1, HashRange.ALL, 0, 4);
    stored.put(
        file.file().path(),
        List.of(Keys.ofLong(0), Keys.ofLong(2), Keys.ofLong(2), Keys.ofLong(3)),
        10,
        true);
    for (long budget : new long[] {0, LARGE}) {
      assertThatThrownBy(() -> resolve(resolver(budget), Version.of(1, List.of(file)), 1))
          .isInstanceOf(CorruptFileException.class)
          .hasMessage(
              "Cannot search the level file %s: the key at position 2 is not above the one before"
                      .formatted(file.file().path())
                  + " it, but level files are sorted by key, each key once. Something other than"
                  + " Meru wrote the file, or it is damaged: rewrite it under another name, or roll"
                  + " the table back to a snapshot without it.");
    }
    assertThat(stored.stillOpen()).isZero();
  }

  @Test
  void a_file_with_other_rows_than_its_manifest_says_is_refused() {
    LiveFile file = level(1, HashRange.ALL, 0, 4);
    stored.put(file.file().path(), List.of(Keys.ofLong(0)), 10, true);
    assertThatThrownBy(() -> resolve(resolver(LARGE), Version.of(1, List.of(file)), 1))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "Cannot search %s: it has 1 rows, its manifest says 4. The file is damaged or replaced."
                .formatted(file.file().path()));
    assertThat(stored.stillOpen()).isZero();
  }

  @Test
  void a_file_of_too_many_rows_is_refused() {
    TableFile file =
        new TableFile("huge", 1, 1L << 31, PartitionTuple.unpartitioned(0), null, 0, -1);
    Version version = Version.of(1, List.of(new LiveFile(file, DeletionVector.EMPTY)));
    assertThatThrownBy(() -> resolve(resolver(LARGE), version, 1))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            "Cannot update huge: it has 2147483648 rows, and positions above 2147483647 cannot be"
                + " deleted. Rewrite it into smaller files.");
  }

  @Test
  void keys_of_foreign_files_or_in_other_number_are_not_taken_in() {
    LiveFile file = level(1, HashRange.ALL, 0, 4);
    TableFile foreign =
        new TableFile("foreign", 1, 2, PartitionTuple.unpartitioned(0), null, 0, -1);
    Resolver resolver = resolver(LARGE);
    assertThatThrownBy(() -> resolver.add(file.file(), range(0, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot take in 3 keys as those of %s: it is a level file with 4 rows"
                .formatted(file.file().path()));
    assertThatThrownBy(() -> resolver.add(foreign, range(0, 2)))
        .hasMessage("Cannot take in 2 keys as those of foreign: it is foreign with 2 rows");
  }

  private Resolver resolver(long budget) {
    return Resolver.ofPositions(SPEC, stored, budget, counts);
  }

  private static Map<String, DeletionVector> resolve(
      Resolver resolver, Version version, long... keys) {
    return resolver.resolve(keys(keys), version, HashRange.ALL, file -> true);
  }

  /** A level file of the keys {@code [from, to)} in pages of 100. */
  private LiveFile level(int number, HashRange range, long from, long to, long... deleted) {
    SortedKeys keys = range(from, to);
    List<byte[]> list = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      list.add(Keys.bytes(keys, i));
    }
    LevelFileName name = name(number, range, SPEC.fingerprint());
    String path = "data/" + name.format();
    stored.put(path, list, 100, true);
    TableFile file =
        new TableFile(
            path,
            1,
            list.size(),
            PartitionTuple.unpartitioned(0),
            name,
            keys.prefix(0),
            keys.prefix(keys.size() - 1));
    return new LiveFile(file, DeletionVector.of(deleted));
  }

  private static LevelFileName name(int number, HashRange range, String fingerprint) {
    return new LevelFileName(0, range, fingerprint, "sink", "%032x".formatted(number));
  }

  private static List<byte[]> everySecond(int count) {
    return LongStream.range(0, count).mapToObj(i -> Keys.ofLong(2 * i)).toList();
  }

  private static SortedKeys range(long from, long to) {
    return keys(LongStream.range(from, to).toArray());
  }

  private static SortedKeys keys(long... values) {
    return Keys.sorted(LongStream.of(values).mapToObj(Keys::ofLong).toList());
  }

  private static final class Counts implements WriterMetrics {
    private long resolvedKeys;
    private long resolvedPositions;
    private long pagesRead;
    private long pagesSkipped;
    private long indexBytes;
    private int indexesBuilt;

    @Override
    public void resolved(long keys, long positions, long nanos) {
      resolvedKeys += keys;
      resolvedPositions += positions;
    }

    @Override
    public void resolverPages(long read, long skipped) {
      pagesRead += read;
      pagesSkipped += skipped;
    }

    @Override
    public void keyIndexBytes(long bytes) {
      indexBytes = bytes;
    }

    @Override
    public void keyIndexBuilt(long keys, long nanos) {
      indexesBuilt++;
    }
  }
}

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

package io.meru.benchmarks.micro;

import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.key.SortedKeys;
import io.meru.levelfile.KeyFileOpener;
import io.meru.metrics.WriterMetrics;
import io.meru.resolve.Resolver;
import io.meru.version.DeletionVector;
import io.meru.version.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What it costs per key to find the old position of a write buffer's keys, all indexes warm. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ResolveBenchmark {
  private static final int LOOKUPS = 100_000;

  /** Whether the table has the keys. */
  public enum Lookup {
    /** Each, in one file. */
    PRESENT,
    /** None, though each has a neighbour. */
    ABSENT
  }

  /** Columns of the key. */
  @Param({"LONG", "STRING"})
  public KeyType keyType = KeyType.LONG;

  /** Keys in the table. */
  @Param({"1000000", "4000000"})
  public int keys = 1_000_000;

  /** Files that share them, of one key range. */
  @Param({"1", "16"})
  public int files = 1;

  /** Keys of a resolve. */
  @Param({"1000", "100000"})
  public int batchSize = 1000;

  /** Whether the table has the keys. */
  @Param public Lookup lookup = Lookup.PRESENT;

  private final List<SortedKeys> batches = new ArrayList<>();
  private Version version = Version.of(Version.NO_SNAPSHOT, List.of());
  private Resolver resolver = resolver(new KeyTable(keyType, 0, 0));
  private boolean warm;

  /** Makes table and batches, builds the indexes and checks that every key is found as it lies. */
  @Setup
  public void setUp() {
    KeyTable table = new KeyTable(keyType, keys, files);
    version = table.version();
    resolver = resolver(table);
    for (int from = 0; from < keys; from += 1_000_000) {
      int[] all = IntStream.range(from, Math.min(keys, from + 1_000_000)).toArray();
      check(table.present(all), table.positions(all));
    }
    warm = true;
    int[] ranks = new Random(2).ints(0, keys).distinct().limit(LOOKUPS).toArray();
    for (int from = 0; from < LOOKUPS; from += batchSize) {
      int[] some = Arrays.copyOfRange(ranks, from, from + batchSize);
      boolean present = lookup == Lookup.PRESENT;
      SortedKeys batch = present ? table.present(some) : table.absent(some);
      check(batch, present ? table.positions(some) : Map.of());
      batches.add(batch);
    }
  }

  private Resolver resolver(KeyTable table) {
    KeyFileOpener opener = table.opener();
    return Resolver.ofPositions(
        table.spec(),
        (path, length) -> {
          if (warm) {
            throw new IllegalStateException(path + " is read where an index should be");
          }
          return opener.open(path, length);
        },
        WriteOptions.DEFAULT_RESOLVER_CACHE_BYTES,
        WriterMetrics.NONE);
  }

  private void check(SortedKeys batch, Map<String, DeletionVector> expected) {
    Map<String, DeletionVector> found = resolve(batch);
    if (!found.equals(expected)) {
      throw new IllegalStateException(
          "%s found of %d keys where they lie at %s".formatted(found, batch.size(), expected));
    }
  }

  private Map<String, DeletionVector> resolve(SortedKeys batch) {
    return resolver.resolve(batch, version, HashRange.ALL, file -> true);
  }

  /** Resolves the same number of keys, in few batches or many. */
  @Benchmark
  @OperationsPerInvocation(LOOKUPS)
  public void resolve(Blackhole hole) {
    for (SortedKeys batch : batches) {
      hole.consume(resolve(batch));
    }
  }
}

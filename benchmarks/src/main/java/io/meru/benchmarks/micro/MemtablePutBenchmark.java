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

import io.meru.memtable.Memtable;
import io.meru.memtable.SegmentPool;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a put costs, averaged over a write buffer that is filled from empty. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MemtablePutBenchmark {
  private static final int PUTS = 1 << 19;

  /** How often keys come again. */
  public enum Pattern {
    /** Each once. */
    NEW(Integer.MAX_VALUE),
    /** Uniform: each some eight times. */
    UPDATES(PUTS / 8),
    /** A thousand keys that fit the processor's cache. */
    HOT(1000);

    private final int distinct;

    Pattern(int distinct) {
      this.distinct = distinct;
    }
  }

  /** Columns of the key. */
  @Param({"LONG", "STRING"})
  public KeyType keyType = KeyType.LONG;

  /** How often keys come again. */
  @Param public Pattern pattern = Pattern.NEW;

  private final SegmentPool pool = new SegmentPool(128 << 20);
  private KeySequence keys = new KeySequence(keyType, new long[0]);
  private Memtable memtable = new Memtable(pool);

  /** Draws the keys and checks that the memtable keeps each once. */
  @Setup
  public void setUp() {
    long[] ids =
        new Random(1)
            .ints(PUTS, 0, pattern.distinct)
            .mapToLong(id -> id * 1_000_003L % 1_000_000_000_000L)
            .toArray();
    keys = new KeySequence(keyType, ids);
    keys.putAll(memtable);
    KeySequence.check(memtable.seal(), (int) Arrays.stream(ids).distinct().count());
  }

  /** An empty memtable, as after a seal; its segments come from the pool. */
  @Setup(Level.Invocation)
  public void newMemtable() {
    memtable = new Memtable(pool);
  }

  /** Gives the segments back. */
  @TearDown(Level.Invocation)
  public void release() {
    memtable.seal().release();
  }

  /** Fills the memtable. */
  @Benchmark
  @OperationsPerInvocation(PUTS)
  public int put() {
    keys.putAll(memtable);
    return memtable.size();
  }
}

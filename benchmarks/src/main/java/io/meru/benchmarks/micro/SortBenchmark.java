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
import io.meru.memtable.SealedMemtable;
import io.meru.memtable.SegmentPool;
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

/** What sealing costs per key: the sort and the copy of the entries' addresses in its order. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SortBenchmark {
  private static final int KEYS = 1 << 19;

  /** In which order keys arrive. */
  public enum Order {
    /** Scattered over 39 bits. */
    RANDOM,
    /** Ascending, as an initial load often is. */
    ASCENDING
  }

  /** Columns of the key. */
  @Param({"LONG", "STRING", "LONG_STRING"})
  public KeyType keyType = KeyType.LONG;

  /** In which order keys arrive. */
  @Param public Order order = Order.RANDOM;

  private final SegmentPool pool = new SegmentPool(128 << 20);
  private KeySequence keys = new KeySequence(keyType, new long[0]);
  private Memtable memtable = new Memtable(pool);
  private SealedMemtable sealed = memtable.seal();

  /** Draws the keys and checks that they come out in order. */
  @Setup
  public void setUp() {
    Random random = new Random(1);
    long[] ids = new long[KEYS];
    for (int i = 0; i < KEYS; i++) {
      // the low bits make it unique
      ids[i] = order == Order.ASCENDING ? i : (long) random.nextInt(1 << 19) << 20 | i;
    }
    keys = new KeySequence(keyType, ids);
    memtable = new Memtable(pool);
    keys.putAll(memtable);
    KeySequence.check(memtable.seal(), KEYS);
  }

  /** Fills a memtable. */
  @Setup(Level.Invocation)
  public void fill() {
    memtable = new Memtable(pool);
    keys.putAll(memtable);
  }

  /** Gives the segments back. */
  @TearDown(Level.Invocation)
  public void release() {
    sealed.release();
  }

  /** Sorts. */
  @Benchmark
  @OperationsPerInvocation(KEYS)
  public SealedMemtable seal() {
    sealed = memtable.seal();
    return sealed;
  }
}

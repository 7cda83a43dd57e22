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

package io.meru.benchmarks.e2e;

import java.util.concurrent.TimeUnit;
import org.apache.flink.table.data.RowData;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the comparison's own rows cost, before any engine sees them. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RowGeneratorBenchmark {
  /** Type of the key column. */
  @Param public Workload.KeyType keyType = Workload.KeyType.BIGINT;

  private Rows rows = rows(Workload.KeyType.BIGINT);
  private int next;

  /** Takes over the parameter. */
  @Setup
  public void setUp() {
    rows = rows(keyType);
  }

  /** One operation's row. */
  @Benchmark
  public RowData row() {
    next = (next + 1) & ((1 << 26) - 1);
    return rows.row(next);
  }

  private static Rows rows(Workload.KeyType keyType) {
    return new Rows(new Workload("generator", keyType, 1 << 20, 1, 1 << 10, 1 << 16, true, 10, 2));
  }
}

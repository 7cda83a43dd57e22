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

import io.meru.key.KeyDecoder;
import io.meru.key.KeyEncoder;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.row.ByteBuilder;
import io.meru.row.RowEncoder;
import io.meru.row.RowKind;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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

/** What a row costs before the memtable: its user key, the key's hash, its row region. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KeyEncodeBenchmark {
  /** Columns of the key. */
  @Param public KeyType keyType = KeyType.LONG;

  private final ByteBuilder target = new ByteBuilder(256);
  private final BenchmarkRow[] rows = new BenchmarkRow[1024];
  private final RowEncoder rowEncoder =
      new RowEncoder(BenchmarkRow.schema(Set.of(BenchmarkRow.ID)).asStruct());
  private KeyEncoder encoder = new KeyEncoder(keyType.spec());
  private int next;

  /** Makes the rows and checks that a key tells its values. */
  @Setup
  public void setUp() {
    KeySpec spec = keyType.spec();
    encoder = new KeyEncoder(spec);
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new BenchmarkRow().set(i * 7_654_321L);
    }
    encoder.encode(rows[3], RowKind.INSERT, target);
    List<Object> decoded =
        Arrays.asList(new KeyDecoder(spec).decode(target.array(), 0, target.size()));
    List<Object> expected =
        switch (keyType) {
          case LONG -> List.of(22_962_963L);
          case STRING -> List.of("customer-000022962963");
          case DECIMAL -> List.of(new BigDecimal("9629.63"));
          case LONG_STRING -> List.of(22_962_963L, "customer-000022962963");
        };
    if (!decoded.equals(expected)) {
      throw new IllegalStateException("Key of %s where %s went in".formatted(decoded, expected));
    }
  }

  /** The user key. */
  @Benchmark
  public int key() {
    target.reset();
    encoder.encode(nextRow(), RowKind.INSERT, target);
    return target.size();
  }

  /** The user key and its hash. */
  @Benchmark
  public long keyAndHash() {
    target.reset();
    encoder.encode(nextRow(), RowKind.INSERT, target);
    return KeyHash.hash64(target.array(), 0, target.size());
  }

  /** The row region of all columns, whatever the key. */
  @Benchmark
  public int row() {
    target.reset();
    rowEncoder.encode(nextRow(), target);
    return target.size();
  }

  private BenchmarkRow nextRow() {
    next = next + 1 & rows.length - 1;
    return rows[next];
  }
}

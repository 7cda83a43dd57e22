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

import io.meru.key.KeySpec;
import java.util.Set;
import org.apache.iceberg.Schema;

/** Which columns of {@link BenchmarkRow} are the primary key. */
public enum KeyType {
  /** One BIGINT: eight bytes. */
  LONG,
  /** One STRING of 21 characters, the first nine alike. */
  STRING,
  /** One DECIMAL(15, 2). */
  DECIMAL,
  /** BIGINT and STRING. */
  LONG_STRING;

  KeySpec spec() {
    return KeySpec.of("benchmark", schema());
  }

  Schema schema() {
    return BenchmarkRow.schema(columns());
  }

  private Set<Integer> columns() {
    return switch (this) {
      case LONG -> Set.of(BenchmarkRow.ID);
      case STRING -> Set.of(BenchmarkRow.NAME);
      case DECIMAL -> Set.of(BenchmarkRow.AMOUNT);
      case LONG_STRING -> Set.of(BenchmarkRow.ID, BenchmarkRow.NAME);
    };
  }
}

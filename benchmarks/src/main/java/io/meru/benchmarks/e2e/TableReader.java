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

import java.nio.file.Path;

/** Reads an engine's table whole, with the reader that its project ships for Java programs. */
interface TableReader {
  /** Reads every column of every row into Java values; returns the number of rows. */
  long scan() throws Exception;

  /** Shows every row to {@code verifier}. */
  void verify(Verifier verifier) throws Exception;

  /** The reader of {@code engine}'s table. */
  static TableReader open(Engine.Kind engine, Path directory, String table) throws Exception {
    return switch (engine) {
      case BLACKHOLE -> throw new IllegalArgumentException("The blackhole keeps no table");
      case PAIMON -> new PaimonReader(directory);
      case APPEND, UPSERT, MERU, MERU_DEFAULTS -> new IcebergReader(directory, table);
    };
  }
}

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

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompactionsITCase {
  @TempDir private Path directory;

  @Test
  void comparesPassesWithAndWithoutCompactionAndVerifiesAllTables() throws Exception {
    Path out = directory.resolve("out");
    Compactions.main(
        new String[] {
          "--keys=8000",
          "--rows=1000",
          "--updates=2",
          "--rounds=1",
          "--scans=1",
          "--heap=512m",
          "--work=" + directory.resolve("work"),
          "--out=" + out
        });
    assertThat(Files.readString(out.resolve("compaction.md")))
        .contains("| rows wrong, missing or doubled, 6 reads of all rows | none | none | met |")
        .contains(
            "| meru without dead rows at rest, rows, of them dead; bytes of vectors |  | 8,000, 0; 0 |");
    assertThat(out.resolve("compaction.json")).isNotEmptyFile();
  }
}

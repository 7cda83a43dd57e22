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

/** The comparison runs; its figures at this size mean nothing. */
class ComparisonITCase {
  @TempDir private Path directory;

  @Test
  void comparesMeruWithTheAppendSinkAndVerifiesBothTables() throws Exception {
    Path out = directory.resolve("out");
    Comparison.main(
        new String[] {
          "--engines=append,meru",
          "--workloads=skewed",
          "--keys=8000",
          "--rows-per-commit=1000",
          "--work=" + directory.resolve("work"),
          "--out=" + out
        });
    assertThat(Files.readString(out.resolve(Report.FILE)))
        .contains(
            "## skewed: updates", "| append |", "| meru |", "## Snapshots", "## What it must show");
    assertThat(Files.readString(out.resolve("cpu-per-row.svg"))).startsWith("<svg");
    assertThat(out.resolve("ingest.json")).isNotEmptyFile();
  }

  @Test
  void paimonRunsOnItsOwnClassPath() throws Exception {
    Path out = directory.resolve("out");
    Comparison.main(
        new String[] {
          "--engines=paimon",
          "--workloads=strings",
          "--keys=8000",
          "--rows-per-commit=1000",
          "--work=" + directory.resolve("work"),
          "--out=" + out
        });
    assertThat(Files.readString(out.resolve(Report.FILE))).contains("| paimon |");
  }
}

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

class SoakITCase {
  @TempDir private Path directory;

  @Test
  void samplesAJobThatNeverWaitsAndVerifiesItsTable() throws Exception {
    Path out = directory.resolve("out");
    Soak.main(
        new String[] {
          "--minutes=0.5",
          "--window-seconds=10",
          "--checkpoint-seconds=1",
          "--sample-seconds=1",
          "--keys=20000",
          "--heap=1g",
          "--work=" + directory.resolve("work"),
          "--out=" + out
        });
    assertThat(Files.readString(out.resolve("soak.md")))
        .contains("Check of all rows: right.", "| live data files |");
    assertThat(out.resolve("soak.json")).isNotEmptyFile();
  }
}

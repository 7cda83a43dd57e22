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

package io.meru.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.servers.JvmProcess;
import io.meru.servers.JvmProgram;
import io.meru.servers.PostgresServer;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The acceptance suite on each catalog and each storage; the command has all pairs. */
class AcceptanceITCase {
  private static final Path CHECKOUT = Path.of(System.getProperty("acceptance.checkout"));
  private static final Path DIRECTORY = Path.of(System.getProperty("acceptance.directory"));

  private static final Pattern PAIR_OR_VIOLATION =
      Pattern.compile(" orphans: |^ {4}\\S|^Exception in |^Caused by: ");

  @Test
  void noCatalogAndNoStorageLosesOrDoublesARow() throws Exception {
    PostgresServer.checkInstalled();
    Path log = DIRECTORY.resolve("suite.log");
    int exitCode;
    try (JvmProcess suite =
        JvmProcess.start(
            "acceptance",
            JvmProgram.withLibraries(AcceptanceMain.class.getName(), flinksLibraries(), Map.of()),
            List.of("-Xmx1g"),
            log,
            List.of("--short", "--checkout=" + CHECKOUT, "--directory=" + DIRECTORY))) {
      exitCode = suite.awaitEnd(Duration.ofMinutes(20));
    }
    List<String> lines = Files.readAllLines(log);

    String said = "%s says:%n%s".formatted(log, reasons(lines));
    assertThat(lines)
        .as(said)
        .filteredOn(line -> line.contains(" orphans: "))
        .hasSameSizeAs(Pair.SHORT_FORM)
        .allSatisfy(line -> assertThat(line).endsWith(": ok"));
    for (Pair pair : Pair.SHORT_FORM) {
      assertThat(lines).as(said).anySatisfy(line -> assertThat(line).startsWith(pair + ": "));
    }
    assertThat(exitCode).as(said).isZero();
  }

  /** The pairs' lines and what was wrong with each; of a trace where it began alone. */
  private static String reasons(List<String> lines) {
    return lines.stream()
        .filter(line -> PAIR_OR_VIOLATION.matcher(line).find())
        .collect(Collectors.joining(System.lineSeparator()));
  }

  @Test
  void theShortFormHasEachCatalogAndEachStorage() {
    assertThat(Pair.SHORT_FORM.stream().map(Pair::catalog).collect(Collectors.toSet()))
        .isEqualTo(Set.of(CatalogKind.values()));
    assertThat(Pair.SHORT_FORM.stream().map(Pair::storage).collect(Collectors.toSet()))
        .isEqualTo(Set.of(StorageKind.values()));
  }

  private static String flinksLibraries() throws Exception {
    ClassPaths classPaths = new ClassPaths(CHECKOUT);
    return String.join(
        File.pathSeparator,
        Files.readString(classPaths.of("flink-lib")).strip(),
        Files.readString(classPaths.of("catalog-clients")).strip());
  }
}

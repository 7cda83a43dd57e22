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

package io.meru.cli;

import io.meru.inspect.Finding;
import io.meru.inspect.TableVerifier;
import io.meru.inspect.VerifyReport;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code meru verify}: whether a table keeps the invariants. */
@Command(
    name = "verify",
    description = {
      "Checks that a table is whole: one live row per key, files as their manifests, names and"
          + " footers say, deletion vectors, row ids.",
      "It reads the footer and the key columns of every data file."
    },
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:no error was found; there may be warnings",
      "1:errors were found",
      "2:it could not be done"
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  @Mixin private TableOptions table = new TableOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = "--all-snapshots",
      description = "Verify every snapshot, not only the head; takes as long for each.")
  private boolean allSnapshots;

  @Override
  public Integer call() {
    VerifyReport report;
    try (OpenTable open = table.open()) {
      report =
          allSnapshots
              ? TableVerifier.verifyAllSnapshots(open.table(), open.name())
              : TableVerifier.verifyHead(open.table(), open.name());
    }
    output.print(report, VerifyCommand::print);
    return report.isClean() ? MeruCommand.OK : MeruCommand.FOUND;
  }

  private static void print(VerifyReport report, PrintWriter out) {
    for (Finding finding : report.findings()) {
      out.printf("%s %s%n", finding.severity(), finding.invariant());
      if (finding.file() != null) {
        out.println("  file      " + finding.file());
      }
      if (finding.position() != null) {
        out.println("  row       " + Units.count(finding.position()));
      }
      out.println("  snapshot  " + finding.snapshotId());
      out.println("  expected  " + finding.expected());
      out.println("  found     " + finding.found());
      out.println();
    }
    long left = report.errors() + report.warnings() - report.findings().size();
    if (left > 0) {
      out.printf("... and %s%n%n", Units.many(left, "more finding"));
    }
    out.printf(
        "Verified %s of table %s: %s, %s, %s.%n",
        report.snapshots().size() == 1
            ? "snapshot " + report.snapshots().get(0)
            : Units.many(report.snapshots().size(), "snapshot"),
        report.table(),
        Units.many(report.dataFiles(), "data file"),
        Units.many(report.vectors(), "deletion vector"),
        Units.many(report.liveRows(), "live row"));
    out.println(
        report.errors() + report.warnings() == 0
            ? "Nothing found."
            : "%s, %s."
                .formatted(
                    Units.many(report.errors(), "error"),
                    Units.many(report.warnings(), "warning")));
  }
}

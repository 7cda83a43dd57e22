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

package io.meru.benchmarks;

import io.meru.benchmarks.e2e.Commits;
import io.meru.benchmarks.e2e.Compactions;
import io.meru.benchmarks.e2e.Comparison;
import io.meru.benchmarks.e2e.Report;
import io.meru.benchmarks.e2e.Scale;
import io.meru.benchmarks.e2e.Soak;
import java.nio.file.Path;
import java.util.Arrays;

/** Entry point of {@code java -jar meru-benchmarks.jar <command> [arguments]}. */
public final class Main {
  private static final String HELP =
      """
      jmh <regex> [JMH's options]     parts of the write path
      e2e [--mode=quick|full] ...     the sink beside its peers
      scale [--mode=quick|full] ...   what grows with the table
      commits [--checkpoints=5000] ... what grows with the number of checkpoints
      compaction [--keys=16000000] ... what compaction costs and what it is worth
      soak [--minutes=60] ...         whether anything grows while a job runs at full speed
      report <results folder>         writes the report anew from the folder's JSON""";

  private Main() {}

  /** Runs the command that {@code args[0]} names. */
  public static void main(String[] args) throws Exception {
    String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    switch (args.length == 0 ? "help" : args[0]) {
      case "jmh" -> org.openjdk.jmh.Main.main(rest);
      case "e2e" -> Comparison.main(rest);
      case "scale" -> Scale.main(rest);
      case "commits" -> Commits.main(rest);
      case "compaction" -> Compactions.main(rest);
      case "soak" -> Soak.main(rest);
      case "report" -> Report.write(Path.of(rest[0]));
      default -> System.out.println(HELP);
    }
  }
}

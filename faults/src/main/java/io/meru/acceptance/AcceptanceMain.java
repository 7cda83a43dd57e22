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

import io.meru.servers.PostgresServer;
import io.meru.servers.Spark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.util.ExceptionUtils;

/** Runs the suite on pairs of a catalog and a storage, one after the other. */
public final class AcceptanceMain {
  private AcceptanceMain() {}

  /**
   * Options: {@code --catalog=} and {@code --storage=} leave out others, {@code --short} takes one
   * pair for each or a little more, {@code --checkout=} is the root of the build, {@code
   * --directory=} where tables and logs go. Exit code 0: no violation on any pair.
   */
  public static void main(String[] args) throws Exception {
    Path checkout = Path.of("");
    Path directory = Path.of("faults/target/acceptance");
    List<Pair> pairs = Pair.all();
    for (String arg : args) {
      String value = arg.substring(arg.indexOf('=') + 1);
      if (arg.startsWith("--catalog=")) {
        pairs = pairs.stream().filter(pair -> pair.catalog().toString().equals(value)).toList();
      } else if (arg.startsWith("--storage=")) {
        pairs = pairs.stream().filter(pair -> pair.storage().toString().equals(value)).toList();
      } else if (arg.equals("--short")) {
        pairs = pairs.stream().filter(Pair.SHORT_FORM::contains).toList();
      } else if (arg.startsWith("--checkout=")) {
        checkout = Path.of(value);
      } else if (arg.startsWith("--directory=")) {
        directory = Path.of(value);
      } else {
        pairs = List.of();
      }
    }
    if (pairs.isEmpty()) {
      System.err.printf(
          "usage: faults/acceptance [--short] [--catalog=NAME] [--storage=NAME]%nPairs: %s%n",
          Pair.all());
      System.exit(2);
    }
    if (pairs.stream().anyMatch(pair -> pair.catalog() == CatalogKind.JDBC_POSTGRESQL)) {
      PostgresServer.checkInstalled(); // before the minutes that the first pairs take
    }
    Files.createDirectories(directory);
    Path run = Files.createTempDirectory(directory.toAbsolutePath().normalize(), "run-");
    System.exit(run(pairs, new ClassPaths(checkout.toAbsolutePath()), run) == 0 ? 0 : 1);
  }

  private static int run(List<Pair> pairs, ClassPaths classPaths, Path directory) throws Exception {
    List<Outcome> outcomes = new ArrayList<>();
    String clients = Files.readString(classPaths.of("catalog-clients")).strip();
    PrintedOptions printed = PrintedOptions.in(classPaths.sqlGuide());
    try (Spark spark = Spark.start(classPaths.spark(), clients, directory.resolve("spark.log"));
        Servers servers = new Servers(printed, classPaths, directory)) {
      for (Pair pair : pairs) {
        Outcome outcome = run(pair, servers, spark, directory.resolve(pair.id()));
        System.out.println(outcome);
        outcomes.add(outcome);
      }
    }
    int violations = outcomes.stream().mapToInt(outcome -> outcome.violations().size()).sum();
    System.out.printf("pairs %d, violations %d%n", pairs.size(), violations);
    return violations;
  }

  private static Outcome run(Pair pair, Servers servers, Spark spark, Path directory)
      throws InterruptedException {
    try {
      return new Suite(servers.lake(pair), spark, directory).run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return Outcome.broken(pair, ExceptionUtils.stringifyException(e));
    }
  }
}

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

package io.meru.faults;

import io.meru.servers.JvmProgram;
import io.meru.servers.Spark;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Runs schedules on one cluster, one after the other. */
public final class FaultMain {
  private static final int TASK_MANAGERS = 2;

  private FaultMain() {}

  /**
   * Options: {@code --directory=}, {@code --spark=} (build directory of meru-spark-check), {@code
   * --seed=}, {@code --schedules=}, {@code --faults=} (of a schedule, at most), {@code
   * --zookeeper}. Exit code 0: no violation.
   */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of("faults/target/faults");
    Path sparkBuild = Path.of("meru-spark-check/target");
    Path restLibraries = Path.of("meru-rest-server/target/classpath.txt");
    FlinkCluster.Kind kind = FlinkCluster.Kind.STANDALONE;
    long seed = 0;
    int schedules = -1;
    int faults = Schedule.MAX_STEPS;
    for (String arg : args) {
      String value = arg.substring(arg.indexOf('=') + 1);
      if (arg.startsWith("--directory=")) {
        directory = Path.of(value);
      } else if (arg.startsWith("--spark=")) {
        sparkBuild = Path.of(value);
      } else if (arg.startsWith("--seed=")) {
        seed = Long.parseLong(value);
      } else if (arg.startsWith("--schedules=")) {
        schedules = Integer.parseInt(value);
      } else if (arg.startsWith("--faults=")) {
        faults = Integer.parseInt(value);
      } else if (arg.equals("--zookeeper")) {
        kind = FlinkCluster.Kind.ZOOKEEPER;
      } else {
        System.err.println(
            "usage: faults/run [--zookeeper] [--seed=N] [--schedules=N] [--faults=N] [--directory=PATH]");
        System.exit(2);
      }
    }
    Places places = new Places(directory, sparkBuild, restLibraries);
    int count = schedules < 0 ? FaultKind.of(kind).size() : schedules;
    System.exit(run(places, kind, seed, count, faults, System.out).isEmpty() ? 0 : 1);
  }

  /**
   * Where things are.
   *
   * @param directory of tables, checkpoints and logs
   * @param sparkBuild build directory of meru-spark-check
   * @param restLibraries file with the REST catalog server's class path
   */
  record Places(Path directory, Path sparkBuild, Path restLibraries) {}

  /**
   * Runs the schedules of {@code seed} and those that follow; returns the violations.
   *
   * @param faults how many faults a schedule has at most
   */
  static List<String> run(
      Places places, FlinkCluster.Kind kind, long seed, int schedules, int faults, PrintStream out)
      throws Exception {
    Path work =
        places
            .directory()
            .toAbsolutePath()
            .normalize()
            .resolve(kind.name().toLowerCase(Locale.ROOT));
    TableDisk.unmountLeftovers(work);
    List<FaultKind> kinds = FaultKind.of(kind);
    Report report = new Report(kind, faults, out);
    Met met = new Met();
    try (Spark spark = startSpark(places, work.resolve("spark.log"));
        RestCatalog rest =
            RestCatalog.start(places.restLibraries(), Folders.empty(work.resolve("rest")));
        // empty: else ZooKeeper remembers the jobs of a run that was killed
        FlinkCluster cluster =
            FlinkCluster.start(Folders.empty(work.resolve("cluster")), kind, TASK_MANAGERS)) {
      for (long s = seed; s < seed + schedules; s++) {
        Schedule schedule = Schedule.of(s, kinds, faults);
        report.add(
            new ScheduleRun(schedule, cluster, rest, spark, met, work.resolve("seed-" + s)).run());
      }
      rest.proxy().carriedOut().forEach(commit -> met.add("commit " + commit));
      Evidence evidence = Evidence.in(cluster.logs());
      report.printSums(evidence, met);
      List<String> violations = new ArrayList<>(report.violations());
      if (kinds.contains(FaultKind.FOREIGN_APPENDS)
          && schedules >= kinds.size()
          && evidence.plannedAnew() == 0) {
        String none =
            ("Others wrote to the tables, but no log in %s tells of a commit that lost a race:"
                    + " has its line changed?")
                .formatted(work);
        out.println(none);
        violations.add(none);
      }
      return violations;
    }
  }

  /** With {@link ExclusiveRename}, which is among the harness's classes. */
  private static Spark startSpark(Places places, Path log) throws IOException {
    return Spark.start(places.sparkBuild(), JvmProgram.harnessClasses().toString(), log);
  }
}

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
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a comparison runs.
 *
 * @param mode quick (seconds, proves that it works; its figures are the compiler's) or full
 * @param engines in their first round's order
 * @param workloads what each engine goes through
 * @param rounds times that each engine goes through each workload
 * @param warmUpCommits batches of a throw-away table that each process writes before it measures
 * @param scans timed scans per table and round
 * @param heap each engine's -Xmx
 * @param work directory for tables; emptied as it goes
 * @param out directory of results
 */
record ComparisonOptions(
    String mode,
    List<Engine.Kind> engines,
    List<Workload> workloads,
    int rounds,
    int warmUpCommits,
    int scans,
    String heap,
    Path work,
    Path out) {
  static final String HELP =
      """
      e2e [--mode=quick|full] [--engines=blackhole,append,upsert,paimon,meru,meru-defaults]
          [--workloads=uniform,skewed,strings] [--keys=N] [--update-commits=N]
          [--rows-per-commit=N] [--rounds=N] [--warm-up-commits=N] [--scans=N] [--heap=8g]
          [--work=DIRECTORY] [--out=DIRECTORY]""";

  private static final int LANES = 2;

  static ComparisonOptions parse(String[] args) {
    Arguments given = Arguments.parse(args, HELP);
    boolean full =
        switch (given.get("mode", "quick")) {
          case "quick" -> false;
          case "full" -> true;
          default -> throw new IllegalArgumentException("--mode is quick or full\n" + HELP);
        };
    int keys = given.getInt("keys", full ? 4_000_000 : 20_000);
    int updates = given.getInt("update-commits", full ? 20 : 3);
    int rows = given.getInt("rows-per-commit", full ? 100_000 : 4_000);
    ComparisonOptions options =
        new ComparisonOptions(
            full ? "full" : "quick",
            engines(given.get("engines", "blackhole,append,upsert,paimon,meru,meru-defaults")),
            workloads(given.get("workloads", "uniform,skewed,strings"), keys, updates, rows),
            given.getInt("rounds", full ? 3 : 1),
            given.getInt("warm-up-commits", full ? 40 : 0),
            given.getInt("scans", full ? 3 : 1),
            given.get("heap", full ? "8g" : "1g"),
            Path.of(given.get("work", "benchmarks/target/e2e")).toAbsolutePath(),
            Path.of(given.get("out", "benchmarks/results/local/" + LocalDate.now()))
                .toAbsolutePath());
    given.refuseUnknown();
    return options;
  }

  /** What the report says of a run. */
  Map<String, String> settings() {
    return Map.of(
        "mode", mode,
        "rounds", Integer.toString(rounds),
        "warm-up commits", Integer.toString(warmUpCommits),
        "timed scans per round", Integer.toString(scans),
        "heap of each engine", heap);
  }

  private static List<Engine.Kind> engines(String labels) {
    return Arrays.stream(labels.split(",")).map(Engine.Kind::of).toList();
  }

  /** The uniform workload has all keys; the others a quarter, since only updates differ. */
  private static List<Workload> workloads(String names, int keys, int updates, int rows) {
    Set<String> wanted = new TreeSet<>(List.of(names.split(",")));
    List<Workload> all =
        List.of(
            new Workload(
                "uniform", Workload.KeyType.BIGINT, keys, 4, updates, rows, false, 0, LANES),
            new Workload(
                "skewed", Workload.KeyType.BIGINT, keys / 4, 1, updates, rows, true, 10, LANES),
            new Workload(
                "strings",
                Workload.KeyType.UUID_STRING,
                keys / 4,
                1,
                updates,
                rows,
                false,
                0,
                LANES));
    List<Workload> chosen = all.stream().filter(w -> wanted.remove(w.name())).toList();
    if (!wanted.isEmpty()) {
      throw new IllegalArgumentException("Unknown workloads " + wanted + "\n" + HELP);
    }
    return chosen;
  }
}

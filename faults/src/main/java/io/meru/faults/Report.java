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

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Prints each schedule as it ends, and the sums. */
final class Report {
  private final FlinkCluster.Kind cluster;
  private final int faultsAtMost;
  private final PrintStream out;
  private final List<Outcome> outcomes = new ArrayList<>();

  Report(FlinkCluster.Kind cluster, int faultsAtMost, PrintStream out) {
    this.cluster = cluster;
    this.faultsAtMost = faultsAtMost;
    this.out = out;
  }

  void add(Outcome outcome) {
    outcomes.add(outcome);
    out.printf(
        "seed %d  %s%n    %d s, %d starts, %d attempts, %d checkpoints, %d compactions, %,d changes, %d commits of"
            + " others, %d + %d orphans: %s%n",
        outcome.schedule().seed(),
        outcome.schedule(),
        outcome.duration().toSeconds(),
        outcome.starts(),
        outcome.attempts(),
        outcome.commits(),
        outcome.compactions(),
        outcome.changes(),
        outcome.foreignCommits(),
        outcome.orphans(),
        outcome.metadataOrphans(),
        outcome.violations().isEmpty() ? "ok" : "VIOLATED");
    outcome.violations().forEach(violation -> out.println("    " + violation));
    out.flush();
  }

  /** Everything that was found wrong, with its seed. */
  List<String> violations() {
    return outcomes.stream()
        .flatMap(o -> o.violations().stream().map(v -> "seed " + o.schedule().seed() + ": " + v))
        .toList();
  }

  void printSums(Evidence evidence, Met met) {
    Map<FaultKind, Integer> faults = new EnumMap<>(FaultKind.class);
    outcomes.forEach(
        o -> o.schedule().steps().forEach(step -> faults.merge(step.kind(), 1, Integer::sum)));
    out.printf("%nschedules    %,d%n", outcomes.size());
    out.printf("faults       %,d%n", faults.values().stream().mapToInt(Integer::intValue).sum());
    faults.forEach((kind, count) -> out.printf("  %-22s %,d%n", kind, count));
    out.printf("starts       %,d%n", sum(Outcome::starts));
    out.printf("attempts     %,d%n", sum(Outcome::attempts));
    out.printf("checkpoints  %,d%n", sum(Outcome::commits));
    out.printf("compactions  %,d%n", sum(Outcome::compactions));
    out.printf("changes      %,d%n", sum(Outcome::changes));
    out.printf("orphans      %,d of data%n", sum(Outcome::orphans));
    out.printf("             %,d of metadata%n", sum(Outcome::metadataOrphans));
    out.printf("fenced       %,d attempts to commit%n", evidence.fenced());
    out.printf("too late     %,d attempts to commit%n", evidence.tooLate());
    out.printf("planned anew %,d commits%n", evidence.plannedAnew());
    met.counts().forEach((what, count) -> out.printf("met %-28s %,d%n", what, count));
    out.printf("violations   %,d%n", violations().size());
    for (Outcome outcome : outcomes) {
      if (!outcome.violations().isEmpty()) {
        out.printf(
            "once more: faults/run%s%s --seed=%d --schedules=1%n",
            cluster == FlinkCluster.Kind.ZOOKEEPER ? " --zookeeper" : "",
            faultsAtMost < Schedule.MAX_STEPS ? " --faults=" + faultsAtMost : "",
            outcome.schedule().seed());
      }
    }
  }

  private long sum(ToLongFunction<Outcome> figure) {
    return outcomes.stream().mapToLong(figure).sum();
  }
}

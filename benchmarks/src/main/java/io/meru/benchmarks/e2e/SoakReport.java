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

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** The page of {@link Soak}, in Markdown. */
final class SoakReport {
  /** The last window's median against the second's, up to which a figure is flat. */
  private static final double FLAT = 1.1;

  /** The same for durations, which the machine's other work moves. */
  private static final double FLAT_TIME = 1.25;

  /** Files are merged by eights: between two merges their number swings by as many. */
  private static final double FILES_OF_A_MERGE = 8;

  private final Soak.Run run;
  private final List<List<SoakMain.Sample>> windows = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();

  private SoakReport(Soak.Run run) {
    this.run = run;
    int count = run.request().seconds() / run.windowSeconds();
    for (int i = 0; i < count; i++) {
      int window = i;
      windows.add(
          run.result().samples().stream()
              .filter(sample -> (int) (sample.second() / run.windowSeconds()) == window)
              .toList());
    }
    windows.removeIf(List::isEmpty);
  }

  static String of(Soak.Run run) {
    return new SoakReport(run).write();
  }

  private String write() {
    Workload workload = run.request().workload();
    line("# Soak%n");
    line(
        "%d minutes at full speed, parallelism %d, -Xmx%s: %,d keys, then updates of them by Zipf's"
            + " law, %d %% of them deletes; a checkpoint every %d s or later. Options: %s.%n",
        run.request().seconds() / 60,
        workload.lanes(),
        run.heap(),
        workload.keys(),
        workload.deletePercent(),
        run.request().checkpointSeconds(),
        run.request().options());
    line(
        "%,d rows. Check of all rows: %s. Peak RSS %.0f MB.%n",
        workload.operations(run.result().batches()),
        run.result().outcome().isRight() ? "right" : "**" + run.result().outcome() + "**",
        run.result().peakRssBytes() / 1e6);
    if (windows.size() < 3) {
      line("The run ended before it had three windows.");
      return text.toString();
    }
    table();
    return text.toString();
  }

  private void table() {
    int seconds = run.windowSeconds();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < windows.size(); i++) {
      names.add("%d to %d s".formatted(i * seconds, (i + 1) * seconds));
    }
    line("| median of | %s | last / second | flat |", String.join(" | ", names));
    line("|---|%s---|---|", "---|".repeat(names.size()));
    flat("heap after a collection, MB", FLAT, state(s -> s.state().heapBytes() / 1e6, true));
    flat("live data files", FLAT, FILES_OF_A_MERGE, state(s -> s.state().dataFiles(), false));
    flat("deletion vectors", FLAT, FILES_OF_A_MERGE, state(s -> s.state().vectors(), false));
    flat("snapshots", FLAT, state(s -> s.state().snapshots(), false));
    flat("files on disk", FLAT, state(s -> s.state().filesOnDisk(), false));
    flat("metadata.json, KB", FLAT, state(s -> s.state().metadataBytes() / 1e3, false));
    flat("manifests", FLAT, state(s -> manifests(s.state()), false));
    flat("commit, median ms", FLAT_TIME, times(0.5, FreeRun.Checkpoint::commitNanos));
    flat("commit, p95 ms", FLAT_TIME, times(0.95, FreeRun.Checkpoint::commitNanos));
    flat("checkpoint, median ms", FLAT_TIME, times(0.5, FreeRun.Checkpoint::checkpointNanos));
    row("checkpoint, max ms", times(1, FreeRun.Checkpoint::checkpointNanos), "");
    row("checkpoints", each(window -> checkpoints(window).count()), "");
    row("rows/s", each(this::rowsPerSecond), "");
    row("live rows, thousands", state(s -> s.liveRows() / 1e3, false), "");
    row("dead rows, thousands", state(s -> s.deadRows() / 1e3, false), "");
    row("live files' MB", state(s -> s.fileBytes() / 1e6, false), "");
    line(
        "%nFlat: the median of the last window is at most %.2f times that of the second, %.2f for"
            + " durations, or no more than %.0f files above it. A checkpoint lasts from its trigger to"
            + " its completion, a commit from then until a reader sees it.",
        FLAT, FLAT_TIME, FILES_OF_A_MERGE);
  }

  private static int manifests(Commits.State state) {
    return state.dataManifests() + state.deleteManifests();
  }

  private double[] state(ToDoubleFunction<SoakMain.Sample> figure, boolean whereKnown) {
    return each(
        window ->
            quantile(
                window.stream().mapToDouble(figure).filter(value -> !whereKnown || value > 0),
                0.5));
  }

  private double[] times(double quantile, ToDoubleFunction<FreeRun.Checkpoint> nanos) {
    return each(window -> quantile(checkpoints(window).mapToDouble(nanos), quantile) / 1e6);
  }

  private static Stream<FreeRun.Checkpoint> checkpoints(List<SoakMain.Sample> window) {
    return window.stream().flatMap(sample -> sample.checkpoints().stream());
  }

  /** From the last sample before the window to its last. */
  private double rowsPerSecond(List<SoakMain.Sample> window) {
    List<SoakMain.Sample> all = run.result().samples();
    int first = all.indexOf(window.get(0));
    SoakMain.Sample last = window.get(window.size() - 1);
    double seconds = first == 0 ? 0 : all.get(first - 1).second();
    long rows = first == 0 ? 0 : all.get(first - 1).rows();
    return (last.rows() - rows) / (last.second() - seconds);
  }

  private double[] each(ToDoubleFunction<List<SoakMain.Sample>> figure) {
    return windows.stream().mapToDouble(figure).toArray();
  }

  private static double quantile(DoubleStream values, double quantile) {
    double[] sorted = values.sorted().toArray();
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.min(sorted.length - 1, (int) (quantile * sorted.length))];
  }

  private void flat(String name, double bound, double[] values) {
    flat(name, bound, 0, values);
  }

  private void flat(String name, double bound, double slack, double[] values) {
    double last = values[values.length - 1];
    row(name, values, last <= Math.max(values[1] * bound, values[1] + slack) ? "yes" : "**no**");
  }

  private void row(String name, double[] values, String verdict) {
    line(
        "| %s | %s | %.2f | %s |",
        name,
        DoubleStream.of(values)
            .mapToObj(value -> String.format(Locale.ROOT, "%,.1f", value))
            .collect(Collectors.joining(" | ")),
        values[values.length - 1] / values[1],
        verdict);
  }

  private void line(String format, Object... args) {
    text.append(String.format(Locale.ROOT, format, args)).append('\n');
  }
}

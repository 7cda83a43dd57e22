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
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The page of {@link Compactions}, in Markdown. */
final class CompactionsReport {
  private static final int QUARTERS = 4;

  /** Growth of write amplification from one quarter to the next that still counts as steady. */
  private static final double STEADY = 1.05;

  private final Compactions.Run figures;
  private final List<CompactionPassMain.Result> on;
  private final List<CompactionPassMain.Result> off;
  private final List<ScaleFigure> rows = new ArrayList<>();

  private CompactionsReport(Compactions.Run figures) {
    this.figures = figures;
    this.on = figures.passes().stream().filter(CompactionPassMain.Result::compaction).toList();
    this.off = figures.passes().stream().filter(pass -> !pass.compaction()).toList();
  }

  static String of(Compactions.Run figures) {
    return new CompactionsReport(figures).write();
  }

  /** One pass in a line. */
  static String summary(CompactionPassMain.Result pass) {
    return text(
        "%,.0f rows/s (median), write amplification %.2f, checkpoint %.0f ms (median), %.0f ms"
            + " (max), at rest after %d checkpoints, heap %.0f MB, check: %s",
        Figures.median(pass.updates(), CompactingJob.Checkpoint::rowsPerSecond),
        updates(pass).amplification(),
        Figures.median(pass.updates(), c -> c.checkpointNanos() / 1e6),
        max(pass.updates(), c -> c.checkpointNanos() / 1e6),
        pass.restCheckpoints(),
        pass.heapBytes() / 1e6,
        pass.outcome() == null ? "none" : pass.outcome());
  }

  private String write() {
    Workload workload = figures.workload();
    ingest();
    for (int i = 0; i < on.size(); i++) {
      amplification(on.get(i), i + 1);
    }
    for (int i = 0; i < figures.passes().size(); i++) {
      stalls(figures.passes().get(i), i / 2 + 1);
    }
    correctness();
    atRest();
    return text(
            "# Compaction%n%n%,d keys in %d checkpoints, then %d checkpoints of %,d uniform updates"
                + " (%.1f x the keys). Target file size %,d bytes, -Xmx%s.%n%n"
                + "| figure | asked | measured | |%n|---|---|---|---|%n",
            workload.keys(),
            workload.loadCommits(),
            workload.updateCommits(),
            workload.rowsPerCommit(),
            (double) workload.updateCommits() * workload.rowsPerCommit() / workload.keys(),
            figures.targetFileBytes(),
            figures.heap())
        + rows.stream()
            .map(
                row ->
                    text(
                        "| %s | %s | %s | %s |%n",
                        row.what(), row.wanted(), row.measured(), row.verdict()))
            .collect(Collectors.joining());
  }

  private void ingest() {
    List<CompactingJob.Checkpoint> with = all(on);
    List<CompactingJob.Checkpoint> without = all(off);
    double ratio =
        Figures.median(with, CompactingJob.Checkpoint::rowsPerSecond)
            / Figures.median(without, CompactingJob.Checkpoint::rowsPerSecond);
    add(
        "rows/s, compaction on against off: ratio of medians over checkpoints",
        ">= 0.75",
        text("%.2f", ratio),
        ratio >= 0.75);
    add("the same over the whole time", text("%.2f", perSecond(with, 0) / perSecond(without, 0)));
    double generator = Figures.median(figures.passes(), p -> p.generatorNanosPerRow());
    add(
        "the same without the time that rows take to be made",
        text(
            "%.2f (%.0f ns a row)",
            perSecond(with, generator) / perSecond(without, generator), generator));
    add(
        "the same as ratio of medians, by quarter of the updates",
        quarters(
            i ->
                Figures.median(quarter(with, on.size(), i), CompactingJob.Checkpoint::rowsPerSecond)
                    / Figures.median(
                        quarter(without, off.size(), i), CompactingJob.Checkpoint::rowsPerSecond)));
  }

  private void amplification(CompactionPassMain.Result pass, int round) {
    WriteMeter.Totals written = updates(pass);
    String name = text("round %d, ", round);
    double total = written.amplification();
    add(
        name + "write amplification of the updates",
        "<= 6",
        text(
            "%.2f (flushed %,d bytes, compactions %,d)",
            total, written.flushedBytes(), written.compactedBytes()),
        total <= 6);
    List<WriteMeter.Totals> quarters = quarters(pass);
    add(
        name + "the same by quarter of the updates",
        quarters.stream()
            .map(quarter -> text("%.2f", quarter.amplification()))
            .collect(Collectors.joining(", ")));
    double change = quarters.get(3).amplification() / quarters.get(2).amplification();
    add(
        name + "last quarter against the one before",
        text("within %.0f %%", (STEADY - 1) * 100),
        text("%.3f", change),
        change <= STEADY && change >= 1 / STEADY);
    WriteMeter.Totals withRest = pass.rested().minus(pass.loaded());
    add(
        name + "write amplification with what was left to merge after the updates",
        text(
            "%.2f (%d checkpoints without rows, %.1f s)",
            withRest.amplification(), pass.restCheckpoints(), pass.restNanos() / 1e9));
    add(
        name + "write amplification of the updates with deletion vectors",
        text(
            "%.2f (vectors %,d bytes)", written.amplificationWithVectors(), written.vectorBytes()));
    add(
        name + "write amplification of the load, until at rest",
        text("%.2f", pass.loaded().amplification()));
    add(
        name + "compactions in the updates, of them in vain; share of the time one ran",
        text(
            "%d, %d; %.2f",
            written.compactions(),
            written.compactionsInVain(),
            (double) written.compactionNanos() / wallNanos(pass.updates())));
  }

  private void stalls(CompactionPassMain.Result pass, int round) {
    String name = text("round %d, compaction %s, ", round, pass.compaction() ? "on" : "off");
    List<CompactingJob.Checkpoint> updates = pass.updates();
    ToDoubleFunction<CompactingJob.Checkpoint> millis = c -> c.checkpointNanos() / 1e6;
    double median = Figures.median(updates, millis);
    double max = max(updates, millis);
    add(
        name + "rows/s: median, least of a checkpoint",
        text(
            "%,.0f, %,.0f",
            Figures.median(updates, CompactingJob.Checkpoint::rowsPerSecond),
            -max(updates, c -> -c.rowsPerSecond())));
    add(
        name + "barrier and commit, ms: median, p95, max; max / median",
        pass.compaction() ? "<= 3 x" : "",
        text("%.0f, %.0f, %.0f; %.2f x", median, p95(updates, millis), max, max / median),
        pass.compaction() ? max <= 3 * median : null);
    add(
        name + "of that the commit, ms: median, p95, max",
        text(
            "%.0f, %.0f, %.0f",
            Figures.median(updates, c -> c.commitNanos() / 1e6),
            p95(updates, c -> c.commitNanos() / 1e6),
            max(updates, c -> c.commitNanos() / 1e6)));
    add(
        name + "1,000 rows made and written, longest, ms (the longest stall is shorter)",
        text("%.1f", max(updates, c -> c.longestWriteNanos() / 1e6)));
    WriteMeter.Totals waits = updates(pass);
    add(
        name + "input waited for flushes, for compactions, s",
        text("%.2f, %.2f", waits.flushWaitNanos() / 1e9, waits.compactionWaitNanos() / 1e9));
    add(
        name + "level-0 files after a checkpoint, most; expiry, most ms of the committing thread",
        text(
            "%.0f; %.0f",
            max(updates, CompactingJob.Checkpoint::levelZeroFiles),
            max(updates, c -> c.cleanNanos() / 1e6)));
    add(
        name + "heap after a collection, peak RSS, MB",
        text("%.0f, %.0f", pass.heapBytes() / 1e6, pass.peakRssBytes() / 1e6));
  }

  private void correctness() {
    List<Verifier.Outcome> outcomes = new ArrayList<>();
    figures.passes().stream()
        .map(CompactionPassMain.Result::outcome)
        .filter(outcome -> outcome != null)
        .forEach(outcomes::add);
    figures.tables().forEach(table -> outcomes.add(table.outcome()));
    boolean right = outcomes.stream().allMatch(Verifier.Outcome::isRight);
    add(
        text("rows wrong, missing or doubled, %d reads of all rows", outcomes.size()),
        "none",
        right ? "none" : outcomes.toString(),
        right);
  }

  private void atRest() {
    List<RestMain.TableAtRest> meru = figures.tables().subList(0, 2);
    for (RestMain.TableAtRest table : meru) {
      files(table);
      for (RestMain.TableAtRest appended : figures.tables().subList(2, figures.tables().size())) {
        beside(table, appended);
      }
    }
    CompactionPassMain.Result last = last(on);
    if (last.denseBytes() != null) {
      add(
          "merging every file with a dead row: bytes written, s",
          text("%,d, %.1f", last.denseBytes(), last.denseNanos() / 1e9));
    }
  }

  private void files(RestMain.TableAtRest table) {
    long target = figures.targetFileBytes();
    List<Long> bytes = table.files().fileBytes();
    long outside = table.files().outside(target);
    add(
        table.name() + " at rest, files: number; smallest, median, largest against the target",
        "0.5 to 2 x",
        text(
            "%d; %.2f, %.2f, %.2f x (%d outside)",
            bytes.size(),
            (double) bytes.get(0) / target,
            Figures.median(bytes, size -> (double) size / target),
            (double) bytes.get(bytes.size() - 1) / target,
            outside),
        outside == 0);
    add(
        table.name() + " at rest, rows, of them dead; bytes of vectors",
        text(
            "%,d, %,d; %,d",
            table.files().rows(), table.files().deadRows(), table.files().vectorBytes()));
  }

  private void beside(RestMain.TableAtRest meru, RestMain.TableAtRest appended) {
    String name = "%s at rest against %s".formatted(meru.name(), appended.name());
    double size = (double) meru.files().bytes() / appended.files().bytes();
    add(
        name + ": bytes of data files and vectors",
        "<= 1.1 x",
        text("%.3f x (%,d, %,d)", size, meru.files().bytes(), appended.files().bytes()),
        size <= 1.1);
    double scan = seconds(meru.wallNanos()) / seconds(appended.wallNanos());
    add(
        name + ": full scan, medians",
        "<= 1.05 x",
        text(
            "%.3f x (%.2f, %.2f s)",
            scan, seconds(meru.wallNanos()), seconds(appended.wallNanos())),
        scan <= 1.05);
    add(
        name + ": full scan, CPU without JIT, medians",
        text(
            "%.3f x (%.2f, %.2f s)",
            seconds(meru.cpuNanos()) / seconds(appended.cpuNanos()),
            seconds(meru.cpuNanos()),
            seconds(appended.cpuNanos())));
  }

  private static double seconds(List<Long> nanos) {
    return Figures.median(nanos, n -> n / 1e9);
  }

  private static WriteMeter.Totals updates(CompactionPassMain.Result pass) {
    return last(pass.updates()).totals().minus(pass.loaded());
  }

  private static List<WriteMeter.Totals> quarters(CompactionPassMain.Result pass) {
    List<WriteMeter.Totals> all = new ArrayList<>();
    WriteMeter.Totals before = pass.loaded();
    for (int i = 0; i < QUARTERS; i++) {
      WriteMeter.Totals after = last(quarter(pass.updates(), 1, i)).totals();
      all.add(after.minus(before));
      before = after;
    }
    return all;
  }

  private static String quarters(IntToDoubleFunction figure) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < QUARTERS; i++) {
      all.add(text("%.2f", figure.applyAsDouble(i)));
    }
    return String.join(", ", all);
  }

  /** The {@code index}-th quarter of each of {@code passes} equal parts of {@code all}. */
  private static <T> List<T> quarter(List<T> all, int passes, int index) {
    int size = all.size() / passes;
    List<T> some = new ArrayList<>();
    for (int pass = 0; pass < passes; pass++) {
      some.addAll(
          all.subList(
              pass * size + index * size / QUARTERS, pass * size + (index + 1) * size / QUARTERS));
    }
    return some;
  }

  private static List<CompactingJob.Checkpoint> all(List<CompactionPassMain.Result> passes) {
    return passes.stream().flatMap(pass -> pass.updates().stream()).toList();
  }

  /** Over the whole time but {@code nanosPerRow} for each row. */
  private static double perSecond(List<CompactingJob.Checkpoint> all, double nanosPerRow) {
    double rows = all.stream().mapToLong(CompactingJob.Checkpoint::rows).sum();
    return rows / ((wallNanos(all) - rows * nanosPerRow) / 1e9);
  }

  private static double wallNanos(List<CompactingJob.Checkpoint> all) {
    return all.stream().mapToDouble(c -> c.rows() / c.rowsPerSecond() * 1e9).sum();
  }

  private static <T> T last(List<T> all) {
    return all.get(all.size() - 1);
  }

  private static <T> double max(List<T> all, ToDoubleFunction<T> figure) {
    return all.stream().mapToDouble(figure).max().orElse(Double.NaN);
  }

  private static <T> double p95(List<T> all, ToDoubleFunction<T> figure) {
    double[] sorted = all.stream().mapToDouble(figure).sorted().toArray();
    return sorted[Math.min(sorted.length - 1, (int) (0.95 * sorted.length))];
  }

  private void add(String what, String measured) {
    add(what, "", measured, null);
  }

  private void add(String what, String wanted, String measured, @Nullable Boolean met) {
    rows.add(
        new ScaleFigure(what, wanted, measured, met == null ? "" : met ? "met" : "**missed**"));
  }

  private static String text(String format, Object... args) {
    return String.format(Locale.ROOT, format, args);
  }
}

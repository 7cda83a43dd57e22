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

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** Turns a results folder's JSON into a page with tables, and plots. */
public final class Report {
  static final String FILE = "report.md";

  private final List<IngestResult> ingests;
  private final List<ScanResult> scans;
  private final StringBuilder page = new StringBuilder();

  private Report(List<IngestResult> ingests, List<ScanResult> scans) {
    this.ingests = ingests;
    this.scans = scans;
  }

  /** A part of the comparison that has a table and a group of bars of its own. */
  private record Section(Workload workload, Phase phase) {
    String title() {
      return workload.name() + ": " + phase.label();
    }
  }

  /** Writes the page and the plots of the results in {@code directory}. */
  public static void write(Path directory) throws IOException {
    Results results = Results.open(directory);
    Report report =
        new Report(
            results.get("ingest", new TypeReference<List<IngestResult>>() {}).orElse(List.of()),
            results.get("scans", new TypeReference<List<ScanResult>>() {}).orElse(List.of()));
    report.line("# Benchmark results%n");
    report.facts(results, "machine");
    report.facts(results, "settings");
    report.ingest();
    report.targets();
    report.scans();
    report.audits();
    Optional<List<ScaleFigure>> scale =
        results.get("scale", new TypeReference<List<ScaleFigure>>() {});
    scale.ifPresent(report::scale);
    Files.writeString(directory.resolve(FILE), report.page);
    report.plot(
        directory.resolve("cpu-per-row.svg"),
        "CPU per row, without the JIT compiler",
        "microseconds, medians; less is better",
        Figures::steadyMicros);
    report.plot(
        directory.resolve("cycle.svg"),
        "First row of a batch to commit visible",
        "milliseconds, medians; less is better",
        Figures::cycleMillis);
  }

  private void facts(Results results, String name) throws IOException {
    Optional<Map<String, String>> facts =
        results.get(name, new TypeReference<Map<String, String>>() {});
    if (facts.isPresent()) {
      line("| %s | |%n|---|---|", name);
      facts.get().forEach((key, value) -> line("| %s | %s |", key, value));
      line("");
    }
  }

  private void ingest() {
    for (Section section : sections()) {
      Workload w = section.workload;
      line("## %s%n", section.title());
      line(
          section.phase == Phase.LOAD
              ? "%,d new keys (%s) in %d commits.%n"
              : "%,d keys (%s); then %d commits x %,d rows, %s, %d %% deletes.%n",
          w.keys(),
          w.keyType(),
          section.phase == Phase.LOAD ? w.loadCommits() : w.updateCommits(),
          w.rowsPerCommit(),
          w.skewed() ? "skewed" : "uniform",
          w.deletePercent());
      line(
          "| engine | CPU us/row without JIT | x append | net of generator | x append | with JIT |"
              + " child processes | cycle ms | x append | checkpoint bytes | peak RSS MiB | table"
              + " MiB |");
      line("|---|---|---|---|---|---|---|---|---|---|---|---|");
      Map<Engine.Kind, Figures> figures = figures(section);
      figures.forEach((engine, f) -> line("%s", ingestRow(engine, f, figures)));
      line("");
    }
  }

  private static String ingestRow(
      Engine.Kind engine, Figures f, Map<Engine.Kind, Figures> figures) {
    Figures append = figures.get(Engine.Kind.APPEND);
    double generator = generator(figures);
    return String.format(
        Locale.ROOT,
        "| %s | %.2f | %s | %.2f | %s | %.2f | %.2f | %.0f | %s | %.0f | %.0f | %.1f |",
        engine.label(),
        f.steadyMicros(),
        ratio(f.steadyMicros(), append == null ? 0 : append.steadyMicros()),
        f.steadyMicros() - generator,
        ratio(f.steadyMicros() - generator, append == null ? 0 : append.steadyMicros() - generator),
        f.cpuMicros(),
        f.childMicros(),
        f.cycleMillis(),
        ratio(f.cycleMillis(), append == null ? 0 : append.cycleMillis()),
        f.checkpointBytes(),
        f.peakRssMib(),
        f.tableMib());
  }

  private static double generator(Map<Engine.Kind, Figures> figures) {
    Figures blackhole = figures.get(Engine.Kind.BLACKHOLE);
    return blackhole == null ? 0 : blackhole.steadyMicros();
  }

  private void targets() {
    if (ingests.stream().noneMatch(result -> result.engine() == Engine.Kind.MERU)) {
      return;
    }
    line("## What it must show%n");
    line("Ratios of CPU per row, the generator's included; with the JIT's in brackets.%n");
    line("| what | wanted | measured | |%n|---|---|---|---|");
    target("uniform", Phase.UPDATES, Engine.Kind.APPEND, 1.25);
    target("uniform", Phase.UPDATES, Engine.Kind.UPSERT, 0.65);
    target("uniform", Phase.UPDATES, Engine.Kind.PAIMON, 0.25);
    target("uniform", Phase.LOAD, Engine.Kind.APPEND, 1.25);
    target("skewed", Phase.UPDATES, Engine.Kind.APPEND, 0.8);
    cycleTarget();
    rssTarget();
    scanTargets();
    line("");
  }

  private void target(String workload, Phase phase, Engine.Kind peer, double wanted) {
    withPeer(
        workload,
        phase,
        peer,
        (meru, other) ->
            targetLine(
                "%s, %s: CPU per row against %s".formatted(workload, phase.label(), peer.label()),
                wanted,
                meru.steadyMicros() / other.steadyMicros(),
                String.format(Locale.ROOT, " (%.2f x)", meru.cpuMicros() / other.cpuMicros())));
  }

  private void cycleTarget() {
    withPeer(
        "uniform",
        Phase.UPDATES,
        Engine.Kind.APPEND,
        (meru, append) ->
            targetLine(
                "uniform, updates: cycle against append",
                1.25,
                meru.cycleMillis() / append.cycleMillis(),
                ""));
  }

  private void rssTarget() {
    withPeer(
        "uniform",
        Phase.UPDATES,
        Engine.Kind.APPEND,
        (meru, append) -> {
          double more = meru.peakRssMib() - append.peakRssMib();
          line(
              "| uniform: peak RSS above append | <= 512 MiB | %.0f MiB | %s |",
              more, more <= 512 ? "met" : "**missed**");
        });
  }

  private void scanTargets() {
    Map<String, double[]> uniform = scanMedians("uniform");
    double[] meru = uniform.get(Engine.Kind.MERU.label());
    double[] append = uniform.get(Engine.Kind.APPEND.label());
    if (meru == null || append == null) {
      return;
    }
    // the append sink's table has the same physical rows, live and dead
    targetLine(
        "uniform: full scan, CPU against append",
        1.1,
        meru[1] / append[1],
        String.format(Locale.ROOT, " (wall %.2f x)", meru[0] / append[0]));
    double[] bare = uniform.get(ScanMain.WITHOUT_VECTORS);
    if (bare != null) {
      line(
          "| uniform: full scan, CPU against Meru's own files without their vectors, dead rows read"
              + " as if live | | %.2f x (wall %.2f x) | |",
          meru[1] / bare[1], meru[0] / bare[0]);
    }
  }

  private void targetLine(String what, double wanted, double measured, String more) {
    line(
        "| %s | <= %.2f x | %.2f x%s | %s |",
        what, wanted, measured, more, measured <= wanted ? "met" : "**missed**");
  }

  private interface Pair {
    void accept(Figures meru, Figures other);
  }

  private void withPeer(String workload, Phase phase, Engine.Kind peer, Pair action) {
    for (Section section : sections()) {
      if (section.workload.name().equals(workload) && section.phase == phase) {
        Map<Engine.Kind, Figures> figures = figures(section);
        Figures meru = figures.get(Engine.Kind.MERU);
        Figures other = figures.get(peer);
        if (meru != null && other != null) {
          action.accept(meru, other);
        }
      }
    }
  }

  private void scans() {
    Set<String> workloads = new LinkedHashSet<>();
    scans.forEach(scan -> workloads.add(scan.workload()));
    for (String workload : workloads) {
      line("## %s: full scan after the last commit%n", workload);
      line("| table | rows read | wall ms | CPU ms without JIT |%n|---|---|---|---|");
      scanMedians(workload)
          .forEach(
              (label, medians) ->
                  line(
                      "| %s | %s | %.0f | %.0f |",
                      label, rows(workload, label), medians[0], medians[1]));
      line("");
    }
  }

  private String rows(String workload, String label) {
    return scans.stream()
        .filter(scan -> scan.workload().equals(workload) && scan.label().equals(label))
        .map(ScanResult::outcome)
        .filter(Objects::nonNull)
        .findFirst()
        .map(outcome -> String.format(Locale.ROOT, "%,d", outcome.rows()))
        .orElse("live and dead");
  }

  /** By table: median wall time and CPU in milliseconds. */
  private Map<String, double[]> scanMedians(String workload) {
    Map<String, List<Long>> wall = new LinkedHashMap<>();
    Map<String, List<Long>> cpu = new LinkedHashMap<>();
    for (ScanResult scan : scans) {
      if (scan.workload().equals(workload)) {
        wall.computeIfAbsent(scan.label(), k -> new ArrayList<>()).addAll(scan.wallNanos());
        cpu.computeIfAbsent(scan.label(), k -> new ArrayList<>()).addAll(scan.cpuNanos());
      }
    }
    Map<String, double[]> medians = new LinkedHashMap<>();
    wall.forEach(
        (label, nanos) ->
            medians.put(
                label,
                new double[] {
                  Figures.median(nanos, n -> n / 1e6),
                  Figures.median(cpu.getOrDefault(label, nanos), n -> n / 1e6)
                }));
    return medians;
  }

  private void audits() {
    List<ScanResult> audited = scans.stream().filter(scan -> scan.audit() != null).toList();
    if (audited.isEmpty()) {
      return;
    }
    line("## Snapshots%n");
    line(
        "| table | workload | snapshots | equality delete files ever | snapshots with two vectors on"
            + " a file | keys twice in a snapshot | snapshots whose keys were read | vectors' bytes at"
            + " the end |");
    line("|---|---|---|---|---|---|---|---|");
    for (ScanResult scan : audited) {
      IcebergAudit audit = Objects.requireNonNull(scan.audit());
      line(
          "| %s | %s | %d | %d | %d | %d | %d | %,d |",
          scan.label(),
          scan.workload(),
          audit.snapshots(),
          audit.equalityDeleteFiles(),
          audit.snapshotsWithTwoVectors(),
          audit.keysTwice(),
          audit.snapshotsRead(),
          audit.vectorBytes());
    }
    line("");
  }

  private void scale(List<ScaleFigure> figures) {
    line("## What grows with the table%n");
    line("| what | wanted | measured | |%n|---|---|---|---|");
    figures.forEach(
        f -> line("| %s | %s | %s | %s |", f.what(), f.wanted(), f.measured(), f.verdict()));
    line("");
  }

  private void plot(Path file, String title, String unit, ToDoubleFunction<Figures> figure)
      throws IOException {
    BarChart chart = new BarChart(title, unit);
    for (Section section : sections()) {
      List<BarChart.Bar> bars = new ArrayList<>();
      figures(section)
          .forEach(
              (engine, f) ->
                  bars.add(
                      new BarChart.Bar(engine.label(), figure.applyAsDouble(f), engine.isMeru())));
      chart.group(section.title(), bars);
    }
    Files.writeString(file, chart.svg());
  }

  private List<Section> sections() {
    Set<Workload> workloads = new LinkedHashSet<>();
    ingests.forEach(result -> workloads.add(result.workload()));
    List<Section> sections = new ArrayList<>();
    for (Workload workload : workloads) {
      for (Phase phase : Phase.values()) {
        sections.add(new Section(workload, phase));
      }
    }
    return sections;
  }

  private Map<Engine.Kind, Figures> figures(Section section) {
    Map<Engine.Kind, List<Figures>> rounds = new EnumMap<>(Engine.Kind.class);
    for (IngestResult result : ingests) {
      if (result.workload().equals(section.workload)) {
        rounds
            .computeIfAbsent(result.engine(), k -> new ArrayList<>())
            .add(Figures.of(result, section.phase));
      }
    }
    Map<Engine.Kind, Figures> medians = new EnumMap<>(Engine.Kind.class);
    rounds.forEach((engine, figures) -> medians.put(engine, Figures.medians(figures)));
    return medians;
  }

  private static String ratio(double value, double base) {
    return base > 0 ? String.format(Locale.ROOT, "%.2f", value / base) : "-";
  }

  private void line(String format, Object... args) {
    page.append(String.format(Locale.ROOT, format, args)).append('\n');
  }
}

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

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What grows with the table and what does not: the work of a checkpoint, a restart, the size of a
 * checkpoint, memory. Compares a small table with a large one.
 */
public final class Scale {
  private static final String HELP =
      """
      scale [--mode=quick|full] [--keys-per-load-commit=N] [--large-factor=N] [--rows-per-commit=N]
            [--update-commits=N] [--heap=2g] [--work=DIRECTORY] [--out=DIRECTORY]""";

  private static final int LANES = 2;
  private static final double NANOS_PER_SECOND = 1e9;

  private final ObjectMapper json = new ObjectMapper();
  private final List<ScaleFigure> figures = new ArrayList<>();
  private final Path work;
  private final String heap;
  private final Workload small;
  private final Workload large;

  private Scale(Path work, String heap, Workload small, Workload large) {
    this.work = work;
    this.heap = heap;
    this.small = small;
    this.large = large;
  }

  /** Runs with the options in {@code args}, writes results and report. */
  public static void main(String[] args) throws Exception {
    Arguments given = Arguments.parse(args, HELP);
    boolean full = given.get("mode", "quick").equals("full");
    int perCommit = given.getInt("keys-per-load-commit", full ? 1_000_000 : 10_000);
    int factor = given.getInt("large-factor", full ? 16 : 4);
    int rows = given.getInt("rows-per-commit", full ? 100_000 : 2_000);
    int commits = given.getInt("update-commits", full ? 20 : 3);
    Path work = Path.of(given.get("work", "benchmarks/target/scale")).toAbsolutePath();
    Path out =
        Path.of(given.get("out", "benchmarks/results/local/" + LocalDate.now())).toAbsolutePath();
    String heap = given.get("heap", "2g");
    given.refuseUnknown();
    Scale scale =
        new Scale(
            work,
            heap,
            workload("small", perCommit, 1, commits, rows),
            workload("large", perCommit, factor, commits, rows));
    scale.run();
    Results results = Results.open(out);
    results.put("scale-machine", Machine.describe());
    results.put("scale", scale.figures);
    Report.write(out);
    System.out.println(Files.readString(out.resolve(Report.FILE)));
  }

  private static Workload workload(
      String name, int keysPerCommit, int loadCommits, int commits, int rows) {
    return new Workload(
        name,
        Workload.KeyType.BIGINT,
        keysPerCommit * loadCommits,
        loadCommits,
        commits,
        rows,
        false,
        0,
        LANES);
  }

  private void run() throws Exception {
    Directories.delete(work);
    Files.createDirectories(work);
    resolve();
    IngestResult smallMeru = ingest(Engine.Kind.MERU, small);
    IngestResult largeMeru = ingest(Engine.Kind.MERU, large);
    checkpointSize(smallMeru, largeMeru);
    verify();
    IngestResult append = ingest(Engine.Kind.APPEND, large);
    memory(largeMeru, append);
    restart("embedded", small);
    restart("embedded", large);
    restart("flink", large);
    Directories.delete(work);
  }

  private void resolve() throws IOException, InterruptedException {
    say("checkpoints on %,d and %,d keys, one thread", small.keys(), large.keys());
    Path directory = Files.createDirectories(work.resolve("resolve"));
    Path result = directory.resolve("result.json");
    ChildJvm.forIceberg(heap)
        .run(
            ResolveMain.class,
            directory.resolve("log"),
            json.writeValueAsString(List.of(small, large)),
            directory.toString(),
            result.toString());
    ResolveMain.TableCost[] costs = json.readValue(result.toFile(), ResolveMain.TableCost[].class);
    resolveFigures(costs[0], costs[1]);
    Directories.delete(directory);
  }

  private void resolveFigures(ResolveMain.TableCost few, ResolveMain.TableCost many) {
    String updates = String.format(Locale.ROOT, "%,d updates", small.rowsPerCommit());
    double ratio =
        millis(many, EmbeddedJob.Cost::resolveAndVectors)
            / millis(few, EmbeddedJob.Cost::resolveAndVectors);
    add(
        "resolve + commit of %s, warm index: %,d keys against %,d"
            .formatted(updates, many.keys(), few.keys()),
        "<= 1.50 x",
        "%.2f x".formatted(ratio),
        verdict(ratio <= 1.5));
    for (ResolveMain.TableCost cost : List.of(few, many)) {
      add(
          "CPU of a checkpoint of %s on %,d keys, warm: resolve / flush in all / commit"
              .formatted(updates, cost.keys()),
          "",
          "%.1f / %.1f / %.1f ms"
              .formatted(
                  millis(cost, EmbeddedJob.Cost::resolve),
                  millis(cost, EmbeddedJob.Cost::barrier),
                  millis(cost, EmbeddedJob.Cost::commit)),
          "");
      add(
          "the same on average, merging of indexes included: resolve / commit, %,d keys"
              .formatted(cost.keys()),
          "",
          "%.1f / %.1f ms"
              .formatted(
                  meanMillis(cost, EmbeddedJob.Cost::resolve),
                  meanMillis(cost, EmbeddedJob.Cost::commit)),
          "");
      add(
          "the same with a cold index: resolve (of it building indexes) / commit, %,d keys"
              .formatted(cost.keys()),
          "",
          "%.1f (%.1f) / %.1f ms"
              .formatted(
                  cost.cold().resolve() / 1e6,
                  cost.cold().index() / 1e6,
                  cost.cold().commit() / 1e6),
          "");
    }
  }

  private static double meanMillis(
      ResolveMain.TableCost cost, ToDoubleFunction<EmbeddedJob.Cost> step) {
    return cost.warm().stream().mapToDouble(step).average().orElse(Double.NaN) / 1e6;
  }

  private static double millis(
      ResolveMain.TableCost cost, ToDoubleFunction<EmbeddedJob.Cost> step) {
    return Figures.median(cost.warm(), step) / 1e6;
  }

  private IngestResult ingest(Engine.Kind engine, Workload workload)
      throws IOException, InterruptedException {
    say("%s: %,d keys with -Xmx%s", engine.label(), workload.keys(), heap);
    Path directory = Files.createDirectories(directory(engine, workload));
    Path result = directory.resolve("ingest.json");
    ChildJvm.forEngine(engine, heap)
        .run(
            IngestMain.class,
            directory.resolve("ingest.log"),
            engine.label(),
            json.writeValueAsString(workload),
            "0",
            directory.toString(),
            result.toString());
    IngestResult found = json.readValue(result.toFile(), IngestResult.class);
    say("  %s", found.summary());
    return found;
  }

  private void checkpointSize(IngestResult few, IngestResult many) {
    double fewBytes = Figures.of(few, Phase.UPDATES).checkpointBytes();
    double manyBytes = Figures.of(many, Phase.UPDATES).checkpointBytes();
    for (IngestResult result : List.of(few, many)) {
      add(
          "bytes of a checkpoint with %,d updates on %,d keys: median, largest"
              .formatted(result.workload().rowsPerCommit(), result.workload().keys()),
          result.workload().keys() == few.workload().keys()
              ? ""
              : "bytes per key of the table: none",
          "%,.0f, %,d"
              .formatted(
                  Figures.of(result, Phase.UPDATES).checkpointBytes(),
                  Phase.UPDATES.of(result).stream()
                      .mapToLong(JobRunner.BatchResult::checkpointBytes)
                      .max()
                      .orElse(0)),
          "");
    }
    double perKey = (manyBytes - fewBytes) / (many.workload().keys() - few.workload().keys());
    add(
        "growth of a checkpoint per key of the table",
        "< 0.1 B",
        "%.3f B".formatted(perKey),
        verdict(perKey < 0.1));
  }

  private void memory(IngestResult meru, IngestResult append) {
    double mebi = 1048576.0;
    double more = (meru.peakRssBytes() - append.peakRssBytes()) / mebi;
    add(
        "%,d keys, 64 MiB buffers, parallelism %d, -Xmx%s: peak RSS, append's"
            .formatted(large.keys(), LANES, heap),
        "<= append's + 512 MiB",
        "%.0f MiB, %.0f MiB".formatted(meru.peakRssBytes() / mebi, append.peakRssBytes() / mebi),
        verdict(more <= 512));
  }

  private void verify() throws IOException, InterruptedException {
    say("every row of %,d keys", large.keys());
    Path result = work.resolve("scan.json");
    Path table = directory(Engine.Kind.MERU, large).resolve("table");
    ChildJvm.forIceberg(heap)
        .run(
            ScanMain.class,
            work.resolve("scan.log"),
            json.writeValueAsString(
                new ScanMain.Request(
                    large,
                    List.of(new ScanMain.TableToScan(Engine.Kind.MERU, table.toString())),
                    0,
                    false)),
            result.toString());
    ScanResult scan = json.readValue(result.toFile(), ScanResult[].class)[0];
    boolean right = scan.outcome() != null && scan.outcome().isRight();
    add(
        "rows wrong, missing or doubled on %,d keys".formatted(large.keys()),
        "none",
        right ? "none" : String.valueOf(scan.outcome()),
        verdict(right));
  }

  /** The workload goes on after its last batch, in batches of 1,000. */
  private void restart(String how, Workload before) throws IOException, InterruptedException {
    say("restart on %,d keys: %s", before.keys(), how);
    int rows = Math.min(1_000, before.rowsPerCommit());
    Workload goesOn = workload("restart", before.keys(), 1, 1_000, rows);
    Path result = work.resolve("restart.json");
    ChildJvm.forIceberg(heap)
        .run(
            RestartMain.class,
            work.resolve("restart.log"),
            how,
            json.writeValueAsString(goesOn),
            how.equals("embedded") ? "1" : "101",
            directory(Engine.Kind.MERU, before).resolve("table").toString(),
            work.resolve("restart-checkpoints").toString(),
            result.toString());
    RestartMain.Restarts restarts = json.readValue(result.toFile(), RestartMain.Restarts.class);
    boolean embedded = how.equals("embedded");
    double first = restarts.processNanos().get(0) / NANOS_PER_SECOND;
    double again = again(restarts.processNanos());
    add(
        "restart on %,d keys until %,d updates are committed, %s: warm JVM; fresh JVM (without JIT)"
            .formatted(before.keys(), rows, embedded ? "writer and committer" : "Flink job"),
        embedded ? "<= 2 CPU-s" : "",
        "%.2f; %.2f (%.2f) CPU-s"
            .formatted(again, first, restarts.steadyNanos().get(0) / NANOS_PER_SECOND),
        embedded ? verdict(again <= 2) : "");
  }

  private static double again(List<Long> nanos) {
    return Figures.median(nanos.subList(1, nanos.size()), n -> n / NANOS_PER_SECOND);
  }

  private Path directory(Engine.Kind engine, Workload workload) {
    return work.resolve(engine.label() + "-" + workload.name());
  }

  private static String verdict(boolean met) {
    return met ? "met" : "**missed**";
  }

  private void add(String what, String wanted, String measured, String verdict) {
    figures.add(new ScaleFigure(what, wanted, measured, verdict));
  }

  private static void say(String format, Object... args) {
    System.out.printf(Locale.ROOT, format + "%n", args);
  }
}

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

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Runs every engine through every workload, engines taking turns, each in a process of its own;
 * verifies and scans what they wrote.
 */
public final class Comparison {
  private final ComparisonOptions options;
  private final ObjectMapper json = new ObjectMapper();
  private final List<IngestResult> ingests = new ArrayList<>();
  private final List<ScanResult> scans = new ArrayList<>();

  private Comparison(ComparisonOptions options) {
    this.options = options;
  }

  /** Runs with the options in {@code args} and writes results and report. */
  public static void main(String[] args) throws Exception {
    ComparisonOptions options = ComparisonOptions.parse(args);
    Files.createDirectories(options.work());
    Comparison comparison = new Comparison(options);
    Results results = Results.open(options.out());
    results.put("machine", Machine.describe());
    results.put("settings", options.settings());
    for (Workload workload : options.workloads()) {
      for (int round = 0; round < options.rounds(); round++) {
        comparison.runRound(workload, round);
        results.put("ingest", comparison.ingests);
        results.put("scans", comparison.scans);
      }
    }
    Report.write(options.out());
    System.out.println(Files.readString(options.out().resolve(Report.FILE)));
  }

  private void runRound(Workload workload, int round) throws Exception {
    List<Engine.Kind> engines = new ArrayList<>(options.engines());
    Collections.rotate(engines, -round);
    List<ScanMain.TableToScan> icebergTables = new ArrayList<>();
    List<ScanMain.TableToScan> paimonTables = new ArrayList<>();
    for (Engine.Kind engine : engines) {
      Path directory = options.work().resolve(workload.name() + "-" + engine.label());
      Directories.delete(directory);
      Files.createDirectories(directory);
      say("%s, round %d: %s", workload.name(), round + 1, engine.label());
      IngestResult result = ingest(engine, workload, directory);
      ingests.add(result);
      say("  %s", result.summary());
      if (engine != Engine.Kind.BLACKHOLE && !tooSlowToScanAgain(engine, round)) {
        (engine == Engine.Kind.PAIMON ? paimonTables : icebergTables)
            .add(new ScanMain.TableToScan(engine, directory.resolve("table").toString()));
      }
    }
    icebergTables.sort(Comparator.comparing(ScanMain.TableToScan::engine));
    scan(ChildJvm.forIceberg(options.heap()), workload, icebergTables, round);
    scan(ChildJvm.forPaimon(options.heap()), workload, paimonTables, round);
    for (Engine.Kind engine : engines) {
      Directories.delete(options.work().resolve(workload.name() + "-" + engine.label()));
    }
  }

  /** Equality deletes make a scan last minutes: once is enough. */
  private static boolean tooSlowToScanAgain(Engine.Kind engine, int round) {
    return engine == Engine.Kind.UPSERT && round > 0;
  }

  private IngestResult ingest(Engine.Kind engine, Workload workload, Path directory)
      throws IOException, InterruptedException {
    Path result = directory.resolve("ingest.json");
    ChildJvm.forEngine(engine, options.heap())
        .run(
            IngestMain.class,
            directory.resolve("ingest.log"),
            engine.label(),
            json.writeValueAsString(workload),
            Integer.toString(options.warmUpCommits()),
            directory.toString(),
            result.toString());
    return json.readValue(result.toFile(), IngestResult.class);
  }

  private void scan(ChildJvm jvm, Workload workload, List<ScanMain.TableToScan> tables, int round)
      throws IOException, InterruptedException {
    if (tables.isEmpty()) {
      return;
    }
    say("%s, round %d: scans", workload.name(), round + 1);
    Path result = options.work().resolve("scan.json");
    ScanMain.Request request = new ScanMain.Request(workload, tables, options.scans(), round == 0);
    jvm.run(
        ScanMain.class,
        options.work().resolve("scan.log"),
        json.writeValueAsString(request),
        result.toString());
    JavaType list = json.getTypeFactory().constructCollectionType(List.class, ScanResult.class);
    List<ScanResult> found = json.readValue(result.toFile(), list);
    for (ScanResult scan : found) {
      if (scan.outcome() != null && !scan.outcome().isRight()) {
        throw new IllegalStateException(
            "The table of %s after workload %s is wrong: %s"
                .formatted(scan.label(), workload.name(), scan.outcome()));
      }
    }
    scans.addAll(found);
  }

  private static void say(String format, Object... args) {
    System.out.printf(Locale.ROOT, format + "%n", args);
  }
}

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Verifies tables that {@link IngestMain} left behind and times their scans, in turn, in this
 * process.
 */
public final class ScanMain {
  /** Label of the copy of Meru's table that has the same data files and no deletion vectors. */
  static final String WITHOUT_VECTORS = "meru-without-vectors";

  /** A table whose first scan takes longer than this is not scanned again. */
  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(20);

  private ScanMain() {}

  /**
   * What to do.
   *
   * @param repetitions timed scans of each table
   * @param auditKeys whether to read the keys of every snapshot of Meru's tables
   */
  record Request(Workload workload, List<TableToScan> tables, int repetitions, boolean auditKeys) {}

  /** A table: the engine that wrote it and the directory it wrote to. */
  record TableToScan(Engine.Kind engine, String directory) {}

  /** Starts with {@code args}: a {@link Request} as JSON, and the file for the results. */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Request request = json.readValue(args[0], Request.class);
    List<Scan> scans = new ArrayList<>();
    for (TableToScan table : request.tables()) {
      Path directory = Path.of(table.directory());
      scans.add(verified(request, table.engine(), directory));
      if (table.engine() == Engine.Kind.MERU) {
        scans.add(withoutVectors(request, directory));
      }
    }
    for (int i = 0; i < request.repetitions(); i++) {
      for (Scan scan : scans) {
        scan.runUnlessSlow();
      }
    }
    List<ScanResult> results = scans.stream().map(scan -> scan.result(request.workload())).toList();
    json.writeValue(Path.of(args[1]).toFile(), results);
    System.exit(0); // Libraries leave threads behind.
  }

  private static Scan verified(Request request, Engine.Kind engine, Path directory)
      throws Exception {
    Workload workload = request.workload();
    Verifier verifier = new Verifier(workload, workload.batches(), engine == Engine.Kind.APPEND);
    TableReader reader = TableReader.open(engine, directory, IcebergTableNames.TABLE);
    Scan scan = new Scan(engine.label(), reader);
    scan.time(() -> reader.verify(verifier));
    scan.outcome = verifier.outcome();
    if (Files.isDirectory(directory.resolve("db").resolve(IcebergTableNames.TABLE))) {
      scan.audit = IcebergAudit.of(directory, workload, engine.isMeru() && request.auditKeys());
    }
    return scan;
  }

  /** Meru's files alone, live rows and dead ones: what an append-only table would cost to read. */
  private static Scan withoutVectors(Request request, Path directory) throws Exception {
    IcebergTables.copyWithoutDeletes(directory, request.workload());
    TableReader reader =
        TableReader.open(Engine.Kind.MERU, directory, IcebergTableNames.WITHOUT_VECTORS);
    Scan scan = new Scan(WITHOUT_VECTORS, reader);
    scan.time(reader::scan);
    return scan;
  }

  /** A step that may fail. */
  private interface Step {
    void run() throws Exception;
  }

  private static final class Scan {
    private final String label;
    private final TableReader reader;
    private final CpuMeter meter = new CpuMeter();
    private final List<Long> wall = new ArrayList<>();
    private final List<Long> cpu = new ArrayList<>();
    private Verifier.@Nullable Outcome outcome;
    private @Nullable IcebergAudit audit;

    Scan(String label, TableReader reader) {
      this.label = label;
      this.reader = reader;
    }

    void time(Step step) throws Exception {
      CpuMeter.Reading before = meter.read();
      long start = System.nanoTime();
      step.run();
      wall.add(System.nanoTime() - start);
      CpuMeter.Reading used = meter.read().minus(before);
      cpu.add(used.processNanos() - used.group(CpuMeter.JIT));
    }

    void runUnlessSlow() throws Exception {
      if (wall.get(0) < SLOW_NANOS) {
        time(reader::scan);
      }
    }

    /** The first scan warmed the JVM up; it counts only where it is the only one. */
    ScanResult result(Workload workload) {
      int first = wall.size() > 1 ? 1 : 0;
      return new ScanResult(
          label,
          workload.name(),
          outcome,
          audit,
          wall.subList(first, wall.size()),
          cpu.subList(first, cpu.size()));
    }
  }
}

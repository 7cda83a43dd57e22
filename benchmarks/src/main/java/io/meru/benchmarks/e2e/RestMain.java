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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Table;

/**
 * Holds a compacted table against tables with the same rows that Iceberg's append writer wrote
 * once: size, and full scans in turn, in this process.
 */
public final class RestMain {
  private RestMain() {}

  /**
   * What to do.
   *
   * @param directory of the catalog with Meru's table, whose head has no dead rows
   * @param restedSnapshot of that table, when its job had nothing left to merge
   * @param scans of each table that count
   */
  record Request(
      Workload workload, String directory, long restedSnapshot, long targetFileBytes, int scans) {}

  /**
   * A table as it was found.
   *
   * @param outcome of the check against the workload
   * @param wallNanos of each scan
   * @param cpuNanos of the process in each scan, without the JIT compiler's threads
   */
  record TableAtRest(
      String name,
      LiveFiles files,
      Verifier.Outcome outcome,
      List<Long> wallNanos,
      List<Long> cpuNanos) {}

  /** Starts with {@code args}: a {@link Request} as JSON, and the file for the results. */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Request request = json.readValue(args[0], Request.class);
    json.writeValue(Path.of(args[1]).toFile(), run(request));
    System.exit(0); // Libraries leave threads behind.
  }

  private static List<TableAtRest> run(Request request) throws IOException {
    Path directory = Path.of(request.directory());
    Workload workload = request.workload();
    List<TableAtRest> tables = new ArrayList<>();
    List<IcebergReader> readers = new ArrayList<>();
    Table meru = IcebergTables.load(directory, IcebergTables.NAME);
    open("meru", meru, request.restedSnapshot(), workload, tables, readers);
    open(
        "meru without dead rows",
        meru,
        meru.currentSnapshot().snapshotId(),
        workload,
        tables,
        readers);
    for (AppendedTable.Order order : AppendedTable.Order.values()) {
      Table appended = AppendedTable.write(directory, workload, order, request.targetFileBytes());
      open(
          order.table(),
          appended,
          appended.currentSnapshot().snapshotId(),
          workload,
          tables,
          readers);
    }
    scan(tables, readers, request.scans());
    return tables;
  }

  /** Reading all rows also warms the reader up. */
  private static void open(
      String name,
      Table table,
      long snapshot,
      Workload workload,
      List<TableAtRest> tables,
      List<IcebergReader> readers)
      throws IOException {
    IcebergReader reader = new IcebergReader(table, snapshot);
    Verifier verifier = new Verifier(workload, workload.batches(), false);
    reader.verify(verifier);
    tables.add(
        new TableAtRest(
            name,
            LiveFiles.of(table, snapshot),
            verifier.outcome(),
            new ArrayList<>(),
            new ArrayList<>()));
    readers.add(reader);
  }

  private static void scan(List<TableAtRest> tables, List<IcebergReader> readers, int scans)
      throws IOException {
    CpuMeter meter = new CpuMeter();
    for (int round = 0; round < scans; round++) {
      for (int i = 0; i < tables.size(); i++) {
        int turn = (round + i) % tables.size(); // another table begins each round
        CpuMeter.Reading before = meter.read();
        long start = System.nanoTime();
        readers.get(turn).scan();
        tables.get(turn).wallNanos().add(System.nanoTime() - start);
        CpuMeter.Reading used = meter.read().minus(before);
        tables.get(turn).cpuNanos().add(used.processNanos() - used.group(CpuMeter.JIT));
      }
    }
  }
}

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

package io.meru.examples;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.hadoop.HadoopCatalog;

/**
 * Loads TPC-H's orders and lineitem into two Iceberg tables through Meru's Flink sink and changes
 * them, with a checkpoint every second and one failure on purpose; then reads both back through
 * Iceberg's generic reader and through Spark SQL, and compares them with a map to which the same
 * changes were applied.
 */
public final class Quickstart {
  private static final double DEFAULT_SCALE_FACTOR = 0.01;
  private static final double MAX_SCALE_FACTOR = 100;
  private static final int ROUNDS = 8;

  private final double scaleFactor;
  private final Path directory;
  private final String warehouse;
  private final Path sparkCheck;
  private final PrintStream out;

  private Quickstart(double scaleFactor, Path directory, Path sparkCheck, PrintStream out) {
    this.scaleFactor = scaleFactor;
    this.directory = directory.toAbsolutePath().normalize();
    this.warehouse = this.directory.resolve("warehouse").toUri().toString();
    this.sparkCheck = sparkCheck;
    this.out = out;
  }

  /**
   * Arguments: directory of the tables, build directory of meru-spark-check, scale factor (default
   * 0.01). Exit code 0 if every reader agrees with the map, 2 if it cannot start like this.
   */
  public static void main(String[] args) throws Exception {
    if (args.length < 2 || args.length > 3) {
      System.err.println("usage: Quickstart DIRECTORY SPARK-CHECK [SCALE-FACTOR]");
      System.exit(2);
    }
    double scaleFactor = args.length > 2 ? scaleFactor(args[2]) : DEFAULT_SCALE_FACTOR;
    Optional<String> shortage = HeapNeed.shortage(scaleFactor, Runtime.getRuntime().maxMemory());
    if (shortage.isPresent()) {
      System.err.println(shortage.get());
      System.exit(2);
    }
    boolean passed =
        new Quickstart(scaleFactor, Path.of(args[0]), Path.of(args[1]), System.out).run();
    System.exit(passed ? 0 : 1);
  }

  private static double scaleFactor(String given) {
    try {
      double scaleFactor = Double.parseDouble(given);
      if (scaleFactor > 0 && scaleFactor <= MAX_SCALE_FACTOR) {
        return scaleFactor;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    System.err.printf(
        "The scale factor is a number above 0 and up to %.0f, such as 0.01, but was '%s'.%n",
        MAX_SCALE_FACTOR, given);
    System.exit(2);
    return Double.NaN;
  }

  private boolean run() throws Exception {
    Map<TpchTable, Oracle> oracles = new EnumMap<>(TpchTable.class);
    Map<TpchTable, Long> changes = new EnumMap<>(TpchTable.class);
    for (TpchTable table : TpchTable.values()) {
      Oracle oracle = Oracle.after(table, new TpchChanges(table, scaleFactor, ROUNDS));
      oracles.put(table, oracle);
      changes.put(table, oracle.changes());
    }
    out.printf(
        "TPC-H at scale factor %s: %,d changes of orders, %,d of lineitem; a load, then %d rounds"
            + " of inserts, updates and deletes.%nThe job fails once on purpose: rows since its last"
            + " checkpoint come in a second time.%n%n",
        scaleFactor, changes.get(TpchTable.ORDERS), changes.get(TpchTable.LINEITEM), ROUNDS);

    try (HadoopCatalog catalog = new HadoopCatalog(new Configuration(), warehouse)) {
      Map<TpchTable, Table> tables = createTables(catalog);
      runJob(tables, changes);
      out.printf("%nReading both tables back, Spark in a JVM of its own ...%n%n");
      boolean passed =
          new Report(out, oracles).compare(tables, new SparkReader(sparkCheck, warehouse));
      out.print(whereToLook());
      return passed;
    }
  }

  private static Map<TpchTable, Table> createTables(HadoopCatalog catalog) {
    Map<TpchTable, Table> tables = new EnumMap<>(TpchTable.class);
    for (TpchTable table : TpchTable.values()) {
      catalog.dropTable(table.identifier(), true); // of an earlier run
      tables.put(
          table,
          catalog.createTable(
              table.identifier(),
              table.schema(),
              PartitionSpec.unpartitioned(),
              Map.of(TableProperties.FORMAT_VERSION, "3")));
    }
    return tables;
  }

  private void runJob(Map<TpchTable, Table> tables, Map<TpchTable, Long> changes) throws Exception {
    Path checkpoints = Files.createDirectories(directory.resolve("checkpoints"));
    QuickstartJob job = new QuickstartJob(warehouse, scaleFactor, ROUNDS);
    Progress progress = new Progress(tables, out).start();
    try (progress) {
      job.start(checkpoints, changes).getJobExecutionResult().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("The Flink job failed", e.getCause());
    }
  }

  private String whereToLook() {
    return """

        The tables lie in %s/tpch, as plain Iceberg v3 tables. Look further with Spark:
          ./quickstart sql "select o_orderstatus, count(*) from tpch.orders group by 1"
          ./quickstart sql "select committed_at, summary['meru.job'], summary['meru.checkpoint-id'] from tpch.lineitem.snapshots"
          ./quickstart sql "select content, record_count, file_size_in_bytes, file_path from tpch.lineitem.files"
          ./quickstart sql            (then one statement a line)
        """
        .formatted(directory.resolve("warehouse"));
  }
}

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
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.Table;

/** Prints each second what has gone in, and what the tables' newest snapshots hold. */
final class Progress implements AutoCloseable {
  private final Map<TpchTable, Table> tables;
  private final PrintStream out;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private long startNanos;

  Progress(Map<TpchTable, Table> tables, PrintStream out) {
    this.tables = tables;
    this.out = out;
  }

  /** Starts printing. */
  Progress start() {
    out.printf("%6s %10s   %-45s   %s%n", "time", "rows in", "orders", "lineitem");
    var unused = timer.scheduleAtFixedRate(this::print, 1, 1, TimeUnit.SECONDS);
    return this;
  }

  /** Prints a last line. */
  @Override
  public void close() {
    timer.shutdownNow();
    print();
  }

  private synchronized void print() {
    if (ChangeSource.ROWS.get() == 0) {
      return; // Flink is still starting
    }
    if (startNanos == 0) {
      startNanos = System.nanoTime();
    }
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNanos);
    out.printf(
        "%4d s %,10d   %-45s   %s%n",
        seconds,
        ChangeSource.ROWS.get(),
        describe(tables.get(TpchTable.ORDERS)),
        describe(tables.get(TpchTable.LINEITEM)));
  }

  private static String describe(Table table) {
    table.refresh();
    Snapshot snapshot = table.currentSnapshot();
    if (snapshot == null) {
      return "no snapshot yet";
    }
    Map<String, String> summary = snapshot.summary();
    long rows =
        number(summary, SnapshotSummary.TOTAL_RECORDS_PROP)
            - number(summary, SnapshotSummary.TOTAL_POS_DELETES_PROP);
    return "snapshot %d: %,d rows, %d files, %d DVs"
        .formatted(
            snapshot.sequenceNumber(),
            rows,
            number(summary, SnapshotSummary.TOTAL_DATA_FILES_PROP),
            number(summary, SnapshotSummary.TOTAL_DELETE_FILES_PROP));
  }

  private static long number(Map<String, String> summary, String property) {
    return Long.parseLong(summary.getOrDefault(property, "0"));
  }
}

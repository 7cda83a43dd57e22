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

import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;
import org.apache.iceberg.Table;

/** Compares what the readers found with the oracles, and prints it. */
final class Report {
  private final PrintStream out;
  private final Map<TpchTable, Oracle> oracles;

  Report(PrintStream out, Map<TpchTable, Oracle> oracles) {
    this.out = out;
    this.oracles = oracles;
  }

  /** Whether both readers find what the oracle has, and Spark as many keys as rows. */
  boolean compare(Map<TpchTable, Table> tables, SparkReader spark)
      throws IOException, InterruptedException {
    Map<TpchTable, SparkReader.Found> bySpark = spark.read();
    boolean passed = true;
    for (TpchTable table : TpchTable.values()) {
      Contents map = oracles.get(table).contents();
      Contents generic = GenericReader.read(tables.get(table));
      SparkReader.Found found = bySpark.get(table);
      boolean same =
          generic.equals(map) && found.contents().equals(map) && found.keys() == map.rows();
      out.printf("%-26s %14s %14s %20s%n", table.identifier(), "rows", "keys", "checksum");
      print("the oracle, a map", map, "%,d".formatted(map.rows()));
      print("Iceberg's generic reader", generic, "");
      print("Spark SQL", found.contents(), "%,d".formatted(found.keys()));
      out.printf("%s%n%n", same ? "  equal" : "  NOT EQUAL");
      passed &= same;
    }
    out.println(
        passed
            ? "PASS: both readers see what the oracle holds, one row per key."
            : "FAIL: a reader sees something else than what the oracle holds.");
    return passed;
  }

  private void print(String reader, Contents contents, String keys) {
    out.printf("  %-24s %,14d %14s %20d%n", reader, contents.rows(), keys, contents.checksum());
  }
}

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

package io.meru.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/**
 * A small SQL prompt on the tables of a directory, to look at what a job has written:
 *
 * <pre>
 *   SparkSql WAREHOUSE "select count(*) from db.table" ...
 *   SparkSql WAREHOUSE                                      reads one statement a line
 * </pre>
 */
public final class SparkSql {
  private static final int ROWS_SHOWN = 100;

  private SparkSql() {}

  /** The first argument is the warehouse directory of a Hadoop catalog, the others are SQL. */
  public static void main(String[] args) throws IOException {
    if (args.length == 0) {
      System.err.println("usage: SparkSql WAREHOUSE [SQL ...]");
      System.exit(2);
    }
    try (SparkSession spark = LocalSpark.start()) {
      LocalSpark.addCatalog(spark, "meru", Map.of("type", "hadoop", "warehouse", args[0]));
      spark.sql("use meru");
      if (args.length > 1) {
        for (int i = 1; i < args.length; i++) {
          spark.sql(args[i]).show(ROWS_SHOWN, false);
        }
      } else {
        prompt(spark);
      }
    }
  }

  /** Answers line by line; a wrong statement does not end it. */
  private static void prompt(SparkSession spark) throws IOException {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.isBlank()) {
        continue;
      }
      try {
        spark.sql(line).show(ROWS_SHOWN, false);
      } catch (Exception e) { // Spark throws its checked AnalysisException unannounced
        System.err.println(e.getMessage());
      }
    }
  }
}

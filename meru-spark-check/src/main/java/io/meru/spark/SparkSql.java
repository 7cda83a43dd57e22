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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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
  private SparkSql() {}

  /** The first argument is the warehouse directory of a Hadoop catalog, the others are SQL. */
  public static void main(String[] args) throws IOException {
    if (args.length == 0) {
      System.err.println("usage: SparkSql WAREHOUSE [SQL ...]");
      System.exit(2);
    }
    List<String> statements =
        args.length > 1 ? Arrays.asList(args).subList(1, args.length) : standardInput();
    try (SparkSession spark = LocalSpark.start()) {
      LocalSpark.addCatalog(spark, "meru", Map.of("type", "hadoop", "warehouse", args[0]));
      spark.sql("use meru");
      for (String statement : statements) {
        spark.sql(statement).show(100, false);
      }
    }
  }

  private static List<String> standardInput() throws IOException {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.isBlank()).collect(Collectors.toList());
    }
  }
}

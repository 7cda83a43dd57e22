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

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads tables through Spark SQL, in a JVM of its own (module meru-spark-check) that has nothing of
 * Meru on its class path.
 */
final class SparkReader {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path sparkCheck;
  private final String warehouse;

  /**
   * @param sparkCheck build directory of meru-spark-check
   * @param warehouse root of the Hadoop catalog
   */
  SparkReader(Path sparkCheck, String warehouse) {
    this.sparkCheck = sparkCheck;
    this.warehouse = warehouse;
  }

  /** What Spark finds in a table, and how many different keys. */
  record Found(Contents contents, long keys) {}

  /** Asks for all tables in one process. */
  Map<TpchTable, Found> read() throws IOException, InterruptedException {
    Process spark =
        new ProcessBuilder(command()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    ask(spark);
    Map<TpchTable, Found> found = new LinkedHashMap<>();
    try (BufferedReader answers =
        new BufferedReader(new InputStreamReader(spark.getInputStream(), UTF_8))) {
      Iterator<TpchTable> order = List.of(TpchTable.values()).iterator();
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        JsonNode answer = JSON.readTree(line);
        if (answer.has("error")) {
          throw new IOException("Spark failed: " + answer.get("error").asText());
        } else if (answer.has("row")) {
          found.put(order.next(), found(answer.get("row")));
        }
      }
    }
    if (spark.waitFor() != 0 || found.size() != TpchTable.values().length) {
      throw new IOException("Spark ended with code %d".formatted(spark.exitValue()));
    }
    return found;
  }

  private void ask(Process spark) throws IOException {
    try (BufferedWriter questions =
        new BufferedWriter(new OutputStreamWriter(spark.getOutputStream(), UTF_8))) {
      Map<String, String> properties = Map.of("type", "hadoop", "warehouse", warehouse);
      questions.write(JSON.writeValueAsString(Map.of("catalog", "meru", "properties", properties)));
      questions.newLine();
      for (TpchTable table : TpchTable.values()) {
        String sql = Contents.sql("meru." + table.identifier(), table);
        questions.write(JSON.writeValueAsString(Map.of("sql", sql)));
        questions.newLine();
      }
    }
  }

  private static Found found(JsonNode row) {
    return new Found(new Contents(row.get(0).asLong(), row.get(1).asLong()), row.get(2).asLong());
  }

  private List<String> command() throws IOException {
    Path classes = sparkCheck.resolve("classes");
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "@" + classes.resolve("jvm.options"),
        "-cp",
        classes
            + File.pathSeparator
            + Files.readString(sparkCheck.resolve("classpath.txt")).strip(),
        "io.meru.spark.SparkCheck");
  }
}

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

package io.meru.servers;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Spark SQL in a JVM of its own (module meru-spark-check), with nothing of Meru on its class path.
 */
public final class Spark implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long ANSWER_LIMIT_SECONDS = 300;
  private static final String END = "";

  private final Process process;
  private final BufferedWriter questions;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private Spark(Process process) {
    this.process = process;
    this.questions = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), UTF_8));
  }

  /**
   * Starts Spark.
   *
   * @param build build directory of meru-spark-check
   * @param clients class path of what a catalog or storage needs, which Spark does not bring
   * @param log for what Spark prints beside its answers
   */
  public static Spark start(Path build, String clients, Path log) throws IOException {
    Path classes = build.resolve("classes");
    String libraries = Files.readString(build.resolve("classpath.txt")).strip();
    Files.createDirectories(log.getParent());
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx768m",
                "@" + classes.resolve("jvm.options"),
                "-cp",
                String.join(File.pathSeparator, classes.toString(), libraries, clients),
                "io.meru.spark.SparkCheck")
            .redirectError(log.toFile())
            .start();
    Spark spark = new Spark(process);
    Thread pump = new Thread(spark::pumpAnswers, "spark-answers");
    pump.setDaemon(true);
    pump.start();
    return spark;
  }

  /** Makes an Iceberg catalog known under {@code name}. */
  public void addCatalog(String name, Map<String, String> properties)
      throws IOException, InterruptedException {
    ask(Map.of("catalog", name, "properties", properties));
  }

  /** Runs a statement and returns its rows, each value as text. */
  public List<JsonNode> query(String sql) throws IOException, InterruptedException {
    return ask(Map.of("sql", sql));
  }

  /** Its input's end would end it, too, but later. */
  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** The characters of a string without {@code "} and backslashes, as an answer has it. */
  public static String unquoted(JsonNode text) {
    String quoted = text.asText();
    return quoted.substring(1, quoted.length() - 1);
  }

  private List<JsonNode> ask(Map<String, ?> question) throws IOException, InterruptedException {
    questions.write(JSON.writeValueAsString(question));
    questions.newLine();
    questions.flush();
    List<JsonNode> rows = new ArrayList<>();
    while (true) {
      String line = answers.poll(ANSWER_LIMIT_SECONDS, TimeUnit.SECONDS);
      if (line == null || line.equals(END)) {
        throw new IOException(
            "Spark %s on %s".formatted(line == null ? "did not answer" : "ended", question));
      }
      JsonNode answer = JSON.readTree(line);
      if (answer.has("error")) {
        throw new IOException("Spark failed on %s: %s".formatted(question, answer.get("error")));
      } else if (answer.has("row")) {
        rows.add(answer.get("row"));
      } else if (answer.has("rows")) {
        return rows;
      }
    }
  }

  private void pumpAnswers() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      lines.lines().forEach(answers::add);
    } catch (IOException e) {
      // the end is said below
    }
    answers.add(END);
  }
}

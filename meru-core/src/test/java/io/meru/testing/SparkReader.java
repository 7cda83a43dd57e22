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

package io.meru.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks a Spark that runs in a JVM of its own (module meru-spark-check) what is in a table. Its
 * class path holds Spark and Iceberg's Spark runtime and nothing of Meru. Start costs seconds, so a
 * test JVM shares one: {@link #shared()}.
 *
 * <p>A value comes back as the text that {@link CanonicalRows} gives for an equal value. One
 * question at a time; safe for use by several threads.
 */
public final class SparkReader implements AutoCloseable {
  /** System property: the file with the class path of meru-spark-check's dependencies. */
  public static final String CLASS_PATH_PROPERTY = "meru.spark.classpath";

  private static final long ANSWER_TIMEOUT_SECONDS = 300;
  private static final String END = "";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static @Nullable SparkReader shared;

  private final Process process;
  private final Path errors;
  private final BufferedWriter questions;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>(10_000);
  private int catalogs;

  private SparkReader(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
    this.questions = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), UTF_8));
  }

  /** What a query returned. */
  public record Result(List<String> columns, List<List<String>> rows) {
    /** The rows in sorted order, the values of each joined by a comma. */
    public List<String> sortedLines() {
      return rows.stream().map(row -> String.join(", ", row)).sorted().collect(Collectors.toList());
    }

    /** The only value of a result of one row and one column. */
    public String onlyValue() {
      if (rows.size() != 1 || columns.size() != 1) {
        throw new IllegalStateException("Expected one value but the query returned " + this);
      }
      return rows.get(0).get(0);
    }

    /** {@link #onlyValue()} as a number. */
    public long onlyLong() {
      return Long.parseLong(onlyValue());
    }
  }

  /** The Spark of this JVM, started at the first call; it ends with this JVM. */
  public static synchronized SparkReader shared() {
    if (shared == null || !shared.process.isAlive()) {
      shared = start();
    }
    return shared;
  }

  /** Starts a Spark of the caller's own. */
  public static SparkReader start() {
    try {
      Path errors = Files.createTempFile("meru-spark-check", ".log");
      errors.toFile().deleteOnExit();
      Process process = new ProcessBuilder(command()).redirectError(errors.toFile()).start();
      SparkReader reader = new SparkReader(process, errors);
      Thread pump = new Thread(reader::pumpAnswers, "spark-check-answers");
      pump.setDaemon(true);
      pump.start();
      return reader;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start meru-spark-check", e);
    }
  }

  /**
   * Makes a catalog known to Spark and returns its name for use in SQL. Properties are Iceberg's
   * catalog properties, for instance {@code type} and {@code warehouse}.
   */
  public synchronized String catalog(Map<String, String> properties) {
    String name = "c" + catalogs++;
    ask(Map.of("catalog", name, "properties", properties));
    return name;
  }

  /** Makes the Hadoop catalog over {@code warehouse} known and returns its name. */
  public String hadoopCatalog(Path warehouse) {
    return catalog(Map.of("type", "hadoop", "warehouse", warehouse.toUri().toString()));
  }

  /** Runs one SQL statement. A failure carries Spark's message. */
  public Result query(String sql) {
    return ask(Map.of("sql", sql));
  }

  @Override
  public void close() {
    try {
      questions.close(); // the end of its input ends the process
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static List<String> command() throws IOException {
    Path classPath = classPathFile();
    Path classes = classPath.resolveSibling("classes");
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx1g",
        "@" + classes.resolve("jvm.options"),
        "-cp",
        classes + File.pathSeparator + Files.readString(classPath).strip(),
        "io.meru.spark.SparkCheck");
  }

  private static Path classPathFile() {
    String location = System.getProperty(CLASS_PATH_PROPERTY);
    if (location == null || !Files.exists(Path.of(location))) {
      throw new IllegalStateException(
          ("Cannot find Spark's class path: system property %s is %s. Build it first with"
                  + " mvn -Dquick -pl meru-spark-check process-classes")
              .formatted(CLASS_PATH_PROPERTY, location));
    }
    return Path.of(location);
  }

  private synchronized Result ask(Map<String, ?> question) {
    try {
      questions.write(JSON.writeValueAsString(question));
      questions.newLine();
      questions.flush();
      return readResult(question);
    } catch (IOException e) {
      throw new UncheckedIOException("Spark ended early. Its errors:\n" + errorText(), e);
    }
  }

  private Result readResult(Map<String, ?> question) throws IOException {
    List<String> columns = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    while (true) {
      JsonNode answer = JSON.readTree(nextLine(question));
      if (answer.has("error")) {
        throw new IllegalStateException(
            "Spark failed on %s: %s".formatted(question, answer.get("error").asText()));
      } else if (answer.has("rows")) {
        return new Result(columns, rows);
      } else if (answer.has("columns")) {
        columns = texts(answer.get("columns"));
      } else {
        rows.add(texts(answer.get("row")));
      }
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>(array.size());
    array.forEach(node -> texts.add(node.asText()));
    return texts;
  }

  private String nextLine(Map<String, ?> question) {
    try {
      String line = answers.poll(ANSWER_TIMEOUT_SECONDS, TimeUnit.SECONDS);
      if (line == null || line.equals(END)) {
        throw new IllegalStateException(
            "Spark %s on %s. Its errors:%n%s"
                .formatted(line == null ? "did not answer" : "ended", question, errorText()));
      }
      return line;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while Spark answered " + question, e);
    }
  }

  private void pumpAnswers() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.put(line);
      }
      answers.put(END);
    } catch (IOException e) {
      answers.offer(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String errorText() {
    try {
      return Files.readString(errors);
    } catch (IOException e) {
      return "(not readable: " + e + ")";
    }
  }
}

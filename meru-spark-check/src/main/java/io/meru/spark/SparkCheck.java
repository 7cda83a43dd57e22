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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A Spark that answers questions of another JVM over standard input and output, one JSON object a
 * line, until the input ends. Spark's start takes seconds, so one process serves many questions.
 *
 * <pre>
 *   in   {"catalog": "c", "properties": {"type": "hadoop", "warehouse": "file:///..."}}
 *   out  {"rows": 0}
 *   in   {"sql": "select id, name from c.db.t"}
 *   out  {"columns": ["id", "name"]}
 *   out  {"row": ["1", "\"one\""]}          each value as {@link CanonicalText}
 *   out  {"rows": 1}                        or {"error": "..."} at any place
 * </pre>
 *
 * <p>Timestamps are shown in UTC. Tables are not cached, so each query sees the newest snapshot.
 */
public final class SparkCheck {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SparkSession spark;
  private final PrintStream answers;

  private SparkCheck(SparkSession spark, PrintStream answers) {
    this.spark = spark;
    this.answers = answers;
  }

  /** Starts Spark and answers standard input's questions; takes no arguments. */
  public static void main(String[] args) throws IOException {
    PrintStream answers =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    System.setOut(System.err); // what libraries print must not mix with the answers
    try (SparkSession spark = LocalSpark.start();
        BufferedReader questions =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      SparkCheck check = new SparkCheck(spark, answers);
      for (String line = questions.readLine(); line != null; line = questions.readLine()) {
        check.answer(line);
      }
    }
  }

  private void answer(String line) throws IOException {
    try {
      JsonNode question = JSON.readTree(line);
      if (question.has("catalog")) {
        addCatalog(question.get("catalog").asText(), question.get("properties"));
        say(Map.of("rows", 0));
      } else {
        query(question.get("sql").asText());
      }
    } catch (Exception e) { // whatever the query did wrong is the asker's to see
      say(Map.of("error", e.toString()));
    }
    answers.flush();
  }

  private void addCatalog(String name, JsonNode properties) {
    LocalSpark.addCatalog(spark, name, JSON.convertValue(properties, LocalSpark.STRING_MAP));
  }

  private void query(String sql) throws IOException {
    Dataset<Row> result = spark.sql(sql);
    say(Map.of("columns", result.columns()));
    long rows = 0;
    for (Iterator<Row> it = result.toLocalIterator(); it.hasNext(); rows++) {
      say(Map.of("row", CanonicalText.ofRow(it.next())));
    }
    say(Map.of("rows", rows));
  }

  private void say(Map<String, ?> answer) throws IOException {
    answers.println(JSON.writeValueAsString(answer));
  }
}

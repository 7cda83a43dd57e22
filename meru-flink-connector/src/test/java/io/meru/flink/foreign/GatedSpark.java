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

package io.meru.flink.foreign;

import io.meru.testing.SparkReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A Spark that writes to the table, in a process of its own. Its commits stop at a gate while that
 * is closed.
 */
final class GatedSpark implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String FAILURE = "Spark failed on ";

  private final Path gate;
  private final String catalog;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();

  GatedSpark(SharedTable table, Path folder) {
    this.gate = folder.resolve("gate");
    Map<String, String> properties = new HashMap<>(table.catalogProperties());
    properties.put("catalog-impl", "io.meru.spark.GatedCatalog");
    properties.put("stored-name", SharedTable.CATALOG);
    properties.put("gate", gate.toString());
    this.catalog = SparkReader.shared().catalog(properties);
  }

  /** The catalog's name in SQL. */
  String catalog() {
    return catalog;
  }

  /** The table's name in SQL. */
  String table() {
    return catalog + ".db.t";
  }

  /** Runs a statement; returns why it failed, if it did. */
  Optional<String> run(String sql) {
    try {
      SparkReader.shared().query(sql);
      return Optional.empty();
    } catch (IllegalStateException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.startsWith(FAILURE)) {
        throw e;
      }
      return Optional.of(message);
    }
  }

  /** The rows of a query, each as one line, sorted. */
  List<String> lines(String sql) {
    return SparkReader.shared().query(sql).sortedLines();
  }

  /** Starts a statement, and waits until its commit stands at the gate, or it has ended. */
  Future<Optional<String>> runUntilItsCommit(String sql) throws IOException, InterruptedException {
    Files.writeString(gate, "");
    Future<Optional<String>> answer = thread.submit(() -> run(sql));
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!Files.exists(reached()) && !answer.isDone()) {
      if (System.nanoTime() > deadline) {
        openGate();
        throw new IllegalStateException("Spark did not commit within %s: %s".formatted(LIMIT, sql));
      }
      Thread.sleep(5);
    }
    return answer;
  }

  /** Whether a commit stands at the gate. */
  boolean isAtGate() {
    return Files.exists(reached());
  }

  /** Lets commits through. */
  void openGate() throws IOException {
    Files.deleteIfExists(reached());
    Files.deleteIfExists(gate);
  }

  private Path reached() {
    return gate.resolveSibling("gate.reached");
  }

  @Override
  public void close() throws IOException {
    openGate();
    thread.shutdownNow();
  }
}

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

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Iceberg's own REST catalog server (module meru-rest-server) in a JVM of its own. It keeps its
 * catalog in an SQLite file, so that one that is started again where the last one was knows the
 * same tables. It listens on all interfaces; it cannot be told otherwise.
 */
public final class RestCatalogServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final int ANSWER_LIMIT_MS = 2_000;

  private final Path directory;
  private final JvmProgram program;
  private final URI uri;
  private JvmProcess process;
  private int starts;

  private RestCatalogServer(Path directory, JvmProgram program, URI uri) throws IOException {
    this.directory = directory;
    this.program = program;
    this.uri = uri;
    this.process = launch();
  }

  /**
   * Starts a server with its warehouse and catalog below {@code directory}.
   *
   * @param libraries file that holds the server's class path: meru-rest-server's {@code
   *     target/classpath.txt}
   */
  public static RestCatalogServer start(Path libraries, Path directory)
      throws IOException, InterruptedException {
    return start(
        libraries,
        directory,
        Map.of("warehouse", directory.resolve("warehouse").toAbsolutePath().toUri().toString()));
  }

  /**
   * Starts a server whose tables lie elsewhere.
   *
   * @param properties of the catalog, such as {@code warehouse} and {@code io-impl}; lower case
   */
  public static RestCatalogServer start(
      Path libraries, Path directory, Map<String, String> properties)
      throws IOException, InterruptedException {
    int port = FreePorts.find(1).get(0);
    Files.createDirectories(directory);
    Map<String, String> all = new HashMap<>(properties);
    all.put("rest.port", Integer.toString(port));
    all.putIfAbsent("uri", "jdbc:sqlite:" + directory.toAbsolutePath().resolve("catalog.db"));
    JvmProgram program =
        JvmProgram.withLibraries(
            "org.apache.iceberg.rest.RESTCatalogServer",
            Files.readString(libraries).strip(),
            environment(all));
    RestCatalogServer server =
        new RestCatalogServer(directory, program, URI.create("http://127.0.0.1:" + port));
    try {
      server.awaitAnswer();
    } catch (Throwable e) {
      server.close();
      throw e;
    }
    return server;
  }

  /** Where a client finds the catalog: its property {@code uri}. */
  public URI uri() {
    return uri;
  }

  /** The process, to be frozen or killed. */
  public JvmProcess process() {
    return process;
  }

  /** {@code kill -9}. */
  public void kill() throws InterruptedException {
    process.kill();
  }

  /** Starts it again where it was, and waits until it answers. */
  public void restart() throws IOException, InterruptedException {
    process = launch();
    awaitAnswer();
  }

  @Override
  public void close() {
    process.close();
  }

  private JvmProcess launch() throws IOException {
    return JvmProcess.start(
        "rest-catalog",
        program,
        List.of("-Xmx256m"),
        directory.resolve("rest-catalog-%d.log".formatted(starts++)),
        List.of());
  }

  private void awaitAnswer() throws InterruptedException {
    Await.until(
        "the REST catalog answers at " + uri,
        START_LIMIT,
        this::answers,
        () -> "It is %s:%n%s".formatted(process.isAlive() ? "alive" : "dead", process.logEnd()));
  }

  private boolean answers() throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) uri.resolve("/v1/config").toURL().openConnection();
    connection.setConnectTimeout(ANSWER_LIMIT_MS);
    connection.setReadTimeout(ANSWER_LIMIT_MS);
    try {
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } finally {
      connection.disconnect();
    }
  }

  /** The server reads {@code CATALOG_A_B__C} as {@code a.b-c}. */
  private static Map<String, String> environment(Map<String, String> properties) {
    Map<String, String> environment = new TreeMap<>();
    properties.forEach(
        (key, value) ->
            environment.put(
                "CATALOG_" + key.replace("-", "__").replace('.', '_').toUpperCase(Locale.ROOT),
                value));
    return environment;
  }
}

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
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A PostgreSQL server of Debian's packages on a new database, which is gone when it is closed. It
 * refuses to run as root; root starts it as the user {@code postgres}.
 */
public final class PostgresServer implements AutoCloseable {
  /** The database's superuser, who needs no password. */
  public static final String USER = "meru";

  private static final Path PACKAGES = Path.of("/usr/lib/postgresql");
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /**
   * Ends the server when the harness does, and removes its data: standard input ends then. What
   * ends the harness may reach the shell, too, which must outlive it.
   */
  private static final String SERVE =
      """
      trap '' INT TERM HUP
      data=$1
      shift
      "$@" </dev/null &
      server=$!
      cat >/dev/null
      kill -INT $server
      wait $server
      rm -rf "$data"
      """;

  private final Process process;
  private final Path data;
  private final int port;

  private PostgresServer(Process process, Path data, int port) {
    this.process = process;
    this.data = data;
    this.port = port;
  }

  /**
   * Starts it on a free port of loopback.
   *
   * @param log for what the server says
   * @throws IllegalStateException if PostgreSQL is not installed
   */
  public static PostgresServer start(Path log) throws IOException, InterruptedException {
    Path programs = programs();
    // not below the log's folder: another user has to reach it
    Path data = Files.createTempDirectory("meru-postgres");
    if (isRoot()) {
      run(log, List.of("chown", "postgres", data.toString()));
    }
    run(
        log,
        asServer(
            programs.resolve("initdb").toString(),
            "--no-sync",
            "--locale=C", // the caller's need not be there, or may sort and encode otherwise
            "--encoding=UTF8",
            "--auth=trust",
            "--username=" + USER,
            "--pgdata=" + data));
    int port = FreePorts.find(1).get(0);
    List<String> command = new ArrayList<>(List.of("sh", "-c", SERVE, "sh", data.toString()));
    command.addAll(
        asServer(
            programs.resolve("postgres").toString(),
            "-D",
            data.toString(),
            "-p",
            Integer.toString(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories="));
    PostgresServer server = new PostgresServer(builder(log, command).start(), data, port);
    try {
      Await.until(
          "PostgreSQL answers on port %d; its log is %s".formatted(port, log),
          LIMIT,
          () -> isReady(programs, port, log));
    } catch (Throwable e) {
      server.close();
      throw e;
    }
    return server;
  }

  /**
   * Says so if PostgreSQL is not installed.
   *
   * @throws IllegalStateException with what was expected where
   */
  public static void checkInstalled() throws IOException {
    programs();
  }

  /** Where JDBC finds the database. */
  public String uri() {
    return "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(port);
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    if (!hasEnded()) {
      throw new IllegalStateException("PostgreSQL did not stop; its data is in " + data);
    }
  }

  private boolean hasEnded() {
    try {
      return process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static boolean isReady(Path programs, int port, Path log)
      throws IOException, InterruptedException {
    String program = programs.resolve("pg_isready").toString();
    return exitCode(log, List.of(program, "-q", "-h", "127.0.0.1", "-p", Integer.toString(port)))
        == 0;
  }

  /** The folder of the newest version's programs. */
  private static Path programs() throws IOException {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(PACKAGES)) {
      try (DirectoryStream<Path> versions = Files.newDirectoryStream(PACKAGES)) {
        for (Path version : versions) {
          if (Files.isExecutable(version.resolve("bin/initdb"))) {
            found.add(version.resolve("bin"));
          }
        }
      }
    }
    return found.stream()
        .max(Comparator.comparing(Path::toString))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "PostgreSQL is not installed: expected %s/*/bin/initdb, as apt-get install"
                            .formatted(PACKAGES)
                        + " postgresql puts it there"));
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static List<String> asServer(String... command) {
    List<String> all = new ArrayList<>();
    if (isRoot()) {
      all.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
    }
    all.addAll(List.of(command));
    return all;
  }

  private static void run(Path log, List<String> command) throws IOException, InterruptedException {
    int code = exitCode(log, command);
    if (code != 0) {
      throw new IllegalStateException(
          "%s ended with exit code %d; see %s".formatted(String.join(" ", command), code, log));
    }
  }

  private static int exitCode(Path log, List<String> command)
      throws IOException, InterruptedException {
    Process process = builder(log, command).start();
    process.getOutputStream().close();
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(
          "%s did not end within %d s".formatted(command, LIMIT.toSeconds()));
    }
    return process.exitValue();
  }

  private static ProcessBuilder builder(Path log, List<String> command) throws IOException {
    Files.createDirectories(log.toAbsolutePath().getParent());
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        // the server's user cannot enter the harness's folder
        .directory(Path.of("/").toFile());
  }
}

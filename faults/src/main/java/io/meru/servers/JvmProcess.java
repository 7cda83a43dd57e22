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

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A JVM that ends with the harness. */
public final class JvmProcess implements AutoCloseable {
  private static final int LOG_END_LINES = 40;

  private final String name;
  private final Process process;
  private final Path log;
  private boolean paused;

  private JvmProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** Starts {@code program}; its output goes to {@code log}. */
  public static JvmProcess start(
      String name, JvmProgram program, List<String> jvmOptions, Path log, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(openedPackages());
    command.add("-Dlog4j2.configurationFile=classpath:cluster-log4j2.properties");
    command.add("-XX:TieredStopAtLevel=1"); // the processes live for seconds
    command.add("-XX:+UseSerialGC");
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(program.classPath());
    command.add(ChildMain.class.getName());
    command.add(program.mainClass());
    command.addAll(arguments);
    Files.createDirectories(log.getParent());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(program.environment());
    return new JvmProcess(name, builder.start(), log);
  }

  public String name() {
    return name;
  }

  public Path log() {
    return log;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public boolean isPaused() {
    return paused;
  }

  /** {@code kill -9}; returns when the process is gone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      throw new IllegalStateException(name + " is still alive 20 s after kill -9");
    }
  }

  /** Waits until it ends by itself; returns its exit code. */
  public int awaitEnd(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "%s has not ended within %d s:%n%s".formatted(name, limit.toSeconds(), logEnd()));
    }
    return process.exitValue();
  }

  /** {@code SIGSTOP}. */
  public void pause(Signals signals) throws IOException {
    signals.send("STOP", process.pid());
    paused = true;
  }

  /** {@code SIGCONT}. */
  public void resume(Signals signals) throws IOException {
    signals.send("CONT", process.pid());
    paused = false;
  }

  /** See {@link Signals#limitFileSize}. */
  public void limitFileSize(Signals signals, String bytes) throws IOException {
    signals.limitFileSize(process.pid(), bytes);
  }

  /** The end of the log, for messages. */
  public String logEnd() {
    try (Stream<String> lines = Files.lines(log)) {
      List<String> all = lines.toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - LOG_END_LINES), all.size()));
    } catch (IOException | UncheckedIOException e) { // the latter: not UTF-8
      return "(log " + log + " is not readable: " + e + ")";
    }
  }

  @Override
  public void close() {
    process.destroyForcibly(); // reaches a stopped process, too
  }

  private static List<String> openedPackages() throws IOException {
    try (InputStream options = JvmProcess.class.getResourceAsStream("/jvm.options")) {
      return List.of(new String(options.readAllBytes(), UTF_8).strip().split("\\s+", 0));
    }
  }
}

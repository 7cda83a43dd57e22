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

package io.meru.benchmarks.e2e;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** Starts a class of this class path in a JVM of its own and waits for its end. */
public final class ChildJvm {
  private static final List<String> OPENED =
      List.of(
          "java.base/java.lang",
          "java.base/java.lang.invoke",
          "java.base/java.lang.reflect",
          "java.base/java.io",
          "java.base/java.net",
          "java.base/java.nio",
          "java.base/java.util",
          "java.base/java.util.concurrent",
          "java.base/java.util.concurrent.atomic",
          "java.base/sun.nio.ch",
          "java.base/sun.nio.cs",
          "java.base/sun.security.action",
          "java.base/sun.util.calendar",
          "java.management/sun.management");

  private final String heap;
  private final Predicate<String> jars;

  private ChildJvm(String heap, Predicate<String> jars) {
    this.heap = heap;
    this.jars = jars;
  }

  /** With {@code -Xmx<heap>} and all but Paimon's jars. */
  public static ChildJvm forIceberg(String heap) {
    return new ChildJvm(heap, jar -> !jar.startsWith("paimon-"));
  }

  /** With {@code -Xmx<heap>} and neither Meru, Iceberg nor the Parquet that they use. */
  static ChildJvm forPaimon(String heap) {
    return new ChildJvm(
        heap,
        jar ->
            !jar.startsWith("iceberg-")
                && !jar.startsWith("parquet-")
                && !jar.startsWith("meru-core")
                && !jar.startsWith("meru-flink"));
  }

  /** The JVM that {@code engine} runs in. */
  static ChildJvm forEngine(Engine.Kind engine, String heap) {
    return engine == Engine.Kind.PAIMON ? forPaimon(heap) : forIceberg(heap);
  }

  /**
   * Runs {@code main} to its end; its output goes to {@code log}.
   *
   * @throws IOException if it does not end with 0; the message has the log's end
   */
  public void run(Class<?> main, Path log, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heap);
    OPENED.forEach(packages -> command.add("--add-opens=" + packages + "=ALL-UNNAMED"));
    command.add("-cp");
    command.add(String.join(File.pathSeparator, classPath()));
    command.add(main.getName());
    command.addAll(List.of(args));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    Thread killer = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(killer);
    try {
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException(
            "%s %s ended with %d:%n%s"
                .formatted(main.getSimpleName(), String.join(" ", args), status, end(log)));
      }
    } finally {
      if (process.isAlive()) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
      Runtime.getRuntime().removeShutdownHook(killer);
    }
  }

  private List<String> classPath() throws IOException {
    List<String> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      addWithManifest(Path.of(entry).toAbsolutePath(), entries);
    }
    entries.removeIf(entry -> !jars.test(Path.of(entry).getFileName().toString()));
    return entries;
  }

  /** A jar may hold nothing but a manifest that names the class path. */
  private static void addWithManifest(Path entry, List<String> entries) throws IOException {
    if (entries.contains(entry.toString()) || !Files.exists(entry)) {
      return;
    }
    entries.add(entry.toString());
    if (!Files.isRegularFile(entry)) {
      return;
    }
    try (JarFile jar = new JarFile(entry.toFile())) {
      Manifest manifest = jar.getManifest();
      String more =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      if (more != null) {
        for (String relative : more.trim().split("\\s+")) {
          addWithManifest(Path.of(entry.toUri().resolve(relative)).normalize(), entries);
        }
      }
    }
  }

  private static String end(Path log) throws IOException {
    String text = Files.readString(log);
    return text.substring(Math.max(0, text.length() - 8_000));
  }
}

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

package io.meru.flink.bundled;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line in the bundled jar, with nothing beside it, and with Flink's jars. */
class CommandLineITCase {
  private static final Path JAR = Path.of(System.getProperty("meru.bundled.jar"));
  private static final Path LAUNCHER = Path.of(System.getProperty("meru.launcher"));

  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "v", Types.StringType.get())),
          Set.of(1));

  @TempDir Path folder;
  private EngineTable engine;
  private String table;
  private String out;
  private String err;

  @BeforeEach
  void writeTable() {
    table = folder.resolve("orders").toUri().toString();
    engine = EngineTable.create(table, SCHEMA, PartitionSpec.unpartitioned(), 2);
    for (long id = 0; id < 100; id++) {
      engine.put(id, "first");
    }
    engine.checkpoint().put(7L, "second").checkpoint();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void everyCommandRunsWithThisJarAlone() throws Exception {
    assertThat(java("inspect", table)).as(() -> err).isZero();
    assertThat(out).contains("Rows         100 live, 1 deleted");
    assertThat(err).isEmpty();

    assertThat(java("inspect", table, "--json")).as(() -> err).isZero();
    assertThat(out).startsWith("{").contains("\"liveRows\" : 100");
    assertThat(err).isEmpty();

    Path page = folder.resolve("page.html");
    assertThat(java("inspect", table, "--html", page.toString())).as(() -> err).isZero();
    assertThat(page).content().contains("<svg ");

    assertThat(java("key", table, "7")).as(() -> err).isZero();
    assertThat(out).contains("second");
    assertThat(err).isEmpty();

    assertThat(java("verify", table, "--all-snapshots")).as(() -> err).isZero();
    assertThat(out).contains("Nothing found.");
    assertThat(err).isEmpty();

    assertThat(java("expire", table, "--older-than", "0s")).as(() -> err).isZero();
    assertThat(out).contains("Expired 2 snapshots");
    assertThat(err).isEmpty();

    assertThat(java("compact", table)).as(() -> err).isZero();
    assertThat(out).contains("3 before, 1 after");
    assertThat(err).isEmpty();

    assertThat(java("remove-orphans", table, "--dry-run")).as(() -> err).isZero();
    assertThat(out).contains("0 orphans");
    assertThat(err).isEmpty();

    assertThat(java("rewrite-deletes", table)).as(() -> err).isZero();
    assertThat(out).contains("0 of equality deletes");
    assertThat(err).isEmpty();
  }

  @Test
  void theExitStatusSaysWhetherSomethingWasFoundOrCouldNotBeDone() throws Exception {
    new ForeignWriter(engine.load()).append(List.of(Records.of(SCHEMA.asStruct(), 7L, "again")));
    assertThat(java("verify", table)).isEqualTo(1);
    assertThat(out).contains("one-row-per-key");

    assertThat(java("verify", folder.resolve("nowhere").toUri().toString())).isEqualTo(2);
    assertThat(err).startsWith("meru: Table does not exist");
  }

  @Test
  void catalogsOfTheGuideAreReachedWithoutAFlink() throws Exception {
    assertThat(
            java(
                "inspect", "shop.orders", "--catalog-type=hadoop", "--warehouse=" + folder.toUri()))
        .isEqualTo(2);
    assertThat(err).contains("Table does not exist: shop.orders");
    assertThat(java("inspect", "shop.orders", "--catalog-type=rest", "--uri=http://localhost:1"))
        .isEqualTo(2);
    assertThat(err).contains("Connection refused").doesNotContain("NoClassDefFoundError");
  }

  @Test
  void flinksLoggingBesideItIsTaken() throws Exception {
    assertThat(
            run(
                List.of(
                    javaProgram(),
                    "-cp",
                    Stream.concat(Stream.of(JAR.toString()), loggingJars())
                        .collect(Collectors.joining(File.pathSeparator)),
                    "io.meru.cli.Main",
                    "inspect",
                    table)))
        .as(() -> err)
        .isZero();
    assertThat(out).contains("100 live");
  }

  @Test
  void theLauncherFindsTheJar() throws Exception {
    assertThat(run(List.of(LAUNCHER.toString(), "inspect", table))).as(() -> err).isZero();
    assertThat(out).contains("100 live");
    assertThat(run(List.of(LAUNCHER.toString(), "verify", table))).as(() -> err).isZero();

    Path elsewhere = Files.createDirectories(folder.resolve("bin")).resolve("meru");
    Files.copy(LAUNCHER, elsewhere);
    elsewhere.toFile().setExecutable(true);
    assertThat(run(List.of(elsewhere.toString(), "inspect", table))).isEqualTo(2);
    assertThat(err).startsWith("meru: no meru-flink-bundled jar.");
  }

  private int java(String... args) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(javaProgram(), "-cp", JAR.toString(), "io.meru.cli.Main"));
    command.addAll(List.of(args));
    return run(command);
  }

  private int run(List<String> command) throws IOException, InterruptedException {
    Path output = folder.resolve("out");
    Path errors = folder.resolve("err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    boolean ended = process.waitFor(2, TimeUnit.MINUTES);
    if (!ended) {
      process.destroyForcibly();
    }
    out = Files.readString(output, StandardCharsets.UTF_8);
    err = Files.readString(errors, StandardCharsets.UTF_8);
    assertThat(ended).as(() -> out + err).isTrue();
    return process.exitValue();
  }

  private static String javaProgram() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static Stream<String> loggingJars() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(path -> path.contains("log4j") || path.contains("slf4j-api"));
  }
}

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

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bundled jar, alone beside Flink's own jars, runs a SQL job; and holds nothing that clashes.
 */
class BundledJarITCase {
  private static final Path JAR = Path.of(System.getProperty("meru.bundled.jar"));

  /** What Flink's distribution has on its class path: Flink and the libraries it carries. */
  private static final List<String> FLINKS_JARS =
      List.of(
          "/org/apache/flink/",
          "/org/apache/logging/log4j/",
          "/org/slf4j/",
          "/com/esotericsoftware/",
          "/org/objenesis/",
          "/org/snakeyaml/",
          "/com/ibm/icu/",
          "/org/apache/commons/",
          "/commons-cli/",
          "/commons-io/",
          "/commons-collections/",
          "/org/javassist/",
          "/org/lz4/",
          "/at/yawk/lz4/",
          "/tools/profiler/",
          "/com/google/code/findbugs/");

  /** Packages under their own name: ours, and those that have to keep it. */
  private static final List<String> OWN_NAMES =
      List.of(
          "io/meru/",
          "org/apache/iceberg/",
          "org/apache/hadoop/",
          // their native libraries look for them by name
          "com/github/luben/zstd/",
          "org/xerial/snappy/",
          // where no class loader but the command line's looks
          "META-INF/meru-cli/org/slf4j/");

  @TempDir Path folder;

  @Test
  void aSqlJobRunsWithFlinksJarsAndThisOneAlone() throws Exception {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    if (!ended) {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);

    assertThat(ended).as(() -> String.join("\n", lines)).isTrue();
    assertThat(process.exitValue()).as(() -> String.join("\n", lines)).isZero();
    List<String> once = List.of("ROW +I[1, new]", "ROW +I[2, paid]", "ROW +I[3, new]");
    assertThat(lines.stream().filter(line -> line.startsWith("ROW ")))
        .containsExactlyInAnyOrderElementsOf(Stream.concat(once.stream(), once.stream()).toList());
  }

  private List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(System.getProperty("meru.jvm.opens").split(" ")));
    command.add("-Xmx768m");
    command.add("-cp");
    command.add(
        Stream.concat(flinksJars(), Stream.of(JAR.toString(), testClasses().toString()))
            .collect(Collectors.joining(File.pathSeparator)));
    command.add(SqlJob.class.getName());
    command.add(folder.resolve("warehouse").toString());
    return command;
  }

  private static Stream<String> flinksJars() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(path -> FLINKS_JARS.stream().anyMatch(path.replace('\\', '/')::contains));
  }

  private static Path testClasses() {
    try {
      return Path.of(SqlJob.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void classesOfOthersAreUnderAnotherName() throws IOException {
    assertThat(entries())
        .filteredOn(name -> name.endsWith(".class"))
        .filteredOn(name -> OWN_NAMES.stream().noneMatch(name::startsWith))
        .isEmpty();
  }

  @Test
  void bothConnectorsAndBothCatalogsAreRegistered() throws IOException {
    assertThat(text("META-INF/services/org.apache.flink.table.factories.Factory").lines())
        .contains(
            "io.meru.flink.table.MeruDynamicTableFactory",
            "org.apache.iceberg.flink.FlinkDynamicTableFactory",
            "org.apache.iceberg.flink.FlinkCatalogFactory");
  }

  /** What docs/sql.md says needs no more than a driver, a client or an SDK beside the jar. */
  @Test
  void catalogsAndStoragesOfTheGuideAreInIt() throws IOException {
    assertThat(entries())
        .contains(
            "org/apache/iceberg/jdbc/JdbcCatalog.class",
            "org/apache/iceberg/rest/RESTCatalog.class",
            "org/apache/iceberg/hive/HiveCatalog.class",
            "org/apache/iceberg/hadoop/HadoopCatalog.class",
            "org/apache/iceberg/aws/s3/S3FileIO.class",
            "io/meru/shaded/dev/failsafe/Failsafe.class",
            "org/apache/hadoop/hdfs/DistributedFileSystem.class");
  }

  @Test
  void itTakesNoServiceOfTheJvmOver() throws IOException {
    assertThat(entries()).filteredOn(name -> name.startsWith("META-INF/services/javax.")).isEmpty();
  }

  @Test
  void licencesAreInIt() throws IOException {
    assertThat(text("META-INF/LICENSE")).contains("Apache License");
    assertThat(text("META-INF/NOTICE")).contains("Apache Iceberg").contains("Apache Hadoop");
    assertThat(text("META-INF/licenses/THIRD-PARTY.txt")).contains("zstd-jni");
  }

  private static List<String> entries() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      return jar.stream().map(ZipEntry::getName).toList();
    }
  }

  private static String text(String name) throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      return new String(
          jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

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
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Hive's metastore in a JVM of its own, on a Derby database in its memory. It listens on all
 * interfaces; it cannot be told otherwise.
 */
public final class HiveMetastore implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final String LOGGING = "cluster-log4j2.properties";

  private final JvmProcess process;
  private final URI uri;

  private HiveMetastore(JvmProcess process, URI uri) {
    this.process = process;
    this.uri = uri;
  }

  /**
   * Starts it.
   *
   * @param libraries file that holds its class path: hive-server's {@code target/classpath.txt}
   */
  public static HiveMetastore start(Path libraries, Path directory)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    int port = FreePorts.find(1).get(0);
    JvmProcess process =
        JvmProcess.start(
            "hive-metastore",
            JvmProgram.withLibraries(
                HiveMetastoreMain.class.getName(), Files.readString(libraries).strip(), Map.of()),
            List.of(
                "-Xmx512m",
                "-Djavax.jdo.option.ConnectionURL=jdbc:derby:memory:metastore;create=true",
                "-Dderby.stream.error.file=" + directory.toAbsolutePath().resolve("derby.log"),
                "-Ddatanucleus.schema.autoCreateAll=true",
                "-Dhive.metastore.schema.verification=false",
                "-Dhive.metastore.expression.proxy="
                    + "org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy",
                "-Dhive.metastore.warehouse.dir="
                    + directory.toAbsolutePath().resolve("warehouse").toUri(),
                "-Dhive.async.log.enabled=false",
                "-Dhive.log4j.file=" + logging(directory)),
            directory.resolve("hive.log"),
            List.of("-p", Integer.toString(port)));
    Listening.await(process, port, START_LIMIT);
    return new HiveMetastore(process, URI.create("thrift://127.0.0.1:" + port));
  }

  /** It takes a file only, and would otherwise log into the user's temporary folder. */
  private static Path logging(Path directory) throws IOException {
    Path file = directory.toAbsolutePath().resolve(LOGGING);
    try (InputStream configuration = HiveMetastore.class.getResourceAsStream("/" + LOGGING)) {
      Files.copy(configuration, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }

  /** Where clients find it. */
  public URI uri() {
    return uri;
  }

  @Override
  public void close() {
    process.close();
  }
}

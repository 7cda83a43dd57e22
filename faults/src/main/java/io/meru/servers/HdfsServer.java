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
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** HDFS, one name node and one data node (Hadoop's MiniDFSCluster), in a JVM of its own. */
public final class HdfsServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);

  private final JvmProcess process;
  private final URI uri;

  private HdfsServer(JvmProcess process, URI uri) {
    this.process = process;
    this.uri = uri;
  }

  /**
   * Starts it and waits until it takes files.
   *
   * @param libraries file that holds its class path: hdfs-server's {@code target/classpath.txt}
   */
  public static HdfsServer start(Path libraries, Path directory)
      throws IOException, InterruptedException {
    int port = FreePorts.find(1).get(0);
    Path started = directory.toAbsolutePath().resolve("started.json");
    Files.deleteIfExists(started);
    Path log = directory.resolve("hdfs.log");
    JvmProcess process =
        JvmProcess.start(
            "hdfs",
            JvmProgram.withLibraries(
                "org.apache.hadoop.test.MiniDFSClusterManager",
                Files.readString(libraries).strip(),
                Map.of()),
            List.of(
                "-Xmx512m", "-Dtest.build.data=" + directory.toAbsolutePath().resolve("blocks")),
            log,
            List.of(
                "-format",
                "-datanodes",
                "1",
                "-nnport",
                Integer.toString(port),
                "-D",
                "dfs.namenode.http-address=127.0.0.1:0",
                "-writeDetails",
                started.toString()));
    HdfsServer server = new HdfsServer(process, URI.create("hdfs://127.0.0.1:" + port));
    try {
      Await.until(
          "HDFS has started",
          START_LIMIT,
          () -> Files.exists(started) && Files.size(started) > 0,
          process::logEnd);
    } catch (Throwable e) {
      server.close();
      throw e;
    }
    return server;
  }

  /** The root of its file system. */
  public URI uri() {
    return uri;
  }

  @Override
  public void close() {
    process.close();
  }
}

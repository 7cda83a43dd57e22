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
import java.util.stream.Collectors;

/** An S3-compatible server (s3proxy) on loopback in a JVM of its own; its objects are files. */
public final class S3Server implements AutoCloseable {
  /** What a client signs its requests with. */
  public static final String ACCESS_KEY = "meru-access";

  /** The secret that belongs to {@link #ACCESS_KEY}. */
  public static final String SECRET_KEY = "meru-secret";

  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private final JvmProcess process;
  private final URI endpoint;
  private final Path objects;

  private S3Server(JvmProcess process, URI endpoint, Path objects) {
    this.process = process;
    this.endpoint = endpoint;
    this.objects = objects;
  }

  /**
   * Starts the server.
   *
   * @param libraries file that holds its class path: s3-server's {@code target/classpath.txt}
   */
  public static S3Server start(Path libraries, Path directory)
      throws IOException, InterruptedException {
    Path objects = Files.createDirectories(directory.resolve("objects"));
    int port = FreePorts.find(1).get(0);
    URI endpoint = URI.create("http://127.0.0.1:" + port);
    Path configuration = directory.resolve("s3proxy.conf");
    Files.writeString(configuration, configuration(endpoint, objects));
    JvmProcess process =
        JvmProcess.start(
            "s3",
            JvmProgram.withLibraries(
                "org.gaul.s3proxy.Main", Files.readString(libraries).strip(), Map.of()),
            List.of("-Xmx256m", "-Dlogback.configurationFile=s3-server-logback.xml"),
            directory.resolve("s3.log"),
            List.of("--properties", configuration.toString()));
    Listening.await(process, port, START_LIMIT);
    return new S3Server(process, endpoint, objects);
  }

  private static String configuration(URI endpoint, Path objects) {
    return Map.of(
            "s3proxy.endpoint",
            endpoint.toString(),
            "s3proxy.authorization",
            "aws-v2-or-v4",
            "s3proxy.identity",
            ACCESS_KEY,
            "s3proxy.credential",
            SECRET_KEY,
            "jclouds.provider",
            "filesystem-nio2",
            "jclouds.identity",
            "unused",
            "jclouds.credential",
            "unused",
            "jclouds.filesystem.basedir",
            objects.toAbsolutePath().toString())
        .entrySet()
        .stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** Where clients find it. */
  public URI endpoint() {
    return endpoint;
  }

  /** Makes a bucket; its name has three letters or more. */
  public void createBucket(String name) throws IOException {
    Files.createDirectories(objects.resolve(name));
  }

  @Override
  public void close() {
    process.close();
  }
}

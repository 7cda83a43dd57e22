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

package io.meru.faults;

import io.meru.servers.RestCatalogServer;
import io.meru.servers.Signals;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/**
 * A REST catalog: the server, by which the harness looks at tables, and the proxy before it,
 * through which the job alone goes.
 */
record RestCatalog(RestCatalogServer server, CatalogProxy proxy) implements AutoCloseable {
  /**
   * Starts both.
   *
   * @param libraries file with the server's class path
   * @param directory of the server's catalog and logs
   */
  static RestCatalog start(Path libraries, Path directory)
      throws IOException, InterruptedException {
    RestCatalogServer server = RestCatalogServer.start(libraries, directory);
    try {
      return new RestCatalog(server, CatalogProxy.before(server.uri()));
    } catch (Throwable e) {
      server.close();
      throw e;
    }
  }

  /** For the job's client. */
  Map<String, String> propertiesOfTheJob() {
    return properties(proxy.uri());
  }

  /** For everybody else's. */
  Map<String, String> properties() {
    return properties(server.uri());
  }

  private static Map<String, String> properties(URI uri) {
    return Map.of("uri", uri.toString(), "io-impl", "org.apache.iceberg.hadoop.HadoopFileIO");
  }

  /** Whatever a schedule has left: the next one begins with a catalog that works. */
  void reset(Signals signals) throws IOException, InterruptedException {
    if (!server.process().isAlive()) {
      server.restart();
    } else if (server.process().isPaused()) {
      server.process().resume(signals);
    }
    proxy.reset();
  }

  @Override
  public void close() {
    proxy.close();
    server.close();
  }
}

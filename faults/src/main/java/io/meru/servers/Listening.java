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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Waits for a server that says nothing when it is ready but takes connections from then on. */
final class Listening {
  private static final int CONNECT_LIMIT_MS = 2_000;

  private Listening() {}

  /**
   * Returns when {@code port} of loopback takes connections; stops the process if it never does.
   */
  static void await(JvmProcess process, int port, Duration limit) throws InterruptedException {
    try {
      Await.until(
          "%s listens on port %d".formatted(process.name(), port),
          limit,
          () -> connects(port) || ended(process),
          process::logEnd);
    } catch (Throwable e) {
      process.close();
      throw e;
    }
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "%s ended before it listened on port %d:%n%s"
              .formatted(process.name(), port, process.logEnd()));
    }
  }

  private static boolean ended(JvmProcess process) {
    return !process.isAlive();
  }

  private static boolean connects(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_LIMIT_MS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}

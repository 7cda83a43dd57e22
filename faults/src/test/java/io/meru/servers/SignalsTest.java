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

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SignalsTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String STOPPED = "T";

  private Process process;
  private Signals signals;

  @BeforeEach
  void start() throws Exception {
    process = new ProcessBuilder("sleep", "600").start();
    signals = Signals.start();
  }

  @AfterEach
  void stop() {
    signals.close();
    process.destroyForcibly();
  }

  @Test
  void aStoppedProcessGoesOnWhenItIsTold() throws Exception {
    signals.send("STOP", process.pid());
    awaitStopped(true);

    signals.send("CONT", process.pid());
    awaitStopped(false);
  }

  @Test
  void aStoppedProcessGoesOnWhenTheHarnessEnds() throws Exception {
    signals.send("STOP", process.pid());
    awaitStopped(true);

    signals.close(); // what the harness's end does, too
    awaitStopped(false);
    assertThat(process.isAlive()).isTrue();
  }

  @Test
  void theLengthOfAProcessesFilesIsLimited() throws Exception {
    signals.limitFileSize(process.pid(), "400");

    Path limits = Path.of("/proc/" + process.pid() + "/limits");
    Await.until(
        "its files are limited",
        LIMIT,
        () ->
            Files.readAllLines(limits).stream()
                .anyMatch(line -> line.matches("Max file size +400 .*")));
  }

  private void awaitStopped(boolean stopped) throws InterruptedException {
    Path status = Path.of("/proc/" + process.pid() + "/stat");
    Await.until(
        stopped ? "the process is stopped" : "the process goes on",
        LIMIT,
        () -> Files.readString(status).split(" ", 4)[2].equals(STOPPED) == stopped);
  }
}

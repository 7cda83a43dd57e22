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

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Sends signals, and sets limits, without starting a process for each: a shell that waits for its
 * next line.
 */
public final class Signals implements AutoCloseable {
  private final Process shell;

  private Signals(Process shell) {
    this.shell = shell;
  }

  public static Signals start() throws IOException {
    return new Signals(
        new ProcessBuilder("/bin/sh")
            .inheritIO()
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .start());
  }

  /** Limits the length to which the process may let its files grow; {@code unlimited} lifts it. */
  public void limitFileSize(long pid, String bytes) throws IOException {
    send("prlimit --pid %d --fsize=%s:\n".formatted(pid, bytes));
  }

  /** Sends {@code signal}, such as {@code STOP}. */
  public void send(String signal, long pid) throws IOException {
    send("kill -%s %d\n".formatted(signal, pid));
  }

  private void send(String line) throws IOException {
    OutputStream input = shell.getOutputStream();
    input.write(line.getBytes(US_ASCII));
    input.flush();
  }

  @Override
  public void close() {
    shell.destroyForcibly();
  }
}

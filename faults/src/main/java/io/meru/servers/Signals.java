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
import java.io.UncheckedIOException;

/**
 * Sends signals, and sets limits, without starting a process for each: a shell that waits for its
 * next line. It outlives the harness, however that ends, and has each process go on that is
 * stopped: one that is can not see that the harness has ended.
 */
public final class Signals implements AutoCloseable {
  private static final String SHELL =
      """
      trap '' INT TERM HUP
      stopped=
      while read -r what pid bytes; do
        case $what in
          LIMIT) prlimit --pid "$pid" "--fsize=$bytes:" ;;
          STOP) kill -STOP "$pid" && stopped="$stopped $pid" ;;
          *) kill "-$what" "$pid" ;;
        esac
      done
      for pid in $stopped; do
        kill -CONT "$pid" 2>/dev/null # most are gone
      done
      """;

  private final Process shell;

  private Signals(Process shell) {
    this.shell = shell;
  }

  public static Signals start() throws IOException {
    return new Signals(
        new ProcessBuilder("/bin/sh", "-c", SHELL)
            .inheritIO()
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .start());
  }

  /** Limits the length to which the process may let its files grow; {@code unlimited} lifts it. */
  public void limitFileSize(long pid, String bytes) throws IOException {
    send("LIMIT %d %s\n".formatted(pid, bytes));
  }

  /** Sends {@code signal}, such as {@code STOP}. */
  public void send(String signal, long pid) throws IOException {
    send("%s %d\n".formatted(signal, pid));
  }

  private void send(String line) throws IOException {
    OutputStream input = shell.getOutputStream();
    input.write(line.getBytes(US_ASCII));
    input.flush();
  }

  /** What is still stopped goes on. */
  @Override
  public void close() {
    try {
      shell.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot end the shell that sends signals", e);
    }
  }
}

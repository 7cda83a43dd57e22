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

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/** A small file system of its own for one table (tmpfs), which can be filled up. */
final class TableDisk implements AutoCloseable {
  /** What the kernel's list of mounts calls it. */
  private static final String NAME = "meru-faults";

  private static final String SIZE = "192m";
  private static final int CHUNK = 1 << 16;

  private final Path folder;
  private final Path filler;

  private TableDisk(Path folder) {
    this.folder = folder;
    this.filler = folder.resolve("filler");
  }

  /** Mounts one at {@code folder}; empty where this process may not. */
  static Optional<TableDisk> mount(Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    int exit = run(List.of("mount", "-t", "tmpfs", "-o", "size=" + SIZE, NAME, folder.toString()));
    return exit == 0 ? Optional.of(new TableDisk(folder)) : Optional.empty();
  }

  /** Ends the mounts that runs, which were killed, have left below {@code folder}. */
  static void unmountLeftovers(Path folder) throws IOException {
    for (String mount : Files.readAllLines(Path.of("/proc/self/mounts"), UTF_8)) {
      String[] fields = mount.split(" ", 3);
      Path at = Path.of(fields[1].replace("\\040", " ")); // as the kernel writes a space
      if (fields[0].equals(NAME) && at.startsWith(folder)) {
        new TableDisk(at).close();
      }
    }
  }

  /** Writes until {@code left} bytes are free, or none. */
  void fillUp(long left) throws IOException {
    try (OutputStream out =
        Files.newOutputStream(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      long free = Files.getFileStore(folder).getUsableSpace();
      byte[] chunk = new byte[CHUNK];
      while (free > left) {
        out.write(chunk, 0, (int) Math.min(CHUNK, free - left));
        free = Files.getFileStore(folder).getUsableSpace();
      }
    } catch (IOException e) {
      if (left > 0) {
        throw e;
      }
      // another writer took the last page: the disk is full
    }
  }

  /** Gives the space back. */
  void free() throws IOException {
    Files.deleteIfExists(filler);
  }

  @Override
  public void close() throws IOException {
    try {
      // lazily: a process that was told to end may not have
      if (run(List.of("umount", "-l", folder.toString())) != 0) {
        throw new IOException("Cannot unmount " + folder);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while " + folder + " is unmounted", e);
    }
  }

  private static int run(List<String> command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}

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

package io.meru.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.iceberg.exceptions.RuntimeIOException;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.ResolvingFileIO;

/**
 * Opens a table's files. What lies on the local file system goes through NIO, whatever else through
 * the table's own {@code FileIO}: Hadoop forks a process for each local file that it creates (50 ms
 * of CPU per commit), does not sync it, and reads it unbuffered. And its classes, if first used by
 * a thread of Iceberg's pool that a job of the past has left, fail to load in this JVM for ever.
 */
public final class TableFiles {
  private static final String FILE_SCHEME = "file:";

  private TableFiles() {}

  /**
   * The output for {@code location}. A local one makes missing folders, and syncs file and folder
   * to disk before its close returns.
   */
  public static OutputFile output(FileIO io, String location) {
    Optional<Path> local = localPath(io, location);
    return local.isPresent()
        ? new LocalOutputFile(location, local.get())
        : io.newOutputFile(location);
  }

  /** The input at {@code location}. */
  public static InputFile input(FileIO io, String location) {
    Optional<Path> local = localPath(io, location);
    return local.isPresent()
        ? new LocalInputFile(location, local.get())
        : io.newInputFile(location);
  }

  /** The input at {@code location}, which is {@code length} bytes long. */
  public static InputFile input(FileIO io, String location, long length) {
    Optional<Path> local = localPath(io, location);
    return local.isPresent()
        ? new LocalInputFile(location, local.get())
        : io.newInputFile(location, length);
  }

  /** Deletes the file at {@code location}; one that is not there is no error. */
  public static void delete(FileIO io, String location) {
    Optional<Path> local = localPath(io, location);
    if (local.isEmpty()) {
      io.deleteFile(location);
      return;
    }
    try {
      Files.deleteIfExists(local.get());
    } catch (IOException e) {
      throw new RuntimeIOException(e, "Cannot delete %s", location);
    }
  }

  /** Where {@code location} lies on the local file system; empty when {@code io} must open it. */
  public static Optional<Path> localPath(FileIO io, String location) {
    if (!(io instanceof HadoopFileIO || io instanceof ResolvingFileIO)) {
      return Optional.empty(); // it may encrypt, cache or keep things in memory
    }
    if (location.startsWith(FILE_SCHEME)) {
      return withoutAuthority(location.substring(FILE_SCHEME.length())).map(Path::of);
    }
    boolean plainPath = location.startsWith("/") && !location.startsWith("//");
    return plainPath && io instanceof HadoopFileIO hadoop && defaultsToLocal(hadoop)
        ? Optional.of(Path.of(location))
        : Optional.empty();
  }

  private static Optional<String> withoutAuthority(String rest) {
    String path = rest.startsWith("///") ? rest.substring(2) : rest;
    return path.startsWith("/") && !path.startsWith("//") ? Optional.of(path) : Optional.empty();
  }

  private static boolean defaultsToLocal(HadoopFileIO io) {
    return io.getConf().get("fs.defaultFS", "file:///").startsWith(FILE_SCHEME);
  }
}

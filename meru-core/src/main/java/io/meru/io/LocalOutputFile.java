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

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.jspecify.annotations.Nullable;

/** A file to be written on the local file system, durable once its stream is closed. */
final class LocalOutputFile implements OutputFile {
  private final String location;
  private final Path path;

  LocalOutputFile(String location, Path path) {
    this.location = location;
    this.path = path;
  }

  @Override
  public PositionOutputStream create() {
    try {
      createFolders(path.getParent());
      Files.createFile(path);
      return new Stream(path);
    } catch (FileAlreadyExistsException e) {
      throw new AlreadyExistsException(e, "Cannot create %s: it already exists", location);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot create " + location, e);
    }
  }

  @Override
  public PositionOutputStream createOrOverwrite() {
    try {
      createFolders(path.getParent());
      return new Stream(path);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot create " + location, e);
    }
  }

  @Override
  public String location() {
    return location;
  }

  @Override
  public InputFile toInputFile() {
    return new LocalInputFile(location, path);
  }

  @Override
  public String toString() {
    return location;
  }

  /** A new folder is durable once the folder above it is synced. */
  private static void createFolders(@Nullable Path folder) throws IOException {
    List<Path> above = new ArrayList<>();
    for (Path missing = folder;
        missing != null && !Files.isDirectory(missing);
        missing = missing.getParent()) {
      above.add(missing);
    }
    if (above.isEmpty() || folder == null) {
      return;
    }
    Files.createDirectories(folder);
    for (Path created : above) {
      syncFolder(created.getParent());
    }
  }

  private static void syncFolder(@Nullable Path folder) throws IOException {
    if (folder == null || File.separatorChar != '/') {
      return; // other systems do not let folders be opened, and need no sync of them
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static final class Stream extends PositionOutputStream {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path path;
    private final FileOutputStream file;
    private final BufferedOutputStream buffered;
    private long position;
    private boolean closed;

    Stream(Path path) throws IOException {
      this.path = path;
      this.file = new FileOutputStream(path.toFile());
      this.buffered = new BufferedOutputStream(file, BUFFER_BYTES);
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public long storedLength() {
      return position;
    }

    @Override
    public void write(int b) throws IOException {
      buffered.write(b);
      position++;
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      buffered.write(source, offset, length);
      position += length;
    }

    @Override
    public void flush() throws IOException {
      buffered.flush();
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      try (FileOutputStream toClose = file) {
        buffered.flush();
        toClose.getChannel().force(true);
      }
      syncFolder(path.getParent());
    }
  }
}

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

package io.meru.simulation;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.iceberg.MemoryManifests.Rows;
import org.apache.iceberg.MemoryManifests.RowsInput;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.inmemory.InMemoryInputFile;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.SeekableInputStream;

/**
 * Files of one table in memory. A file is there once it is closed. Unlike Iceberg's, it forgets
 * everything with the table.
 */
final class MemoryFiles implements FileIO {
  private static final long serialVersionUID = 1L;

  /** What the message for a missing file starts with, before its location. */
  static final String NO_FILE = "No file at ";

  /** In place of the bytes of a file that is kept as rows. */
  private static final byte[] IN_ROWS = new byte[1];

  private final Map<String, byte[]> files = new HashMap<>();
  private final Map<String, Rows> rows = new HashMap<>();
  private transient Consumer<String> whenMissed = location -> {};

  /** Tells {@code listener} the location of each file that is read and not there. */
  void whenMissed(Consumer<String> listener) {
    whenMissed = listener;
  }

  /** The bytes at {@code location}. */
  byte[] bytes(String location) {
    byte[] bytes = files.get(location);
    if (bytes == null) {
      throw new NotFoundException("%s%s", NO_FILE, location);
    }
    return bytes;
  }

  /** Removes files as an orphan clean-up does. */
  List<String> remove(Predicate<String> which) {
    List<String> removed = files.keySet().stream().filter(which).sorted().toList();
    removed.forEach(files::remove);
    return removed;
  }

  @Override
  public InputFile newInputFile(String location) {
    byte[] bytes = files.get(location);
    if (bytes == null) {
      return new MissingFile(location, whenMissed);
    }
    Rows kept = rows.get(location);
    return kept == null
        ? new InMemoryInputFile(location, bytes)
        : new RowsFile(new InMemoryInputFile(location, bytes), kept);
  }

  @Override
  public OutputFile newOutputFile(String location) {
    return new MemoryOutputFile(location);
  }

  /** Puts a file of rows there; there may be none yet, as with {@link OutputFile#create}. */
  void write(String location, Rows newRows) {
    if (files.containsKey(location)) {
      throw new IllegalStateException("File exists: " + location);
    }
    rows.put(location, newRows);
    files.put(location, IN_ROWS);
  }

  @Override
  public void deleteFile(String location) {
    files.remove(location);
    rows.remove(location);
  }

  private record RowsFile(InputFile file, Rows read) implements RowsInput {
    @Override
    public String location() {
      return file.location();
    }

    @Override
    public long getLength() {
      return file.getLength();
    }

    @Override
    public SeekableInputStream newStream() {
      return file.newStream();
    }

    @Override
    public boolean exists() {
      return true;
    }
  }

  private record MissingFile(String location, Consumer<String> whenMissed) implements InputFile {
    @Override
    public long getLength() {
      whenMissed.accept(location);
      throw new NotFoundException("%s%s", NO_FILE, location);
    }

    @Override
    public SeekableInputStream newStream() {
      whenMissed.accept(location);
      throw new NotFoundException("%s%s", NO_FILE, location);
    }

    @Override
    public boolean exists() {
      return false;
    }
  }

  private final class MemoryOutputFile implements OutputFile {
    private final String location;

    MemoryOutputFile(String location) {
      this.location = location;
    }

    @Override
    public PositionOutputStream create() {
      if (files.containsKey(location)) {
        throw new IllegalStateException("File exists: " + location);
      }
      return createOrOverwrite();
    }

    @Override
    public PositionOutputStream createOrOverwrite() {
      return new MemoryOutputStream(location);
    }

    @Override
    public String location() {
      return location;
    }

    @Override
    public InputFile toInputFile() {
      return newInputFile(location);
    }
  }

  private final class MemoryOutputStream extends PositionOutputStream {
    private final String location;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 10);
    private boolean closed;

    MemoryOutputStream(String location) {
      this.location = location;
    }

    @Override
    public long getPos() {
      return bytes.size();
    }

    @Override
    public void write(int b) {
      bytes.write(b);
    }

    @Override
    public void write(byte[] array, int offset, int length) {
      bytes.write(array, offset, length);
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        files.put(location, bytes.toByteArray());
      }
    }
  }
}

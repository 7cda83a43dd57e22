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

package io.meru.levelfile;

import io.meru.error.CorruptFileException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.iceberg.io.IOUtil;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.RangeReadable;
import org.apache.iceberg.io.SeekableInputStream;

/**
 * An open file, read range by range. The end of the file, where footer and indexes lie, is read
 * once and kept.
 */
final class FileRanges implements Closeable {
  private static final int TAIL_BYTES = 1 << 17;

  private final String path;
  private final long length;
  private final SeekableInputStream stream;
  private final byte[] tail;
  private long bytesRead;

  private FileRanges(String path, long length, SeekableInputStream stream) {
    this.path = path;
    this.length = length;
    this.stream = stream;
    this.tail = new byte[(int) Math.min(TAIL_BYTES, length)];
  }

  /** Opens {@code file} of {@code length} bytes and reads its end. */
  static FileRanges open(InputFile file, long length) {
    FileRanges ranges = new FileRanges(file.location(), length, file.newStream());
    try {
      ranges.readFromFile(ranges.tailStart(), ranges.tail, ranges.tail.length);
      return ranges;
    } catch (RuntimeException e) {
      ranges.close();
      throw e;
    }
  }

  /** The file's full location. */
  String path() {
    return path;
  }

  /** Length of the file in bytes. */
  long length() {
    return length;
  }

  /** Bytes read from the file so far. */
  long bytesRead() {
    return bytesRead;
  }

  /** Reads {@code count} bytes at {@code position} to the start of {@code target}. */
  void read(long position, byte[] target, int count) {
    if (position < 0 || count < 0 || position + count > length) {
      throw new CorruptFileException(
          ("Cannot read %s: it refers to %d bytes at %d but is %d bytes long. The file is damaged:"
                  + " restore it, or roll the table back to a snapshot before it was added.")
              .formatted(path, count, position, length));
    }
    if (position >= tailStart()) {
      System.arraycopy(tail, (int) (position - tailStart()), target, 0, count);
    } else {
      readFromFile(position, target, count);
    }
  }

  /** Reads {@code count} bytes at {@code position}. */
  byte[] read(long position, int count) {
    byte[] bytes = new byte[Math.max(0, count)];
    read(position, bytes, count);
    return bytes;
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close " + path, e);
    }
  }

  private long tailStart() {
    return length - tail.length;
  }

  private void readFromFile(long position, byte[] target, int count) {
    bytesRead += count;
    try {
      if (stream instanceof RangeReadable ranges) {
        ranges.readFully(position, target, 0, count);
      } else {
        stream.seek(position);
        IOUtil.readFully(stream, target, 0, count);
      }
    } catch (EOFException e) {
      throw new CorruptFileException(
          ("Cannot read %s: it ends before the %d bytes at %d, but the table says that it is %d bytes"
                  + " long. The file is damaged: restore it, or roll the table back to a snapshot"
                  + " before it was added.")
              .formatted(path, count, position, length),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot read %d bytes at %d of %s".formatted(count, position, path), e);
    }
  }
}

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

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.RangeReadable;
import org.apache.iceberg.io.SeekableInputStream;

/** A file of the local file system, read at positions. */
final class LocalInputFile implements InputFile {
  private final String location;
  private final Path path;

  LocalInputFile(String location, Path path) {
    this.location = location;
    this.path = path;
  }

  @Override
  public long getLength() {
    try {
      return Files.size(path);
    } catch (NoSuchFileException e) {
      throw missing(e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the length of " + location, e);
    }
  }

  @Override
  public SeekableInputStream newStream() {
    try {
      return new Stream(FileChannel.open(path, StandardOpenOption.READ));
    } catch (NoSuchFileException e) {
      throw missing(e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot open " + location, e);
    }
  }

  @Override
  public String location() {
    return location;
  }

  @Override
  public boolean exists() {
    return Files.exists(path);
  }

  @Override
  public String toString() {
    return location;
  }

  private NotFoundException missing(NoSuchFileException e) {
    return new NotFoundException(e, "Cannot read %s: there is no such file", location);
  }

  private static final class Stream extends SeekableInputStream implements RangeReadable {
    /** The JDK keeps a direct buffer per thread as large as the largest read: bounds it. */
    private static final int MAX_READ_BYTES = 1 << 20;

    private final FileChannel channel;
    private long position;

    Stream(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public void seek(long newPosition) {
      position = newPosition;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int read = readAt(position, target, offset, length);
      position += Math.max(0, read);
      return read;
    }

    @Override
    public long skip(long n) throws IOException {
      long skipped = Math.max(0, Math.min(n, channel.size() - position));
      position += skipped;
      return skipped;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.max(0, Math.min(Integer.MAX_VALUE, channel.size() - position));
    }

    @Override
    public void readFully(long from, byte[] target, int offset, int length) throws IOException {
      int done = 0;
      while (done < length) {
        int read = readAt(from + done, target, offset + done, length - done);
        if (read < 0) {
          throw new EOFException(
              "The file ends at %d, before the end of the %d bytes at %d"
                  .formatted(channel.size(), length, from));
        }
        done += read;
      }
    }

    @Override
    public int readTail(byte[] target, int offset, int length) throws IOException {
      long size = channel.size();
      int tail = (int) Math.min(length, size);
      readFully(size - tail, target, offset, tail);
      return tail;
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }

    private int readAt(long from, byte[] target, int offset, int length) throws IOException {
      int bounded = Math.min(length, MAX_READ_BYTES);
      return channel.read(ByteBuffer.wrap(target, offset, bounded), from);
    }
  }
}

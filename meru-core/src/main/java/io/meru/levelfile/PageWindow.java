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

import java.io.IOException;

/**
 * A part of a file in memory, read in large pieces as long as the reads are sequential. Columns
 * that are read one after the other may share one.
 */
final class PageWindow {
  /** Read at once of a key column; a single page may be larger. */
  static final int KEY_BYTES = 8 << 20;

  private final FileRanges file;
  private final int limit;
  private byte[] bytes = new byte[0];
  private long start;
  private int length;

  /** Reads {@code limit} bytes at once, unless one page is larger. */
  PageWindow(FileRanges file, int limit) {
    this.file = file;
    this.limit = limit;
  }

  /** The file that it is part of. */
  FileRanges file() {
    return file;
  }

  /** The bytes, of which {@link #offset} says where they lie. */
  byte[] bytes() {
    return bytes;
  }

  /** Where the file's byte at {@code position} lies. */
  int offset(long position) {
    return (int) (position - start);
  }

  /** Bytes at hand from {@code position} on. */
  int available(long position) {
    return (int) (start + length - position);
  }

  /**
   * Makes [position, position + count) part of the window, and what follows up to {@code wanted}.
   *
   * @param end where the column ends
   * @throws IOException if they reach beyond it
   */
  void ensure(long position, int count, long wanted, long end) throws IOException {
    if (count < 0 || position + count > end) {
      throw new IOException("It reaches beyond its column");
    }
    if (position >= start && position + count <= start + length) {
      return;
    }
    long last = Math.min(end, Math.max(position + count, wanted));
    int read = (int) Math.max(count, Math.min(last - position, limit));
    if (bytes.length < read) {
      bytes = new byte[read];
    }
    length = 0; // in case the read fails
    file.read(position, bytes, read);
    start = position;
    length = read;
  }
}

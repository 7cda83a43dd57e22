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

import java.io.Closeable;
import java.util.function.LongConsumer;

/**
 * The user keys of one open data file, re-encoded from its key columns. Not thread-safe. I/O
 * failures are {@link java.io.UncheckedIOException}s that name the path; bytes that contradict the
 * footer are {@link io.meru.error.CorruptFileException}s.
 */
public interface KeyFile extends Closeable {
  /** Rows in the file. */
  long rowCount();

  /**
   * Number of pages: slices of the file's rows that can be read alone, cut where the pages of the
   * first key column end. At least one for a file with rows; a file without page index is one page
   * per row group.
   */
  int pageCount();

  /** Position of the first row of page {@code page}. */
  long pageFirstRow(int page);

  /** Lower bound of the key prefixes in the page, unsigned; 0 when unknown. */
  long pageMinPrefix(int page);

  /** Upper bound of the key prefixes in the page, inclusive, unsigned; -1 when unknown. */
  long pageMaxPrefix(int page);

  /** Reads the keys of one page. */
  void readPage(int page, KeyConsumer consumer);

  /**
   * Reads the keys of one page, of which the pages up to {@code lastPage} will follow, so that
   * their bytes may be fetched at once.
   */
  default void readPage(int page, int lastPage, KeyConsumer consumer) {
    readPage(page, consumer);
  }

  /** Reads all keys in order of position. */
  void readAll(KeyConsumer consumer);

  /** Whether rows of the file may store their {@code _row_id}. */
  boolean storesRowIds();

  /**
   * The {@code _row_id} stored at {@code position}, -1 if there is none. Cheap only where positions
   * ascend.
   */
  long rowId(long position);

  /** Reads the {@code _row_id} of every row in order of position, -1 where none is stored. */
  void readRowIds(LongConsumer consumer);

  @Override
  void close();
}

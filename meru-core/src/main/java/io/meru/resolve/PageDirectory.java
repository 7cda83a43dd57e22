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

package io.meru.resolve;

import io.meru.levelfile.KeyFile;

/** Where the pages of one file's keys start and which keys they may hold: 24 bytes a page. */
final class PageDirectory {
  private final long[] firstRows;
  private final long[] minPrefixes;
  private final long[] maxPrefixes;

  private PageDirectory(long[] firstRows, long[] minPrefixes, long[] maxPrefixes) {
    this.firstRows = firstRows;
    this.minPrefixes = minPrefixes;
    this.maxPrefixes = maxPrefixes;
  }

  static PageDirectory of(KeyFile file) {
    int pages = file.pageCount();
    long[] firstRows = new long[pages + 1];
    long[] minPrefixes = new long[pages];
    long[] maxPrefixes = new long[pages];
    for (int page = 0; page < pages; page++) {
      firstRows[page] = file.pageFirstRow(page);
      minPrefixes[page] = file.pageMinPrefix(page) ^ Long.MIN_VALUE;
      maxPrefixes[page] = file.pageMaxPrefix(page) ^ Long.MIN_VALUE;
    }
    firstRows[pages] = file.rowCount();
    return new PageDirectory(firstRows, minPrefixes, maxPrefixes);
  }

  int pageCount() {
    return minPrefixes.length;
  }

  /** Position of the first row of {@code page}. */
  long firstRow(int page) {
    return firstRows[page];
  }

  /** The first place of {@code batch} whose key the page may hold. */
  int firstPlace(int page, KeyBatch batch) {
    return batch.firstAtOrAbove(minPrefixes[page]);
  }

  /** The place behind the last one whose key the page may hold. */
  int endPlace(int page, KeyBatch batch) {
    return batch.firstAbove(maxPrefixes[page]);
  }

  /** Whether the page may hold an open key of {@code batch}. */
  boolean mayHold(int page, KeyBatch batch) {
    return firstPlace(page, batch) < endPlace(page, batch);
  }

  /** Rows of the pages that may hold an open key of {@code batch}. */
  long rowsToRead(KeyBatch batch) {
    long rows = 0;
    for (int page = 0; page < pageCount(); page++) {
      if (mayHold(page, batch)) {
        rows += firstRows[page + 1] - firstRows[page];
      }
    }
    return rows;
  }
}

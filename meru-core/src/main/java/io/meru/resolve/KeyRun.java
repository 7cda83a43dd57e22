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

import java.util.List;

/**
 * The keys of one level file, or of several, in one index. The rows of the files are numbered one
 * file after the other, so that one number says file and position. The index is immutable; files
 * may be forgotten: their rows stay in it and must be passed over.
 */
final class KeyRun {
  /** Heap bytes of what is held of a file beside its keys. */
  static final long BYTES_PER_FILE = 12;

  private final PositionIndex index;
  private final List<FileKeys> files;

  /** Number of the first row of each file, and of all rows. */
  private final int[] firstRows;

  private long lastUse;

  /**
   * @param index keys to row numbers
   * @param firstRows number of the first row of each file, and of all rows
   */
  KeyRun(PositionIndex index, List<FileKeys> files, int[] firstRows) {
    this.index = index;
    this.files = files;
    this.firstRows = firstRows;
  }

  static KeyRun ofFile(FileKeys file, KeyIndex keys) {
    return new KeyRun(PositionIndex.ofSortedRows(keys), List.of(file), new int[] {0, keys.size()});
  }

  PositionIndex index() {
    return index;
  }

  List<FileKeys> files() {
    return files;
  }

  /** Whether it holds one file's keys at their positions. */
  boolean isOneFile() {
    return index.isSortedRows();
  }

  /** The number of the first row of file {@code file}. */
  int firstRow(int file) {
    return firstRows[file];
  }

  /** The file that row {@code row} is in. */
  int fileOf(int row) {
    int low = 0;
    int high = files.size();
    while (low + 1 < high) {
      int middle = (low + high) >>> 1;
      if (firstRows[middle] <= row) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Rows of the files that are not forgotten. */
  long liveRows() {
    long rows = 0;
    for (FileKeys file : files) {
      rows += file.isForgotten() ? 0 : file.file().recordCount();
    }
    return rows;
  }

  /** The last resolve that had one of the files among its candidates. */
  long lastUse() {
    return lastUse;
  }

  void usedBy(long resolve) {
    lastUse = resolve;
  }

  /** Whether most rows are of files that are forgotten. */
  boolean isMostlyForgotten() {
    return 2 * liveRows() < index.rows();
  }

  long memoryBytes() {
    return index.memoryBytes() + BYTES_PER_FILE * files.size() + 64;
  }
}

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

package io.meru.compaction;

/**
 * Where outputs and their row groups end. It has to be said before a row group's columns are
 * written, so it goes by the bytes that a row took in the inputs, then by what it took in the
 * outputs so far.
 */
final class OutputSplit {
  /** A file that would be larger than this many times its target is split. */
  private static final double MAX_SIZE = 1.5;

  /** The last row group of all takes what is left, if it is about as much as expected. */
  private static final double SPARE = 1.25;

  private static final int MAX_GROUP_ROWS = 1 << 30;
  private static final int SPARE_ROWS = 1000;

  private final double targetFileBytes;
  private final double rowGroupBytes;
  private double rowsLeft;
  private double bytesPerRow;
  private long rowsWritten;
  private long bytesWritten;

  // the present file
  private double plannedBytes;
  private long fileBytes;
  private boolean isLast;

  /**
   * Before the first file.
   *
   * @param rows expected
   * @param bytesPerRow expected
   */
  OutputSplit(long targetFileBytes, long rowGroupBytes, long rows, double bytesPerRow) {
    this.targetFileBytes = targetFileBytes;
    this.rowGroupBytes = rowGroupBytes;
    this.rowsLeft = rows;
    this.bytesPerRow = Math.max(1.0 / Byte.SIZE, bytesPerRow);
  }

  /** Starts a file: of the target's size, or half of what is left, or all of it. */
  void startFile() {
    fileBytes = 0;
    double left = bytesLeft();
    isLast = left <= MAX_SIZE * targetFileBytes;
    plannedBytes =
        isLast ? left : left < (1 + MAX_SIZE) * targetFileBytes ? left / 2 : targetFileBytes;
  }

  /** About how many rows the file that was started will have. */
  long expectedFileRows() {
    return (long) Math.ceil(plannedBytes / bytesPerRow);
  }

  /** Rows that the next row group may have. */
  int groupRows() {
    double bytes = Math.max(isLast ? bytesLeft() : plannedBytes - fileBytes, 1);
    double groups = Math.max(1, Math.ceil(bytes / rowGroupBytes - (SPARE - 1)));
    double rows = bytes / groups / bytesPerRow;
    if (isLast && groups == 1) {
      rows = rows * SPARE + SPARE_ROWS;
    }
    return (int) Math.max(1, Math.min(MAX_GROUP_ROWS, Math.ceil(rows)));
  }

  /** A row group has been written. */
  void wrote(int rows, long bytes) {
    rowsLeft = Math.max(0, rowsLeft - rows);
    rowsWritten += rows;
    bytesWritten += bytes;
    fileBytes += bytes;
    bytesPerRow = Math.max(1.0 / Byte.SIZE, (double) bytesWritten / rowsWritten);
  }

  /** Whether the present file is to end, if there are more rows. */
  boolean fileEnds() {
    return isLast
        ? fileBytes > targetFileBytes && bytesLeft() > targetFileBytes / 2
        : plannedBytes - fileBytes < Math.min(rowGroupBytes, targetFileBytes) / 10;
  }

  private double bytesLeft() {
    return rowsLeft * bytesPerRow;
  }
}

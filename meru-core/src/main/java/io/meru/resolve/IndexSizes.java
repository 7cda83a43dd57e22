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

import io.meru.version.TableFile;

/** Estimates what an index will take, before a byte is read. */
final class IndexSizes {
  /**
   * Index bytes of a key that is no long, until one has been seen: a UUID as text and some more.
   */
  private static final double FIRST_BYTES_PER_KEY = 40;

  /** Fences and slack. */
  private static final double BYTES_PER_KEY_MORE = 0.1;

  private static final int FIXED_BYTES = 1024;

  private final boolean fixedLong;
  private double bytesPerKey = FIRST_BYTES_PER_KEY;

  IndexSizes(boolean fixedLong) {
    this.fixedLong = fixedLong;
  }

  /** Bytes of the index of a level file. */
  long ofLevelFile(TableFile file) {
    double perKey = fixedLong ? bytesPerLong(file) : bytesPerKey;
    return (long) (perKey * file.recordCount()) + FIXED_BYTES;
  }

  /** Bytes of the index of a foreign file, and of what is needed to make it. */
  long ofForeignFile(TableFile file) {
    double rows = fixedLong ? 0 : bytesPerKey;
    return ofLevelFile(file) + (long) ((rows + ForeignRows.BYTES_PER_ROW + 8) * file.recordCount());
  }

  /** Learns from an index made. */
  void made(KeyIndex index) {
    if (index.size() > 0) {
      bytesPerKey = (double) index.memoryBytes() / index.size();
    }
  }

  /** Keys evenly spread between their bounds need most: gaps of 2^g need g + 5 bits at most. */
  private static double bytesPerLong(TableFile file) {
    double span = unsigned(file.maxPrefix() - file.minPrefix());
    double gap = Math.max(1, span / Math.max(1, file.recordCount()));
    double bits = Math.log(gap) / Math.log(2) + 5;
    return Math.min(Bits.MAX_WIDTH + 5, bits) / Byte.SIZE + BYTES_PER_KEY_MORE;
  }

  private static double unsigned(long value) {
    return value >= 0 ? value : value + 0x1p64;
  }
}

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

import io.meru.row.RowLayout;
import java.util.Arrays;
import org.apache.parquet.column.statistics.Statistics;

/**
 * The smallest and the largest of some byte strings by unsigned bytes. It points into the arrays
 * that hold them; most values are told apart by their first eight bytes.
 */
final class BytesBounds {
  private byte[] minArray = new byte[0];
  private int minOffset;
  private int minLength;
  private long minPrefix;
  private byte[] maxArray = new byte[0];
  private int maxOffset;
  private int maxLength;
  private long maxPrefix;
  private boolean empty = true;

  /** Forgets all values. */
  void reset() {
    empty = true;
    minArray = new byte[0];
    maxArray = minArray;
  }

  /** Takes in one value. */
  void add(byte[] array, int offset, int length) {
    long prefix = prefix(array, offset, length);
    if (empty) {
      empty = false;
      setMin(array, offset, length, prefix);
      setMax(array, offset, length, prefix);
    } else {
      int toMax = Long.compareUnsigned(prefix, maxPrefix);
      if (toMax > 0 || (toMax == 0 && isAboveMax(array, offset, length))) {
        setMax(array, offset, length, prefix);
      }
      int toMin = Long.compareUnsigned(prefix, minPrefix);
      if (toMin < 0 || (toMin == 0 && isBelowMin(array, offset, length))) {
        setMin(array, offset, length, prefix);
      }
    }
  }

  /** Hands over copies of the bounds, when there are any. */
  void writeTo(Statistics<?> statistics) {
    if (!empty) {
      statistics.setMinMaxFromBytes(
          Arrays.copyOfRange(minArray, minOffset, minOffset + minLength),
          Arrays.copyOfRange(maxArray, maxOffset, maxOffset + maxLength));
    }
  }

  private boolean isAboveMax(byte[] array, int offset, int length) {
    return Arrays.compareUnsigned(
            array, offset, offset + length, maxArray, maxOffset, maxOffset + maxLength)
        > 0;
  }

  private boolean isBelowMin(byte[] array, int offset, int length) {
    return Arrays.compareUnsigned(
            array, offset, offset + length, minArray, minOffset, minOffset + minLength)
        < 0;
  }

  private void setMin(byte[] array, int offset, int length, long prefix) {
    minArray = array;
    minOffset = offset;
    minLength = length;
    minPrefix = prefix;
  }

  private void setMax(byte[] array, int offset, int length, long prefix) {
    maxArray = array;
    maxOffset = offset;
    maxLength = length;
    maxPrefix = prefix;
  }

  /** The first eight bytes, big-endian; shorter values are padded with zeros. */
  private static long prefix(byte[] array, int offset, int length) {
    if (length >= Long.BYTES) {
      return Long.reverseBytes(RowLayout.getLong(array, offset));
    }
    long prefix = 0;
    for (int i = 0; i < length; i++) {
      prefix |= (array[offset + i] & 0xffL) << (56 - 8 * i);
    }
    return prefix;
  }
}

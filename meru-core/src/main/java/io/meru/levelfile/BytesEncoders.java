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
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.Statistics;

/** Encoders of BINARY and FIXED_LEN_BYTE_ARRAY columns. */
final class BytesEncoders {
  private BytesEncoders() {}

  /** BINARY as lengths, then the bytes one after the other. */
  static final class Lengths implements ValueEncoder {
    private final PageBytes bytes = new PageBytes();
    private final BytesBounds bounds = new BytesBounds();
    private final DeltaEncoder lengths = DeltaEncoder.ofInts();

    @Override
    public Encoding encoding() {
      return Encoding.DELTA_LENGTH_BYTE_ARRAY;
    }

    @Override
    public int width() {
      return VARIABLE_WIDTH;
    }

    @Override
    public void append(LeafBatch batch, int from, int to) {
      int end = bytes.reserve(Math.toIntExact(totalLength(batch, from, to)));
      byte[] target = bytes.array();
      byte[][] arrays = batch.arrays();
      int[] slots = batch.slots();
      int[] regions = batch.regions();
      int slotDelta = batch.slotDelta();
      for (int i = from; i < to; i++) {
        byte[] array = arrays[i];
        long slot = RowLayout.getLong(array, slots[i] + slotDelta);
        int offset = regions[i] + RowLayout.offset(slot);
        int length = RowLayout.length(slot);
        lengths.add(length);
        System.arraycopy(array, offset, target, end, length);
        bounds.add(array, offset, length);
        end += length;
      }
    }

    @Override
    public BytesInput finish(Statistics<?> statistics) {
      bounds.writeTo(statistics);
      return BytesInput.concat(lengths.finish(), bytes.toBytes());
    }

    @Override
    public void reset() {
      lengths.reset();
      bytes.reset();
      bounds.reset();
    }
  }

  /** BINARY as what each value shares with the one before, and the rest: for sorted values. */
  static final class Prefixes implements ValueEncoder {
    private final PageBytes bytes = new PageBytes();
    private final BytesBounds bounds = new BytesBounds();
    private final DeltaEncoder prefixes = DeltaEncoder.ofInts();
    private final DeltaEncoder suffixes = DeltaEncoder.ofInts();
    private byte[] previous = new byte[0];
    private int previousOffset;
    private int previousLength;

    @Override
    public Encoding encoding() {
      return Encoding.DELTA_BYTE_ARRAY;
    }

    @Override
    public int width() {
      return VARIABLE_WIDTH;
    }

    @Override
    public void append(LeafBatch batch, int from, int to) {
      byte[][] arrays = batch.arrays();
      int[] slots = batch.slots();
      int[] regions = batch.regions();
      int slotDelta = batch.slotDelta();
      for (int i = from; i < to; i++) {
        byte[] array = arrays[i];
        long slot = RowLayout.getLong(array, slots[i] + slotDelta);
        int offset = regions[i] + RowLayout.offset(slot);
        int length = RowLayout.length(slot);
        int shared = shared(previous, previousOffset, previousLength, array, offset, length);
        prefixes.add(shared);
        suffixes.add(length - shared);
        int at = bytes.reserve(length - shared);
        System.arraycopy(array, offset + shared, bytes.array(), at, length - shared);
        bounds.add(array, offset, length);
        previous = array;
        previousOffset = offset;
        previousLength = length;
      }
    }

    @Override
    public BytesInput finish(Statistics<?> statistics) {
      bounds.writeTo(statistics);
      return BytesInput.concat(prefixes.finish(), suffixes.finish(), bytes.toBytes());
    }

    @Override
    public void reset() {
      prefixes.reset();
      suffixes.reset();
      bytes.reset();
      bounds.reset();
      previous = new byte[0];
      previousOffset = 0;
      previousLength = 0;
    }

    private static int shared(
        byte[] left, int leftOffset, int leftLength, byte[] right, int rightOffset, int length) {
      int mismatch =
          Arrays.mismatch(
              left, leftOffset, leftOffset + leftLength, right, rightOffset, rightOffset + length);
      return mismatch < 0 ? length : mismatch;
    }
  }

  /**
   * FIXED_LEN_BYTE_ARRAY as it is. Decimals come in two's complement of any length and get their
   * sign extended, and compare as signed numbers.
   */
  static final class Fixed implements ValueEncoder {
    private final PageBytes bytes = new PageBytes();
    private final String column;
    private final int width;
    private final boolean decimal;
    private int min;
    private int max;

    Fixed(String column, int width, boolean decimal) {
      this.column = column;
      this.width = width;
      this.decimal = decimal;
    }

    @Override
    public Encoding encoding() {
      return Encoding.PLAIN;
    }

    @Override
    public int width() {
      return width;
    }

    @Override
    public void append(LeafBatch batch, int from, int to) {
      int at = bytes.reserve(Math.multiplyExact(to - from, width));
      byte[] target = bytes.array();
      for (int i = from; i < to; i++, at += width) {
        copy(batch, i, target, at);
        if (compare(target, at, min) < 0) {
          min = at;
        } else if (compare(target, at, max) > 0) {
          max = at;
        }
      }
    }

    @Override
    public BytesInput finish(Statistics<?> statistics) {
      if (bytes.size() > 0) {
        statistics.setMinMaxFromBytes(
            Arrays.copyOfRange(bytes.array(), min, min + width),
            Arrays.copyOfRange(bytes.array(), max, max + width));
      }
      return bytes.toBytes();
    }

    @Override
    public void reset() {
      bytes.reset();
      min = 0;
      max = 0;
    }

    private void copy(LeafBatch batch, int i, byte[] target, int at) {
      byte[] array = batch.arrays()[i];
      long slot = RowLayout.getLong(array, batch.slots()[i] + batch.slotDelta());
      int offset = batch.regions()[i] + RowLayout.offset(slot);
      int length = RowLayout.length(slot);
      if (length == width) {
        System.arraycopy(array, offset, target, at, width);
      } else if (!decimal || !extendSign(array, offset, length, target, at, width)) {
        throw wrongLength(length);
      }
    }

    private IllegalArgumentException wrongLength(int length) {
      return new IllegalArgumentException(
          "Cannot write a value of %d bytes to column '%s', whose values have %d bytes"
              .formatted(length, column, width));
    }

    private int compare(byte[] values, int left, int right) {
      if (decimal && values[left] != values[right]) {
        return Byte.compare(values[left], values[right]);
      }
      return Arrays.compareUnsigned(values, left, left + width, values, right, right + width);
    }
  }

  /**
   * Writes a number in two's complement, big-endian, with {@code width} bytes.
   *
   * @return false when it needs more
   */
  static boolean extendSign(
      byte[] array, int offset, int length, byte[] target, int at, int width) {
    if (length == 0) {
      return false;
    }
    byte sign = (byte) (array[offset] >> 7);
    for (int i = 0; i < length - width; i++) {
      if (array[offset + i] != sign || (array[offset + i + 1] >> 7) != sign) {
        return false;
      }
    }
    int kept = Math.min(length, width);
    Arrays.fill(target, at, at + width - kept, sign);
    System.arraycopy(array, offset + length - kept, target, at + width - kept, kept);
    return true;
  }

  /** Sum of the lengths of values [from, to). */
  static long totalLength(LeafBatch batch, int from, int to) {
    byte[][] arrays = batch.arrays();
    int[] slots = batch.slots();
    int delta = batch.slotDelta();
    long total = 0;
    for (int i = from; i < to; i++) {
      total += RowLayout.length(RowLayout.getLong(arrays[i], slots[i] + delta));
    }
    return total;
  }
}

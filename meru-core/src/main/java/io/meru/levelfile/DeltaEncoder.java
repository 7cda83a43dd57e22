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
import org.apache.parquet.bytes.BytesInput;

/**
 * Encodes numbers as DELTA_BINARY_PACKED, with the very bytes of parquet-java's writers at their
 * default block size. A page is a header and blocks:
 *
 * <pre>
 *   header       block size (128), mini blocks per block (4), number of values, first value
 *   block        smallest delta, a byte with the width of each mini block, mini blocks
 *   mini block   32 deltas less the block's smallest, each in width bits, the lowest bit first
 * </pre>
 *
 * Counts are unsigned LEB128, first value and smallest delta zigzag LEB128. Deltas wrap around in
 * the bits of the type. The last block has only the mini blocks it needs. What fills up the last of
 * these, the widths of those left out, and the first value of a page without values mean nothing;
 * here as in parquet-java, they are what was there before.
 *
 * @see <a href="https://github.com/apache/parquet-format/blob/master/Encodings.md">Parquet's
 *     encodings</a>, Delta Encoding (DELTA_BINARY_PACKED = 5)
 */
final class DeltaEncoder {
  private static final int BLOCK = 128;
  private static final int MINI_BLOCKS = 4;
  private static final int MINI_BLOCK = BLOCK / MINI_BLOCKS;
  private static final int MAX_VAR_LONG_BYTES = 10;
  private static final int MAX_BLOCK_BYTES =
      MAX_VAR_LONG_BYTES + MINI_BLOCKS + BLOCK * Long.BYTES + Long.BYTES; // stores are of longs

  private final int unusedBits; // of a long
  private final PageBytes blocks = new PageBytes();
  private final long[] values = new long[1 + BLOCK]; // the one before the block, then the block's
  private final long[] deltas = new long[BLOCK];
  private final int[] widths = new int[MINI_BLOCKS];
  private int size; // of values
  private int before; // values before these
  private long first;

  private DeltaEncoder(int bits) {
    this.unusedBits = Long.SIZE - bits;
  }

  /** An encoder of INT64. */
  static DeltaEncoder ofLongs() {
    return new DeltaEncoder(Long.SIZE);
  }

  /** An encoder of INT32, also of the lengths of byte arrays. */
  static DeltaEncoder ofInts() {
    return new DeltaEncoder(Integer.SIZE);
  }

  /** Starts a page. */
  void reset() {
    blocks.reset();
    size = 0;
    before = 0;
  }

  /** Adds a value of the encoder's type. */
  void add(long value) {
    if (size == values.length) {
      endBlock();
    }
    values[size++] = value;
  }

  /** How many values may be reserved at once; at least one. */
  int room() {
    if (size == values.length) {
      endBlock();
    }
    return values.length - size;
  }

  /** Adds values of the encoder's type, which the caller writes at the offset returned. */
  int reserve(int count) {
    int offset = size;
    size += count;
    return offset;
  }

  /** Where values reserved are written. */
  long[] values() {
    return values;
  }

  /** Ends the page; nothing may be added before the next reset. The result is valid until then. */
  BytesInput finish() {
    int count = before + size;
    if (size > 0) {
      endBlock();
    }
    return BytesInput.concat(
        BytesInput.fromUnsignedVarInt(BLOCK),
        BytesInput.fromUnsignedVarInt(MINI_BLOCKS),
        BytesInput.fromUnsignedVarInt(count),
        BytesInput.fromZigZagVarLong(first),
        blocks.toBytes());
  }

  private void endBlock() {
    if (before == 0) {
      first = values[0];
    }
    int count = size - 1;
    if (count > 0) {
      writeBlock(count);
    }
    values[0] = values[count];
    before += count;
    size = 1;
  }

  private void writeBlock(int count) {
    long min = takeDeltas(count);
    int miniBlocks = (count + MINI_BLOCK - 1) / MINI_BLOCK;
    for (int i = 0; i < miniBlocks; i++) {
      int from = i * MINI_BLOCK;
      widths[i] = lower(from, Math.min(from + MINI_BLOCK, count), min);
    }
    int start = blocks.reserve(MAX_BLOCK_BYTES);
    byte[] target = blocks.array();
    int at = putVarLong(target, start, min << 1 ^ min >> 63);
    for (int i = 0; i < MINI_BLOCKS; i++) {
      target[at++] = (byte) widths[i];
    }
    for (int i = 0; i < miniBlocks; i++) {
      if (widths[i] > 0) {
        at = pack(deltas, i * MINI_BLOCK, widths[i], target, at);
      }
    }
    blocks.truncate(at);
  }

  /** Computes the block's deltas and returns the smallest. */
  private long takeDeltas(int count) {
    long min = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      long delta = (values[i + 1] - values[i]) << unusedBits >> unusedBits;
      deltas[i] = delta;
      min = Math.min(min, delta);
    }
    return min;
  }

  /** Makes deltas [from, to) unsigned by subtracting {@code min}; returns the widest's bits. */
  private int lower(int from, int to, long min) {
    long mask = -1L >>> unusedBits;
    long bits = 0;
    for (int i = from; i < to; i++) {
      long delta = (deltas[i] - min) & mask;
      deltas[i] = delta;
      bits |= delta;
    }
    return Long.SIZE - Long.numberOfLeadingZeros(bits);
  }

  /** Packs a mini block. The bytes after it, up to seven, are overwritten too. */
  private static int pack(long[] deltas, int from, int width, byte[] target, int start) {
    long mask = -1L >>> (Long.SIZE - width);
    long pending = 0;
    int pendingBits = 0;
    int at = start;
    for (int i = from; i < from + MINI_BLOCK; i++) {
      long delta = deltas[i] & mask;
      pending |= delta << pendingBits;
      pendingBits += width;
      if (pendingBits >= Long.SIZE) {
        RowLayout.putLong(target, at, pending);
        at += Long.BYTES;
        pendingBits -= Long.SIZE;
        pending = delta >>> 1 >>> (width - pendingBits - 1); // two shifts, as one may be of 64
      }
    }
    RowLayout.putLong(target, at, pending);
    return start + width * (MINI_BLOCK / Byte.SIZE);
  }

  private static int putVarLong(byte[] target, int start, long value) {
    int at = start;
    long rest = value;
    for (; rest >>> 7 != 0; rest >>>= 7) {
      target[at++] = (byte) (rest | 0x80);
    }
    target[at++] = (byte) rest;
    return at;
  }
}

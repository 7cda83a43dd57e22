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

import io.meru.version.Lineage;
import java.util.Arrays;

/**
 * The row ids that a file stores, by position. Immutable. They lie in blocks of {@value #BLOCK},
 * each id less the smallest of its block, in as many bits as the block's largest difference needs:
 * a block of 32-bit ids takes 4.1 bytes a row, one of ids that ascend with the keys one.
 */
final class StoredRowIds {
  /** Of a file that stores none. */
  static final StoredRowIds NONE = new StoredRowIds(new byte[0], new long[0], new long[0]);

  private static final int BLOCK_SHIFT = 7;
  private static final int BLOCK = 1 << BLOCK_SHIFT;
  private static final int WIDTH_BITS = 6;

  private final byte[] data;

  /** The smallest value of each block. A value is an id + 1, or 0 without one. */
  private final long[] bases;

  /** Where each block starts in {@code data}, and the width of its values in the lowest bits. */
  private final long[] blocks;

  private StoredRowIds(byte[] data, long[] bases, long[] blocks) {
    this.data = data;
    this.bases = bases;
    this.blocks = blocks;
  }

  /** The id stored at {@code position}, {@link Lineage#NONE} if there is none. */
  long get(int position) {
    if (bases.length == 0) {
      return Lineage.NONE;
    }
    int block = position >>> BLOCK_SHIFT;
    int width = (int) (blocks[block] & Bits.mask(WIDTH_BITS));
    long bit = (blocks[block] >>> WIDTH_BITS) * Byte.SIZE + (long) (position & (BLOCK - 1)) * width;
    return bases[block] + (Bits.get(data, bit) & Bits.mask(width)) - 1;
  }

  /** Heap bytes. */
  long memoryBytes() {
    return this == NONE ? 0 : data.length + 16L * bases.length + 72;
  }

  /** Takes the ids of one file in order of position. */
  static final class Builder {
    private final GrowingBytes data;
    private final long[] values = new long[BLOCK];
    private int size;
    private long[] bases = new long[8];
    private long[] blocks = new long[8];
    private int blockCount;
    private boolean isEmpty = true;

    /** Of at most {@code limitBytes}. */
    Builder(long limitBytes) {
      this.data = new GrowingBytes(limitBytes);
    }

    /**
     * Takes the next row's id, or {@link Lineage#NONE}.
     *
     * @throws IndexTooLargeException if the ids exceed their limit
     */
    void add(long id) {
      isEmpty &= id == Lineage.NONE;
      values[size++] = id + 1;
      if (size == BLOCK) {
        endBlock();
      }
    }

    /** Heap bytes of the ids so far. */
    long memoryBytes() {
      return data.size() + 16L * blockCount;
    }

    /** The ids; {@link #NONE} if there are none. */
    StoredRowIds build() {
      if (size > 0) {
        endBlock();
      }
      return isEmpty
          ? NONE
          : new StoredRowIds(
              data.trimmed(), Arrays.copyOf(bases, blockCount), Arrays.copyOf(blocks, blockCount));
    }

    private void endBlock() {
      long min = Long.MAX_VALUE;
      long max = 0;
      for (int i = 0; i < size; i++) {
        min = Math.min(min, values[i]);
        max = Math.max(max, values[i]);
      }
      int width = Bits.width(max - min);
      if (width > Bits.MAX_WIDTH) {
        throw new IllegalArgumentException(
            "Row ids are below 2^%d, but got %d".formatted(Bits.MAX_WIDTH, max - 1));
      }
      int start = data.reserve(Bits.bytes(size, width));
      for (int i = 0; i < size; i++) {
        Bits.put(data.array(), (long) start * Byte.SIZE + (long) i * width, values[i] - min);
      }
      if (blockCount == bases.length) {
        bases = Arrays.copyOf(bases, 2 * blockCount);
        blocks = Arrays.copyOf(blocks, 2 * blockCount);
      }
      bases[blockCount] = min;
      blocks[blockCount] = (long) start << WIDTH_BITS | width;
      blockCount++;
      size = 0;
    }
  }
}

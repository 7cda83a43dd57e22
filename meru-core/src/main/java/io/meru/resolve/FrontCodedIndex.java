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

import io.meru.key.SortedKeys;
import java.util.Arrays;

/**
 * Keys of any length, {@value #BLOCK_KEYS} to a block. A block holds its first key whole, as length
 * and bytes, and of each further key the number of bytes it shares with the one before, the length
 * of the rest, and the rest. Lengths are variable-length ints of seven bits a byte, the lowest
 * first.
 *
 * <p>Blocks are found by a fence each: eight bytes of the first key, taken behind what all keys
 * have in common, so that a constant beginning (of a composite key, of "customer-00017") costs the
 * fences nothing. Where fences are equal, the keys themselves are compared.
 */
final class FrontCodedIndex implements KeyIndex {
  static final int BLOCK_SHIFT = 3;
  static final int BLOCK_KEYS = 1 << BLOCK_SHIFT;

  private final int size;
  private final byte[] common;
  private final long[] fences;
  private final int[] starts;
  private final byte[] data;

  private FrontCodedIndex(int size, byte[] common, long[] fences, int[] starts, byte[] data) {
    this.size = size;
    this.common = common;
    this.fences = fences;
    this.starts = starts;
    this.data = data;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public long memoryBytes() {
    return data.length + common.length + 8L * fences.length + 4L * starts.length + 128;
  }

  @Override
  public void find(KeyBatch batch, int from, int to, int[] ranks) {
    SortedKeys keys = batch.keys();
    Search search = new Search();
    for (int place = from; place < to; place++) {
      int slot = batch.slot(place);
      int offset = keys.offset(slot);
      ranks[place - from] = search.find(keys.array(slot), offset, offset + keys.length(slot));
    }
  }

  @Override
  public KeyCursor cursor() {
    return new Cursor();
  }

  /** Reads what the blocks hold. */
  private class Reader {
    /** Read position, moved by {@link #readLength}. */
    int at;

    int readLength() {
      int value = data[at++];
      if (value >= 0) {
        return value;
      }
      value &= 0x7f;
      for (int shift = 7; ; shift += 7) {
        int next = data[at++];
        value |= (next & 0x7f) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }
  }

  /** Walks all keys. */
  private final class Cursor extends Reader implements KeyCursor {
    private byte[] key = new byte[64];
    private int length;
    private int rank = -1;

    @Override
    public boolean next() {
      rank++;
      if (rank >= size) {
        return false;
      }
      int shared = (rank & (BLOCK_KEYS - 1)) == 0 ? 0 : readLength();
      int rest = readLength();
      length = shared + rest;
      if (key.length < length) {
        key = Arrays.copyOf(key, Math.max(length, 2 * key.length));
      }
      System.arraycopy(data, at, key, shared, rest);
      at += rest;
      return true;
    }

    @Override
    public long prefix() {
      return Bits.ordered(key, 0, length);
    }

    @Override
    public byte[] array() {
      return key;
    }

    @Override
    public int length() {
      return length;
    }
  }

  /** Walks the file along ascending keys. */
  private final class Search extends Reader {
    private int block;

    int find(byte[] key, int from, int end) {
      if (!startsWithCommon(key, from, end)) {
        return ABSENT;
      }
      block = blockOf(key, from, end);
      int rank = rankInBlock(key, from, end);
      return rank < 0 ? ABSENT : (block << BLOCK_SHIFT) + rank;
    }

    private boolean startsWithCommon(byte[] key, int from, int end) {
      return end - from >= common.length
          && Arrays.equals(key, from, from + common.length, common, 0, common.length);
    }

    /** The last block from the present one on whose first key is not above the key. */
    private int blockOf(byte[] key, int from, int end) {
      long fence = Bits.ordered(key, from + common.length, end);
      int low = block;
      int step = 1;
      while (low + step < fences.length && startsAtOrBelow(low + step, fence, key, from, end)) {
        low += step;
        step <<= 1;
      }
      int high = Math.min(low + step, fences.length);
      while (low + 1 < high) {
        int middle = (low + high) >>> 1;
        if (startsAtOrBelow(middle, fence, key, from, end)) {
          low = middle;
        } else {
          high = middle;
        }
      }
      return low;
    }

    private boolean startsAtOrBelow(int candidate, long fence, byte[] key, int from, int end) {
      if (fences[candidate] != fence) {
        return fences[candidate] < fence;
      }
      at = starts[candidate];
      int length = readLength();
      return Arrays.compareUnsigned(data, at, at + length, key, from, end) <= 0;
    }

    /** The number of the key in the block; -1 if it isn't there. */
    private int rankInBlock(byte[] key, int from, int end) {
      at = starts[block];
      int length = readLength();
      int matched = matching(key, from, end, length);
      if (matched == length && matched == end - from) {
        return 0;
      }
      if (isAbove(key, from, end, matched, length)) {
        return -1;
      }
      at += length;
      int count = Math.min(BLOCK_KEYS, size - (block << BLOCK_SHIFT));
      // of the key stored last, which is below the searched one, `matched` bytes agree with it
      for (int i = 1; i < count; i++) {
        int shared = readLength();
        int rest = readLength();
        if (shared < matched) {
          return -1;
        }
        if (shared == matched) {
          int more = matching(key, from + shared, end, rest);
          matched += more;
          if (more == rest && matched == end - from) {
            return i;
          }
          if (isAbove(key, from + shared, end, more, rest)) {
            return -1;
          }
        }
        at += rest;
      }
      return -1;
    }

    /** How many of the {@code length} bytes here are the key's. */
    private int matching(byte[] key, int from, int end, int length) {
      int limit = Math.min(length, end - from);
      int mismatch = Arrays.mismatch(data, at, at + limit, key, from, from + limit);
      return mismatch < 0 ? limit : mismatch;
    }

    /** Whether the {@code length} bytes here, which agree in {@code matched}, are above the key. */
    private boolean isAbove(byte[] key, int from, int end, int matched, int length) {
      if (matched == length) {
        return false;
      }
      return matched == end - from || (data[at + matched] & 0xff) > (key[from + matched] & 0xff);
    }
  }

  /** Takes the keys by their bytes. */
  static final class Builder implements KeyIndex.Builder {
    /** A start and a fence. */
    private static final long BYTES_PER_BLOCK = 12;

    private final long limitBytes;
    private final GrowingBytes data;
    private int[] starts;
    private byte[] last = new byte[64];
    private int lastLength;
    private int size;

    Builder(long expectedKeys, long limitBytes) {
      int expectedBlocks = (int) Math.min(1 << 24, (expectedKeys >>> BLOCK_SHIFT) + 1);
      this.starts = new int[expectedBlocks];
      this.limitBytes = limitBytes;
      this.data = new GrowingBytes(limitBytes);
    }

    @Override
    public boolean add(long prefix, byte[] array, int offset, int length) {
      int shared = size == 0 ? 0 : sharedWithLast(array, offset, length);
      if (size > 0 && !isAboveLast(array, offset, length, shared)) {
        return false;
      }
      if ((size & (BLOCK_KEYS - 1)) == 0) {
        startBlock();
        shared = 0;
      } else {
        appendLength(shared);
      }
      appendLength(length - shared);
      data.append(array, offset + shared, length - shared);
      keepLast(array, offset, length);
      size++;
      return true;
    }

    @Override
    public long memoryBytes() {
      return data.size() + BYTES_PER_BLOCK * (size >>> BLOCK_SHIFT);
    }

    @Override
    public FrontCodedIndex build() {
      int count = (size + BLOCK_KEYS - 1) >>> BLOCK_SHIFT;
      byte[] common = common();
      long[] fences = new long[count];
      for (int i = 0; i < count; i++) {
        int from = firstKey(i);
        fences[i] = Bits.ordered(data.array(), from + common.length, from + firstLength(i));
      }
      return new FrontCodedIndex(
          size, common, fences, Arrays.copyOf(starts, count), data.trimmed());
    }

    private int sharedWithLast(byte[] array, int offset, int length) {
      int limit = Math.min(length, lastLength);
      int mismatch = Arrays.mismatch(array, offset, offset + limit, last, 0, limit);
      return mismatch < 0 ? limit : mismatch;
    }

    private boolean isAboveLast(byte[] array, int offset, int length, int shared) {
      if (shared == lastLength) {
        return length > lastLength;
      }
      return shared < length && (array[offset + shared] & 0xff) > (last[shared] & 0xff);
    }

    private void startBlock() {
      int number = size >>> BLOCK_SHIFT;
      if (data.size() + BYTES_PER_BLOCK * (number + 1) > limitBytes) {
        throw IndexTooLargeException.INSTANCE;
      }
      if (number == starts.length) {
        starts = Arrays.copyOf(starts, number + (number >> 1) + 1);
      }
      starts[number] = data.size();
    }

    private void appendLength(int length) {
      int rest = length;
      while (rest > 0x7f) {
        data.append(rest | 0x80);
        rest >>>= 7;
      }
      data.append(rest);
    }

    private void keepLast(byte[] array, int offset, int length) {
      if (last.length < length) {
        last = new byte[Math.max(length, 2 * last.length)];
      }
      System.arraycopy(array, offset, last, 0, length);
      lastLength = length;
    }

    /** What the first and the last key, and so all keys, begin with. */
    private byte[] common() {
      int from = firstKey(0);
      int shared = sharedWithLast(data.array(), from, firstLength(0));
      return Arrays.copyOfRange(data.array(), from, from + shared);
    }

    private int firstKey(int block) {
      int at = starts[block];
      while (data.array()[at] < 0) {
        at++;
      }
      return at + 1;
    }

    private int firstLength(int block) {
      int length = 0;
      int shift = 0;
      for (int at = starts[block]; ; at++, shift += 7) {
        int next = data.array()[at];
        length |= (next & 0x7f) << shift;
        if (next >= 0) {
          return length;
        }
      }
    }
  }
}

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

import java.util.Arrays;

/**
 * Keys that are eight bytes each, {@value #BLOCK_KEYS} to a block. Keys are held in signed order. A
 * block is stored as
 *
 * <ul>
 *   <li>its first key, the fence
 *   <li>a directory: the distance of a key from the fence, without its {@code lowBits} lowest bits,
 *       is the key's bucket; a byte per bucket holds the slot of the last key up to that bucket. A
 *       guard byte of -1 stands before it, so that a bucket's keys are those from {@code
 *       directory[bucket - 1] + 1} to {@code directory[bucket]}
 *   <li>the lowest bits of each distance, bit-packed
 * </ul>
 *
 * {@code lowBits} is chosen so that there are 64 to 128 buckets, which leaves a search two to four
 * keys to look at, wherever in the block it starts: nothing is decoded that is not compared. Keys
 * with random gaps of 2^g take about g + 4.5 bits.
 */
final class PackedLongIndex implements KeyIndex {
  static final int BLOCK_SHIFT = 8;
  static final int BLOCK_KEYS = 1 << BLOCK_SHIFT;

  /** Directory bits: a block has at most two to their power buckets. */
  private static final int BUCKET_BITS = 7;

  /** Where a directory stands whose bucket holds no slot: the bucket of keys outside a block. */
  private static final int NOWHERE = 0;

  /**
   * Keys that are taken through a search together, stage by stage. In a sparse batch nearly every
   * load misses the processor's caches; so the loads of one stage depend on no branch and wait for
   * memory all at once.
   */
  private static final int GROUP = 256;

  /** Longer buckets are searched in halves first. */
  private static final int LONG_BUCKET = 16;

  /** Keys of the file for each key searched for up to which both are walked side by side. */
  private static final int DENSE = 2;

  /** How many blocks a key must stand for before stepping through all of them is too slow. */
  private static final int GALLOP_BLOCKS = 4;

  private final int size;
  private final long[] fences;

  /** Per block: where its bytes start << 16 | last bucket << 8 | lowBits. */
  private final long[] blocks;

  private final byte[] data;

  private PackedLongIndex(int size, long[] fences, long[] blocks, byte[] data) {
    this.size = size;
    this.fences = fences;
    this.blocks = blocks;
    this.data = data;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public long memoryBytes() {
    return data.length + 8L * (fences.length + blocks.length) + 96;
  }

  @Override
  public void find(KeyBatch batch, int from, int to, int[] ranks) {
    if ((long) (to - from) * DENSE >= size) {
      merge(batch, from, to, ranks);
      return;
    }
    Group group = new Group();
    boolean gallops = (long) (to - from) * GALLOP_BLOCKS < fences.length;
    int block = 0;
    for (int start = from; start < to; start += GROUP) {
      group.take(batch, start, Math.min(GROUP, to - start));
      block = gallops ? group.gallopToBlocks(block) : group.stepToBlocks(block);
      group.findBuckets();
      group.loadSlots();
      group.loadFirstBits();
      group.findRanks(ranks, start - from);
    }
  }

  @Override
  public KeyCursor cursor() {
    return new Cursor();
  }

  /** Walks keys and file side by side; which of the two goes on is computed, not predicted. */
  private void merge(KeyBatch batch, int from, int to, int[] ranks) {
    long[] keys = new long[BLOCK_KEYS];
    long[] fileKeys = new long[BLOCK_KEYS];
    int block = -1;
    int slot = 0;
    int slots = 0;
    for (int start = from; start < to; start += BLOCK_KEYS) {
      int count = Math.min(BLOCK_KEYS, to - start);
      for (int i = 0; i < count; i++) {
        keys[i] = batch.prefix(start + i);
      }
      for (int i = 0; i < count; ) {
        if (slot == slots) {
          if (block + 1 == fences.length) {
            Arrays.fill(ranks, start + i - from, start + count - from, ABSENT);
            break;
          }
          block++;
          slot = 0;
          slots = unpack(block, fileKeys);
        }
        int first = block << BLOCK_SHIFT;
        int at = start - from;
        while (i < count && slot < slots) {
          long key = keys[i];
          long fileKey = fileKeys[slot];
          int isFileBelow = Bits.isLess(fileKey, key);
          int isKeyBelow = Bits.isLess(key, fileKey);
          // where both are alike, the rank, else ABSENT, to be set again if the file is below
          ranks[at + i] = (first + slot) | -(isFileBelow | isKeyBelow);
          i += 1 - isFileBelow;
          slot += 1 - isKeyBelow;
        }
      }
    }
  }

  /** Fills {@code keys} with those of a block and returns their number. */
  private int unpack(int block, long[] keys) {
    long info = blocks[block];
    int lowBits = (int) info & 0xff;
    int lastBucket = (int) (info >>> 8) & 0xff;
    int directory = (int) (info >>> 16);
    long at = (directory + lastBucket + 2L) << 3;
    long mask = Bits.mask(lowBits);
    int slot = 0;
    for (int bucket = 0; bucket <= lastBucket; bucket++) {
      long high = fences[block] + ((long) bucket << lowBits);
      int end = (data[directory + 1 + bucket] & 0xff) + 1;
      for (; slot < end; slot++) {
        keys[slot] = high + (Bits.get(data, at) & mask);
        at += lowBits;
      }
    }
    return slot;
  }

  /** Unpacks a block at a time. */
  private final class Cursor implements KeyCursor {
    private static final byte[] NO_BYTES = new byte[0];

    private final long[] keys = new long[BLOCK_KEYS];
    private int rank = -1;

    @Override
    public boolean next() {
      rank++;
      if (rank < size && (rank & (BLOCK_KEYS - 1)) == 0) {
        unpack(rank >>> BLOCK_SHIFT, keys);
      }
      return rank < size;
    }

    @Override
    public long prefix() {
      return keys[rank & (BLOCK_KEYS - 1)];
    }

    @Override
    public byte[] array() {
      return NO_BYTES;
    }

    @Override
    public int length() {
      return 0;
    }
  }

  /** Keys on their way through the stages. */
  private final class Group {
    private final long[] keys = new long[GROUP];
    private final int[] blockOf = new int[GROUP];

    /** Where the directory entry before the key's bucket stands. */
    private final int[] entries = new int[GROUP];

    // the slots of the key's bucket; none if last < first
    private final int[] firsts = new int[GROUP];
    private final int[] lasts = new int[GROUP];

    /** Where the low bits of the key's block start. */
    private final long[] bits = new long[GROUP];

    private final int[] widths = new int[GROUP];
    private final long[] lows = new long[GROUP];

    private int count;

    /** Keeps loads made ahead of their use from being optimised away. */
    @SuppressWarnings("UnusedVariable")
    private long loaded;

    void take(KeyBatch batch, int start, int count) {
      this.count = count;
      for (int i = 0; i < count; i++) {
        keys[i] = batch.prefix(start + i);
      }
    }

    /**
     * Finds each key's block, the last from {@code cursor} on whose fence is not above it, a block
     * or a key at a time. Whether the block or the key is next can't be predicted, so it is
     * computed.
     *
     * @return the last key's block
     */
    int stepToBlocks(int cursor) {
      int block = cursor;
      int lastBlock = fences.length - 1;
      for (int i = 0; i < count; ) {
        long fence = fences[Math.min(block + 1, lastBlock)];
        int stays = Bits.isLess(keys[i], fence) | ((lastBlock - 1 - block) >>> 31);
        blockOf[i] = block;
        block += 1 - stays;
        i += stays;
      }
      return block;
    }

    /** As {@link #stepToBlocks}, in leaps. */
    int gallopToBlocks(int cursor) {
      int block = cursor;
      for (int i = 0; i < count; i++) {
        block = gallop(keys[i], block);
        blockOf[i] = block;
      }
      return block;
    }

    void findBuckets() {
      for (int i = 0; i < count; i++) {
        int block = blockOf[i];
        // of a key below the file's first, this is above the distance of any key in the block
        long distance = keys[i] - fences[block];
        long info = blocks[block];
        int lowBits = (int) info & 0xff;
        int lastBucket = (int) (info >>> 8) & 0xff;
        int directory = (int) (info >>> 16);
        long bucket = distance >>> lowBits;
        boolean isInside = Long.compareUnsigned(bucket, lastBucket) <= 0;
        entries[i] = isInside ? directory + (int) bucket : NOWHERE;
        bits[i] = (directory + lastBucket + 2L) << 3;
        widths[i] = lowBits;
        lows[i] = distance & Bits.mask(lowBits);
      }
    }

    void loadSlots() {
      for (int i = 0; i < count; i++) {
        int entry = entries[i];
        firsts[i] = (data[entry] + 1) & 0xff;
        lasts[i] = data[entry + 1] & 0xff;
      }
    }

    /** Brings the low bits that {@link #findRanks} compares into the cache. */
    void loadFirstBits() {
      long sum = 0;
      for (int i = 0; i < count; i++) {
        sum += Bits.get(data, bits[i] + (long) firsts[i] * widths[i]);
      }
      loaded = sum;
    }

    void findRanks(int[] ranks, int at) {
      for (int i = 0; i < count; i++) {
        int slot = slotOf(lows[i], bits[i], widths[i], firsts[i], lasts[i]);
        ranks[at + i] = slot < 0 ? ABSENT : (blockOf[i] << BLOCK_SHIFT) + slot;
      }
    }
  }

  /** The last block from {@code cursor} on whose fence is not above {@code key}. */
  private int gallop(long key, int cursor) {
    int low = cursor;
    int step = 1;
    while (low + step < fences.length && fences[low + step] <= key) {
      low += step;
      step <<= 1;
    }
    int high = Math.min(low + step, fences.length);
    while (low + 1 < high) {
      int middle = (low + high) >>> 1;
      if (fences[middle] <= key) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The slot from {@code first} to {@code last} whose low bits are {@code low}; -1 if none. */
  private int slotOf(long low, long bits, int width, int first, int last) {
    long mask = Bits.mask(width);
    int slot = first;
    int end = last;
    while (end - slot >= LONG_BUCKET) {
      int middle = (slot + end) >>> 1;
      if (value(bits, middle, width, mask) < low) {
        slot = middle + 1;
      } else {
        end = middle;
      }
    }
    long at = bits + (long) slot * width;
    for (; slot <= end; slot++) {
      long value = Bits.get(data, at) & mask;
      if (value >= low) {
        return value == low ? slot : -1;
      }
      at += width;
    }
    return -1;
  }

  private long value(long bits, int slot, int width, long mask) {
    return Bits.get(data, bits + (long) slot * width) & mask;
  }

  /** Takes the keys by their prefixes. */
  static final class Builder implements KeyIndex.Builder {
    private final long limitBytes;
    private final GrowingBytes data;
    private final long[] block = new long[BLOCK_KEYS];
    private long[] fences;
    private long[] blocks;
    private int size;

    Builder(long expectedKeys, long limitBytes) {
      int expectedBlocks = (int) Math.min(1 << 22, (expectedKeys >>> BLOCK_SHIFT) + 1);
      this.limitBytes = limitBytes;
      this.data = new GrowingBytes(limitBytes);
      this.fences = new long[expectedBlocks];
      this.blocks = new long[expectedBlocks];
      // two entries of 0: slots from 1 to 0
      data.reserve(2);
    }

    @Override
    public boolean add(long prefix, byte[] array, int offset, int length) {
      return add(prefix);
    }

    boolean add(long key) {
      int slot = size & (BLOCK_KEYS - 1);
      if (size > 0 && key <= block[(slot - 1) & (BLOCK_KEYS - 1)]) {
        return false;
      }
      if (slot == 0 && size > 0) {
        writeBlock(BLOCK_KEYS);
      }
      block[slot] = key;
      size++;
      return true;
    }

    @Override
    public long memoryBytes() {
      return data.size() + 16L * (size >>> BLOCK_SHIFT);
    }

    @Override
    public PackedLongIndex build() {
      writeBlock(((size - 1) & (BLOCK_KEYS - 1)) + 1);
      int count = (size + BLOCK_KEYS - 1) >>> BLOCK_SHIFT;
      return new PackedLongIndex(
          size, Arrays.copyOf(fences, count), Arrays.copyOf(blocks, count), data.trimmed());
    }

    /** Writes the pending block, whose last key is the last one added. */
    private void writeBlock(int count) {
      int number = (size - 1) >>> BLOCK_SHIFT;
      if (number == fences.length) {
        grow();
      }
      fences[number] = block[0];
      long span = block[count - 1] - block[0];
      blocks[number] = writeKeys(count, span);
    }

    private long writeKeys(int count, long span) {
      int lowBits = Math.max(0, Bits.width(span) - BUCKET_BITS);
      int lastBucket = (int) (span >>> lowBits);
      int directory = data.reserve(lastBucket + 2 + Bits.bytes(count, lowBits));
      byte[] bytes = data.array();
      bytes[directory] = -1;
      long bits = (directory + lastBucket + 2L) << 3;
      int bucket = 0;
      for (int i = 0; i < count; i++) {
        long distance = block[i] - block[0];
        for (; bucket < distance >>> lowBits; bucket++) {
          bytes[directory + 1 + bucket] = (byte) (i - 1);
        }
        Bits.put(bytes, bits + (long) i * lowBits, distance & Bits.mask(lowBits));
      }
      bytes[directory + 1 + lastBucket] = (byte) (count - 1);
      return (long) directory << 16 | lastBucket << 8 | lowBits;
    }

    private void grow() {
      int grown = fences.length + (fences.length >> 1) + 1;
      if (data.size() + 16L * grown > limitBytes) {
        throw IndexTooLargeException.INSTANCE;
      }
      fences = Arrays.copyOf(fences, grown);
      blocks = Arrays.copyOf(blocks, grown);
    }
  }
}

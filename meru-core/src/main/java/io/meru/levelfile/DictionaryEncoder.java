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
import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.BytesUtils;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.statistics.IntStatistics;
import org.apache.parquet.column.statistics.LongStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridEncoder;

/**
 * Encodes the values of one column chunk by a dictionary of its distinct values, as long as these
 * are few. One per column chunk.
 */
final class DictionaryEncoder {
  private static final int MAX_ENTRIES = 1 << 15;
  private static final int MAX_BYTES = 1 << 19;
  private static final int FIRST_TABLE = 1 << 8;
  private static final int SLAB_BYTES = 1 << 12;
  private static final int MAX_SLAB_BYTES = 1 << 16;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  /** How values lie in the rows, and in the dictionary. */
  enum Kind {
    INT,
    LONG,
    BYTES,
    FIXED;

    /** Whether slots point to byte strings instead of holding the values. */
    boolean isOfBytes() {
      return this == BYTES || this == FIXED;
    }
  }

  private final Kind kind;
  private final int fixedLength;
  private final BytesBounds bounds = new BytesBounds();

  private int[] table = new int[FIRST_TABLE]; // entry + 1, or 0
  private int entries;
  private long[] longs = new long[FIRST_TABLE]; // the values, or the hashes of byte strings
  private int[] ends = new int[FIRST_TABLE]; // of byte strings in bytes
  private int[] lastPages = new int[FIRST_TABLE]; // with the byte string in them
  private int page = 1;
  private byte[] bytes = new byte[0];
  private int[] ids = new int[0]; // of the page
  private int idCount;
  private long min;
  private long max;

  private boolean full;
  private boolean used;

  /**
   * A dictionary without entries.
   *
   * @param fixedLength length of the values of kind FIXED
   */
  DictionaryEncoder(Kind kind, int fixedLength) {
    this.kind = kind;
    this.fixedLength = fixedLength;
  }

  /** Whether further pages are to be encoded otherwise. */
  boolean isFull() {
    return full;
  }

  /** Whether a page needs the dictionary. */
  boolean isUsed() {
    return used;
  }

  /**
   * Adds values [from, to) to the page.
   *
   * @return false when the dictionary has become too large: these values and all further ones are
   *     to be encoded otherwise, on another page
   */
  boolean append(LeafBatch batch, int from, int to) {
    int needed = idCount + to - from;
    if (ids.length < needed) {
      ids = Arrays.copyOf(ids, Math.max(needed, 2 * ids.length));
    }
    boolean fits = kind.isOfBytes() ? lookUpBytes(batch, from, to) : lookUpLongs(batch, from, to);
    full = !fits;
    idCount += fits ? to - from : 0;
    return fits;
  }

  /** Adds values [from, to) of {@code newIds}, which are ids that {@link #idOf} gave. */
  void appendIds(int[] newIds, int from, int to) {
    int needed = idCount + to - from;
    if (ids.length < needed) {
      ids = Arrays.copyOf(ids, Math.max(needed, 2 * ids.length));
    }
    boolean ofBytes = kind.isOfBytes();
    for (int i = from; i < to; i++) {
      int id = newIds[i];
      ids[idCount++] = id;
      if (lastPages[id] != page) {
        lastPages[id] = page;
        if (ofBytes) {
          int start = id == 0 ? 0 : ends[id - 1];
          bounds.add(bytes, start, ends[id] - start);
        } else {
          min = Math.min(min, longs[id]);
          max = Math.max(max, longs[id]);
        }
      }
    }
  }

  /** The id of the byte string that the slot at {@code slot} of {@code array} points to. */
  int idOfSlot(byte[] array, int slot) {
    long pointer = RowLayout.getLong(array, slot);
    return idOf(array, RowLayout.offset(pointer), RowLayout.length(pointer));
  }

  /** Ends the page; {@code statistics} get its bounds. */
  BytesInput finish(Statistics<?> statistics) throws IOException {
    used = true;
    if (kind.isOfBytes()) {
      bounds.writeTo(statistics);
    } else if (min <= max) {
      setMinMax(statistics);
    }
    return encodeIds();
  }

  /** Starts a page. */
  void reset() {
    idCount = 0;
    page++;
    min = Long.MAX_VALUE;
    max = Long.MIN_VALUE;
    bounds.reset();
  }

  /** The dictionary of all pages encoded. */
  DictionaryPage page() {
    BytesInput content = kind == Kind.BYTES ? lengthsAndBytes() : fixedWidth();
    return new DictionaryPage(content, entries, Encoding.PLAIN);
  }

  private BytesInput encodeIds() throws IOException {
    int width = BytesUtils.getWidthFromMaxInt(Math.max(0, entries - 1));
    try (RunLengthBitPackingHybridEncoder encoder =
        new RunLengthBitPackingHybridEncoder(
            width, SLAB_BYTES, MAX_SLAB_BYTES, HeapByteBufferAllocator.getInstance())) {
      for (int i = 0; i < idCount; i++) {
        encoder.writeInt(ids[i]);
      }
      byte[] encoded = encoder.toBytes().toByteArray();
      return BytesInput.concat(
          BytesInput.from(new byte[] {(byte) width}), BytesInput.from(encoded));
    }
  }

  private boolean lookUpLongs(LeafBatch batch, int from, int to) {
    byte[][] arrays = batch.arrays();
    int[] slots = batch.slots();
    int slotDelta = batch.slotDelta();
    long newMin = min;
    long newMax = max;
    for (int i = from, at = idCount; i < to; i++, at++) {
      long value = RowLayout.getLong(arrays[i], slots[i] + slotDelta);
      int id = idOf(value);
      if (id < 0) {
        return false;
      }
      ids[at] = id;
      newMin = Math.min(newMin, value);
      newMax = Math.max(newMax, value);
    }
    min = newMin;
    max = newMax;
    return true;
  }

  private void setMinMax(Statistics<?> statistics) {
    if (kind == Kind.INT) {
      ((IntStatistics) statistics).setMinMax((int) min, (int) max);
    } else {
      ((LongStatistics) statistics).setMinMax(min, max);
    }
  }

  private boolean lookUpBytes(LeafBatch batch, int from, int to) {
    byte[][] arrays = batch.arrays();
    int[] slots = batch.slots();
    int[] regions = batch.regions();
    int slotDelta = batch.slotDelta();
    for (int i = from, at = idCount; i < to; i++, at++) {
      byte[] array = arrays[i];
      long slot = RowLayout.getLong(array, slots[i] + slotDelta);
      int offset = regions[i] + RowLayout.offset(slot);
      int length = RowLayout.length(slot);
      int id = idOf(array, offset, length);
      if (id < 0) {
        return false; // the page's bounds may have become too wide, which does no harm
      }
      ids[at] = id;
      if (lastPages[id] != page) {
        lastPages[id] = page;
        bounds.add(array, offset, length);
      }
    }
    return true;
  }

  /** The id of {@code value}, which gets one if need be; negative when there is no room. */
  int idOf(long value) {
    int mask = table.length - 1;
    int at = slotOf(value * MIX, mask);
    while (table[at] != 0) {
      if (longs[table[at] - 1] == value) {
        return table[at] - 1;
      }
      at = (at + 1) & mask;
    }
    return addEntry(at, value) ? entries - 1 : -1;
  }

  private int idOf(byte[] array, int offset, int length) {
    long hash = hash(array, offset, length);
    int mask = table.length - 1;
    int at = slotOf(hash, mask);
    while (table[at] != 0) {
      int entry = table[at] - 1;
      if (longs[entry] == hash && isEntry(entry, array, offset, length)) {
        return entry;
      }
      at = (at + 1) & mask;
    }
    int start = entries == 0 ? 0 : ends[entries - 1];
    boolean wrongLength = kind == Kind.FIXED && length != fixedLength; // the next encoder says so
    if (wrongLength || (long) start + length > MAX_BYTES || !addEntry(at, hash)) {
      return -1;
    }
    addBytes(start, array, offset, length);
    return entries - 1;
  }

  private boolean addEntry(int at, long valueOrHash) {
    if (entries == MAX_ENTRIES) {
      return false;
    }
    if (entries == longs.length) {
      longs = Arrays.copyOf(longs, 2 * entries);
      ends = Arrays.copyOf(ends, 2 * entries);
      lastPages = Arrays.copyOf(lastPages, 2 * entries);
    }
    longs[entries] = valueOrHash;
    entries++;
    table[at] = entries;
    if (2 * entries > table.length) {
      growTable();
    }
    return true;
  }

  private void growTable() {
    table = new int[2 * table.length];
    int mask = table.length - 1;
    boolean hashed = kind.isOfBytes();
    for (int entry = 0; entry < entries; entry++) {
      int at = slotOf(hashed ? longs[entry] : longs[entry] * MIX, mask);
      while (table[at] != 0) {
        at = (at + 1) & mask;
      }
      table[at] = entry + 1;
    }
  }

  private void addBytes(int start, byte[] array, int offset, int length) {
    if (bytes.length < start + length) {
      bytes = Arrays.copyOf(bytes, Math.max(start + length, 2 * bytes.length));
    }
    System.arraycopy(array, offset, bytes, start, length);
    ends[entries - 1] = start + length;
  }

  /**
   * Whether the entry has these bytes. Compared by words, the last two of which overlap: most
   * values are short, and a call to Arrays.equals costs more than that.
   */
  private boolean isEntry(int entry, byte[] array, int offset, int length) {
    int start = entry == 0 ? 0 : ends[entry - 1];
    if (ends[entry] - start != length) {
      return false;
    }
    int last = length - Long.BYTES;
    if (last < 0) {
      return rest(bytes, start, start + length) == rest(array, offset, offset + length);
    }
    for (int i = 0; i < last; i += Long.BYTES) {
      if (RowLayout.getLong(bytes, start + i) != RowLayout.getLong(array, offset + i)) {
        return false;
      }
    }
    return RowLayout.getLong(bytes, start + last) == RowLayout.getLong(array, offset + last);
  }

  private static int slotOf(long hash, int mask) {
    return (int) (hash >>> 40) & mask;
  }

  static long hash(byte[] array, int offset, int length) {
    long hash = length * MIX;
    int at = offset;
    int end = offset + length;
    for (; at + Long.BYTES <= end; at += Long.BYTES) {
      hash = Long.rotateLeft((hash ^ RowLayout.getLong(array, at)) * MIX, 29);
    }
    if (at < end) {
      hash = Long.rotateLeft((hash ^ rest(array, at, end)) * MIX, 29);
    }
    return hash * MIX;
  }

  /** The up to seven bytes before {@code end}, in one load where the array goes on. */
  private static long rest(byte[] array, int at, int end) {
    if (at + Long.BYTES <= array.length) {
      return RowLayout.getLong(array, at) & ((1L << ((end - at) << 3)) - 1);
    }
    long rest = 0;
    for (int i = end - 1; i >= at; i--) {
      rest = rest << Byte.SIZE | (array[i] & 0xff);
    }
    return rest;
  }

  private BytesInput lengthsAndBytes() {
    byte[] content = new byte[bytes(entries) + Integer.BYTES * entries];
    int at = 0;
    for (int entry = 0, start = 0; entry < entries; start = ends[entry], entry++) {
      int length = ends[entry] - start;
      putIntLittleEndian(content, at, length);
      System.arraycopy(bytes, start, content, at + Integer.BYTES, length);
      at += Integer.BYTES + length;
    }
    return BytesInput.from(content);
  }

  private BytesInput fixedWidth() {
    if (kind == Kind.FIXED) {
      return BytesInput.from(bytes, 0, bytes(entries));
    }
    int width = kind == Kind.INT ? Integer.BYTES : Long.BYTES;
    byte[] content = new byte[width * entries];
    for (int entry = 0; entry < entries; entry++) {
      if (kind == Kind.INT) {
        putIntLittleEndian(content, entry * width, (int) longs[entry]);
      } else {
        RowLayout.putLong(content, entry * width, longs[entry]);
      }
    }
    return BytesInput.from(content);
  }

  private int bytes(int count) {
    return count == 0 ? 0 : ends[count - 1];
  }

  private static void putIntLittleEndian(byte[] target, int at, int value) {
    for (int i = 0; i < Integer.BYTES; i++) {
      target[at + i] = (byte) (value >>> (8 * i));
    }
  }
}

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
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * Decodes the values of whole pages of one leaf column, in loops over one type. Encodings that
 * level files do not have, and few other files, go through parquet-java's readers.
 */
final class LeafValues {
  private final ColumnPages pages;
  private final ColumnDescriptor column;
  private final PrimitiveTypeName physical;

  private int dictionaryGroup = -1;
  private LeafDictionary dictionary = LeafDictionary.ofLongs();
  private int[] ids = new int[0];
  private long[] lengths = new long[0];
  private long[] suffixLengths = new long[0];

  LeafValues(ColumnPages pages, ColumnDescriptor column) {
    this.pages = pages;
    this.column = column;
    this.physical = column.getPrimitiveType().getPrimitiveTypeName();
  }

  /** Forgets the dictionary. */
  void release() {
    dictionaryGroup = -1;
    dictionary = LeafDictionary.ofLongs();
    ids = new int[0];
  }

  /** Decodes the page at hand, of numbers or booleans. */
  void longs(long[] target) throws IOException {
    int count = pages.pageValues();
    Encoding encoding = pages.encoding();
    if (count == 0) {
      return;
    }
    if (encoding.usesDictionary()) {
      loadDictionary();
      int[] pageIds = ids(count);
      long[] values = dictionary.longs;
      for (int i = 0; i < count; i++) {
        target[i] = values[pageIds[i]];
      }
    } else if (encoding == Encoding.DELTA_BINARY_PACKED) {
      DeltaDecoder deltas = new DeltaDecoder(pages.plain(), pages.valuesAt(), pages.valuesEnd());
      if (physical == PrimitiveTypeName.INT32) {
        deltas.ints(target, count);
      } else {
        deltas.longs(target, count);
      }
    } else if (encoding == Encoding.PLAIN) {
      plainLongs(pages.plain(), pages.valuesAt(), pages.valuesEnd(), count, target);
    } else {
      ValuesReader values = reader(encoding);
      for (int i = 0; i < count; i++) {
        target[i] = nextLong(values);
      }
    }
  }

  /** Decodes the page at hand, of byte strings; those in the page's own array are not copied. */
  void bytes(LeafPage target) throws IOException {
    int count = pages.pageValues();
    int[] slots = target.slots(count);
    Encoding encoding = pages.encoding();
    if (count == 0) {
      return;
    }
    if (encoding.usesDictionary()) {
      loadDictionary();
      int[] pageIds = ids(count);
      target.array = dictionary.array;
      int slotsAt = dictionary.slotsAt;
      for (int i = 0; i < count; i++) {
        slots[i] = slotsAt + (pageIds[i] << 3);
      }
      return;
    }
    byte[] array = pages.plain();
    int end = pages.valuesEnd();
    if (encoding == Encoding.PLAIN) {
      plainBytes(array, pages.valuesAt(), end, count, end);
    } else if (encoding == Encoding.DELTA_LENGTH_BYTE_ARRAY) {
      lengthsAndBytes(array, end, count);
    } else if (encoding == Encoding.DELTA_BYTE_ARRAY) {
      array = prefixesAndSuffixes(array, end, count);
      end = array.length - PageScratch.PADDING - (count << 3);
    } else {
      array = copied(reader(encoding), count);
      end = array.length - PageScratch.PADDING - (count << 3);
    }
    target.array = array;
    for (int i = 0, slot = end; i < count; i++, slot += Long.BYTES) {
      slots[i] = slot;
    }
  }

  /** Hands over the ids of the page that has been decoded, if it has any. */
  void takeIds(LeafPage target) {
    if (pages.encoding().usesDictionary() && target.values > 0) {
      System.arraycopy(ids, 0, target.ids(target.values), 0, target.values);
      target.dictionary = dictionary;
    }
  }

  private void plainLongs(byte[] bytes, int at, int end, int count, long[] target)
      throws IOException {
    long needed =
        switch (physical) {
          case BOOLEAN -> (count + 7) >>> 3;
          case INT32, FLOAT -> (long) count << 2;
          default -> (long) count << 3;
        };
    if (needed > end - at) {
      throw new IOException("It ends before its %d values".formatted(count));
    }
    switch (physical) {
      case BOOLEAN -> {
        for (int i = 0; i < count; i++) {
          target[i] = ((long) bytes[at + (i >>> 3)] >>> (i & 7)) & 1;
        }
      }
      case INT32, FLOAT -> {
        for (int i = 0; i < count; i++) {
          target[i] = (int) RowLayout.getLong(bytes, at + (i << 2));
        }
      }
      case INT64, DOUBLE -> {
        for (int i = 0; i < count; i++) {
          target[i] = RowLayout.getLong(bytes, at + (i << 3));
        }
      }
      default -> throw new IllegalStateException("No number: " + physical);
    }
  }

  private long nextLong(ValuesReader values) {
    return switch (physical) {
      case BOOLEAN -> values.readBoolean() ? 1 : 0;
      case INT32 -> values.readInteger();
      case INT64 -> values.readLong();
      case FLOAT -> Float.floatToRawIntBits(values.readFloat());
      case DOUBLE -> Double.doubleToRawLongBits(values.readDouble());
      default -> throw new IllegalStateException("No number: " + physical);
    };
  }

  /** Writes the slots of PLAIN byte strings to {@code slotsAt} of their array. */
  private void plainBytes(byte[] bytes, int start, int end, int count, int slotsAt)
      throws IOException {
    boolean fixed = physical == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
    int at = start;
    for (int i = 0, slot = slotsAt; i < count; i++, slot += Long.BYTES) {
      int length = column.getPrimitiveType().getTypeLength();
      if (!fixed) {
        length = at + Integer.BYTES > end ? -1 : (int) RowLayout.getLong(bytes, at);
        at += Integer.BYTES;
      }
      if (length < 0 || length > end - at) {
        throw new IOException("Value %d has %d bytes".formatted(i, length));
      }
      // slots are written behind the values, so that none is overwritten before it is read
      RowLayout.putLong(bytes, slot, RowLayout.pointer(at, length));
      at += length;
    }
  }

  private void lengthsAndBytes(byte[] bytes, int end, int count) throws IOException {
    lengths = room(lengths, count);
    DeltaDecoder deltas = new DeltaDecoder(bytes, pages.valuesAt(), end);
    deltas.ints(lengths, count);
    long at = deltas.at();
    for (int i = 0, slot = end; i < count; i++, slot += Long.BYTES) {
      long length = lengths[i];
      if (length < 0 || length > end - at) {
        throw new IOException("Value %d has %d bytes".formatted(i, length));
      }
      RowLayout.putLong(bytes, slot, at << 32 | length);
      at += length;
    }
  }

  private byte[] prefixesAndSuffixes(byte[] bytes, int end, int count) throws IOException {
    lengths = room(lengths, count);
    suffixLengths = room(suffixLengths, count);
    DeltaDecoder prefixes = new DeltaDecoder(bytes, pages.valuesAt(), end);
    prefixes.ints(lengths, count);
    DeltaDecoder suffixes = new DeltaDecoder(bytes, prefixes.at(), end);
    suffixes.ints(suffixLengths, count);
    long total = 0;
    for (int i = 0; i < count; i++) {
      total += lengths[i] + suffixLengths[i];
    }
    byte[] array = newArray(total, count);
    int slot = Math.toIntExact(total);
    int from = suffixes.at();
    int previous = 0;
    int previousLength = 0;
    int at = 0;
    for (int i = 0; i < count; i++, slot += Long.BYTES) {
      int prefix = (int) lengths[i];
      int suffix = (int) suffixLengths[i];
      if (prefix < 0 || prefix > previousLength || suffix < 0 || suffix > end - from) {
        throw new IOException("Value %d shares %d bytes and has %d".formatted(i, prefix, suffix));
      }
      System.arraycopy(array, previous, array, at, prefix);
      System.arraycopy(bytes, from, array, at + prefix, suffix);
      RowLayout.putLong(array, slot, RowLayout.pointer(at, prefix + suffix));
      previous = at;
      previousLength = prefix + suffix;
      at += previousLength;
      from += suffix;
    }
    return array;
  }

  private static byte[] copied(ValuesReader values, int count) {
    byte[][] copies = new byte[count][];
    long total = 0;
    for (int i = 0; i < count; i++) {
      copies[i] = values.readBytes().getBytes();
      total += copies[i].length;
    }
    byte[] array = newArray(total, count);
    int slot = (int) total;
    int at = 0;
    for (int i = 0; i < count; i++, slot += Long.BYTES) {
      System.arraycopy(copies[i], 0, array, at, copies[i].length);
      RowLayout.putLong(array, slot, RowLayout.pointer(at, copies[i].length));
      at += copies[i].length;
    }
    return array;
  }

  private static byte[] newArray(long contentBytes, int slots) {
    return new byte[Math.toIntExact(contentBytes + ((long) slots << 3) + PageScratch.PADDING)];
  }

  private ValuesReader reader(Encoding encoding) throws IOException {
    ValuesReader values = encoding.getValuesReader(column, ValuesType.VALUES);
    int at = pages.valuesAt();
    values.initFromPage(
        pages.pageValues(),
        ByteBufferInputStream.wrap(ByteBuffer.wrap(pages.plain(), at, pages.valuesEnd() - at)));
    return values;
  }

  private int[] ids(int count) throws IOException {
    if (ids.length < count) {
      ids = new int[count];
    }
    byte[] bytes = pages.plain();
    int at = pages.valuesAt();
    int width = at < pages.valuesEnd() ? bytes[at] : -1;
    if (width < 0 || width > Integer.SIZE) {
      throw new IOException("Its dictionary's ids have %d bits".formatted(width));
    }
    RleDecoder.decode(bytes, at + 1, pages.valuesEnd(), width, count, ids);
    for (int i = 0; i < count; i++) {
      if (Integer.compareUnsigned(ids[i], dictionary.size()) >= 0) {
        throw new IOException(
            "Id %d of a dictionary of %d values"
                .formatted(Integer.toUnsignedLong(ids[i]), dictionary.size()));
      }
    }
    return ids;
  }

  private void loadDictionary() throws IOException {
    if (dictionaryGroup == pages.group()) {
      return;
    }
    ColumnPages.DictionaryBytes page = pages.dictionary();
    int size = page.count();
    switch (physical) {
      case BINARY, FIXED_LEN_BYTE_ARRAY -> {
        int slotsAt = page.length();
        byte[] array =
            Arrays.copyOf(
                page.bytes(), Math.toIntExact(slotsAt + ((long) size << 3) + PageScratch.PADDING));
        plainBytes(array, 0, slotsAt, size, slotsAt);
        dictionary = LeafDictionary.ofBytes(array, slotsAt, size);
      }
      default -> {
        long[] longs = new long[size];
        Dictionary values =
            Encoding.PLAIN.initDictionary(
                column,
                new DictionaryPage(
                    BytesInput.from(page.bytes(), 0, page.length()), size, Encoding.PLAIN));
        for (int i = 0; i < size; i++) {
          longs[i] = decode(values, i);
        }
        dictionary = LeafDictionary.ofLongs(longs);
      }
    }
    dictionaryGroup = pages.group();
  }

  private long decode(Dictionary values, int id) {
    return switch (physical) {
      case BOOLEAN -> values.decodeToBoolean(id) ? 1 : 0;
      case INT32 -> values.decodeToInt(id);
      case INT64 -> values.decodeToLong(id);
      case FLOAT -> Float.floatToRawIntBits(values.decodeToFloat(id));
      case DOUBLE -> Double.doubleToRawLongBits(values.decodeToDouble(id));
      default -> throw new IllegalStateException("No number: " + physical);
    };
  }

  private static long[] room(long[] array, int count) {
    return array.length < count ? new long[count] : array;
  }
}

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

package io.meru.key;

import io.meru.row.ByteBuilder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sorted user keys that own their bytes, with a serialized form. Immutable.
 *
 * <p>The serialized form, all numbers unsigned varints (seven bits a byte, the lowest first, the
 * high bit set on all bytes but the last):
 *
 * <pre>
 *   count
 *   total bytes of the keys
 *   per key, ascending:
 *     shared     number of leading bytes that it has in common with the key before it
 *     rest       number of bytes that follow
 *     bytes      the rest of the key
 * </pre>
 */
public final class KeyList implements SortedKeys {
  /** No key. */
  public static final KeyList EMPTY = new KeyList(new byte[0], new int[1]);

  private final byte[] bytes;

  /** Key {@code i} is {@code [offsets[i], offsets[i + 1])}. */
  private final int[] offsets;

  private KeyList(byte[] bytes, int[] offsets) {
    this.bytes = bytes;
    this.offsets = offsets;
  }

  /**
   * Copies {@code keys}.
   *
   * @throws IllegalArgumentException if they aren't in ascending order, or exceed 2 GiB
   */
  public static KeyList copyOf(SortedKeys keys) {
    if (keys.size() == 0) {
      return EMPTY;
    }
    KeyList copy = withRoom(keys.size(), totalBytes(keys));
    for (int i = 0; i < keys.size(); i++) {
      int at = copy.offsets[i];
      System.arraycopy(keys.array(i), keys.offset(i), copy.bytes, at, keys.length(i));
      copy.offsets[i + 1] = at + keys.length(i);
      copy.requireAscending(i);
    }
    return copy;
  }

  /** The union of {@code lists}: every key of theirs, once. */
  public static KeyList merge(List<KeyList> lists) {
    if (lists.isEmpty()) {
      return EMPTY;
    }
    if (lists.size() == 1) {
      return lists.get(0);
    }
    int half = lists.size() / 2;
    return union(merge(lists.subList(0, half)), merge(lists.subList(half, lists.size())));
  }

  private static KeyList union(KeyList left, KeyList right) {
    long totalBytes = (long) left.bytes.length + right.bytes.length;
    if (totalBytes > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "Cannot list keys of %d bytes: a list holds 2 GiB at most".formatted(totalBytes));
    }
    ByteBuilder merged = new ByteBuilder((int) totalBytes);
    int[] ends = new int[left.size() + right.size() + 1];
    int count = 0;
    int l = 0;
    int r = 0;
    while (l < left.size() || r < right.size()) {
      int order = l == left.size() ? 1 : r == right.size() ? -1 : left.compare(l, right, r);
      KeyList source = order <= 0 ? left : right;
      int i = order <= 0 ? l : r;
      merged.append(source.bytes, source.offsets[i], source.length(i));
      ends[++count] = merged.size();
      l += order <= 0 ? 1 : 0;
      r += order >= 0 ? 1 : 0;
    }
    return new KeyList(
        Arrays.copyOf(merged.array(), merged.size()), Arrays.copyOf(ends, count + 1));
  }

  private int compare(int i, KeyList other, int j) {
    return Arrays.compareUnsigned(
        bytes, offsets[i], offsets[i + 1], other.bytes, other.offsets[j], other.offsets[j + 1]);
  }

  private static KeyList withRoom(int count, int totalBytes) {
    return new KeyList(new byte[totalBytes], new int[count + 1]);
  }

  private static int totalBytes(SortedKeys keys) {
    long total = 0;
    for (int i = 0; i < keys.size(); i++) {
      total += keys.length(i);
    }
    if (total > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "Cannot list %d keys of %d bytes: a list holds 2 GiB at most"
              .formatted(keys.size(), total));
    }
    return (int) total;
  }

  private void requireAscending(int i) {
    if (i > 0
        && Arrays.compareUnsigned(
                bytes, offsets[i - 1], offsets[i], bytes, offsets[i], offsets[i + 1])
            >= 0) {
      throw new IllegalArgumentException(
          "Keys must be ascending, each once, but key %d of %d is not above the one before it"
              .formatted(i, size()));
    }
  }

  /** The serialized form, as the class comment lays it out. */
  public byte[] serialize() {
    ByteBuilder target = new ByteBuilder(8 + size() * 4);
    appendVarint(target, size());
    appendVarint(target, bytes.length);
    for (int i = 0; i < size(); i++) {
      int shared = shared(i);
      int rest = length(i) - shared;
      appendVarint(target, shared);
      appendVarint(target, rest);
      target.append(bytes, offsets[i] + shared, rest);
    }
    return Arrays.copyOf(target.array(), target.size());
  }

  private int shared(int i) {
    if (i == 0) {
      return 0;
    }
    int mismatch =
        Arrays.mismatch(bytes, offsets[i - 1], offsets[i], bytes, offsets[i], offsets[i + 1]);
    return mismatch; // never -1: no two keys are equal
  }

  private static void appendVarint(ByteBuilder target, int value) {
    int rest = value;
    while (rest > 0x7F) {
      target.append((byte) (rest | 0x80));
      rest >>>= 7;
    }
    target.append((byte) rest);
  }

  /**
   * Reads what {@link #serialize} wrote.
   *
   * @throws IllegalArgumentException if the bytes are no key list; says where
   */
  public static KeyList deserialize(byte[] bytes) {
    return new Reader(bytes).read();
  }

  @Override
  public int size() {
    return offsets.length - 1;
  }

  @Override
  public long prefix(int i) {
    return SortedKeys.prefixOf(bytes, offsets[i], length(i));
  }

  @Override
  public byte[] array(int i) {
    return bytes;
  }

  @Override
  public int offset(int i) {
    return offsets[i];
  }

  @Override
  public int length(int i) {
    return offsets[i + 1] - offsets[i];
  }

  /** Heap bytes held. */
  public long memoryBytes() {
    return bytes.length + (long) Integer.BYTES * offsets.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyList that
        && Arrays.equals(offsets, that.offsets)
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(offsets) + Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "KeyList(%d keys, %d bytes)".formatted(size(), bytes.length);
  }

  /** Reads one serialized list and trusts none of its numbers. */
  private static final class Reader {
    private final byte[] source;
    private int at;

    Reader(byte[] source) {
      this.source = source;
    }

    KeyList read() {
      // each key takes two bytes at least, and repeats at most what came before it
      int count = readVarint("count", (source.length - at) / 2);
      int totalBytes = readVarint("total", Integer.MAX_VALUE - 8);
      if (count == 0 && totalBytes == 0) {
        requireEnd();
        return EMPTY;
      }
      requireTotal(totalBytes);
      KeyList keys = withRoom(count, totalBytes);
      for (int i = 0; i < count; i++) {
        readKey(keys, i);
      }
      if (keys.offsets[count] != totalBytes) {
        throw malformed(
            "keys of %d bytes instead of %d".formatted(keys.offsets[count], totalBytes));
      }
      requireEnd();
      return keys;
    }

    /** Adds up the keys' lengths first, so that a damaged total allocates nothing. */
    private void requireTotal(int totalBytes) {
      int start = at;
      long total = 0;
      while (at < source.length) {
        total += readVarint("shared", Integer.MAX_VALUE);
        int rest = readRest(Integer.MAX_VALUE);
        total += rest;
        at += rest;
      }
      if (total != totalBytes) {
        throw malformed("keys of %d bytes instead of %d".formatted(total, totalBytes));
      }
      at = start;
    }

    private void readKey(KeyList keys, int i) {
      int previous = i == 0 ? 0 : keys.offsets[i - 1];
      int start = keys.offsets[i];
      int shared = readVarint("shared", start - previous);
      int rest = readRest(keys.bytes.length - start - shared);
      System.arraycopy(keys.bytes, previous, keys.bytes, start, shared);
      System.arraycopy(source, at, keys.bytes, start + shared, rest);
      keys.offsets[i + 1] = start + shared + rest;
      at += rest;
      keys.requireAscending(i);
    }

    private int readRest(int most) {
      int rest = readVarint("rest", most);
      if (rest > source.length - at) {
        throw malformed("%d bytes left of a key's %d".formatted(source.length - at, rest));
      }
      return rest;
    }

    private int readVarint(String name, int most) {
      long value = 0;
      for (int shift = 0; shift < 35; shift += 7) {
        if (at == source.length) {
          throw malformed("no byte left for '%s'".formatted(name));
        }
        int next = source[at++];
        value |= (long) (next & 0x7F) << shift;
        if (next >= 0) {
          if (value > most) {
            throw malformed("%s = %d where at most %d is possible".formatted(name, value, most));
          }
          return (int) value;
        }
      }
      throw malformed("'%s' longer than five bytes".formatted(name));
    }

    private void requireEnd() {
      if (at < source.length) {
        throw malformed("%d bytes behind the last key".formatted(source.length - at));
      }
    }

    private IllegalArgumentException malformed(String found) {
      return new IllegalArgumentException(
          "Cannot read a key list: at byte %d of %d it has %s".formatted(at, source.length, found));
    }
  }
}

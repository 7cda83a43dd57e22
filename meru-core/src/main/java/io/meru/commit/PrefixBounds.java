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

package io.meru.commit;

import io.meru.key.KeyColumn;
import io.meru.key.KeyParts;
import io.meru.row.ByteBuilder;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.types.Type;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of the key prefixes in a file, from the column bounds in its manifest. A user key starts
 * with its first column, whose encoding keeps the order: so the encoded bound, filled up with the
 * lowest or highest bytes where it is shorter than a prefix, bounds the prefixes of all keys.
 * Bounds that Iceberg has truncated are wider, and stay right.
 *
 * @param min lower bound, unsigned
 * @param max upper bound, unsigned, inclusive
 */
record PrefixBounds(long min, long max) {
  /** The bounds of a file of which nothing is known. */
  static final PrefixBounds UNKNOWN = new PrefixBounds(0, -1);

  /** The bounds of {@code file}, whose keys start with the column {@code first}. */
  static PrefixBounds of(KeyColumn first, DataFile file) {
    byte[] lower = encode(first, file.lowerBounds());
    byte[] upper = encode(first, file.upperBounds());
    long min = lower == null ? UNKNOWN.min : prefix(lower, (byte) 0x00);
    long max = upper == null ? UNKNOWN.max : prefix(upper, (byte) 0xff);
    // some writers compare UUIDs as signed numbers: a file of both signs then has its bounds
    // swapped
    return Long.compareUnsigned(min, max) > 0 ? UNKNOWN : new PrefixBounds(min, max);
  }

  private static long prefix(byte[] encoded, byte filler) {
    long prefix = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      prefix = prefix << Byte.SIZE | ((i < encoded.length ? encoded[i] : filler) & 0xff);
    }
    return prefix;
  }

  private static byte @Nullable [] encode(
      KeyColumn column, @Nullable Map<Integer, ByteBuffer> bounds) {
    ByteBuffer bound = bounds == null ? null : bounds.get(column.fieldId());
    if (bound == null) {
      return null;
    }
    if (column.type().typeId() == Type.TypeID.TIMESTAMP && bound.remaining() != Long.BYTES) {
      return null; // days: the column was a date when the file was written
    }
    ByteBuilder target = new ByteBuilder(Long.BYTES);
    KeyParts.appendSerialized(target, column.type(), bound);
    return Arrays.copyOf(target.array(), target.size());
  }
}

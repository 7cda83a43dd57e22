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

package io.meru.inspect;

import io.meru.key.HashRange;
import io.meru.key.KeyColumn;
import io.meru.key.KeyHash;
import io.meru.key.KeyParts;
import io.meru.key.KeySpec;
import io.meru.levelfile.KeyConsumer;
import io.meru.row.ByteBuilder;
import io.meru.version.LevelFileName;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.types.Type;
import org.jspecify.annotations.Nullable;

/** Walks over the keys of one file, in order of position, and checks each. */
final class KeyWalk implements KeyConsumer {
  /** The bounds of one key column, as parts of a user key; null where they are not known. */
  private record Bounds(KeyColumn column, byte @Nullable [] lower, byte @Nullable [] upper) {}

  private final KeySpec keySpec;
  private final DataFile file;
  private final @Nullable HashRange hashRange;
  private final Findings findings;
  private final List<Bounds> bounds;
  private final boolean bounded;
  private final ByteBuilder first = new ByteBuilder(64);
  private final ByteBuilder last = new ByteBuilder(64);
  private long count;

  /**
   * @param name of a level file that is sorted by the present key; null for any other
   */
  KeyWalk(KeySpec keySpec, DataFile file, @Nullable LevelFileName name, Findings findings) {
    this.keySpec = keySpec;
    this.file = file;
    this.hashRange = name == null ? null : name.hashRange();
    this.findings = findings;
    this.bounds =
        keySpec.columns().stream().map(column -> bounds(column, file, name == null)).toList();
    this.bounded = bounds.stream().anyMatch(b -> b.lower() != null || b.upper() != null);
  }

  private static Bounds bounds(KeyColumn column, DataFile file, boolean foreign) {
    if (foreign && column.type().typeId() == Type.TypeID.UUID) {
      return new Bounds(column, null, null); // some writers compare UUIDs as signed numbers
    }
    return new Bounds(
        column, encode(column, file.lowerBounds()), encode(column, file.upperBounds()));
  }

  private static byte @Nullable [] encode(
      KeyColumn column, @Nullable Map<Integer, ByteBuffer> values) {
    ByteBuffer bound = values == null ? null : values.get(column.fieldId());
    boolean otherType =
        bound != null
            && column.type().typeId() == Type.TypeID.TIMESTAMP
            && bound.remaining() != Long.BYTES; // it was a date when the file was written
    if (bound == null || otherType) {
      return null;
    }
    ByteBuilder part = new ByteBuilder(64);
    KeyParts.appendSerialized(part, column.type(), bound);
    return Arrays.copyOf(part.array(), part.size());
  }

  @Override
  public void accept(long position, byte[] array, int offset, int length) {
    if (hashRange != null) {
      checkOrder(position, array, offset, length);
      checkHash(hashRange, position, array, offset, length);
    }
    if (bounded) {
      checkBounds(position, array, offset);
    }
    count++;
  }

  private void checkOrder(long position, byte[] array, int offset, int length) {
    if (count == 0) {
      first.append(array, offset, length);
    } else if (Arrays.compareUnsigned(last.array(), 0, last.size(), array, offset, offset + length)
        >= 0) {
      findings.error(
          Invariant.KEY_ORDER,
          file.location(),
          position,
          "a key above %s, the one before it".formatted(text(last.array(), 0, last.size())),
          "key " + text(array, offset, length));
    }
    last.reset();
    last.append(array, offset, length);
  }

  private void checkHash(HashRange range, long position, byte[] array, int offset, int length) {
    int hash = KeyHash.hash16(KeyHash.hash64(array, offset, length));
    if (hash < range.start() || hash >= range.end()) {
      findings.error(
          Invariant.HASH_RANGE,
          file.location(),
          position,
          "a hash from %04x to %04x".formatted(range.start(), range.end() - 1),
          "key %s of hash %04x".formatted(text(array, offset, length), hash));
    }
  }

  private void checkBounds(long position, byte[] array, int offset) {
    int start = offset;
    for (Bounds column : bounds) {
      int end = KeyParts.end(column.column().type(), array, start);
      byte[] lower = column.lower();
      byte[] upper = column.upper();
      if (lower != null && Arrays.compareUnsigned(lower, 0, lower.length, array, start, end) > 0) {
        outOfBounds(column.column(), "lower", file.lowerBounds(), position, array, start, end);
      }
      if (upper != null && Arrays.compareUnsigned(upper, 0, upper.length, array, start, end) < 0) {
        outOfBounds(column.column(), "upper", file.upperBounds(), position, array, start, end);
      }
      start = end;
    }
  }

  private void outOfBounds(
      KeyColumn column,
      String which,
      Map<Integer, ByteBuffer> values,
      long position,
      byte[] array,
      int start,
      int end) {
    ByteBuffer bound = values.get(column.fieldId());
    findings.error(
        Invariant.COLUMN_BOUNDS,
        file.location(),
        position,
        "column '%s' within the manifest's %s bound %s"
            .formatted(column.name(), which, bound == null ? "" : KeyText.ofBound(column, bound)),
        "a value of bytes " + HexFormat.of().formatHex(array, start, end));
  }

  /** After the last row of a level file: its first and last key, and that no row was without. */
  void checkEnd(long rowCount, @Nullable String keyMin, @Nullable String keyMax) {
    if (count != rowCount) {
      findings.error(
          Invariant.NULL_KEY,
          file.location(),
          null,
          "a key in each of %d rows".formatted(rowCount),
          "%d keys".formatted(count));
    }
    if (count > 0) {
      checkEnd("meru.key-min", keyMin, first);
      checkEnd("meru.key-max", keyMax, last);
    }
  }

  private void checkEnd(String what, @Nullable String stated, ByteBuilder key) {
    String hex = HexFormat.of().formatHex(key.array(), 0, key.size());
    if (!hex.equals(stated)) {
      findings.error(
          Invariant.KEY_RANGE,
          file.location(),
          null,
          "%s = %s (key %s)".formatted(what, hex, text(key.array(), 0, key.size())),
          stated == null ? "no " + what : "%s = %s".formatted(what, stated));
    }
  }

  private String text(byte[] array, int offset, int length) {
    return String.join(", ", KeyText.ofKey(keySpec, array, offset, length));
  }
}

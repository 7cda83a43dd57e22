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

import io.meru.error.NullKeyException;
import io.meru.row.ByteBuilder;
import io.meru.row.RowKind;
import io.meru.row.RowLayout;
import io.meru.row.ValueAccessor;
import java.util.stream.Collectors;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/**
 * Encodes user keys: the key columns' {@link KeyParts} in key order, nothing between them. Unsigned
 * byte order of the keys is the order of the key columns, and different keys have different bytes.
 * Allocates nothing beyond the growth of its buffers.
 *
 * <p>Not thread-safe.
 */
public final class KeyEncoder {
  private final KeySpec spec;
  private final Part[] parts;
  private final ByteBuilder scratch = new ByteBuilder(64);

  /** Encodes keys of {@code spec}. */
  public KeyEncoder(KeySpec spec) {
    this.spec = spec;
    this.parts = spec.columns().stream().map(Part::new).toArray(Part[]::new);
  }

  /**
   * Appends the user key of {@code row}. After an exception the target is as it was.
   *
   * @param row positions are those of the table's top-level struct; only key columns are read
   * @param kind for the message only
   * @throws NullKeyException if a key column is NULL
   * @throws IllegalArgumentException if the key exceeds {@link KeySpec#MAX_KEY_BYTES}
   */
  public void encode(ValueAccessor row, RowKind kind, ByteBuilder target) {
    int start = target.size();
    boolean done = false;
    try {
      for (Part part : parts) {
        requireNotNull(part, row, kind);
        appendPart(part, row, target);
      }
      requireAllowedLength(target.size() - start, kind);
      done = true;
    } finally {
      if (!done) {
        target.truncate(start);
      }
    }
  }

  private void requireNotNull(Part part, ValueAccessor row, RowKind kind) {
    if (row.isNullAt(part.pos)) {
      throw new NullKeyException(spec.table(), part.name, kind.symbol());
    }
  }

  private void requireAllowedLength(int length, RowKind kind) {
    if (length > KeySpec.MAX_KEY_BYTES) {
      throw new IllegalArgumentException(
          ("Cannot write a %s row to table %s: its primary key (%s) takes %d bytes, and at most %d"
                  + " are allowed. Choose a shorter key, such as a digest of the long column.")
              .formatted(
                  kind.symbol(), spec.table(), columnNames(), length, KeySpec.MAX_KEY_BYTES));
    }
  }

  private String columnNames() {
    return spec.columns().stream().map(KeyColumn::name).collect(Collectors.joining(", "));
  }

  private void appendPart(Part part, ValueAccessor row, ByteBuilder target) {
    switch (part.typeId) {
      case BOOLEAN -> KeyParts.appendBoolean(target, row.getBoolean(part.pos));
      case INTEGER, DATE -> KeyParts.appendLong(target, row.getInt(part.pos));
      case LONG, TIME, TIMESTAMP, TIMESTAMP_NANO ->
          KeyParts.appendLong(target, row.getLong(part.pos));
      case DECIMAL -> appendDecimal(part, row, target);
      case UUID, FIXED -> appendFixed(part, row, target);
      case STRING, BINARY -> appendBinary(part, row, target);
      default -> throw new IllegalStateException("KeySpec let type %s in".formatted(part.typeId));
    }
  }

  private void appendDecimal(Part part, ValueAccessor row, ByteBuilder target) {
    if (part.shortDecimal) {
      KeyParts.appendDecimal(target, row.getLong(part.pos));
    } else {
      scratch.reset();
      row.appendBytes(part.pos, scratch);
      KeyParts.appendDecimal(target, scratch.array(), 0, scratch.size());
    }
  }

  private void appendFixed(Part part, ValueAccessor row, ByteBuilder target) {
    int start = target.size();
    row.appendBytes(part.pos, target);
    int length = target.size() - start;
    if (length != part.length) {
      throw new IllegalArgumentException(
          "Cannot write to table %s: key column '%s' holds values of %d bytes, but this one has %d"
              .formatted(spec.table(), part.name, part.length, length));
    }
  }

  /**
   * Nearly no value has a zero byte, so it goes to the target at once and is rewritten if need be.
   */
  private void appendBinary(Part part, ValueAccessor row, ByteBuilder target) {
    int start = target.size();
    row.appendBytes(part.pos, target);
    int end = target.size();
    if (KeyParts.nextZero(target.array(), start, end) == end) {
      KeyParts.appendTerminator(target);
      return;
    }
    scratch.reset();
    scratch.append(target.array(), start, end - start);
    target.truncate(start);
    KeyParts.appendBinary(target, scratch.array(), 0, scratch.size());
  }

  /** What encoding one key column takes. */
  private static final class Part {
    private final String name;
    private final int pos;
    private final Type.TypeID typeId;
    private final boolean shortDecimal;
    private final int length;

    Part(KeyColumn column) {
      this.name = column.name();
      this.pos = column.pos();
      this.typeId = column.type().typeId();
      this.shortDecimal =
          column.type() instanceof Types.DecimalType decimal
              && decimal.precision() <= RowLayout.MAX_SHORT_DECIMAL_PRECISION;
      this.length = column.type() instanceof Types.FixedType fixed ? fixed.length() : 16;
    }
  }
}

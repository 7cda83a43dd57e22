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

package io.meru.flink.data;

import io.meru.row.ByteBuilder;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryFormat;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.types.variant.Variant;
import org.jspecify.annotations.Nullable;

/**
 * A Flink row as the engine reads it, without boxing. A flyweight: {@link #wrap} points it at a
 * row. Rows in Flink's binary format, which is what arrives over a network exchange, are read
 * without any object; others may make short-lived ones in Flink's own getters. Not thread-safe.
 */
public final class RowDataAccessor extends DataAccessor {
  /** Fields whose null bits lie in the first eight bytes of a binary row, behind its header. */
  private static final int FIRST_FIELDS = Long.SIZE - BinaryRowData.HEADER_SIZE_IN_BITS;

  private final ValuePlan[] fields;
  private final int[] sources;
  private final @Nullable Object[] children;

  @SuppressWarnings("NullAway.Init") // wrap comes first
  private RowData row;

  /** Set when {@link #row} is in Flink's binary format. */
  private @Nullable BinaryRowData binary;

  /** Header and null bits of {@link #binary}'s first fields. */
  private long firstNulls;

  /** An accessor for rows of {@code plan}. */
  public RowDataAccessor(RowPlan plan) {
    this(plan.root());
  }

  RowDataAccessor(ValuePlan struct) {
    this.fields = struct.fields();
    this.sources = new int[fields.length];
    for (int i = 0; i < fields.length; i++) {
      sources[i] = fields[i].source();
    }
    this.children = new Object[fields.length];
  }

  /** Points at {@code newRow} and returns itself. */
  public RowDataAccessor wrap(RowData newRow) {
    this.row = newRow;
    if (newRow instanceof BinaryRowData binaryRow) {
      this.binary = binaryRow;
      this.firstNulls = binaryRow.getSegments()[0].getLongLittleEndian(binaryRow.getOffset());
    } else {
      this.binary = null;
    }
    return this;
  }

  @Override
  ValuePlan plan(int pos) {
    return fields[pos];
  }

  @Override
  int source(int pos) {
    return sources[pos];
  }

  @Override
  boolean rawIsNullAt(int source) {
    if (binary != null && source < FIRST_FIELDS) {
      return (firstNulls & (1L << (BinaryRowData.HEADER_SIZE_IN_BITS + source))) != 0;
    }
    return row.isNullAt(source);
  }

  @Override
  boolean rawBoolean(int source) {
    return row.getBoolean(source);
  }

  @Override
  byte rawByte(int source) {
    return row.getByte(source);
  }

  @Override
  short rawShort(int source) {
    return row.getShort(source);
  }

  @Override
  int rawInt(int source) {
    return row.getInt(source);
  }

  @Override
  long rawLong(int source) {
    return row.getLong(source);
  }

  @Override
  float rawFloat(int source) {
    return row.getFloat(source);
  }

  @Override
  double rawDouble(int source) {
    return row.getDouble(source);
  }

  @Override
  long rawCompactTimestamp(int source, int precision) {
    return binary != null
        ? binary.getLong(source) // the binary format keeps compact timestamps as milliseconds
        : row.getTimestamp(source, precision).getMillisecond();
  }

  @Override
  TimestampData rawTimestamp(int source, int precision) {
    return row.getTimestamp(source, precision);
  }

  @Override
  long rawCompactDecimal(int source, int precision, int scale) {
    return binary != null
        ? binary.getLong(source) // the binary format keeps compact decimals unscaled
        : row.getDecimal(source, precision, scale).toUnscaledLong();
  }

  @Override
  DecimalData rawDecimal(int source, int precision, int scale) {
    return row.getDecimal(source, precision, scale);
  }

  @Override
  StringData rawString(int source) {
    return row.getString(source);
  }

  @Override
  byte[] rawBinary(int source) {
    return row.getBinary(source);
  }

  @Override
  Variant rawVariant(int source) {
    return row.getVariant(source);
  }

  @Override
  RowData rawRow(int source, int arity) {
    return row.getRow(source, arity);
  }

  @Override
  ArrayData rawArray(int source) {
    return row.getArray(source);
  }

  @Override
  MapData rawMap(int source) {
    return row.getMap(source);
  }

  @Override
  @Nullable Object child(int pos) {
    return children[pos];
  }

  @Override
  void keepChild(int pos, Object child) {
    children[pos] = child;
  }

  @Override
  void appendString(int source, ByteBuilder target) {
    if (binary != null) {
      appendVariable(binary, source, target);
    } else {
      super.appendString(source, target);
    }
  }

  @Override
  void appendBinary(int source, ByteBuilder target) {
    if (binary != null) {
      appendVariable(binary, source, target);
    } else {
      super.appendBinary(source, target);
    }
  }

  /**
   * Copies a string or binary out of a binary row. Its eight bytes say where it lies (offset from
   * the row's start, then length) or, with the highest bit set, hold up to seven bytes themselves.
   */
  private static void appendVariable(BinaryRowData row, int source, ByteBuilder target) {
    MemorySegment[] segments = row.getSegments();
    int field =
        row.getOffset()
            + BinaryRowData.calculateBitSetWidthInBytes(row.getArity())
            + source * Long.BYTES;
    long word = segments[0].getLong(field); // the fixed part never spans segments
    if ((word & BinaryFormat.HIGHEST_FIRST_BIT) == 0) {
      appendSegments(segments, row.getOffset() + (int) (word >>> 32), (int) word, target);
    } else {
      int length = (int) ((word & BinaryFormat.HIGHEST_SECOND_TO_EIGHTH_BIT) >>> 56);
      int first = BinaryRowData.LITTLE_ENDIAN ? field : field + 1;
      appendSegment(segments[0], first, length, target);
    }
  }
}

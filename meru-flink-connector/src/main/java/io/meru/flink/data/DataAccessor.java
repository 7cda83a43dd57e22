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
import io.meru.row.ValueAccessor;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.types.variant.BinaryVariant;
import org.apache.flink.types.variant.Variant;
import org.jspecify.annotations.Nullable;

/**
 * What rows and arrays have in common: the conversions from Flink's forms to those of Iceberg.
 * Positions are those of the Iceberg struct or list; subclasses say where Flink holds the value.
 */
abstract class DataAccessor implements ValueAccessor {
  private static final long MICROS_PER_MILLI = 1_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** The plan of position {@code pos}. */
  abstract ValuePlan plan(int pos);

  /** Flink's position of {@code pos}. */
  abstract int source(int pos);

  abstract boolean rawIsNullAt(int source);

  abstract boolean rawBoolean(int source);

  abstract byte rawByte(int source);

  abstract short rawShort(int source);

  abstract int rawInt(int source);

  abstract long rawLong(int source);

  abstract float rawFloat(int source);

  abstract double rawDouble(int source);

  /** Milliseconds from the epoch of a timestamp of precision 3 or less. */
  abstract long rawCompactTimestamp(int source, int precision);

  abstract TimestampData rawTimestamp(int source, int precision);

  /** Unscaled value of a decimal of precision 18 or less. */
  abstract long rawCompactDecimal(int source, int precision, int scale);

  abstract DecimalData rawDecimal(int source, int precision, int scale);

  abstract StringData rawString(int source);

  abstract byte[] rawBinary(int source);

  abstract Variant rawVariant(int source);

  abstract RowData rawRow(int source, int arity);

  abstract ArrayData rawArray(int source);

  abstract MapData rawMap(int source);

  /** The flyweight for the nested value at {@code pos}, or null if none was made yet. */
  abstract @Nullable Object child(int pos);

  /** Keeps the flyweight for the nested value at {@code pos}. */
  abstract void keepChild(int pos, Object child);

  @Override
  public final boolean isNullAt(int pos) {
    int source = source(pos);
    boolean isNull = source < 0 || rawIsNullAt(source);
    if (isNull && plan(pos).nullForbidden()) {
      throw new IllegalArgumentException(
          "Cannot write a row: column '%s' is required and the row has NULL there"
              .formatted(plan(pos).path()));
    }
    return isNull;
  }

  @Override
  public final boolean getBoolean(int pos) {
    return rawBoolean(source(pos));
  }

  @Override
  public final int getInt(int pos) {
    int source = source(pos);
    return switch (plan(pos).form()) {
      case INT -> rawInt(source);
      case SMALLINT -> rawShort(source);
      case TINYINT -> rawByte(source);
      default -> throw unexpected(pos, "int");
    };
  }

  @Override
  public final long getLong(int pos) {
    int source = source(pos);
    ValuePlan plan = plan(pos);
    return switch (plan.form()) {
      case BIGINT -> rawLong(source);
      case INT -> rawInt(source);
      case SMALLINT -> rawShort(source);
      case TINYINT -> rawByte(source);
      case TIME -> rawInt(source) * MICROS_PER_MILLI;
      case TIMESTAMP_MICROS -> micros(source, plan);
      case TIMESTAMP_NANOS -> nanos(source, plan);
      case DECIMAL -> rawCompactDecimal(source, plan.precision(), plan.scale());
      default -> throw unexpected(pos, "long");
    };
  }

  @Override
  public final float getFloat(int pos) {
    return rawFloat(source(pos));
  }

  @Override
  public final double getDouble(int pos) {
    return plan(pos).form() == ValuePlan.Form.FLOAT
        ? rawFloat(source(pos))
        : rawDouble(source(pos));
  }

  @Override
  public final void appendBytes(int pos, ByteBuilder target) {
    int source = source(pos);
    ValuePlan plan = plan(pos);
    switch (plan.form()) {
      case STRING -> appendString(source, target);
      case BYTES -> appendBinary(source, target);
      case DECIMAL -> appendDecimal(source, plan, target);
      default -> throw unexpected(pos, "bytes");
    }
  }

  @Override
  public final void appendVariantMetadata(int pos, ByteBuilder target) {
    append(binaryVariant(pos).getMetadata(), target);
  }

  @Override
  public final void appendVariantValue(int pos, ByteBuilder target) {
    append(binaryVariant(pos).getValue(), target);
  }

  @Override
  public final ValueAccessor getStruct(int pos) {
    RowDataAccessor accessor = (RowDataAccessor) child(pos);
    if (accessor == null) {
      accessor = new RowDataAccessor(plan(pos));
      keepChild(pos, accessor);
    }
    return accessor.wrap(rawRow(source(pos), plan(pos).flinkArity()));
  }

  @Override
  public final ListAccessor getList(int pos) {
    ArrayDataAccessor accessor = (ArrayDataAccessor) child(pos);
    if (accessor == null) {
      accessor = new ArrayDataAccessor(part(plan(pos).element()));
      keepChild(pos, accessor);
    }
    return accessor.wrap(rawArray(source(pos)));
  }

  @Override
  public final MapAccessor getMap(int pos) {
    MapDataAccessor accessor = (MapDataAccessor) child(pos);
    if (accessor == null) {
      ValuePlan plan = plan(pos);
      accessor = new MapDataAccessor(part(plan.element()), part(plan.value()));
      keepChild(pos, accessor);
    }
    return accessor.wrap(rawMap(source(pos)));
  }

  /** Appends a string; rows in Flink's binary format have a shorter way. */
  void appendString(int source, ByteBuilder target) {
    StringData string = rawString(source);
    if (string instanceof BinaryStringData binary) {
      binary.ensureMaterialized();
      appendSegments(binary.getSegments(), binary.getOffset(), binary.getSizeInBytes(), target);
    } else {
      append(string.toBytes(), target);
    }
  }

  /** Appends a binary; rows in Flink's binary format have a shorter way. */
  void appendBinary(int source, ByteBuilder target) {
    append(rawBinary(source), target);
  }

  static void appendSegments(MemorySegment[] segments, int offset, int length, ByteBuilder target) {
    if (segments.length == 1) {
      appendSegment(segments[0], offset, length, target);
    } else {
      int at = target.reserve(length);
      BinarySegmentUtils.copyToBytes(segments, offset, target.array(), at, length);
    }
  }

  /** The segment's own copy is made for long ones, and slow for a column's few bytes. */
  static void appendSegment(MemorySegment segment, int offset, int length, ByteBuilder target) {
    if (segment.isOffHeap()) {
      int at = target.reserve(length);
      segment.get(offset, target.array(), at, length);
    } else {
      target.append(segment.getArray(), offset, length);
    }
  }

  private static void append(byte[] bytes, ByteBuilder target) {
    target.append(bytes, 0, bytes.length);
  }

  private void appendDecimal(int source, ValuePlan plan, ByteBuilder target) {
    if (DecimalData.isCompact(plan.precision())) {
      target.appendLongBigEndian(rawCompactDecimal(source, plan.precision(), plan.scale()));
    } else {
      append(rawDecimal(source, plan.precision(), plan.scale()).toUnscaledBytes(), target);
    }
  }

  private long micros(int source, ValuePlan plan) {
    if (TimestampData.isCompact(plan.precision())) {
      return rawCompactTimestamp(source, plan.precision()) * MICROS_PER_MILLI;
    }
    TimestampData timestamp = rawTimestamp(source, plan.precision());
    return timestamp.getMillisecond() * MICROS_PER_MILLI + timestamp.getNanoOfMillisecond() / 1_000;
  }

  private long nanos(int source, ValuePlan plan) {
    if (TimestampData.isCompact(plan.precision())) {
      return nanos(rawCompactTimestamp(source, plan.precision()), 0, plan);
    }
    TimestampData timestamp = rawTimestamp(source, plan.precision());
    return nanos(timestamp.getMillisecond(), timestamp.getNanoOfMillisecond(), plan);
  }

  private static long nanos(long millis, int nanoOfMilli, ValuePlan plan) {
    try {
      return millis >= 0
          ? Math.addExact(Math.multiplyExact(millis, NANOS_PER_MILLI), nanoOfMilli)
          // the least millisecond is not in reach as a whole: come from above
          : Math.addExact(
              Math.multiplyExact(millis + 1, NANOS_PER_MILLI), nanoOfMilli - NANOS_PER_MILLI);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          ("Cannot write a row: column '%s' holds nanoseconds, from 1677-09-21 to 2262-04-11, and"
                  + " the row has %s there")
              .formatted(plan.path(), TimestampData.fromEpochMillis(millis, nanoOfMilli)),
          e);
    }
  }

  private BinaryVariant binaryVariant(int pos) {
    Variant variant = rawVariant(source(pos));
    if (variant instanceof BinaryVariant binary) {
      return binary;
    }
    throw new IllegalArgumentException(
        "Cannot write a row: column '%s' needs a BinaryVariant but the row has a %s there"
            .formatted(plan(pos).path(), variant.getClass().getName()));
  }

  private static ValuePlan part(@Nullable ValuePlan plan) {
    if (plan == null) {
      throw new IllegalStateException("The plan of a list or map has no element");
    }
    return plan;
  }

  private IllegalStateException unexpected(int pos, String asked) {
    return new IllegalStateException(
        "Column '%s' has the form %s and was asked for as %s"
            .formatted(plan(pos).path(), plan(pos).form(), asked));
  }
}

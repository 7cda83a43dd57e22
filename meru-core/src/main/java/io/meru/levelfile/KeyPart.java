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

import io.meru.error.UnsupportedTableException;
import io.meru.key.KeyColumn;
import io.meru.key.KeyParts;
import io.meru.row.ByteBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.jspecify.annotations.Nullable;

/**
 * How the values of one key column of one file become parts of user keys. A file may hold another
 * type than the table has by now (int for long, a narrower decimal), and other writers have other
 * physical types for the same (milliseconds, decimals as byte arrays).
 */
final class KeyPart {
  /** What is done with a value. */
  private enum Form {
    BOOLEAN,
    INT,
    LONG,
    INT_DECIMAL,
    LONG_DECIMAL,
    BYTES_DECIMAL,
    FIXED,
    BINARY
  }

  private final Form form;
  private final long unit;

  private KeyPart(Form form, long unit) {
    this.form = form;
    this.unit = unit;
  }

  /**
   * The part of {@code column} for values of the physical type {@code stored}.
   *
   * @throws UnsupportedTableException if the file's type cannot hold the column's values
   */
  static KeyPart of(String path, KeyColumn column, PrimitiveType stored) {
    PrimitiveTypeName physical = stored.getPrimitiveTypeName();
    boolean isInt = physical == PrimitiveTypeName.INT32;
    boolean isLong = physical == PrimitiveTypeName.INT64;
    boolean isBinary = physical == PrimitiveTypeName.BINARY;
    boolean isFixed = physical == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
    @Nullable Form form =
        switch (column.type().typeId()) {
          case BOOLEAN -> physical == PrimitiveTypeName.BOOLEAN ? Form.BOOLEAN : null;
          case INTEGER, DATE -> isInt ? Form.INT : null;
          case LONG, TIME, TIMESTAMP, TIMESTAMP_NANO ->
              isLong ? Form.LONG : isInt ? Form.INT : null;
          case DECIMAL ->
              isLong
                  ? Form.LONG_DECIMAL
                  : isInt ? Form.INT_DECIMAL : isBinary || isFixed ? Form.BYTES_DECIMAL : null;
          case UUID, FIXED -> isFixed ? Form.FIXED : null;
          case STRING, BINARY -> isBinary ? Form.BINARY : null;
          default -> null;
        };
    long unit = unit(column, stored.getLogicalTypeAnnotation());
    if (form == null || unit == 0) {
      throw new UnsupportedTableException(
          ("Cannot read the keys of %s: it stores key column '%s', of type %s, as %s. Rewrite the"
                  + " file, for example by Spark's rewrite_data_files.")
              .formatted(path, column.name(), column.type(), stored));
    }
    return new KeyPart(form, unit);
  }

  /** How many of the table's units of time one of the file's is; 0 when it is no whole number. */
  private static long unit(KeyColumn column, @Nullable LogicalTypeAnnotation annotation) {
    TimeUnit stored =
        annotation instanceof TimestampLogicalTypeAnnotation timestamp
            ? timestamp.getUnit()
            : annotation instanceof TimeLogicalTypeAnnotation time ? time.getUnit() : null;
    return switch (column.type().typeId()) {
      case TIME, TIMESTAMP ->
          stored == TimeUnit.MICROS || stored == null ? 1 : stored == TimeUnit.MILLIS ? 1000 : 0;
      case TIMESTAMP_NANO -> stored == TimeUnit.NANOS ? 1 : 0;
      default -> 1;
    };
  }

  /** Whether values are read by {@link ValuesReader#readInteger} and need no other change. */
  boolean isPlainInt() {
    return form == Form.INT && unit == 1;
  }

  /** Whether values are read by {@link ValuesReader#readLong} and need no other change. */
  boolean isPlainLong() {
    return form == Form.LONG && unit == 1;
  }

  /** Whether values are byte strings; {@link #appendBytes} takes them then. */
  boolean isOfBytes() {
    return form == Form.BYTES_DECIMAL || form == Form.FIXED || form == Form.BINARY;
  }

  /** Reads one value and appends its part. */
  void append(ValuesReader values, ByteBuilder target) {
    switch (form) {
      case BOOLEAN -> KeyParts.appendBoolean(target, values.readBoolean());
      case INT -> KeyParts.appendLong(target, values.readInteger() * unit);
      case LONG -> KeyParts.appendLong(target, values.readLong() * unit);
      case INT_DECIMAL -> KeyParts.appendDecimal(target, values.readInteger());
      case LONG_DECIMAL -> KeyParts.appendDecimal(target, values.readLong());
      default -> appendBytes(values.readBytes(), target);
    }
  }

  /** Appends the part of a value as page indexes hold it. */
  void appendBound(ByteBuffer bound, ByteBuilder target) {
    ByteBuffer value = bound.slice().order(ByteOrder.LITTLE_ENDIAN);
    switch (form) {
      case BOOLEAN -> KeyParts.appendBoolean(target, value.get(0) != 0);
      case INT -> KeyParts.appendLong(target, value.getInt(0) * unit);
      case LONG -> KeyParts.appendLong(target, value.getLong(0) * unit);
      case INT_DECIMAL -> KeyParts.appendDecimal(target, value.getInt(0));
      case LONG_DECIMAL -> KeyParts.appendDecimal(target, value.getLong(0));
      default -> appendBytes(Binary.fromConstantByteBuffer(value), target);
    }
  }

  private void appendBytes(Binary value, ByteBuilder target) {
    ByteBuffer bytes = value.toByteBuffer();
    byte[] array = bytes.hasArray() ? bytes.array() : value.getBytes();
    int offset = bytes.hasArray() ? bytes.arrayOffset() + bytes.position() : 0;
    appendBytes(array, offset, value.length(), target);
  }

  /** Appends the part of a byte string. */
  void appendBytes(byte[] array, int offset, int length, ByteBuilder target) {
    switch (form) {
      case BYTES_DECIMAL -> KeyParts.appendDecimal(target, array, offset, length);
      case FIXED -> KeyParts.appendFixed(target, array, offset, length);
      default -> KeyParts.appendBinary(target, array, offset, length);
    }
  }
}

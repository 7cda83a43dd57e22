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

import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryFormat;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.data.writer.BinaryRowWriter;
import org.apache.flink.table.data.writer.BinaryWriter;
import org.apache.flink.table.runtime.typeutils.InternalSerializers;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Puts rows into Flink's binary format, with the very bytes of Flink's own {@code
 * RowDataSerializer}, but without boxing the values of flat columns. Not thread-safe.
 */
public final class BinaryRows {
  /** Bytes for strings and the like; more are taken when needed, and kept. */
  private static final int FIRST_VARIABLE_BYTES = 512;

  private final FieldWriter[] fields;
  private final BinaryRowData row;
  private final BinaryRowWriter writer;

  /** Copies one field, which is not NULL. */
  private interface FieldWriter {
    void copy(RowData from, int pos, BinaryRowWriter to);
  }

  /** Of rows of {@code type}. */
  public BinaryRows(RowType type) {
    List<LogicalType> types = type.getChildren();
    this.fields = new FieldWriter[types.size()];
    for (int i = 0; i < fields.length; i++) {
      fields[i] = fieldWriter(types.get(i), i);
    }
    this.row = new BinaryRowData(fields.length);
    this.writer = new BinaryRowWriter(row, FIRST_VARIABLE_BYTES);
  }

  /**
   * Returns {@code from} in binary format: itself if it is, else a row that the next call reuses.
   */
  public BinaryRowData of(RowData from) {
    if (from instanceof BinaryRowData binary) {
      return binary;
    }
    writer.reset();
    writer.writeRowKind(from.getRowKind());
    for (int i = 0; i < fields.length; i++) {
      if (from.isNullAt(i)) {
        writer.setNullAt(i);
      } else {
        fields[i].copy(from, i, writer);
      }
    }
    writer.complete();
    return row;
  }

  private static FieldWriter fieldWriter(LogicalType type, int index) {
    return switch (type.getTypeRoot()) {
      case BOOLEAN -> (from, pos, to) -> to.writeBoolean(pos, from.getBoolean(pos));
      case TINYINT -> (from, pos, to) -> to.writeByte(pos, from.getByte(pos));
      case SMALLINT -> (from, pos, to) -> to.writeShort(pos, from.getShort(pos));
      case INTEGER, DATE, TIME_WITHOUT_TIME_ZONE, INTERVAL_YEAR_MONTH ->
          (from, pos, to) -> to.writeInt(pos, from.getInt(pos));
      case BIGINT, INTERVAL_DAY_TIME -> (from, pos, to) -> to.writeLong(pos, from.getLong(pos));
      case FLOAT -> (from, pos, to) -> to.writeFloat(pos, from.getFloat(pos));
      case DOUBLE -> (from, pos, to) -> to.writeDouble(pos, from.getDouble(pos));
      case CHAR, VARCHAR -> new StringWriter();
      case BINARY, VARBINARY -> (from, pos, to) -> to.writeBinary(pos, from.getBinary(pos));
      case DECIMAL -> {
        int precision = LogicalTypeChecks.getPrecision(type);
        int scale = LogicalTypeChecks.getScale(type);
        yield (from, pos, to) ->
            to.writeDecimal(pos, from.getDecimal(pos, precision, scale), precision);
      }
      case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> {
        int precision = LogicalTypeChecks.getPrecision(type);
        yield (from, pos, to) ->
            to.writeTimestamp(pos, from.getTimestamp(pos, precision), precision);
      }
      default -> nested(type, index);
    };
  }

  @SuppressWarnings("deprecation") // what replaces it writes arrays only
  private static FieldWriter nested(LogicalType type, int index) {
    RowData.FieldGetter getter = RowData.createFieldGetter(type, index);
    TypeSerializer<?> serializer = InternalSerializers.create(type);
    return (from, pos, to) ->
        BinaryWriter.write(to, pos, getter.getFieldOrNull(from), type, serializer);
  }

  /** Copies strings. Flink's way with short ones looks up a thread-local for each. */
  private static final class StringWriter implements FieldWriter {
    /** By length. */
    private final byte[][] shortOnes = new byte[BinaryFormat.MAX_FIX_PART_DATA_SIZE + 1][];

    StringWriter() {
      for (int length = 0; length < shortOnes.length; length++) {
        shortOnes[length] = new byte[length];
      }
    }

    @Override
    public void copy(RowData from, int pos, BinaryRowWriter to) {
      StringData string = from.getString(pos);
      if (string instanceof BinaryStringData binary && binary.getSizeInBytes() < shortOnes.length) {
        byte[] bytes = shortOnes[binary.getSizeInBytes()];
        BinarySegmentUtils.copyToBytes(
            binary.getSegments(), binary.getOffset(), bytes, 0, bytes.length);
        to.writeBinary(pos, bytes);
      } else {
        to.writeString(pos, string);
      }
    }
  }
}

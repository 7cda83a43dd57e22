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

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.DateTimeUtil;

/**
 * Turns user keys back into values: the inverse of {@link KeyEncoder}, for messages, tests and
 * tools. Stateless; any thread may use it.
 */
public final class KeyDecoder {
  private final KeySpec spec;

  /** Decodes keys of {@code spec}. */
  public KeyDecoder(KeySpec spec) {
    this.spec = spec;
  }

  /**
   * The values of the key columns in key order, as Iceberg's generic rows hold them (java.time
   * values, {@link BigDecimal}, {@link UUID}, {@link String}, {@code byte[]} for a fixed, {@link
   * ByteBuffer} for a binary).
   *
   * @throws IllegalArgumentException if the bytes are no user key; says where
   */
  public Object[] decode(byte[] key, int offset, int length) {
    Reader reader = new Reader(key, offset, length);
    Object[] values = new Object[spec.columns().size()];
    for (int i = 0; i < values.length; i++) {
      reader.column = spec.columns().get(i);
      values[i] = reader.read();
    }
    reader.requireEnd();
    return values;
  }

  /** Walks over one key. */
  private final class Reader {
    private final byte[] key;
    private final int start;
    private final int end;
    private int at;
    private KeyColumn column = spec.columns().get(0);

    Reader(byte[] key, int offset, int length) {
      this.key = key;
      this.start = offset;
      this.end = offset + length;
      this.at = offset;
    }

    Object read() {
      return switch (column.type().typeId()) {
        case BOOLEAN -> readBoolean();
        case INTEGER -> readInt();
        case LONG -> readLong();
        case DATE -> DateTimeUtil.dateFromDays(readInt());
        case TIME -> DateTimeUtil.timeFromMicros(readLong());
        case TIMESTAMP ->
            ((Types.TimestampType) column.type()).shouldAdjustToUTC()
                ? DateTimeUtil.timestamptzFromMicros(readLong())
                : DateTimeUtil.timestampFromMicros(readLong());
        case TIMESTAMP_NANO ->
            ((Types.TimestampNanoType) column.type()).shouldAdjustToUTC()
                ? DateTimeUtil.timestamptzFromNanos(readLong())
                : DateTimeUtil.timestampFromNanos(readLong());
        case DECIMAL -> readDecimal(((Types.DecimalType) column.type()).scale());
        case UUID -> new UUID(readRawLong(), readRawLong());
        case FIXED -> readBytes(((Types.FixedType) column.type()).length());
        case STRING -> new String(readEscaped(), StandardCharsets.UTF_8);
        case BINARY -> ByteBuffer.wrap(readEscaped());
        default -> throw new IllegalStateException("KeySpec let type %s in".formatted(column));
      };
    }

    private boolean readBoolean() {
      int value = readByte();
      if (value > 1) {
        throw malformed("a boolean of 0x%02x".formatted(value));
      }
      return value == 1;
    }

    private int readInt() {
      long value = readLong();
      if (value != (int) value) {
        throw malformed("%d, which is no int".formatted(value));
      }
      return (int) value;
    }

    private long readLong() {
      return readRawLong() ^ Long.MIN_VALUE;
    }

    private long readRawLong() {
      require(Long.BYTES);
      long value = ByteBuffer.wrap(key).getLong(at);
      at += Long.BYTES;
      return value;
    }

    private BigDecimal readDecimal(int scale) {
      int header = readByte();
      boolean negative = header < KeyParts.DECIMAL_ZERO;
      int bytes = negative ? KeyParts.DECIMAL_MINUS_ONE - header : header - KeyParts.DECIMAL_ZERO;
      if (bytes > KeyParts.MAX_DECIMAL_BYTES) {
        throw malformed("a decimal of %d bytes".formatted(bytes));
      }
      byte[] unscaled = new byte[bytes + 1];
      unscaled[0] = (byte) (negative ? -1 : 0);
      System.arraycopy(readBytes(bytes), 0, unscaled, 1, bytes);
      return new BigDecimal(new BigInteger(unscaled), scale);
    }

    private byte[] readEscaped() {
      byte[] bytes = new byte[end - at];
      int size = 0;
      while (true) {
        int value = readByte();
        if (value == 0) {
          int next = readByte();
          if (next == 0) {
            return Arrays.copyOf(bytes, size);
          }
          if (next != (KeyParts.ESCAPED_ZERO & 0xFF)) {
            throw malformed("0x00 followed by 0x%02x".formatted(next));
          }
        }
        bytes[size++] = (byte) value;
      }
    }

    private byte[] readBytes(int length) {
      require(length);
      at += length;
      return Arrays.copyOfRange(key, at - length, at);
    }

    private int readByte() {
      require(1);
      return key[at++] & 0xFF;
    }

    private void require(int bytes) {
      if (end - at < bytes) {
        throw malformed("%d bytes where %d more are needed".formatted(end - at, bytes));
      }
    }

    void requireEnd() {
      if (at < end) {
        throw malformed("%d bytes behind its last column".formatted(end - at));
      }
    }

    private IllegalArgumentException malformed(String found) {
      return new IllegalArgumentException(
          "Cannot decode a user key of table %s: at byte %d of %d, in column '%s', it has %s"
              .formatted(spec.table(), at - start, end - start, column.name(), found));
    }
  }
}

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
import io.meru.row.RowLayout;
import io.meru.row.TwosComplement;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/**
 * The encodings of single key columns, for those who have column values in hand instead of rows
 * (readers of key columns). {@link KeyEncoder} is made of these. Each tells by itself where it
 * ends, so parts follow one another with nothing between them, and for each, unsigned byte order is
 * the order of the values:
 *
 * <pre>
 *   boolean                            1 byte: 0 or 1
 *   int, long, date, time, timestamp   8 bytes, big-endian, sign bit flipped
 *   decimal                            1 byte h, then the unscaled value in two's complement,
 *                                      big-endian, without the leading bytes that only repeat the
 *                                      sign (0x00 of a value &gt;= 0, 0xFF of one below); n bytes
 *                                      remain, 0 to 16, and h is 0x80 + n of a value &gt;= 0,
 *                                      0x7F - n of one below
 *   uuid, fixed                        the bytes; the type fixes their number
 *   string (UTF-8), binary             the bytes, 0x00 written as 0x00 0xFF; then 0x00 0x00
 * </pre>
 *
 * An int encodes as the long it is promoted to, and a decimal without regard to its precision, so a
 * type promotion changes no key. This is part of the file format: never change it without another
 * {@link KeySpec#ENCODING_VERSION}.
 *
 * @see <a href="https://github.com/salesforce-misc/merutable">merutable, types/key.rs</a> (escape
 *     and terminator)
 */
public final class KeyParts {
  /** The most bytes that an unscaled decimal has; precision 38 takes 127 bits. */
  static final int MAX_DECIMAL_BYTES = 16;

  static final int DECIMAL_ZERO = 0x80;
  static final int DECIMAL_MINUS_ONE = 0x7F;
  static final byte ESCAPED_ZERO = (byte) 0xFF;

  private static final long EVERY_LOWEST_BIT = 0x0101010101010101L;
  private static final long EVERY_HIGHEST_BIT = 0x8080808080808080L;

  private KeyParts() {}

  /** A boolean. */
  public static void appendBoolean(ByteBuilder target, boolean value) {
    target.append((byte) (value ? 1 : 0));
  }

  /** An int, long, date, time or timestamp: eight bytes, big-endian, sign bit flipped. */
  public static void appendLong(ByteBuilder target, long value) {
    target.appendLongBigEndian(value ^ Long.MIN_VALUE);
  }

  /** A decimal by its unscaled value, when that fits a long. Same bytes as the other form gives. */
  public static void appendDecimal(ByteBuilder target, long unscaled) {
    long magnitude = unscaled ^ (unscaled >> 63);
    int bytes = (Long.SIZE - Long.numberOfLeadingZeros(magnitude) + 7) >>> 3;
    target.append(decimalHeader(unscaled < 0, bytes));
    for (int shift = (bytes - 1) << 3; shift >= 0; shift -= 8) {
      target.append((byte) (unscaled >> shift));
    }
  }

  /** A decimal by its unscaled value in two's complement, big-endian, any length up to 16. */
  public static void appendDecimal(ByteBuilder target, byte[] source, int offset, int length) {
    if (length == 0) {
      throw new IllegalArgumentException("A decimal has at least one byte");
    }
    boolean negative = source[offset] < 0;
    int start = TwosComplement.start(source, offset, length);
    if (source[start] == (negative ? -1 : 0)) {
      start++; // unlike two's complement, no byte is needed to carry the sign: the header does
    }
    int bytes = offset + length - start;
    if (bytes > MAX_DECIMAL_BYTES) {
      throw new IllegalArgumentException(
          "A decimal of %d bytes exceeds the %d that precision 38 takes"
              .formatted(bytes, MAX_DECIMAL_BYTES));
    }
    target.append(decimalHeader(negative, bytes));
    target.append(source, start, bytes);
  }

  private static byte decimalHeader(boolean negative, int bytes) {
    return (byte) (negative ? DECIMAL_MINUS_ONE - bytes : DECIMAL_ZERO + bytes);
  }

  /** A fixed or a uuid: its bytes. */
  public static void appendFixed(ByteBuilder target, byte[] source, int offset, int length) {
    target.append(source, offset, length);
  }

  /** A string (UTF-8) or a binary: 0x00 escaped as 0x00 0xFF, ended by 0x00 0x00. */
  public static void appendBinary(ByteBuilder target, byte[] source, int offset, int length) {
    int end = offset + length;
    int start = offset;
    for (int at = nextZero(source, start, end); at < end; at = nextZero(source, start, end)) {
      target.append(source, start, at + 1 - start);
      target.append(ESCAPED_ZERO);
      start = at + 1;
    }
    target.append(source, start, end - start);
    appendTerminator(target);
  }

  /** The value of a key column of {@code type} in Iceberg's single-value serialization. */
  public static void appendSerialized(ByteBuilder target, Type type, ByteBuffer value) {
    switch (type.typeId()) {
      case BOOLEAN -> appendBoolean(target, Conversions.<Boolean>fromByteBuffer(type, value));
      case INTEGER, DATE -> appendLong(target, Conversions.<Integer>fromByteBuffer(type, value));
      case LONG, TIME, TIMESTAMP, TIMESTAMP_NANO ->
          appendLong(target, Conversions.<Long>fromByteBuffer(type, value));
      case DECIMAL -> {
        byte[] unscaled =
            Conversions.<BigDecimal>fromByteBuffer(type, value).unscaledValue().toByteArray();
        appendDecimal(target, unscaled, 0, unscaled.length);
      }
      case FIXED, UUID -> {
        byte[] bytes = bytes(value);
        appendFixed(target, bytes, 0, bytes.length);
      }
      case STRING, BINARY -> {
        byte[] bytes = bytes(value);
        appendBinary(target, bytes, 0, bytes.length);
      }
      default ->
          throw new IllegalArgumentException("Values of type %s are no keys".formatted(type));
    }
  }

  /**
   * Where the part of a column of {@code type} that starts at {@code start} of a user key ends.
   *
   * @throws IndexOutOfBoundsException if it has no end there, as in bytes that are no user key
   */
  public static int end(Type type, byte[] key, int start) {
    return switch (type.typeId()) {
      case BOOLEAN -> start + 1;
      case INTEGER, LONG, DATE, TIME, TIMESTAMP, TIMESTAMP_NANO -> start + Long.BYTES;
      case DECIMAL -> {
        int header = key[start] & 0xFF;
        yield start
            + 1
            + (header < DECIMAL_ZERO ? DECIMAL_MINUS_ONE - header : header - DECIMAL_ZERO);
      }
      case UUID -> start + 2 * Long.BYTES;
      case FIXED -> start + ((Types.FixedType) type).length();
      case STRING, BINARY -> {
        int at = start;
        while (key[at] != 0 || key[at + 1] != 0) {
          at += key[at] == 0 ? 2 : 1;
        }
        yield at + 2;
      }
      default ->
          throw new IllegalArgumentException("Values of type %s are no keys".formatted(type));
    };
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  static void appendTerminator(ByteBuilder target) {
    int at = target.reserve(2);
    target.array()[at] = 0;
    target.array()[at + 1] = 0;
  }

  /** The first 0x00 in {@code [start, end)}, or {@code end}; found eight bytes at a time. */
  static int nextZero(byte[] source, int start, int end) {
    int at = start;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      long word = RowLayout.getLong(source, at);
      // the lowest bit set is the highest one of the first byte that is zero
      long zeros = (word - EVERY_LOWEST_BIT) & ~word & EVERY_HIGHEST_BIT;
      if (zeros != 0) {
        return at + (Long.numberOfTrailingZeros(zeros) >>> 3);
      }
    }
    while (at < end && source[at] != 0) {
      at++;
    }
    return at;
  }
}

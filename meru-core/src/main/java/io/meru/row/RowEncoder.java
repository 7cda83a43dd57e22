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

package io.meru.row;

import io.meru.error.UnsupportedTableException;
import java.math.BigInteger;
import java.util.List;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/**
 * Encodes rows as {@link RowLayout} says. Refuses what the table's schema refuses: a NULL in a
 * required column, a decimal beyond its precision, a fixed of another length. Allocates nothing
 * beyond the growth of the target.
 *
 * <p>Not thread-safe.
 */
public final class RowEncoder {
  /** Lists and maps longer than this don't fit the 2 GiB of a row with their slots alone. */
  private static final int MAX_ELEMENTS = 1 << 27;

  /**
   * The longest row in bytes. A value may be all of its row, and with it goes into a page, whose
   * compressed form may be longer: each of these must fit an array.
   */
  public static final int MAX_ROW_BYTES = 1 << 30;

  private final Slot[] columns;
  private final int maxRowBytes;

  /**
   * Encodes rows of {@code type}.
   *
   * @throws UnsupportedTableException if a column has a type that Meru can't write
   */
  public RowEncoder(Types.StructType type) {
    this(type, MAX_ROW_BYTES);
  }

  /** With a limit that a test can reach. */
  RowEncoder(Types.StructType type, int maxRowBytes) {
    this.columns = slots(type, "");
    this.maxRowBytes = maxRowBytes;
  }

  /**
   * Appends the region of {@code row}; it starts at the size that {@code target} had. After an
   * exception the target holds a part of a row.
   *
   * @throws IllegalArgumentException if a value doesn't fit its column, or the row exceeds {@link
   *     #MAX_ROW_BYTES}; names the column
   */
  public void encode(ValueAccessor row, ByteBuilder target) {
    int start = target.size();
    int base = reserveRegion(columns.length, target);
    int firstSlot = base + RowLayout.bitmapBytes(columns.length);
    for (int pos = 0; pos < columns.length; pos++) {
      columns[pos].encode(row, pos, base, firstSlot, target);
      if (target.size() - start > maxRowBytes) {
        throw tooLong(columns[pos], target.size() - start);
      }
    }
  }

  private IllegalArgumentException tooLong(Slot column, int bytes) {
    return new IllegalArgumentException(
        ("Cannot write a row: with column '%s' it takes %d bytes, and at most %d are allowed. Store"
                + " values of that size as files of their own, and their paths in the table.")
            .formatted(column.path, bytes, maxRowBytes));
  }

  private static void encodeStruct(Slot[] slots, ValueAccessor row, ByteBuilder target) {
    int base = reserveRegion(slots.length, target);
    int firstSlot = base + RowLayout.bitmapBytes(slots.length);
    for (int pos = 0; pos < slots.length; pos++) {
      slots[pos].encode(row, pos, base, firstSlot, target);
    }
  }

  private static void encodeList(
      Slot element, ValueAccessor.ListAccessor list, ByteBuilder target) {
    int size = list.size();
    if (size > MAX_ELEMENTS) {
      throw new IllegalArgumentException(
          "Cannot write a row: '%s' would be element of a list of %d, and at most %d fit in a row"
              .formatted(element.path, size, MAX_ELEMENTS));
    }
    int countAt = target.reserve(Long.BYTES);
    RowLayout.putLong(target.array(), countAt, size);
    int base = reserveRegion(size, target);
    int firstSlot = base + RowLayout.bitmapBytes(size);
    for (int pos = 0; pos < size; pos++) {
      element.encode(list, pos, base, firstSlot, target);
    }
  }

  /** Reserves a region whose slots are all zero and not NULL. */
  private static int reserveRegion(int slots, ByteBuilder target) {
    int bytes = RowLayout.fixedBytes(slots);
    int base = target.reserve(bytes);
    byte[] array = target.array();
    for (int at = base; at < base + bytes; at += Long.BYTES) {
      RowLayout.putLong(array, at, 0);
    }
    return base;
  }

  private static Slot[] slots(Types.StructType type, String parentPath) {
    List<Types.NestedField> fields = type.fields();
    Slot[] slots = new Slot[fields.size()];
    for (int pos = 0; pos < slots.length; pos++) {
      Types.NestedField field = fields.get(pos);
      slots[pos] = new Slot(field.type(), field.isRequired(), parentPath + field.name());
    }
    return slots;
  }

  /** Encodes the values of one column, or the elements of one list column. */
  private static final class Slot {
    private final Type.TypeID typeId;
    private final boolean required;
    private final String path;

    /** Bytes of a fixed or uuid; the most bytes that a long decimal may have. */
    private final int length;

    /** Highest unscaled value of a short decimal; -1 for a long one and for other types. */
    private final long maxUnscaled;

    /** Fields of a struct; the element of a list; key and value of a map. */
    private final Slot[] children;

    Slot(Type type, boolean required, String path) {
      this.typeId = type.typeId();
      this.required = required;
      this.path = path;
      this.length = lengthOf(type);
      this.maxUnscaled = maxUnscaledOf(type);
      this.children = childrenOf(type, path);
    }

    private static int lengthOf(Type type) {
      return switch (type.typeId()) {
        case UUID -> 16;
        case FIXED -> ((Types.FixedType) type).length();
        case DECIMAL -> TypeUtil.decimalRequiredBytes(((Types.DecimalType) type).precision());
        default -> -1;
      };
    }

    private static long maxUnscaledOf(Type type) {
      if (type.typeId() != Type.TypeID.DECIMAL) {
        return -1;
      }
      int precision = ((Types.DecimalType) type).precision();
      return precision <= RowLayout.MAX_SHORT_DECIMAL_PRECISION
          ? BigInteger.TEN.pow(precision).longValueExact() - 1
          : -1;
    }

    private static Slot[] childrenOf(Type type, String path) {
      return switch (type.typeId()) {
        case STRUCT -> slots(type.asStructType(), path + ".");
        case LIST -> {
          Types.ListType list = type.asListType();
          yield new Slot[] {
            new Slot(list.elementType(), list.isElementRequired(), path + ".element")
          };
        }
        case MAP -> {
          Types.MapType map = type.asMapType();
          yield new Slot[] {
            new Slot(map.keyType(), true, path + ".key"),
            new Slot(map.valueType(), map.isValueRequired(), path + ".value")
          };
        }
        case GEOMETRY, GEOGRAPHY ->
            throw new UnsupportedTableException(
                ("Cannot write column '%s' of type %s: Meru has no encoding for it. Drop the"
                        + " column, or store its well-known binary in a binary column.")
                    .formatted(path, type));
        default -> new Slot[0];
      };
    }

    void encode(ValueAccessor row, int pos, int base, int firstSlot, ByteBuilder target) {
      if (typeId == Type.TypeID.UNKNOWN || row.isNullAt(pos)) {
        setNull(pos, base, target);
      } else {
        long slot = encodeValue(row, pos, base, target);
        RowLayout.putLong(target.array(), firstSlot + (pos << 3), slot); // the array may have grown
      }
    }

    private void setNull(int pos, int base, ByteBuilder target) {
      if (required) {
        throw new IllegalArgumentException(
            ("Cannot write a row: column '%s' is required, but its value is NULL. Filter such rows"
                    + " before the sink, or make the column optional.")
                .formatted(path));
      }
      RowLayout.setNull(target.array(), base, pos);
    }

    private long encodeValue(ValueAccessor row, int pos, int base, ByteBuilder target) {
      return switch (typeId) {
        case BOOLEAN -> row.getBoolean(pos) ? 1 : 0;
        case INTEGER, DATE -> row.getInt(pos);
        case LONG, TIME, TIMESTAMP, TIMESTAMP_NANO -> row.getLong(pos);
        case FLOAT -> Float.floatToRawIntBits(row.getFloat(pos)) & 0xFFFF_FFFFL;
        case DOUBLE -> Double.doubleToRawLongBits(row.getDouble(pos));
        case DECIMAL ->
            maxUnscaled >= 0 ? shortDecimal(row, pos) : longDecimal(row, pos, base, target);
        case STRING, BINARY, FIXED, UUID -> bytes(row, pos, base, target);
        default -> nested(row, pos, base, target);
      };
    }

    private long shortDecimal(ValueAccessor row, int pos) {
      long unscaled = row.getLong(pos);
      if (unscaled > maxUnscaled || unscaled < -maxUnscaled) {
        throw new IllegalArgumentException(
            "Cannot write a row: the unscaled value %d of column '%s' exceeds its precision; at most %d fits"
                .formatted(unscaled, path, maxUnscaled));
      }
      return unscaled;
    }

    private long longDecimal(ValueAccessor row, int pos, int base, ByteBuilder target) {
      int start = target.size();
      row.appendBytes(pos, target);
      int shortest = TwosComplement.start(target.array(), start, target.size() - start);
      int bytes = target.size() - shortest;
      if (bytes > length || bytes == 0) {
        throw new IllegalArgumentException(
            "Cannot write a row: the decimal of column '%s' has %d bytes, and 1 to %d fit its precision"
                .formatted(path, bytes, length));
      }
      return RowLayout.pointer(shortest - base, bytes);
    }

    private long bytes(ValueAccessor row, int pos, int base, ByteBuilder target) {
      int start = target.size();
      row.appendBytes(pos, target);
      int bytes = target.size() - start;
      if (length >= 0 && bytes != length) {
        throw new IllegalArgumentException(
            "Cannot write a row: column '%s' holds values of %d bytes, but this one has %d"
                .formatted(path, length, bytes));
      }
      return RowLayout.pointer(start - base, bytes);
    }

    private long nested(ValueAccessor row, int pos, int base, ByteBuilder target) {
      int start = target.size();
      switch (typeId) {
        case STRUCT -> encodeStruct(children, row.getStruct(pos), target);
        case LIST -> encodeList(children[0], row.getList(pos), target);
        case MAP -> encodeMap(row.getMap(pos), target);
        case VARIANT -> encodeVariant(row, pos, target);
        default -> throw new IllegalStateException("No encoding for type " + typeId);
      }
      return RowLayout.pointer(start - base, target.size() - start);
    }

    private void encodeMap(ValueAccessor.MapAccessor map, ByteBuilder target) {
      if (map.keys().size() != map.values().size()) {
        throw new IllegalArgumentException(
            "Cannot write a row: the map of '%s' has %d keys and %d values"
                .formatted(path, map.keys().size(), map.values().size()));
      }
      int base = reserveRegion(2, target);
      encodePart(children[0], map.keys(), 0, base, target);
      encodePart(children[1], map.values(), 1, base, target);
    }

    private static void encodePart(
        Slot element, ValueAccessor.ListAccessor list, int part, int base, ByteBuilder target) {
      int start = target.size();
      encodeList(element, list, target);
      putPart(part, start, base, target);
    }

    private static void encodeVariant(ValueAccessor row, int pos, ByteBuilder target) {
      int base = reserveRegion(2, target);
      int metadata = target.size();
      row.appendVariantMetadata(pos, target);
      putPart(0, metadata, base, target);
      int value = target.size();
      row.appendVariantValue(pos, target);
      putPart(1, value, base, target);
    }

    /** Points slot {@code part} of a region of two at what was written from {@code start} on. */
    private static void putPart(int part, int start, int base, ByteBuilder target) {
      int at = base + RowLayout.bitmapBytes(2) + (part << 3);
      RowLayout.putLong(target.array(), at, RowLayout.pointer(start - base, target.size() - start));
    }
  }
}

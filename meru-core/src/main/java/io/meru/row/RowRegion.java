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

import java.util.List;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows that {@link RowEncoder} wrote, in place: a flyweight that is pointed at one region
 * after another. A row and a struct have one position per field, a list one per element.
 *
 * <p>Not thread-safe.
 */
public final class RowRegion implements ValueAccessor.ListAccessor {
  private static final byte[] NO_BYTES = {};

  /** One reader per field of a row or struct; a single one, for all elements, of a list. */
  private final Nested[] nested;

  private byte[] array = NO_BYTES;
  private int base;
  private int slots;

  /** Reads rows of {@code type}, once {@link #wrap} has said where. */
  public RowRegion(Types.StructType type) {
    List<Types.NestedField> fields = type.fields();
    this.nested = new Nested[fields.size()];
    for (int pos = 0; pos < nested.length; pos++) {
      nested[pos] = new Nested(fields.get(pos).type());
    }
    this.slots = nested.length;
  }

  /** Reads lists. */
  private RowRegion(Type elementType) {
    this.nested = new Nested[] {new Nested(elementType)};
  }

  /**
   * Points this reader at the row or struct whose region starts at {@code base}.
   *
   * @return this reader
   */
  public RowRegion wrap(byte[] array, int base) {
    this.array = array;
    this.base = base;
    return this;
  }

  private RowRegion wrapList(byte[] array, int start) {
    this.slots = (int) RowLayout.getLong(array, start);
    return wrap(array, start + Long.BYTES);
  }

  @Override
  public int size() {
    return slots;
  }

  @Override
  public boolean isNullAt(int pos) {
    return RowLayout.isNull(array, base, pos);
  }

  @Override
  public boolean getBoolean(int pos) {
    return slot(pos) != 0;
  }

  @Override
  public int getInt(int pos) {
    return (int) slot(pos);
  }

  @Override
  public long getLong(int pos) {
    return slot(pos);
  }

  @Override
  public float getFloat(int pos) {
    return Float.intBitsToFloat((int) slot(pos));
  }

  @Override
  public double getDouble(int pos) {
    return Double.longBitsToDouble(slot(pos));
  }

  @Override
  public void appendBytes(int pos, ByteBuilder target) {
    long slot = slot(pos);
    target.append(array, base + RowLayout.offset(slot), RowLayout.length(slot));
  }

  @Override
  public void appendVariantMetadata(int pos, ByteBuilder target) {
    appendVariantPart(pos, 0, target);
  }

  @Override
  public void appendVariantValue(int pos, ByteBuilder target) {
    appendVariantPart(pos, 1, target);
  }

  private void appendVariantPart(int pos, int part, ByteBuilder target) {
    int start = start(pos);
    long slot = RowLayout.slot(array, start, 2, part);
    target.append(array, start + RowLayout.offset(slot), RowLayout.length(slot));
  }

  @Override
  public ValueAccessor getStruct(int pos) {
    return nested(pos).region().wrap(array, start(pos));
  }

  @Override
  public ValueAccessor.ListAccessor getList(int pos) {
    return nested(pos).region().wrapList(array, start(pos));
  }

  @Override
  public ValueAccessor.MapAccessor getMap(int pos) {
    return nested(pos).map().wrap(array, start(pos));
  }

  private Nested nested(int pos) {
    return nested[nested.length == 1 ? 0 : pos];
  }

  private int start(int pos) {
    return base + RowLayout.offset(slot(pos));
  }

  private long slot(int pos) {
    return RowLayout.slot(array, base, slots, pos);
  }

  /** The readers of one field's nested values; made at first use, most fields have none. */
  private static final class Nested {
    private final Type type;
    private @Nullable RowRegion region;
    private @Nullable MapRegion map;

    Nested(Type type) {
      this.type = type;
    }

    RowRegion region() {
      if (region == null) {
        region =
            type.isStructType()
                ? new RowRegion(type.asStructType())
                : new RowRegion(type.asListType().elementType());
      }
      return region;
    }

    MapRegion map() {
      if (map == null) {
        map = new MapRegion(type.asMapType());
      }
      return map;
    }
  }

  /** A region of two slots: the list of keys and the list of values. */
  private static final class MapRegion implements ValueAccessor.MapAccessor {
    private final RowRegion keys;
    private final RowRegion values;

    MapRegion(Types.MapType type) {
      this.keys = new RowRegion(type.keyType());
      this.values = new RowRegion(type.valueType());
    }

    MapRegion wrap(byte[] array, int base) {
      keys.wrapList(array, base + RowLayout.offset(RowLayout.slot(array, base, 2, 0)));
      values.wrapList(array, base + RowLayout.offset(RowLayout.slot(array, base, 2, 1)));
      return this;
    }

    @Override
    public ValueAccessor.ListAccessor keys() {
      return keys;
    }

    @Override
    public ValueAccessor.ListAccessor values() {
      return values;
    }
  }
}

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

/**
 * Typed access to the values of one struct or list, by position: the boundary across which rows
 * enter the engine. Values come in the form in which the Iceberg column stores them, so the adapter
 * truncates a nanosecond timestamp for a microsecond column before the engine sees it. A caller
 * asks {@link #isNullAt} first; what the other methods return for a null is undefined.
 *
 * <p>Accessors may be flyweights: what {@link #getStruct}, {@link #getList} and {@link #getMap}
 * return is valid until the same method of the same accessor is called again.
 */
public interface ValueAccessor {
  /** Whether the value at {@code pos} is NULL. */
  boolean isNullAt(int pos);

  /** A boolean. */
  boolean getBoolean(int pos);

  /** An int, or a date in days from 1970-01-01. */
  int getInt(int pos);

  /**
   * A long; a time in microseconds of the day; a timestamp in micro- or nanoseconds from the epoch,
   * as its Iceberg type says; the unscaled value of a decimal of precision 18 or less (at the
   * column's scale).
   */
  long getLong(int pos);

  /** A float. */
  float getFloat(int pos);

  /** A double. */
  double getDouble(int pos);

  /**
   * Appends the bytes of a string (UTF-8), a binary, a fixed, a uuid (16 bytes, highest first) or a
   * decimal of precision above 18 (unscaled value, two's complement, big-endian, shortest form or
   * longer).
   */
  void appendBytes(int pos, ByteBuilder target);

  /** Appends the metadata part of a variant, as Parquet's variant encoding defines it. */
  void appendVariantMetadata(int pos, ByteBuilder target);

  /** Appends the value part of a variant, as Parquet's variant encoding defines it. */
  void appendVariantValue(int pos, ByteBuilder target);

  /** A nested struct. */
  ValueAccessor getStruct(int pos);

  /** A list. */
  ListAccessor getList(int pos);

  /** A map. */
  MapAccessor getMap(int pos);

  /** The elements of a list: position {@code i} is element {@code i}. */
  interface ListAccessor extends ValueAccessor {
    /** Number of elements. */
    int size();
  }

  /** A map as two lists of the same size. Keys are never null. */
  interface MapAccessor {
    /** The keys; entry {@code i} has the value {@code values()[i]}. */
    ListAccessor keys();

    /** The values. */
    ListAccessor values();
  }
}

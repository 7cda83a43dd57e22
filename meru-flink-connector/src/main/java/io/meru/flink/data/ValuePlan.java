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

import org.jspecify.annotations.Nullable;

/**
 * How one value is read: where Flink holds it, as what, and into what Iceberg type it goes. Plans
 * form a tree that is made once per writer; accessors follow it for every row.
 *
 * @param path the column's full name, for messages
 * @param source position in the Flink row, or {@link #MISSING}
 * @param form how Flink holds the value
 * @param precision Flink's precision of a decimal or timestamp
 * @param scale Flink's scale of a decimal
 * @param nullForbidden whether a NULL is refused here; never for key columns, whose NULLs the
 *     engine refuses with a message of its own
 * @param fields plans of a struct's fields, in the order of the Iceberg struct
 * @param flinkArity number of fields of the Flink row that holds a struct
 * @param element plan of a list's elements, or of a map's keys
 * @param value plan of a map's values
 */
record ValuePlan(
    String path,
    int source,
    Form form,
    int precision,
    int scale,
    boolean nullForbidden,
    ValuePlan[] fields,
    int flinkArity,
    @Nullable ValuePlan element,
    @Nullable ValuePlan value) {
  /** The Flink row has no such column; it is written as NULL. */
  static final int MISSING = -1;

  private static final ValuePlan[] NO_FIELDS = {};

  /** How Flink holds a value. */
  enum Form {
    /** Always NULL. */
    NULL,
    BOOLEAN,
    TINYINT,
    SMALLINT,
    INT,
    BIGINT,
    FLOAT,
    DOUBLE,
    /** Milliseconds of the day in an int; microseconds in Iceberg. */
    TIME,
    /** A timestamp for a microsecond column. */
    TIMESTAMP_MICROS,
    /** A timestamp for a nanosecond column. */
    TIMESTAMP_NANOS,
    DECIMAL,
    STRING,
    BYTES,
    VARIANT,
    STRUCT,
    LIST,
    MAP
  }

  /** A value without parts. */
  static ValuePlan leaf(String path, Form form, int precision, int scale) {
    return new ValuePlan(path, 0, form, precision, scale, false, NO_FIELDS, 0, null, null);
  }

  /** A struct. */
  static ValuePlan struct(String path, ValuePlan[] fields, int flinkArity) {
    return new ValuePlan(path, 0, Form.STRUCT, 0, 0, false, fields, flinkArity, null, null);
  }

  /** A list. */
  static ValuePlan list(String path, ValuePlan element) {
    return new ValuePlan(path, 0, Form.LIST, 0, 0, false, NO_FIELDS, 0, element, null);
  }

  /** A map, or a multiset as a map from element to count. */
  static ValuePlan map(String path, ValuePlan key, ValuePlan value) {
    return new ValuePlan(path, 0, Form.MAP, 0, 0, false, NO_FIELDS, 0, key, value);
  }

  /** A column that only the table has. */
  static ValuePlan missing(String path) {
    return new ValuePlan(path, MISSING, Form.NULL, 0, 0, false, NO_FIELDS, 0, null, null);
  }

  /** The same value at {@code newSource} of its row. */
  ValuePlan at(int newSource) {
    return new ValuePlan(
        path, newSource, form, precision, scale, nullForbidden, fields, flinkArity, element, value);
  }

  /** The same value with NULL refused, or not. */
  ValuePlan withNullForbidden(boolean forbidden) {
    return new ValuePlan(
        path, source, form, precision, scale, forbidden, fields, flinkArity, element, value);
  }
}

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

import io.meru.row.ValueAccessor;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.types.variant.Variant;
import org.jspecify.annotations.Nullable;

/** A Flink array as the engine reads it; the keys or values of a map, too. A flyweight. */
final class ArrayDataAccessor extends DataAccessor implements ValueAccessor.ListAccessor {
  private final ValuePlan element;
  private @Nullable Object child;

  @SuppressWarnings("NullAway.Init") // wrap comes first
  private ArrayData array;

  ArrayDataAccessor(ValuePlan element) {
    this.element = element;
  }

  ArrayDataAccessor wrap(ArrayData newArray) {
    this.array = newArray;
    return this;
  }

  @Override
  public int size() {
    return array.size();
  }

  @Override
  ValuePlan plan(int pos) {
    return element;
  }

  @Override
  int source(int pos) {
    return pos;
  }

  @Override
  boolean rawIsNullAt(int source) {
    return array.isNullAt(source);
  }

  @Override
  boolean rawBoolean(int source) {
    return array.getBoolean(source);
  }

  @Override
  byte rawByte(int source) {
    return array.getByte(source);
  }

  @Override
  short rawShort(int source) {
    return array.getShort(source);
  }

  @Override
  int rawInt(int source) {
    return array.getInt(source);
  }

  @Override
  long rawLong(int source) {
    return array.getLong(source);
  }

  @Override
  float rawFloat(int source) {
    return array.getFloat(source);
  }

  @Override
  double rawDouble(int source) {
    return array.getDouble(source);
  }

  @Override
  long rawCompactTimestamp(int source, int precision) {
    return array.getTimestamp(source, precision).getMillisecond();
  }

  @Override
  TimestampData rawTimestamp(int source, int precision) {
    return array.getTimestamp(source, precision);
  }

  @Override
  long rawCompactDecimal(int source, int precision, int scale) {
    return array.getDecimal(source, precision, scale).toUnscaledLong();
  }

  @Override
  DecimalData rawDecimal(int source, int precision, int scale) {
    return array.getDecimal(source, precision, scale);
  }

  @Override
  StringData rawString(int source) {
    return array.getString(source);
  }

  @Override
  byte[] rawBinary(int source) {
    return array.getBinary(source);
  }

  @Override
  Variant rawVariant(int source) {
    return array.getVariant(source);
  }

  @Override
  RowData rawRow(int source, int arity) {
    return array.getRow(source, arity);
  }

  @Override
  ArrayData rawArray(int source) {
    return array.getArray(source);
  }

  @Override
  MapData rawMap(int source) {
    return array.getMap(source);
  }

  @Override
  @Nullable Object child(int pos) {
    return child;
  }

  @Override
  void keepChild(int pos, Object newChild) {
    child = newChild;
  }
}

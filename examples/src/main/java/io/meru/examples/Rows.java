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

package io.meru.examples;

import java.math.BigDecimal;
import java.time.LocalDate;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.jspecify.annotations.Nullable;

/** The example's rows in Flink's internal form. */
final class Rows {
  private Rows() {}

  static RowData toRowData(Change change) {
    Object[] values = change.values();
    GenericRowData row = new GenericRowData(change.kind(), values.length);
    for (int i = 0; i < values.length; i++) {
      row.setField(i, toFlink(values[i]));
    }
    return row;
  }

  private static @Nullable Object toFlink(@Nullable Object value) {
    if (value instanceof String string) {
      return StringData.fromString(string);
    } else if (value instanceof BigDecimal decimal) {
      return DecimalData.fromBigDecimal(decimal, 15, 2);
    } else if (value instanceof LocalDate date) {
      return (int) date.toEpochDay();
    }
    return value;
  }
}

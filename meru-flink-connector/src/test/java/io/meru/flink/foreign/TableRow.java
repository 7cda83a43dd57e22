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

package io.meru.flink.foreign;

import io.meru.flink.testing.Changes;
import org.apache.flink.table.data.RowData;
import org.apache.iceberg.data.Record;
import org.jspecify.annotations.Nullable;

/** A row of the table. Rows that others wrote have a negative amount. */
record TableRow(long id, @Nullable Long amount, @Nullable String name) {
  static TableRow of(Record row) {
    Object name = row.getField("name");
    return new TableRow(
        (long) row.getField("id"),
        (Long) row.getField("amount"),
        name == null ? null : name.toString());
  }

  /** Of a row of {@link Changes#ROW_TYPE}. */
  static TableRow of(RowData row) {
    return new TableRow(
        row.getLong(1),
        row.isNullAt(2) ? null : (Long) row.getLong(2),
        row.isNullAt(0) ? null : row.getString(0).toString());
  }

  /** As Spark's answers show it. */
  String inSpark() {
    return "%d, %d, %s".formatted(id, amount, name == null ? null : '"' + name + '"');
  }

  /** Whether another writer than a job wrote it. */
  boolean isOthers() {
    return amount != null && amount < 0;
  }
}

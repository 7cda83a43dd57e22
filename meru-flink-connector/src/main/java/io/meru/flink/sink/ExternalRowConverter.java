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

package io.meru.flink.sink;

import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.conversion.RowRowConverter;
import org.apache.flink.table.types.DataType;
import org.apache.flink.types.Row;
import org.jspecify.annotations.Nullable;

/** Turns Flink's public {@link Row} into the rows that the sink writes; the kind is kept. */
final class ExternalRowConverter implements RowDataConverter<Row> {
  private static final long serialVersionUID = 1L;

  private final DataType rowType;
  private transient @Nullable RowRowConverter converter;

  ExternalRowConverter(DataType rowType) {
    this.rowType = rowType;
  }

  @Override
  public RowData convert(Row row) {
    if (converter == null) {
      converter = RowRowConverter.create(rowType);
      converter.open(Thread.currentThread().getContextClassLoader());
    }
    return converter.toInternal(row);
  }
}

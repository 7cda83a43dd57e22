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

package io.meru.faults;

import io.meru.faults.Workload.Change;
import java.util.UUID;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Number of a change to its rows and the marker's. */
final class ChangeRows extends RichFlatMapFunction<Long, RowData> {
  private static final long serialVersionUID = 1L;

  private final Workload workload;
  private transient String attempt = "";
  private transient @Nullable Long start;

  ChangeRows(Workload workload) {
    this.workload = workload;
  }

  @Override
  public void open(OpenContext context) {
    attempt = UUID.randomUUID().toString();
    start = null;
  }

  @Override
  public void flatMap(Long n, Collector<RowData> out) {
    if (start == null) {
      start = n;
    }
    Change change = workload.change(n);
    Row row = workload.row(change);
    if (change.withBefore()) {
      out.collect(rowData(RowKind.UPDATE_BEFORE, row));
    }
    out.collect(rowData(change.kind(), row));
    out.collect(rowData(RowKind.UPDATE_AFTER, new Marker(attempt, start, n).toRow()));
  }

  private static RowData rowData(RowKind kind, Row row) {
    return GenericRowData.ofKind(kind, row.id(), row.n(), StringData.fromString(row.payload()));
  }
}

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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;

/** Reads snapshots through Iceberg's generic reader. */
final class TableReader {
  private TableReader() {}

  /** All rows of a snapshot. */
  static List<Row> rows(Table table, long snapshotId) {
    List<Row> rows = new ArrayList<>();
    try (CloseableIterable<Record> records =
        IcebergGenerics.read(table).useSnapshot(snapshotId).build()) {
      for (Record record : records) {
        rows.add(
            new Row(
                (Long) record.getField("id"),
                (Long) record.getField("n"),
                record.getField("payload").toString()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the scan of snapshot " + snapshotId, e);
    }
    return rows;
  }
}

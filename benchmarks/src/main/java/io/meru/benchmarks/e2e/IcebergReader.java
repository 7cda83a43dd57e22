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

package io.meru.benchmarks.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;

/** Reads through Iceberg's generic reader. */
final class IcebergReader implements TableReader {
  private final Table table;
  private final long snapshot;

  /** Reads the head of {@code table} in the catalog at {@code directory}. */
  IcebergReader(Path directory, String table) {
    this(IcebergTables.load(directory, TableIdentifier.of(IcebergTables.NAME.namespace(), table)));
  }

  private IcebergReader(Table table) {
    this(table, table.currentSnapshot().snapshotId());
  }

  /** Reads a snapshot. */
  IcebergReader(Table table, long snapshot) {
    this.table = table;
    this.snapshot = snapshot;
  }

  @Override
  public long scan() throws IOException {
    long rows = 0;
    try (CloseableIterable<Record> records =
        IcebergGenerics.read(table).useSnapshot(snapshot).build()) {
      for (Record ignored : records) {
        rows++;
      }
    }
    return rows;
  }

  @Override
  public void verify(Verifier verifier) throws IOException {
    try (CloseableIterable<Record> records =
        IcebergGenerics.read(table).useSnapshot(snapshot).build()) {
      for (Record record : records) {
        verifier.row(
            keyIndex(verifier, record.get(Rows.ID)),
            (Long) record.get(Rows.CUSTOMER),
            ((LocalDateTime) record.get(Rows.UPDATED_AT)).toInstant(ZoneOffset.UTC).toEpochMilli());
      }
    }
  }

  static int keyIndex(Verifier verifier, Object id) {
    return id instanceof Long number
        ? verifier.keyIndex(number)
        : verifier.keyIndex(id.toString().getBytes(StandardCharsets.UTF_8));
  }
}

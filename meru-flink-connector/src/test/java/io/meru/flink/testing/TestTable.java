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

package io.meru.flink.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.testing.TableChecks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/** A table in a local folder. */
public final class TestTable {
  private final String location;

  private TestTable(String location) {
    this.location = location;
  }

  /** Creates a v3 table in {@code folder}. */
  public static TestTable create(Path folder, Schema schema, Map<String, String> properties) {
    return create(folder, schema, 3, properties);
  }

  /** Creates a table of {@code formatVersion} in {@code folder}. */
  public static TestTable create(
      Path folder, Schema schema, int formatVersion, Map<String, String> properties) {
    String location = folder.resolve("table").toUri().toString();
    Map<String, String> all = new HashMap<>(properties);
    all.put("format-version", Integer.toString(formatVersion));
    new HadoopTables(new Configuration())
        .create(schema, PartitionSpec.unpartitioned(), all, location);
    return new TestTable(location);
  }

  /** The table as it is now. */
  public Table load() {
    return new HadoopTables(new Configuration()).load(location);
  }

  /** The recipe for a job. */
  public TableLoader loader() {
    return TableLoader.fromHadoopTable(location, new Configuration());
  }

  /** Where it lies. */
  public String location() {
    return location;
  }

  /** The {@code _row_id} of each row of a snapshot, by {@code id}. */
  public Map<Long, Long> rowIds(Snapshot snapshot) {
    Table table = load();
    Map<Long, Long> ids = new HashMap<>();
    try (CloseableIterable<Record> rows =
        IcebergGenerics.read(table)
            .useSnapshot(snapshot.snapshotId())
            .project(TypeUtil.join(table.schema(), new Schema(MetadataColumns.ROW_ID)))
            .build()) {
      rows.forEach(row -> ids.put((Long) row.getField("id"), (Long) row.getField("_row_id")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ids;
  }

  /** Snapshots with rows or deletes, oldest first. */
  public List<Snapshot> flushes() {
    return snapshotsOf("flush");
  }

  /** Snapshots that only move rows to other files, oldest first. */
  public List<Snapshot> compactions() {
    return snapshotsOf("compaction");
  }

  private List<Snapshot> snapshotsOf(String job) {
    List<Snapshot> snapshots = new ArrayList<>();
    for (Snapshot snapshot : load().snapshots()) {
      if (job.equals(snapshot.summary().get("meru.job"))) {
        snapshots.add(snapshot);
      }
    }
    return snapshots;
  }

  /**
   * At each snapshot the table must equal the changes up to its marker, and nothing may go back.
   */
  public void assertEachSnapshotIsAPrefixOf(Changes changes) {
    Table table = load();
    TableChecks.assertInvariants(table);
    long before = -1;
    for (Snapshot snapshot : flushes()) {
      List<Record> rows = rows(table, snapshot);
      long marker = marker(rows);
      assertThat(marker)
          .as("change that snapshot %s reaches", snapshot)
          .isGreaterThanOrEqualTo(before);
      TableChecks.assertSameRows(
          "snapshot %s, which reaches change %d".formatted(snapshot, marker),
          rows,
          changes.tableAfter(marker + 1));
      before = marker;
    }
  }

  /** The head must equal the changes {@code [0, count)}. */
  public void assertHolds(Changes changes, long count) {
    Table table = load();
    TableChecks.assertInvariants(table);
    TableChecks.assertSameRows(
        "the table", rows(table, table.currentSnapshot()), changes.tableAfter(count));
  }

  /** Iceberg's generic reader adds a position column to rows of files with deletes: it goes. */
  private static List<Record> rows(Table table, Snapshot snapshot) {
    List<Record> rows = new ArrayList<>();
    Record empty = GenericRecord.create(table.schema());
    for (Record row : TableChecks.rows(table, snapshot.snapshotId())) {
      Record bare = empty.copy();
      for (Types.NestedField field : table.schema().columns()) {
        bare.setField(field.name(), row.getField(field.name()));
      }
      rows.add(bare);
    }
    return rows;
  }

  private static long marker(List<Record> rows) {
    return rows.stream()
        .filter(row -> row.getField("id").equals(Changes.MARKER))
        .mapToLong(row -> (long) row.getField("amount"))
        .findFirst()
        .orElse(-1);
  }
}

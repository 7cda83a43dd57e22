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

package io.meru.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.meru.key.KeySpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.ContentFileUtil;

/** Reads tables back through Iceberg's own reader and states what must hold of any of them. */
public final class TableChecks {
  private TableChecks() {}

  /** The rows of snapshot {@code snapshotId}, in no order. */
  public static List<Record> rows(Table table, long snapshotId) {
    try (CloseableIterable<Record> rows =
        IcebergGenerics.read(table).useSnapshot(snapshotId).build()) {
      List<Record> result = new ArrayList<>();
      rows.forEach(row -> result.add(columnsOf(table, row)));
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The reader adds a position to the rows of files with deletes; only the table's columns count.
   */
  private static Record columnsOf(Table table, Record row) {
    Record copy = GenericRecord.create(table.schema());
    for (Types.NestedField field : table.schema().columns()) {
      copy.setField(field.name(), row.getField(field.name()));
    }
    return copy;
  }

  /** The head of the table must hold just these rows. */
  public static void assertRows(Table table, Collection<Record> expected) {
    Snapshot head = table.currentSnapshot();
    List<Record> actual = head == null ? List.of() : rows(table, head.snapshotId());
    assertSameRows("the table", actual, expected);
  }

  /** The same rows in any order, each as often; takes time for each row, not for each pair. */
  public static void assertSameRows(
      String description, Collection<Record> actual, Collection<Record> expected) {
    assertThat(counted(actual)).as(description).isEqualTo(counted(expected));
  }

  /** At each snapshot: one live row per key, one deletion vector per file, no equality deletes. */
  public static void assertInvariants(Table table) {
    for (Snapshot snapshot : table.snapshots()) {
      assertInvariants(table, snapshot);
    }
  }

  /** At this snapshot: one live row per key, one deletion vector per file, no equality deletes. */
  public static void assertInvariants(Table table, Snapshot snapshot) {
    assertOneRowPerKey(table, snapshot);
    assertDeletes(table, snapshot);
  }

  /** No two live rows of {@code snapshot} share a key. */
  public static void assertOneRowPerKey(Table table, Snapshot snapshot) {
    KeySpec keySpec = KeySpec.of(table.name(), table.schema());
    Set<List<Object>> keys = new HashSet<>();
    for (Record row : rows(table, snapshot.snapshotId())) {
      List<Object> key = new ArrayList<>();
      keySpec.columns().forEach(column -> key.add(row.getField(column.name())));
      if (!keys.add(key)) {
        fail("Key %s is live more than once in snapshot %s", key, snapshot.snapshotId());
      }
    }
  }

  /** One deletion vector per file at most, never an equality delete, files as stated. */
  public static void assertDeletes(Table table, Snapshot snapshot) {
    Map<String, DeleteFile> vectors = new HashMap<>();
    for (ManifestFile manifest : snapshot.deleteManifests(table.io())) {
      for (DeleteFile file :
          ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
        assertThat(file.content()).isNotEqualTo(FileContent.EQUALITY_DELETES);
        assertThat(ContentFileUtil.isDV(file)).isTrue();
        assertThat(vectors.put(file.referencedDataFile(), file.copy()))
            .as("second deletion vector of %s", file.referencedDataFile())
            .isNull();
      }
    }
    Map<String, DataFile> files = new HashMap<>();
    for (ManifestFile manifest : snapshot.dataManifests(table.io())) {
      for (DataFile file : ManifestFiles.read(manifest, table.io(), table.specs())) {
        assertThat(files.put(file.location(), file.copy())).isNull();
        assertThat(table.io().newInputFile(file.location()).getLength())
            .isEqualTo(file.fileSizeInBytes());
      }
    }
    vectors.forEach(
        (path, vector) -> {
          assertThat(files).as("vector without its file").containsKey(path);
          assertThat(vector.recordCount()).isLessThanOrEqualTo(files.get(path).recordCount());
        });
  }

  private static Map<Record, Integer> counted(Collection<Record> rows) {
    Map<Record, Integer> counts = new HashMap<>();
    rows.forEach(row -> counts.merge(row, 1, Integer::sum));
    return counts;
  }
}

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

package io.meru;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.commit.MeruProperties;
import io.meru.config.CompactionOptions;
import io.meru.config.LevelOptions;
import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.testing.EngineTable;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import io.meru.version.LevelFileName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that were written with another parallelism are taken apart by their new owners. */
class RescaledCompactionTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "v", Types.StringType.get())),
          Set.of(1));

  private static final int KEYS = 60;

  @TempDir private Path folder;

  private final Map<Long, Record> model = new TreeMap<>();
  private int values;

  @Test
  void eachWriterTakesItsOwnRowsAndTheFileEnds() {
    String location = folder.resolve("t").toString();
    try (EngineTable one = EngineTable.create(location, SCHEMA, PartitionSpec.unpartitioned(), 1)) {
      put(one, 0, KEYS);
      one.checkpoint();
      put(one, KEYS / 2, KEYS);
      one.checkpoint();
    }
    Map<Long, String> ids = rowIds(location);
    Set<String> shared = paths(files(location));
    try (EngineTable three = EngineTable.open(location, 3, compacting(0.9))) {
      for (int i = 0; i < 4; i++) {
        put(three, i, i + 1);
        three.checkpoint();
      }
      check(three);
      assertThat(paths(files(location))).doesNotContainAnyElementsOf(shared);
      assertThat(files(location)).allMatch(file -> owners(file, 3) == 1);
      assertThat(rowIds(location)).isEqualTo(ids);
      assertThat(snapshotsInWhichWritersTookRowsOf(shared, three.load())).isNotEmpty();
    }
    try (EngineTable two = EngineTable.open(location, 2, compacting(0.9))) {
      for (int i = 0; i < 6; i++) {
        put(two, 10 * i, 10 * i + 2);
        two.delete((long) (10 * i + 5), null);
        model.remove(10L * i + 5);
        two.checkpoint();
      }
      check(two);
      assertThat(files(location)).allMatch(file -> owners(file, 2) == 1);
      Map<Long, String> now = rowIds(location);
      now.forEach((key, id) -> assertThat(id).as("%s", key).isEqualTo(ids.get(key)));
    }
  }

  @Test
  void aLargeFileIsSharedUntilManyOfItsRowsAreDeleted() {
    String location = folder.resolve("t").toString();
    try (EngineTable one = EngineTable.create(location, SCHEMA, PartitionSpec.unpartitioned(), 1)) {
      put(one, 0, KEYS);
      one.checkpoint();
    }
    DataFile large = files(location).get(0);
    long target = large.fileSizeInBytes();
    try (EngineTable two = EngineTable.open(location, 2, compacting(0.5, target))) {
      put(two, 0, KEYS / 4);
      two.checkpoint();
      put(two, 0, 1);
      two.checkpoint();
      two.checkpoint();
      assertThat(paths(files(location))).contains(large.location());
      check(two);

      put(two, 0, KEYS * 2 / 3);
      two.checkpoint();
      put(two, 0, 1);
      two.checkpoint();
      put(two, 0, 1);
      two.checkpoint();
      check(two);
      assertThat(paths(files(location))).doesNotContain(large.location());
    }
  }

  private static WriteOptions compacting(double deletedRatio) {
    return compacting(deletedRatio, 1 << 20);
  }

  /** Two files are one too many. */
  private static WriteOptions compacting(double deletedRatio, long targetBytes) {
    WriteOptions defaults = WriteOptions.DEFAULTS;
    return new WriteOptions(
        defaults.writeBufferBytes(),
        defaults.maxSealed(),
        defaults.resolverCacheBytes(),
        defaults.pendingEditMaxBytes(),
        defaults.level0(),
        new CompactionOptions(
            true,
            2,
            deletedRatio,
            targetBytes,
            1 << 20,
            100,
            100,
            0,
            LevelOptions.DEEPER_DEFAULTS));
  }

  private void put(EngineTable table, int from, int to) {
    for (int id = from; id < to; id++) {
      String v = "v" + ++values;
      table.put((long) id, v);
      model.put((long) id, Records.of(SCHEMA.asStruct(), (long) id, v));
    }
  }

  private void check(EngineTable table) {
    TableChecks.assertRows(table.load(), model.values());
    TableChecks.assertInvariants(table.load());
  }

  private static int owners(DataFile file, int parallelism) {
    HashRange hashes = LevelFileName.parse(file.location()).orElseThrow().hashRange();
    return (int)
        IntStream.range(0, parallelism)
            .filter(subtask -> HashRange.ofSubtask(subtask, parallelism).overlaps(hashes))
            .count();
  }

  /** Compactions that leave vectors on these files, or remove them since all of it is taken. */
  private static List<Long> snapshotsInWhichWritersTookRowsOf(Set<String> shared, Table table) {
    List<Long> found = new ArrayList<>();
    for (Snapshot snapshot : table.snapshots()) {
      if (MeruProperties.JOB_COMPACTION.equals(snapshot.summary().get(MeruProperties.JOB))) {
        for (DataFile removed :
            SnapshotChanges.builderFor(table).snapshot(snapshot).build().removedDataFiles()) {
          if (shared.contains(removed.location())) {
            found.add(snapshot.snapshotId());
          }
        }
      }
    }
    return found;
  }

  private static List<DataFile> files(String location) {
    List<DataFile> files = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = load(location).newScan().planFiles()) {
      tasks.forEach(task -> files.add(task.file()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private static Set<String> paths(List<DataFile> files) {
    Set<String> paths = new HashSet<>();
    files.forEach(file -> paths.add(file.location()));
    return paths;
  }

  private static Map<Long, String> rowIds(String location) {
    Map<Long, String> ids = new TreeMap<>();
    Schema projected = TypeUtil.join(SCHEMA, new Schema(MetadataColumns.ROW_ID));
    try (CloseableIterable<Record> rows =
        IcebergGenerics.read(load(location)).project(projected).build()) {
      rows.forEach(row -> ids.put((Long) row.getField("id"), "" + row.getField("_row_id")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ids;
  }

  private static Table load(String location) {
    return new HadoopTables(new Configuration()).load(location);
  }
}

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
import io.meru.key.KeyEncoder;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.row.ByteBuilder;
import io.meru.row.RowKind;
import io.meru.testing.EngineTable;
import io.meru.testing.RecordAccessor;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import io.meru.version.LevelFileName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.ExpireSnapshots;
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
import org.apache.iceberg.util.SnapshotUtil;
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
  private static final int KEPT = 4;

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
  void atRestSmallSharedFilesEndAndThenNothingIsMerged() {
    String location = folder.resolve("t").toString();
    try (EngineTable one = EngineTable.create(location, SCHEMA, PartitionSpec.unpartitioned(), 1)) {
      for (int i = 0; i < 3; i++) {
        put(one, 10 * i, KEYS);
        one.checkpoint();
      }
    }
    Map<Long, String> ids = rowIds(location);
    try (EngineTable two = EngineTable.open(location, 2, compacting(8, 1, 1 << 20, 1))) {
      for (int i = 0; i < 20; i++) {
        two.checkpoint();
      }
      check(two);
      List<DataFile> files = files(location);
      assertThat(files).hasSize(2).allMatch(file -> owners(file, 2) == 1);
      assertThat(rowIds(location)).isEqualTo(ids);
      for (int i = 0; i < 200; i++) {
        two.checkpoint();
      }
      assertThat(paths(files(location))).isEqualTo(paths(files));
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

  @Test
  void aLargeFileWithFewDeletedRowsStaysSharedHoweverManyWritersThereAre() {
    String location = folder.resolve("t").toString();
    try (EngineTable one = EngineTable.create(location, SCHEMA, PartitionSpec.unpartitioned(), 1)) {
      put(one, 0, 1600);
      one.checkpoint();
      put(one, 0, 32);
      one.checkpoint();
    }
    DataFile large =
        files(location).stream().max(Comparator.comparing(DataFile::recordCount)).orElseThrow();
    WriteOptions options = compacting(0.3, large.fileSizeInBytes());
    try (EngineTable many = EngineTable.open(location, 16, options)) {
      for (int i = 0; i < 3; i++) {
        put(many, 2000, 2100);
        many.checkpoint();
      }
      check(many);
      assertThat(paths(files(location))).contains(large.location());
    }
  }

  /** The file is a third's and another third's; the writer of the last one has nothing in it. */
  @Test
  void aFileThatOthersHaveEmptiedIsNoLongerLookedInto() {
    String location = folder.resolve("t").toString();
    List<List<Long>> keys = keysOfThree();
    create(location, keys.get(0).get(10), keys.get(2).get(30));
    String shared = files(location).get(0).location();
    try (EngineTable three = EngineTable.open(location, 3, compacting(0.9))) {
      put(three, keys.get(1).get(0));
      put(three, keys.get(0).get(1));
      put(three, keys.get(2).get(1));
      three.checkpoint();
      for (int i = 2; i < 7; i++) {
        put(three, keys.get(0).get(i));
        put(three, keys.get(2).get(i));
        three.checkpoint();
      }
      expire(three, keys.get(1).get(1), shared);
      for (int i = 0; i < 20; i++) {
        put(three, keys.get(1).get(20 + i));
        three.checkpoint();
      }
      check(three);
      assertThat(files(location))
          .filteredOn(file -> HashRange.ofSubtask(1, 3).overlaps(hashes(file)))
          .as("its own files are merged as ever")
          .hasSizeLessThan(8);
    }
  }

  @Test
  void aFileOfWhichOthersDeleteTheLastRowIsNoLongerLookedInto() {
    String location = folder.resolve("t").toString();
    List<List<Long>> keys = keysOfThree();
    create(location, keys.get(0).get(10), keys.get(2).get(30));
    String shared = files(location).get(0).location();
    try (EngineTable three = EngineTable.open(location, 3)) {
      put(three, keys.get(1).get(0));
      three.checkpoint();
      put(three, keys.get(0).get(10));
      put(three, keys.get(2).get(30));
      put(three, keys.get(1).get(1));
      three.checkpoint();
      put(three, keys.get(1).get(2));
      three.checkpoint();
      expire(three, keys.get(1).get(1), shared);
      put(three, keys.get(1).get(20));
      three.checkpoint();
      check(three);
    }
  }

  private void create(String location, long... ids) {
    try (EngineTable one = EngineTable.create(location, SCHEMA, PartitionSpec.unpartitioned(), 1)) {
      for (long id : ids) {
        put(one, id);
      }
      one.checkpoint();
    }
  }

  /** Expires all but the newest snapshots, which the writers have seen before. */
  private void expire(EngineTable table, long key, String gone) {
    assertThat(paths(files(table.location()))).doesNotContain(gone);
    for (int i = 0; i < KEPT; i++) {
      put(table, key);
      table.checkpoint();
    }
    Table loaded = table.load();
    List<Long> history = SnapshotUtil.currentAncestorIds(loaded);
    ExpireSnapshots expire = loaded.expireSnapshots().cleanExpiredFiles(true);
    for (long id : history.subList(KEPT, history.size())) {
      expire = expire.expireSnapshotId(id);
    }
    expire.commit();
    assertThat(Path.of(gone)).doesNotExist();
  }

  /** Forty keys of each of three writers. */
  private static List<List<Long>> keysOfThree() {
    List<List<Long>> keys = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    KeyEncoder encoder = new KeyEncoder(KeySpec.of("t", SCHEMA));
    for (long id = 0; keys.stream().anyMatch(own -> own.size() < 40); id++) {
      ByteBuilder key = new ByteBuilder(64);
      Record row = Records.of(SCHEMA.asStruct(), id, "");
      encoder.encode(RecordAccessor.of(SCHEMA.asStruct(), row), RowKind.INSERT, key);
      int hash = KeyHash.hash16(KeyHash.hash64(key.array(), 0, key.size()));
      keys.get(HashRange.subtaskOf(hash, 3)).add(id);
    }
    return keys;
  }

  private static WriteOptions compacting(double deletedRatio) {
    return compacting(deletedRatio, 1 << 20);
  }

  /** Two files are one too many. */
  private static WriteOptions compacting(double deletedRatio, long targetBytes) {
    return compacting(2, deletedRatio, targetBytes, 0);
  }

  private static WriteOptions compacting(
      int levelTrigger, double deletedRatio, long targetBytes, long restMillis) {
    WriteOptions defaults = WriteOptions.DEFAULTS;
    return new WriteOptions(
        defaults.writeBufferBytes(),
        defaults.maxSealed(),
        defaults.resolverCacheBytes(),
        defaults.pendingEditMaxBytes(),
        defaults.level0(),
        new CompactionOptions(
            true,
            levelTrigger,
            deletedRatio,
            targetBytes,
            1 << 20,
            100,
            100,
            60_000,
            0,
            restMillis,
            LevelOptions.DEEPER_DEFAULTS));
  }

  private void put(EngineTable table, int from, int to) {
    for (int id = from; id < to; id++) {
      put(table, id);
    }
  }

  private void put(EngineTable table, long id) {
    String v = "v" + ++values;
    table.put(id, v);
    model.put(id, Records.of(SCHEMA.asStruct(), id, v));
  }

  private void check(EngineTable table) {
    TableChecks.assertRows(table.load(), model.values());
    TableChecks.assertInvariants(table.load());
  }

  private static HashRange hashes(DataFile file) {
    return LevelFileName.parse(file.location()).orElseThrow().hashRange();
  }

  private static int owners(DataFile file, int parallelism) {
    HashRange hashes = hashes(file);
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

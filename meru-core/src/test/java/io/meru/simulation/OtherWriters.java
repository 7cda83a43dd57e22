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

package io.meru.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.commit.CommitOptions;
import io.meru.commit.Faults;
import io.meru.maintenance.ExpiryResult;
import io.meru.maintenance.RetentionOptions;
import io.meru.maintenance.SnapshotExpiry;
import io.meru.maintenance.TableCompaction;
import io.meru.maintenance.TableCompactionOptions;
import io.meru.maintenance.TableCompactionResult;
import io.meru.simulation.SimulatedRows.Row;
import io.meru.simulation.SnapshotReader.LiveFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.BaseDeleteLoader;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.relocated.com.google.common.util.concurrent.MoreExecutors;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.SnapshotUtil;

/**
 * What others do to the table, with Iceberg's own means or Meru's. Each action returns what it did,
 * empty if there was nothing to do.
 */
final class OtherWriters {
  private static final ExecutorService INLINE = MoreExecutors.newDirectExecutorService();

  /** When even snapshots outside the main branch, which a rollback leaves, are old. */
  private static final Clock IN_A_MONTH = Clock.offset(Clock.systemUTC(), Duration.ofDays(30));

  private final MemoryTable table;
  private final Oracle oracle;
  private final ForeignFiles foreignFiles;
  private final Random random;
  private final int keys;
  private final Set<String> expired = new HashSet<>();
  private int files;
  private int values;

  OtherWriters(
      MemoryTable table, Oracle oracle, ForeignFiles foreignFiles, Random random, int keys) {
    this.foreignFiles = foreignFiles;
    this.table = table;
    this.oracle = oracle;
    this.random = random;
    this.keys = keys;
  }

  /** Appends rows without a look at their keys. */
  String append() {
    Map<Long, Row> rows = new HashMap<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      rows.put((long) random.nextInt(keys + keys / 4 + 1), newRow());
    }
    Table handle = table.load();
    var append = handle.newAppend().scanManifestsWith(INLINE);
    write(handle, rows).forEach(append::appendFile);
    oracle.during(model -> model.withAppended(rows), append::commit);
    return "append of " + rows.keySet();
  }

  /** Deletes all live rows of a key by deletion vectors. */
  String delete() {
    return delete(random.nextInt(keys));
  }

  /** Deletes a key and appends it again, in two commits. */
  String upsert() {
    long key = random.nextInt(keys);
    delete(key);
    Map<Long, Row> rows = Map.of(key, newRow());
    Table handle = table.load();
    var append = handle.newAppend().scanManifestsWith(INLINE);
    write(handle, rows).forEach(append::appendFile);
    oracle.during(model -> model.withAppended(rows), append::commit);
    return "upsert of " + key;
  }

  /** Rewrites some files, dead rows left out. */
  String rewrite() {
    boolean all = random.nextBoolean();
    List<LiveFile> old =
        oracle.headFiles().stream().filter(file -> all || random.nextBoolean()).toList();
    if (old.isEmpty()) {
      return "";
    }
    Table handle = table.load();
    RewriteFiles rewrite =
        handle
            .newRewrite()
            .scanManifestsWith(INLINE)
            .validateFromSnapshot(head(handle).snapshotId());
    Set<String> names = new HashSet<>();
    for (LiveFile live : old) {
      names.add(live.file().location());
      rewrite.deleteFile(live.file());
      if (live.vector() != null) {
        rewrite.deleteFile(live.vector());
      }
    }
    writeLive(handle, old).forEach(rewrite::addFile);
    oracle.during(UnaryOperator.identity(), rewrite::commit);
    return "rewrite of " + names.size() + " files";
  }

  /**
   * Compacts the table from a process of its own.
   *
   * @param own for what it draws
   * @param faults of its catalog
   * @param between lets others act while it runs
   */
  TableCompactionResult compact(Random own, Faults faults, Runnable between) {
    Supplier<UUID> ids =
        () -> {
          if (own.nextInt(3) == 0) {
            between.run();
          }
          return new UUID(own.nextLong(), own.nextLong());
        };
    TableCompactionOptions options =
        new TableCompactionOptions(
            Set.of(),
            1 + own.nextInt(3),
            own.nextInt(3) == 0 ? 1 : 1 << (8 + own.nextInt(8)),
            own.nextBoolean() ? 0 : own.nextDouble(),
            own.nextInt(3) == 0 ? 1 : 1 << 20,
            0,
            Draw.compaction(own).levels());
    return new TableCompaction(
            table.load(faults),
            MemoryTable.NAME,
            new CommitOptions(20, 0, 0, own.nextInt(1000), 0, false, Map.of()),
            Clock.systemUTC(),
            () -> 0L,
            ids)
        .run(options);
  }

  /** Drops a whole file. */
  String drop() {
    List<LiveFile> files = oracle.headFiles();
    if (files.isEmpty()) {
      return "";
    }
    LiveFile file = files.get(random.nextInt(files.size()));
    Table handle = table.load();
    RowDelta delta =
        handle
            .newRowDelta()
            .scanManifestsWith(INLINE)
            .validateFromSnapshot(head(handle).snapshotId())
            .removeRows(file.file());
    if (file.vector() != null) {
      delta.removeDeletes(file.vector());
    }
    oracle.during(model -> model.without(file), delta::commit);
    return "drop of " + file.file().location();
  }

  /** Expires all but the newest snapshots, and deletes files that no other names. */
  String expire() {
    int kept = 1 + random.nextInt(3);
    Table handle = table.load();
    if (handle.currentSnapshot() == null) {
      return "";
    }
    Set<Long> keep = new HashSet<>();
    for (long id : SnapshotUtil.currentAncestorIds(handle)) {
      if (keep.size() < kept) {
        keep.add(id);
      }
    }
    var expire = handle.expireSnapshots().cleanExpiredFiles(true);
    int expired = 0;
    for (Snapshot snapshot : handle.snapshots()) {
      if (!keep.contains(snapshot.snapshotId())) {
        expire.expireSnapshotId(snapshot.snapshotId());
        expired++;
      }
    }
    if (expired == 0) {
      return "";
    }
    expire.planWith(INLINE).deleteWith(this::deleteExpired).commit();
    oracle.checkHead();
    return "expiry of " + expired + " snapshots";
  }

  /** The same with Meru's own clean-up. */
  String cleanUp() {
    int kept = 1 + random.nextInt(3);
    RetentionOptions options =
        new RetentionOptions(Duration.ofMillis(1), Duration.ZERO, kept, kept);
    ExpiryResult result = new SnapshotExpiry(table.load(), IN_A_MONTH).run(options);
    assertThat(result.failedFiles()).as("files that could not be deleted").isZero();
    expired.addAll(result.files());
    oracle.checkHead();
    return "clean-up of %d snapshots".formatted(result.snapshots().size());
  }

  /** Makes an older snapshot the table's head. */
  String rollback() {
    Table handle = table.load();
    List<Long> ancestors = new ArrayList<>();
    if (handle.currentSnapshot() != null) {
      SnapshotUtil.currentAncestorIds(handle).forEach(ancestors::add);
    }
    if (ancestors.size() < 2) {
      return "";
    }
    int back = 1 + random.nextInt(Math.min(4, ancestors.size() - 1));
    handle.manageSnapshots().rollbackTo(ancestors.get(back)).commit();
    oracle.checkHead();
    return "rollback by " + back;
  }

  /** A change of the schema that a running job survives. */
  String changeSchema() {
    Table handle = table.load();
    Schema schema = handle.schema();
    switch (random.nextInt(3)) {
      case 0 -> handle.updateSchema().addColumn("extra" + ++values, Types.LongType.get()).commit();
      case 1 ->
          handle
              .updateSchema()
              .renameColumn(schema.findColumnName(SimulatedRows.VALUE), "value" + ++values)
              .commit();
      default ->
          handle.updateSchema().moveFirst(schema.findColumnName(SimulatedRows.PART)).commit();
    }
    return "schema " + handle.schema().columns().stream().map(Types.NestedField::name).toList();
  }

  /** A change of the schema that stops a running job. */
  String retype() {
    Table handle = table.load();
    Schema schema = handle.schema();
    if (schema.findType(SimulatedRows.PART).typeId() == org.apache.iceberg.types.Type.TypeID.LONG) {
      return "";
    }
    handle
        .updateSchema()
        .updateColumn(schema.findColumnName(SimulatedRows.PART), Types.LongType.get())
        .commit();
    return "retype";
  }

  /** Whether an expiry has deleted the file. */
  boolean hasExpired(String path) {
    return expired.contains(path);
  }

  private void deleteExpired(String path) {
    expired.add(path);
    table.files().deleteFile(path);
  }

  private String delete(long key) {
    Table handle = table.load();
    Map<String, LiveFile> touched = new HashMap<>();
    String path = handle.locationProvider().newDataLocation("others-" + ++files + ".puffin");
    BaseDeleteLoader loader =
        new BaseDeleteLoader(file -> handle.io().newInputFile(file.location()), null);
    DVFileWriter writer =
        new BaseDVFileWriter(
            () -> handle.io().newOutputFile(path),
            file -> {
              LiveFile live = touched.get(file);
              return live.vector() == null
                  ? null
                  : loader.loadPositionDeletes(List.of(live.vector()), file);
            });
    try (writer) {
      for (LiveFile live : oracle.headFiles()) {
        for (int i = 0; i < live.rows().keys().length; i++) {
          if (live.isLive(i) && live.rows().keys()[i] == key) {
            DataFile file = live.file();
            touched.put(file.location(), live);
            writer.delete(file.location(), i, handle.specs().get(file.specId()), file.partition());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (touched.isEmpty()) {
      return "";
    }
    RowDelta delta =
        handle
            .newRowDelta()
            .scanManifestsWith(INLINE)
            .validateFromSnapshot(head(handle).snapshotId())
            .validateDataFilesExist(touched.keySet());
    writer.result().deleteFiles().forEach(delta::addDeletes);
    writer.result().rewrittenDeleteFiles().forEach(delta::removeDeletes);
    oracle.during(model -> model.without(key), delta::commit);
    return "delete of " + key;
  }

  private List<DataFile> writeLive(Table handle, List<LiveFile> old) {
    List<Record> records = new ArrayList<>();
    for (LiveFile live : old) {
      for (int i = 0; i < live.rows().keys().length; i++) {
        if (live.isLive(i)) {
          records.add(
              SimulatedRows.record(handle.schema(), live.rows().keys()[i], live.rows().rows()[i]));
        }
      }
    }
    return foreignFiles.write(handle, records);
  }

  private List<DataFile> write(Table handle, Map<Long, Row> rows) {
    List<Record> records = new ArrayList<>();
    rows.forEach((key, row) -> records.add(SimulatedRows.record(handle.schema(), key, row)));
    return foreignFiles.write(handle, records);
  }

  private Row newRow() {
    return new Row("other" + ++values, random.nextInt(3));
  }

  private static Snapshot head(Table handle) {
    return handle.currentSnapshot();
  }
}

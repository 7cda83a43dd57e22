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

package io.meru.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.commit.TableRequirements;
import io.meru.error.CommitConflictException;
import io.meru.error.UnsupportedTableException;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.deletes.EqualityDeleteWriter;
import org.apache.iceberg.deletes.PositionDelete;
import org.apache.iceberg.deletes.PositionDeleteWriter;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptedOutputFile;
import org.apache.iceberg.encryption.EncryptionKeyMetadata;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.StructLikeWrapper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DeleteRewriteTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "v", Types.StringType.get()),
              Types.NestedField.optional(3, "p", Types.StringType.get())),
          Set.of(1));

  private static final DeleteRewriteOptions SMALL = new DeleteRewriteOptions(true, 1, 2, 3);

  @TempDir Path folder;

  private final Random ids = new Random(1);
  private FolderTable table;

  private void create(String formatVersion) {
    table =
        new FolderTable(folder.resolve("t"), SCHEMA, PartitionSpec.unpartitioned(), formatVersion);
  }

  private DeleteRewrite rewrite() {
    return new DeleteRewrite(table.load(), () -> new UUID(ids.nextLong(), ids.nextLong()));
  }

  private static Record row(long id, @Nullable String v, @Nullable String p) {
    return Records.of(SCHEMA.asStruct(), id, v, p);
  }

  private void append(Record... rows) {
    new ForeignWriter(table.loadFast()).append(List.of(rows));
  }

  private List<String> rows() {
    Table loaded = table.loadFast();
    return FolderTable.rows(loaded, loaded.currentSnapshot().snapshotId());
  }

  private GenericFileWriterFactory factory(Table loaded, List<String> columns) {
    Schema keys = TypeUtil.select(SCHEMA, fieldIds(columns));
    return new GenericFileWriterFactory.Builder(loaded)
        .deleteFileFormat(FileFormat.PARQUET)
        .dataFileFormat(FileFormat.PARQUET)
        .equalityFieldIds(fieldIds(columns).stream().mapToInt(Integer::intValue).toArray())
        .equalityDeleteRowSchema(keys)
        .build();
  }

  private static Set<Integer> fieldIds(List<String> columns) {
    Set<Integer> found = new HashSet<>();
    columns.forEach(column -> found.add(SCHEMA.findField(column).fieldId()));
    return found;
  }

  private EncryptedOutputFile output(Table loaded) {
    String path = loaded.locationProvider().newDataLocation("delete-" + UUID.randomUUID());
    return EncryptedFiles.encryptedOutput(
        loaded.io().newOutputFile(path + ".parquet"), EncryptionKeyMetadata.EMPTY);
  }

  /** Deletes the rows that are equal to one of {@code keys} in the columns. */
  private void deleteEqual(List<String> columns, String p, List<Record> keys) {
    Table loaded = table.loadFast();
    PartitionSpec spec = loaded.spec();
    StructLike partition = null;
    if (spec.isPartitioned()) {
      PartitionKey key = new PartitionKey(spec, SCHEMA);
      key.partition(new InternalRecordWrapper(SCHEMA.asStruct()).copyFor(row(0, null, p)));
      partition = key;
    }
    Schema keySchema = TypeUtil.select(SCHEMA, fieldIds(columns));
    EqualityDeleteWriter<Record> writer =
        factory(loaded, columns).newEqualityDeleteWriter(output(loaded), spec, partition);
    try (writer) {
      for (Record key : keys) {
        Record projected = Records.of(keySchema.asStruct());
        keySchema
            .columns()
            .forEach(field -> projected.setField(field.name(), key.getField(field.name())));
        writer.write(projected);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    RowDelta delta = loaded.newRowDelta();
    delta.addDeletes(writer.toDeleteFile()).commit();
  }

  /** One position delete file over all data files of a partition. */
  private void deletePositions(Random random) {
    Table loaded = table.loadFast();
    List<FileScanTask> all = tasks(loaded);
    FileScanTask first = all.get(random.nextInt(all.size()));
    StructLikeWrapper wrapper = StructLikeWrapper.forType(first.spec().partitionType());
    List<FileScanTask> ofPartition =
        all.stream()
            .filter(
                task ->
                    task.spec().specId() == first.spec().specId()
                        && wrapper
                            .copyFor(task.file().partition())
                            .equals(wrapper.copyFor(first.file().partition())))
            .sorted((a, b) -> a.file().location().compareTo(b.file().location()))
            .toList();
    PositionDeleteWriter<Record> writer =
        factory(loaded, List.of("id"))
            .newPositionDeleteWriter(output(loaded), first.spec(), first.file().partition());
    try (writer) {
      PositionDelete<Record> delete = PositionDelete.create();
      for (FileScanTask task : ofPartition) {
        for (long position = 0; position < task.file().recordCount(); position++) {
          if (position == 0 || random.nextInt(4) == 0) {
            writer.write(delete.set(task.file().location(), position, null));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    loaded.newRowDelta().addDeletes(writer.toDeleteFile()).commit();
  }

  private static List<FileScanTask> tasks(Table loaded) {
    try (CloseableIterable<FileScanTask> tasks = loaded.newScan().planFiles()) {
      List<FileScanTask> all = new ArrayList<>();
      tasks.forEach(all::add);
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void checkOnlyVectorsAreLeft(List<String> rows) {
    Table loaded = table.load();
    assertThat(rows()).isEqualTo(rows);
    TableChecks.assertDeletes(loaded, loaded.currentSnapshot());
    TableRequirements.check(loaded, "db.t");
  }

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("meru.seeds", 8));
  }

  /** Equality deletes by several sets of columns, NULLs among them, in and across partitions. */
  @ParameterizedTest
  @MethodSource("seeds")
  void everySnapshotOfTheRewriteReadsWhatTheOldDeletesSaid(long seed) {
    Random random = new Random(seed);
    boolean old = seed % 2 == 0;
    create(old ? "2" : "3");
    long nextId = 0;
    for (int step = 0; step < 5; step++) {
      append(randomRow(random, nextId++), randomRow(random, nextId++), randomRow(random, nextId++));
    }
    if (!old) {
      new ForeignWriter(table.loadFast()).delete(row -> (long) row.getField("id") % 3 == 1);
    }
    for (int step = 0; step < 16; step++) {
      int kind = random.nextInt(8);
      String p = random.nextBoolean() ? "a" : "b";
      List<Record> keys = new ArrayList<>();
      for (int i = 0; i < 1 + random.nextInt(3); i++) {
        keys.add(randomRow(random, random.nextInt((int) nextId)));
      }
      switch (kind) {
        case 0, 1, 2 -> append(randomRow(random, nextId++), randomRow(random, random.nextInt(9)));
        case 3 -> deleteEqual(List.of("id"), p, keys);
        case 4 -> deleteEqual(List.of("v"), p, keys.subList(0, 1));
        case 5 -> deleteEqual(List.of("id", "v"), p, keys);
        case 6 -> {
          if (old && !tasks(table.loadFast()).isEmpty()) {
            deletePositions(random);
          }
        }
        default -> changeSpec();
      }
    }
    List<String> rows = rows();
    Map<Long, List<String>> history = FolderTable.rowsBySnapshot(table.loadFast());
    DeleteRewriteOptions options =
        random.nextBoolean() ? SMALL : DeleteRewriteOptions.DEFAULTS.withUpgrade();
    DeleteRewriteResult dry = rewrite().dryRun(options);
    DeleteRewriteResult result = rewrite().run(options);

    checkOnlyVectorsAreLeft(rows);
    assertThat(result.upgraded()).isEqualTo(old).isEqualTo(dry.upgraded());
    assertThat(result.equalityDeletes()).isEqualTo(dry.equalityDeletes());
    assertThat(result.positionDeletes()).isEqualTo(dry.positionDeletes());
    assertThat(result.dataFiles()).isEqualTo(dry.dataFiles());
    Table after = table.loadFast();
    for (Snapshot snapshot : after.snapshots()) {
      assertThat(FolderTable.rows(after, snapshot.snapshotId()))
          .as("snapshot %s of seed %s", snapshot, seed)
          .isEqualTo(history.getOrDefault(snapshot.snapshotId(), rows));
    }
    assertThat(rewrite().run(options).snapshots()).isZero();
  }

  private static Record randomRow(Random random, long id) {
    return row(
        id,
        random.nextInt(3) == 0 ? null : "v" + random.nextInt(6),
        random.nextInt(5) == 0 ? null : random.nextBoolean() ? "a" : "b");
  }

  /** Deletes of an unpartitioned spec hold everywhere. */
  private void changeSpec() {
    Table loaded = table.loadFast();
    if (loaded.spec().isPartitioned()) {
      loaded.updateSpec().removeField("p").commit();
    } else {
      loaded.updateSpec().addField("p").commit();
    }
  }

  @Test
  void aRowThatCameAfterTheDeleteOfItsKeyStays() {
    create("3");
    append(row(1, "old", "a"), row(2, "other", "a"));
    deleteEqual(List.of("id"), "a", List.of(row(1, null, null)));
    append(row(1, "new", "a"));
    DeleteRewriteResult result = rewrite().run(DeleteRewriteOptions.DEFAULTS);
    assertThat(rows()).hasSize(2).anyMatch(row -> row.contains("new"));
    assertThat(result.deletedRows()).isEqualTo(1);
    assertThat(result.vectors()).isEqualTo(1);
    assertThat(result.equalityDeletes()).isEqualTo(1);
  }

  @Test
  void aFileWithoutALiveRowGoes() {
    create("3");
    append(row(1, "old", "a"));
    deleteEqual(List.of("id"), "a", List.of(row(1, null, null)));
    append(row(1, "new", "a"));
    assertThat(rewrite().run(DeleteRewriteOptions.DEFAULTS).droppedFiles()).isEqualTo(1);
    assertThat(tasks(table.load())).hasSize(1);
    checkOnlyVectorsAreLeft(rows());
  }

  @Test
  void deletesThatApplyToNoFileGo() {
    create("3");
    deleteEqual(List.of("id"), "a", List.of(row(1, null, null)));
    append(row(1, "new", "a"));
    DeleteRewriteResult result = rewrite().run(DeleteRewriteOptions.DEFAULTS);
    assertThat(result.equalityDeletes()).isEqualTo(1);
    assertThat(result.dataFiles()).isZero();
    checkOnlyVectorsAreLeft(rows());
  }

  @Test
  void deletesByAColumnThatWasDroppedAreStillFollowed() {
    create("3");
    append(row(1, "x", "a"), row(2, "y", "a"));
    deleteEqual(List.of("v"), "a", List.of(row(0, "x", null)));
    table.loadFast().updateSchema().deleteColumn("v").commit();
    rewrite().run(DeleteRewriteOptions.DEFAULTS);
    Table loaded = table.load();
    TableChecks.assertDeletes(loaded, loaded.currentSnapshot());
    assertThat(rows()).hasSize(1).allMatch(row -> row.contains("2"));
  }

  @Test
  void anOldFormatIsUpgradedOnlyWhenThatIsAskedFor() {
    create("2");
    append(row(1, "x", "a"));
    deleteEqual(List.of("id"), "a", List.of(row(1, null, null)));
    assertThatThrownBy(() -> rewrite().run(DeleteRewriteOptions.DEFAULTS))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("it has format version 2, and deletion vectors need 3");
    assertThatThrownBy(() -> rewrite().dryRun(DeleteRewriteOptions.DEFAULTS))
        .isInstanceOf(UnsupportedTableException.class);
    assertThat(rewrite().run(DeleteRewriteOptions.DEFAULTS.withUpgrade()).upgraded()).isTrue();
  }

  /** Its rows are older than the delete, so the delete has to hold for it, too. */
  @Test
  void aFileThatARewriteAddsMeanwhileWithAnOldSequenceNumberIsNoticed() {
    create("3");
    append(row(1, "x", "a"), row(2, "y", "a"));
    append(row(3, "z", "a"));
    long sequenceNumber = table.load().currentSnapshot().sequenceNumber();
    deleteEqual(List.of("id"), "a", List.of(row(1, null, null), row(3, null, null)));
    List<String> rows = rows();
    table.beforeRefresh(2, () -> rewriteFirstFile(sequenceNumber));
    rewrite().run(DeleteRewriteOptions.DEFAULTS);
    checkOnlyVectorsAreLeft(rows);
    assertThat(rows).hasSize(1);
  }

  private void rewriteFirstFile(long sequenceNumber) {
    Table loaded = table.loadFast();
    DataFile old =
        tasks(loaded).stream()
            .map(FileScanTask::file)
            .filter(file -> file.recordCount() == 2)
            .findFirst()
            .orElseThrow();
    var rewrite = loaded.newRewrite().validateFromSnapshot(loaded.currentSnapshot().snapshotId());
    rewrite.deleteFile(old).dataSequenceNumber(sequenceNumber);
    new ForeignWriter(loaded)
        .write(List.of(row(1, "x", "a"), row(2, "y", "a")))
        .forEach(rewrite::addFile);
    rewrite.commit();
  }

  @Test
  void whoIsOvertakenAgainAndAgainSaysSoAndLeavesNoFile() {
    create("3");
    append(row(1, "x", "a"), row(2, "y", "a"));
    deleteEqual(List.of("id"), "a", List.of(row(1, null, null)));
    Random more = new Random(1);
    table.beforeRewriteCommits(() -> append(row(more.nextLong(), "w", "a")));
    assertThatThrownBy(() -> rewrite().run(new DeleteRewriteOptions(false, 1000, 1000, 2)))
        .isInstanceOf(CommitConflictException.class)
        .hasMessageContaining("2 times in a row");
    assertThat(table.all()).noneMatch(file -> file.endsWith(".puffin"));
    table.beforeRewriteCommits(() -> {});
    List<String> before = rows();
    rewrite().run(DeleteRewriteOptions.DEFAULTS);
    checkOnlyVectorsAreLeft(before);
  }

  @Test
  void theSinksRefusalNamesTheAction() {
    create("3");
    append(row(1, "x", "a"));
    deleteEqual(List.of("id"), "a", List.of(row(1, null, null)));
    assertThatThrownBy(() -> TableRequirements.check(table.load(), "db.t"))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("io.meru.maintenance.DeleteRewrite");
  }
}

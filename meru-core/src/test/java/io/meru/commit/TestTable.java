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

package io.meru.commit;

import io.meru.key.HashRange;
import io.meru.key.KeyHash;
import io.meru.key.KeyList;
import io.meru.key.KeyParts;
import io.meru.key.KeySpec;
import io.meru.key.SortedKeys;
import io.meru.row.ByteBuilder;
import io.meru.version.AddedFile;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.BaseDeleteLoader;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetReaders;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.deletes.PositionDelete;
import org.apache.iceberg.deletes.PositionDeleteIndex;
import org.apache.iceberg.deletes.PositionDeleteWriter;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * A v3 table in memory with one BIGINT key, what other writers may do to it, and what readers see.
 */
final class TestTable {
  static final String NAME = "db.t";
  static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "v", Types.StringType.get())),
          Set.of(1));

  private static final TableIdentifier ID = TableIdentifier.of("db", "t");

  private final InMemoryCatalog catalog = new InMemoryCatalog();
  private final Map<String, long[]> keysByPath = new HashMap<>();
  private final Random random;
  private int fileCount;

  TestTable(long seed) {
    this(seed, "3");
  }

  TestTable(long seed, String formatVersion) {
    random = new Random(seed);
    catalog.initialize("mem", Map.of("warehouse", "mem://" + UUID.randomUUID()));
    catalog.createNamespace(Namespace.of("db"));
    catalog.createTable(
        ID,
        SCHEMA,
        PartitionSpec.unpartitioned(),
        Map.of("format-version", formatVersion, "commit.retry.min-wait-ms", "1"));
  }

  /** A handle of its own, as another process would have. */
  Table load() {
    return catalog.loadTable(ID);
  }

  /** A handle whose catalog fails as {@code faults} says. */
  Table load(Faults faults) {
    Table table = load();
    return new BaseTable(
        new FaultyOperations(((HasTableOperations) table).operations(), faults), NAME);
  }

  KeySpec keySpec() {
    return KeySpec.of(NAME, load().schema());
  }

  /** Ids in a row that a seed repeats. */
  Supplier<UUID> ids() {
    Random own = new Random(random.nextLong());
    return () -> new UUID(own.nextLong(), own.nextLong());
  }

  // what is in it

  /** All live rows, key by key; a key that is there twice has two values. */
  NavigableMap<Long, List<String>> rows() {
    Table table = load();
    return table.currentSnapshot() == null
        ? new TreeMap<>()
        : rows(table.currentSnapshot().snapshotId());
  }

  NavigableMap<Long, List<String>> rows(long snapshotId) {
    NavigableMap<Long, List<String>> rows = new TreeMap<>();
    try (CloseableIterable<Record> records =
        IcebergGenerics.read(load()).useSnapshot(snapshotId).build()) {
      for (Record record : records) {
        rows.computeIfAbsent((Long) record.getField("id"), id -> new ArrayList<>())
            .add(String.valueOf(record.getField("v")));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    rows.values().forEach(Collections::sort);
    return rows;
  }

  /**
   * No snapshot holds an equality delete or two vectors for a file. No flush leaves the vector of a
   * file that it drops (Iceberg's own rewrites do).
   */
  void checkSnapshots() {
    Table table = load();
    for (Snapshot snapshot : table.snapshots()) {
      Map<String, Integer> vectors = vectors(table, snapshot);
      vectors.forEach(
          (path, count) -> {
            if (count != 1) {
              throw new AssertionError(
                  "Snapshot %d has %d vectors for %s (%s)"
                      .formatted(snapshot.snapshotId(), count, path, snapshot.summary()));
            }
          });
      if (snapshot.summary().containsKey(MeruProperties.RUN_ID)) {
        for (DataFile dropped : changes(table, snapshot).removedDataFiles()) {
          if (vectors.containsKey(dropped.location())) {
            throw new AssertionError(
                "Snapshot %d drops %s and keeps its vector (%s)"
                    .formatted(snapshot.snapshotId(), dropped.location(), snapshot.summary()));
          }
        }
      }
    }
  }

  private static Map<String, Integer> vectors(Table table, Snapshot snapshot) {
    Map<String, Integer> vectors = new HashMap<>();
    for (ManifestFile manifest : snapshot.deleteManifests(table.io())) {
      try (CloseableIterable<DeleteFile> files =
          ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
        for (DeleteFile file : files) {
          if (file.format() != FileFormat.PUFFIN) {
            throw new AssertionError("Snapshot %d has %s".formatted(snapshot.snapshotId(), file));
          }
          vectors.merge(file.referencedDataFile(), 1, Integer::sum);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return vectors;
  }

  /** The path of each vector in the head; one that holds several is there several times. */
  static List<String> vectorFiles(Table table) {
    List<String> paths = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      tasks.forEach(task -> task.deletes().forEach(vector -> paths.add(vector.location())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return paths;
  }

  /** Keys of a data file by position. */
  long[] keys(Table table, String path) {
    return keysByPath.computeIfAbsent(
        path, same -> readKeys(table, same).stream().mapToLong(Long::longValue).toArray());
  }

  private static List<Long> readKeys(Table table, String path) {
    List<Long> keys = new ArrayList<>();
    for (Record record : read(table, path)) {
      keys.add((Long) record.getField("id"));
    }
    return keys;
  }

  private static List<Record> read(Table table, String path) {
    List<Record> all = new ArrayList<>();
    try (CloseableIterable<Record> records =
        Parquet.read(table.io().newInputFile(path))
            .project(SCHEMA)
            .createReaderFunc(type -> GenericParquetReaders.buildReader(SCHEMA, type))
            .build()) {
      records.forEach(all::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  // files of writers

  /** Writes the rows as a level file of {@code sinkId}. */
  AddedFile levelFile(
      Table table, String sinkId, HashRange range, NavigableMap<Long, String> rows) {
    LevelFileName name =
        new LevelFileName(
            0,
            range,
            KeySpec.of(NAME, table.schema()).fingerprint(),
            sinkId,
            "%032x".formatted(++fileCount));
    String path = table.locationProvider().newDataLocation(name.format());
    FileAppender<Record> written = write(table, path, rows);
    TableFile file =
        new TableFile(
            path,
            written.length(),
            rows.size(),
            PartitionTuple.unpartitioned(table.spec().specId()),
            name,
            rows.firstKey() ^ Long.MIN_VALUE,
            rows.lastKey() ^ Long.MIN_VALUE);
    return new AddedFile(file, written.metrics(), written.splitOffsets(), 0);
  }

  private static FileAppender<Record> write(Table table, String path, Map<Long, String> rows) {
    OutputFile output = table.io().newOutputFile(path);
    try {
      FileAppender<Record> appender =
          Parquet.write(output)
              .schema(SCHEMA)
              .createWriterFunc(GenericParquetWriter::create)
              .build();
      try (appender) {
        for (Map.Entry<Long, String> row : rows.entrySet()) {
          GenericRecord record = GenericRecord.create(SCHEMA);
          record.setField("id", row.getKey());
          record.setField("v", row.getValue());
          appender.add(record);
        }
      }
      return appender;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** These keys as a writer hands them out. */
  static KeyList keyList(List<Long> keys) {
    List<Long> sorted = keys.stream().sorted().toList();
    return KeyList.copyOf(
        new SortedKeys() {
          @Override
          public int size() {
            return sorted.size();
          }

          @Override
          public long prefix(int i) {
            return sorted.get(i) ^ Long.MIN_VALUE;
          }

          @Override
          public byte[] array(int i) {
            return key(sorted.get(i));
          }

          @Override
          public int offset(int i) {
            return 0;
          }

          @Override
          public int length(int i) {
            return Long.BYTES;
          }
        });
  }

  static byte[] key(long id) {
    ByteBuilder target = new ByteBuilder(Long.BYTES);
    KeyParts.appendLong(target, id);
    return java.util.Arrays.copyOf(target.array(), target.size());
  }

  static int hash16(long id) {
    return KeyHash.hash16(KeyHash.hash64(key(id), 0, Long.BYTES));
  }

  // other writers

  /** Another writer appends rows without looking for their keys. */
  void appendForeign(Map<Long, String> rows) {
    Table table = load();
    table.newAppend().appendFile(foreignFile(table, rows)).commit();
  }

  private DataFile foreignFile(Table table, Map<Long, String> rows) {
    String path = table.locationProvider().newDataLocation("foreign-" + ++fileCount + ".parquet");
    FileAppender<Record> written = write(table, path, rows);
    Metrics metrics = written.metrics();
    return DataFiles.builder(table.spec())
        .withPath(path)
        .withFormat(FileFormat.PARQUET)
        .withFileSizeInBytes(written.length())
        .withMetrics(metrics)
        .build();
  }

  /**
   * Another writer rewrites every data file into one, dropping dead rows; false if there is none.
   */
  boolean rewriteForeign() {
    Table table = load();
    if (table.currentSnapshot() == null) {
      return false;
    }
    List<FileScanTask> tasks = tasks(table);
    List<Record> records = new ArrayList<>();
    for (FileScanTask task : tasks) {
      PositionDeleteIndex dead = deleted(table, task);
      List<Record> all = read(table, task.file().location());
      for (int i = 0; i < all.size(); i++) {
        if (!dead.isDeleted(i)) {
          records.add(all.get(i));
        }
      }
    }
    if (records.isEmpty()) {
      return false;
    }
    var rewrite = table.newRewrite().validateFromSnapshot(table.currentSnapshot().snapshotId());
    tasks.forEach(task -> rewrite.deleteFile(task.file()));
    rewrite.addFile(foreignFile(table, records)).commit();
    return true;
  }

  private DataFile foreignFile(Table table, List<Record> records) {
    String path = table.locationProvider().newDataLocation("foreign-" + ++fileCount + ".parquet");
    OutputFile output = table.io().newOutputFile(path);
    try {
      FileAppender<Record> appender =
          Parquet.write(output)
              .schema(SCHEMA)
              .createWriterFunc(GenericParquetWriter::create)
              .build();
      try (appender) {
        records.forEach(appender::add);
      }
      return DataFiles.builder(table.spec())
          .withPath(path)
          .withFormat(FileFormat.PARQUET)
          .withFileSizeInBytes(appender.length())
          .withMetrics(appender.metrics())
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Another writer deletes all live rows of a key, by vectors; false if there is none. */
  boolean deleteForeign(long key) {
    Table table = load();
    if (table.currentSnapshot() == null) {
      return false;
    }
    List<DeleteFile> replaced = new ArrayList<>();
    List<String> referenced = new ArrayList<>();
    String path = table.locationProvider().newDataLocation("foreign-" + ++fileCount + ".puffin");
    DVFileWriter writer =
        new BaseDVFileWriter(
            () -> table.io().newOutputFile(path), dataFile -> previous(table, dataFile, replaced));
    try (writer) {
      for (FileScanTask task : tasks(table)) {
        PositionDeleteIndex dead = deleted(table, task);
        long[] keys = keys(table, task.file().location());
        for (int i = 0; i < keys.length; i++) {
          if (keys[i] == key && !dead.isDeleted(i)) {
            writer.delete(task.file().location(), i, task.spec(), task.file().partition());
            referenced.add(task.file().location());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (referenced.isEmpty()) {
      return false;
    }
    var delta =
        table
            .newRowDelta()
            .validateFromSnapshot(table.currentSnapshot().snapshotId())
            .validateDataFilesExist(referenced);
    writer.result().deleteFiles().forEach(delta::addDeletes);
    replaced.forEach(delta::removeDeletes);
    delta.commit();
    return true;
  }

  private static PositionDeleteIndex previous(
      Table table, String dataFile, List<DeleteFile> replaced) {
    for (FileScanTask task : tasks(table)) {
      if (task.file().location().equals(dataFile) && !task.deletes().isEmpty()) {
        replaced.addAll(task.deletes());
        return deleted(table, task);
      }
    }
    return PositionDeleteIndex.empty();
  }

  /** Another writer drops a whole data file; returns the rows that were live in it. */
  List<Map.Entry<Long, String>> removeForeign(int index) {
    Table table = load();
    List<FileScanTask> tasks = tasks(table);
    FileScanTask task = tasks.get(index % tasks.size());
    PositionDeleteIndex dead = deleted(table, task);
    List<Record> all = read(table, task.file().location());
    List<Map.Entry<Long, String>> removed = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (!dead.isDeleted(i)) {
        Record row = all.get(i);
        removed.add(Map.entry((Long) row.getField("id"), String.valueOf(row.getField("v"))));
      }
    }
    table.newDelete().deleteFile(task.file()).commit();
    return removed;
  }

  /** Another writer of format version 2 deletes positions; {@code only} scopes it to one file. */
  void deletePositions(@Nullable String only, Map<String, Long> positions) throws IOException {
    Table table = load();
    String path =
        table.locationProvider().newDataLocation("foreign-" + ++fileCount + "-pos.parquet");
    PositionDeleteWriter<Record> writer =
        Parquet.writeDeletes(table.io().newOutputFile(path))
            .withSpec(table.spec())
            .overwrite()
            .buildPositionWriter();
    try (writer) {
      for (Map.Entry<String, Long> entry : new TreeMap<>(positions).entrySet()) {
        writer.write(PositionDelete.<Record>create().set(entry.getKey(), entry.getValue()));
      }
    }
    DeleteFile written = writer.toDeleteFile();
    FileMetadata.Builder scoped = FileMetadata.deleteFileBuilder(table.spec()).copy(written);
    table
        .newRowDelta()
        .addDeletes(only == null ? written : scoped.withReferencedDataFile(only).build())
        .commit();
  }

  /** Another writer adds an equality delete. */
  void deleteByEquality(long key) throws IOException {
    Table table = load();
    String path =
        table.locationProvider().newDataLocation("foreign-" + ++fileCount + "-eq.parquet");
    Schema keySchema = SCHEMA.select("id");
    FileAppender<Record> appender =
        Parquet.write(table.io().newOutputFile(path))
            .schema(keySchema)
            .createWriterFunc(GenericParquetWriter::create)
            .build();
    try (appender) {
      GenericRecord record = GenericRecord.create(keySchema);
      record.setField("id", key);
      appender.add(record);
    }
    table
        .newRowDelta()
        .addDeletes(
            FileMetadata.deleteFileBuilder(table.spec())
                .ofEqualityDeletes(1)
                .withPath(path)
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(appender.length())
                .withRecordCount(1)
                .build())
        .commit();
  }

  /** Expires every snapshot but the head. */
  void expire() {
    Table table = load();
    table
        .expireSnapshots()
        .expireOlderThan(Long.MAX_VALUE)
        .retainLast(1)
        .cleanExpiredFiles(false)
        .commit();
  }

  private static PositionDeleteIndex deleted(Table table, FileScanTask task) {
    return task.deletes().isEmpty()
        ? PositionDeleteIndex.empty()
        : new BaseDeleteLoader(file -> table.io().newInputFile(file.location()))
            .loadPositionDeletes(task.deletes(), task.file().location());
  }

  static List<FileScanTask> tasks(Table table) {
    List<FileScanTask> all = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      tasks.forEach(all::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    all.sort(java.util.Comparator.comparing(task -> task.file().location()));
    return all;
  }

  /** Snapshots from the head back. */
  static List<Snapshot> history(Table table) {
    List<Snapshot> history = new ArrayList<>();
    for (Snapshot snapshot = table.currentSnapshot();
        snapshot != null;
        snapshot = snapshot.parentId() == null ? null : table.snapshot(snapshot.parentId())) {
      history.add(snapshot);
    }
    return history;
  }

  /** The flush snapshots of a run, from the head back. */
  static List<Snapshot> flushes(Table table, String runId) {
    return history(table).stream()
        .filter(snapshot -> runId.equals(snapshot.summary().get(MeruProperties.RUN_ID)))
        .toList();
  }

  static SnapshotChanges changes(Table table, Snapshot snapshot) {
    return SnapshotChanges.builderFor(table).snapshot(snapshot).build();
  }

  /** Runs an action on a fresh handle. */
  void with(Consumer<Table> action) {
    action.accept(load());
  }
}

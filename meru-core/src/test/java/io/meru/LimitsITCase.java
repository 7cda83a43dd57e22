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

import static io.meru.commit.TableCommitter.Outcome.COMMITTED;
import static io.meru.commit.TableCommitter.Outcome.EMPTY;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.config.CompactionOptions;
import io.meru.config.LevelOptions;
import io.meru.config.WriteOptions;
import io.meru.key.KeySpec;
import io.meru.testing.CanonicalRows;
import io.meru.testing.ForeignWriter;
import io.meru.testing.RandomRecords;
import io.meru.testing.SparkReader;
import io.meru.testing.TableChecks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Inputs of unusual size, through writer, checkpoint state and committer to files on disk, read
 * back by Iceberg and Spark. With {@code -Dmeru.limits=full} they have the sizes that
 * docs/guarantees.md states, and take minutes; else smaller ones of the same kind.
 */
class LimitsITCase {
  private static final boolean FULL = "full".equals(System.getProperty("meru.limits"));
  private static final int MIB = 1 << 20;

  /** Two files are one too many. */
  private static final WriteOptions COMPACTING =
      new WriteOptions(
          WriteOptions.DEFAULTS.writeBufferBytes(),
          WriteOptions.DEFAULTS.maxSealed(),
          WriteOptions.DEFAULTS.resolverCacheBytes(),
          WriteOptions.DEFAULTS.pendingEditMaxBytes(),
          WriteOptions.DEFAULTS.level0(),
          new CompactionOptions(
              true,
              2,
              0.3,
              512 * MIB,
              512 * MIB,
              100,
              100,
              60_000,
              0,
              0,
              LevelOptions.DEEPER_DEFAULTS));

  @TempDir private Path warehouse;

  // partitions

  @Test
  void manyPartitionsInOneCheckpointAreOneFileEachAndTheirVectorsShareFiles() throws IOException {
    int partitions = FULL ? 10_000 : 300;
    Schema schema =
        new Schema(
            List.of(
                required(1, "id", Types.LongType.get()),
                required(2, "part", Types.IntegerType.get()),
                optional(3, "v", Types.StringType.get())),
            Set.of(1));
    LimitJob.create(
        warehouse, schema, PartitionSpec.builderFor(schema).identity("part").build(), Map.of());
    try (LimitJob job = new LimitJob(warehouse, WriteOptions.DEFAULTS)) {
      for (int part = 0; part < partitions; part++) {
        job.put(job.row(2L * part, part, "a"));
        job.put(job.row(2L * part + 1, part, "a"));
      }
      LimitJob.Figures inserts = job.checkpoint();
      assertThat(inserts.outcome()).isEqualTo(COMMITTED);
      assertThat(inserts.committableBytes()).isLessThan(700 * partitions);
      assertThat(tasks(job.table())).hasSize(partitions);

      for (int part = 0; part < partitions; part++) {
        job.put(job.row(2L * part, part, "b"));
      }
      LimitJob.Figures updates = job.checkpoint();
      assertThat(updates.committableBytes()).isLessThan(1_000 * partitions);
      assertThat(vectors(job.table())).hasSize(partitions);
      assertThat(paths(vectors(job.table()))).hasSize((partitions + 63) / 64);

      for (int part = 0; part < partitions; part += 100) { // each shares a file with 63 others
        job.put(job.row(2L * part + 1, part, "c"));
      }
      job.checkpoint();
      assertThat(vectors(job.table())).hasSize(partitions - (partitions + 99) / 100);
      assertThat(paths(vectors(job.table()))).hasSizeLessThanOrEqualTo((partitions + 63) / 64);
      TableChecks.assertDeletes(job.table(), job.table().currentSnapshot());
    }
    assertThat(spark("select count(*) from %s where v = 'b'").onlyLong()).isEqualTo(partitions);
    assertThat(spark("select count(distinct id) from %s").onlyLong()).isEqualTo(2L * partitions);
    assertThat(spark("select count(*) from %s where v = 'c'").onlyLong())
        .isEqualTo((partitions + 99) / 100);
  }

  // rows

  @ParameterizedTest
  @ValueSource(longs = {64 * MIB, MIB})
  void rowsOf16MebibytesPassBuffersOfAnySize(long writeBufferBytes) throws IOException {
    int rows = FULL ? 12 : 3;
    Schema schema =
        new Schema(
            List.of(
                required(1, "id", Types.LongType.get()),
                optional(2, "s", Types.StringType.get()),
                optional(3, "b", Types.BinaryType.get())),
            Set.of(1));
    LimitJob.create(warehouse, schema, PartitionSpec.unpartitioned(), Map.of());
    try (LimitJob job = new LimitJob(warehouse, withBuffer(writeBufferBytes))) {
      for (int version = 0; version < 2; version++) {
        for (int id = 0; id < rows; id++) {
          boolean binary = (id + version) % 2 == 0;
          job.put(
              job.row(
                  (long) id,
                  binary ? "short" : "ä".repeat(8 * MIB),
                  binary ? randomBytes(id, 16 * MIB) : null));
        }
        LimitJob.Figures figures = job.checkpoint();
        assertThat(figures.committableBytes()).as("values are no bounds").isLessThan(1_000 * rows);
      }
      int found = 0;
      try (CloseableIterable<Record> records = IcebergGenerics.read(job.table()).build()) {
        for (Record row : records) {
          int id = Math.toIntExact((long) row.getField("id"));
          boolean binary = id % 2 != 0;
          assertThat(row.getField("b")).isEqualTo(binary ? randomBytes(id, 16 * MIB) : null);
          assertThat((String) row.getField("s")).hasSize(binary ? 5 : 8 * MIB);
          found++;
        }
      }
      assertThat(found).isEqualTo(rows);
    }
    assertThat(spark("select sum(length(b)) from %s").onlyLong()).isEqualTo(16L * MIB * (rows / 2));
    assertThat(spark("select sum(length(s)) from %s where s <> 'short'").onlyLong())
        .isEqualTo(8L * MIB * ((rows + 1) / 2));
  }

  // keys

  /** Their index fits the cache, or has to be read from the files' pages. */
  @ParameterizedTest
  @ValueSource(longs = {256 * MIB, 1_000})
  void keysAtTheLimitWorkOnEveryPath(long resolverCacheBytes) throws IOException {
    int keys = FULL ? 40 : 8;
    Schema schema =
        new Schema(
            List.of(
                required(1, "k", Types.StringType.get()),
                optional(2, "v", Types.IntegerType.get())),
            Set.of(1));
    LimitJob.create(warehouse, schema, PartitionSpec.unpartitioned(), Map.of());
    WriteOptions defaults = WriteOptions.DEFAULTS;
    WriteOptions options =
        new WriteOptions(
            defaults.writeBufferBytes(),
            defaults.maxSealed(),
            resolverCacheBytes,
            defaults.pendingEditMaxBytes(),
            defaults.level0());
    Map<String, Integer> model = new HashMap<>();
    try (LimitJob job = new LimitJob(warehouse, options)) {
      for (int version = 0; version < 3; version++) {
        for (int i = version; i < keys; i++) { // alike up to the end, and from the start
          for (String key : List.of(longKey("", i), longKey("%04d".formatted(i), 0))) {
            job.put(job.row(key, version));
            model.put(key, version);
          }
        }
        LimitJob.Figures figures = job.checkpoint();
        assertThat(figures.committableBytes()).as("keys are no bounds").isLessThan(5_000);
      }

      job.delete(job.row(longKey("", 0)));
      job.put(job.row(longKey("", 1), 7));
      job.delete(job.row(longKey("", 5_000))); // absent, until others insert it
      byte[] pending = job.barrier();
      assertThat(pending).hasSizeBetween(MIB, 3 * MIB);
      new ForeignWriter(job.table())
          .append(List.of(job.row(longKey("", 1), 99), job.row(longKey("", 5_000), 99)));
      assertThat(job.commit(pending)).isEqualTo(COMMITTED);
      model.remove(longKey("", 0));
      model.put(longKey("", 1), 7);

      assertThat(keysAndValues(job.table())).isEqualTo(model);
      TableChecks.assertDeletes(job.table(), job.table().currentSnapshot());

      assertThatThrownBy(() -> job.put(job.row("x" + longKey("", 1), 1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Cannot write a +I row to table db.t: its primary key (k) takes 1048577 bytes, and at"
                  + " most 1048576 are allowed. Choose a shorter key, such as a digest of the long"
                  + " column.");
      assertThatThrownBy(() -> job.delete(job.row("x" + longKey("", 1))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Cannot write a -D row to table db.t: its primary key (k) takes");
    }
    assertThat(spark("select count(distinct k) from %s").onlyLong()).isEqualTo(model.size());
    assertThat(spark("select count(*) from %s where length(k) = 1048574").onlyLong())
        .isEqualTo(model.size());
    assertThat(spark("select v from %s where k = '" + longKey("0003", 0) + "'").onlyLong())
        .isEqualTo(2);
  }

  // columns

  @Test
  void aThousandColumnsOfAllKindsAndRowsOfNulls() {
    int rows = FULL ? 20_000 : 200;
    Schema schema = wideSchema(1_000);
    LimitJob.create(warehouse, schema, PartitionSpec.unpartitioned(), Map.of());
    try (LimitJob job = new LimitJob(warehouse, WriteOptions.DEFAULTS)) {
      RandomRecords records = new RandomRecords(5);
      List<String> expected = new ArrayList<>();
      for (int version = 0; version < 2; version++) {
        expected.clear();
        for (long id = 0; id < rows; id++) {
          Record row =
              (id + version) % 2 == 0
                  ? records.nextRecord(job.table().schema().asStruct())
                  : job.row();
          row.setField("id", id);
          job.put(row);
          if (id < 200) {
            expected.add(CanonicalRows.ofRow(row));
          }
        }
        LimitJob.Figures figures = job.checkpoint();
        assertThat(figures.committableBytes()).isLessThan(200_000);
      }
      assertThat(
              CanonicalRows.of(
                  IcebergGenerics.read(job.table())
                      .where(org.apache.iceberg.expressions.Expressions.lessThan("id", 200L))))
          .containsExactlyInAnyOrderElementsOf(expected);
      assertThat(spark("select * from %s where id < 200").sortedLines())
          .containsExactlyInAnyOrderElementsOf(expected);
      assertThat(spark("select count(*) from %s where c7 is null").onlyLong())
          .isGreaterThanOrEqualTo(rows / 2);
    }
  }

  /** Iceberg reads schemas without nested columns in its vectorized way, and this page by page. */
  @Test
  void pagesOfNullsAreReadInEveryEncoding() {
    LevelOptions defaults = WriteOptions.DEFAULTS.level0();
    LevelOptions smallPages =
        new LevelOptions(
            defaults.codec(),
            defaults.codecLevel(),
            100,
            defaults.pageBytes(),
            defaults.rowGroupBytes(),
            defaults.bloomFilter(),
            defaults.bloomFilterFpp());
    WriteOptions options =
        new WriteOptions(
            WriteOptions.DEFAULTS.writeBufferBytes(), 2, 256 * MIB, 256 * MIB, smallPages);
    LimitJob.create(warehouse, wideSchema(50), PartitionSpec.unpartitioned(), Map.of());
    try (LimitJob job = new LimitJob(warehouse, options)) {
      Types.StructType type = job.table().schema().asStruct();
      RandomRecords records = new RandomRecords(6);
      List<Record> few = List.of(records.nextRecord(type), records.nextRecord(type));
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        boolean pageOfNulls = i / 100 % 3 == 1;
        Record random = records.nextRecord(type);
        Record row = job.row((long) i);
        for (int c = 1; c < 50 && !pageOfNulls; c++) {
          // by dictionary, by the other encodings, and NULL in the whole file
          Record source = c < 20 ? few.get(i % 2) : random;
          row.set(c, c < 40 ? source.get(c) : null);
        }
        job.put(row);
        expected.add(CanonicalRows.ofRow(row));
      }
      job.checkpoint();
      assertThat(CanonicalRows.of(job.table())).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(spark("select * from %s").sortedLines())
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  // compaction

  @Test
  void keysAtTheLimitAreCompacted() throws IOException {
    int keys = FULL ? 20 : 8;
    Schema schema =
        new Schema(
            List.of(
                required(1, "k", Types.StringType.get()),
                optional(2, "v", Types.IntegerType.get())),
            Set.of(1));
    LimitJob.create(warehouse, schema, PartitionSpec.unpartitioned(), Map.of());
    Map<String, Integer> model = new HashMap<>();
    try (LimitJob job = new LimitJob(warehouse, COMPACTING)) {
      for (int version = 0; version < 6; version++) {
        for (int i = version; i < keys; i++) { // so that each file has rows that stay
          for (String key : List.of(longKey("", i), longKey("%04d".formatted(i), 0))) {
            job.put(job.row(key, version));
            model.put(key, version);
          }
        }
        job.checkpoint();
        job.compact();
      }
      assertThat(keysAndValues(job.table())).isEqualTo(model);
      assertThat(compactedFiles(job.table())).isPositive();
      TableChecks.assertInvariants(job.table());
    }
    assertThat(spark("select count(distinct k) from %s").onlyLong()).isEqualTo(model.size());
  }

  @Test
  void aThousandColumnsAreCompacted() throws IOException {
    int rows = FULL ? 5_000 : 50;
    LimitJob.create(warehouse, wideSchema(1_000), PartitionSpec.unpartitioned(), Map.of());
    try (LimitJob job = new LimitJob(warehouse, COMPACTING)) {
      Types.StructType type = job.table().schema().asStruct();
      RandomRecords records = new RandomRecords(7);
      Map<Long, String> model = new HashMap<>();
      for (int version = 0; version < 6; version++) {
        for (long id = version; id < rows; id += 1 + version % 3) {
          Record row = version % 2 == 0 ? records.nextRecord(type) : job.row();
          row.setField("id", id);
          job.put(row);
          model.put(id, CanonicalRows.ofRow(row));
        }
        job.checkpoint();
        job.compact();
      }
      assertThat(compactedFiles(job.table())).isPositive();
      assertThat(CanonicalRows.of(job.table())).containsExactlyInAnyOrderElementsOf(model.values());
      assertThat(spark("select * from %s where id < 50").sortedLines())
          .containsExactlyInAnyOrderElementsOf(
              model.entrySet().stream()
                  .filter(row -> row.getKey() < 50)
                  .map(Map.Entry::getValue)
                  .toList());
    }
  }

  @Test
  void filesOfRowsOf16MebibytesAreLargeEnough() throws IOException {
    Schema schema =
        new Schema(
            List.of(
                required(1, "id", Types.LongType.get()), optional(2, "b", Types.BinaryType.get())),
            Set.of(1));
    LimitJob.create(warehouse, schema, PartitionSpec.unpartitioned(), Map.of());
    try (LimitJob job = new LimitJob(warehouse, COMPACTING)) {
      for (int version = 0; version < 4; version++) {
        job.put(job.row(1L, randomBytes(version, 16 * MIB)));
        job.put(job.row(2L + version, randomBytes(version, 16 * MIB)));
        job.checkpoint();
        job.compact();
      }
      assertThat(compactedFiles(job.table())).isZero();
      for (long id = 6; id <= 7; id++) {
        job.put(job.row(id, randomBytes(id, 1)));
        job.checkpoint();
      }
      for (int i = 0; i < 4; i++) {
        job.compact();
        job.checkpoint();
      }
      assertThat(compactedFiles(job.table())).as("of small rows, merged beside them").isOne();
      assertThat(ids(job.table())).isEqualTo(Set.of(1L, 2L, 3L, 4L, 5L, 6L, 7L));
    }
  }

  private static long compactedFiles(Table table) throws IOException {
    return tasks(table).stream()
        .filter(task -> !task.file().location().contains("meru-L0-"))
        .count();
  }

  // deletes

  @Test
  void deletesOfAbsentKeysTravelInTheCheckpointAndLeaveTheTableAlone() throws IOException {
    int deletes = FULL ? 1_000_000 : 100_000;
    createSmallRows();
    try (LimitJob job = new LimitJob(warehouse, WriteOptions.DEFAULTS)) {
      for (long id = 0; id < 1_000; id++) {
        job.put(job.row(2 * id, 1));
      }
      job.checkpoint();
      long head = job.table().currentSnapshot().snapshotId();
      Random random = new Random(1);
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < deletes; i++) {
          job.delete(job.row(random.nextLong() | 1));
        }
        LimitJob.Figures figures = job.checkpoint();
        assertThat(figures.outcome()).isEqualTo(EMPTY);
        assertThat(figures.committableBytes()).isBetween(6 * deletes, 10 * deletes);
      }
      assertThat(job.table().currentSnapshot().snapshotId()).isEqualTo(head);

      job.delete(job.row(7L));
      byte[] pending = job.barrier();
      new ForeignWriter(job.table()).append(List.of(job.row(7L, 1)));
      assertThat(job.commit(pending)).as("which is what they travel for").isEqualTo(COMMITTED);
      assertThat(ids(job.table())).hasSize(1_000).doesNotContain(7L);
    }
  }

  @Test
  void moreDeletesThanThePendingEditMayHoldStopTheJobWithTheOptionsName() {
    createSmallRows();
    WriteOptions defaults = WriteOptions.DEFAULTS;
    WriteOptions options =
        new WriteOptions(
            defaults.writeBufferBytes(),
            defaults.maxSealed(),
            defaults.resolverCacheBytes(),
            MIB,
            defaults.level0());
    try (LimitJob job = new LimitJob(warehouse, options)) {
      for (long id = 0; id < 100_000; id++) {
        job.delete(job.row(id));
      }
      assertThatThrownBy(job::barrier)
          .rootCause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(
              "for table db.t holds 1200004 bytes of edits since the last checkpoint")
          .hasMessageContaining(
              "more than pending-edit.max-bytes = 1048576. Checkpoint more often");
    }
  }

  @Test
  void anInputOfDeletesOnly() throws IOException {
    createSmallRows();
    try (LimitJob job = new LimitJob(warehouse, WriteOptions.DEFAULTS)) {
      job.delete(job.row(1L));
      assertThat(job.checkpoint().outcome()).as("on an empty table").isEqualTo(EMPTY);
      job.delete(job.row(1L));
      assertThat(job.checkpoint().outcome()).isEqualTo(EMPTY);
      assertThat(job.table().currentSnapshot().summary()).containsEntry("meru.job", "claim");
    }
    try (LimitJob job = new LimitJob(warehouse, WriteOptions.DEFAULTS, "second")) {
      for (long id = 0; id < 10; id++) {
        job.put(job.row(id, 1));
      }
      assertThat(job.checkpoint().outcome()).isEqualTo(COMMITTED);
    }
    try (LimitJob job = new LimitJob(warehouse, WriteOptions.DEFAULTS, "third")) {
      for (long id = 5; id < 15; id++) {
        job.delete(job.row(id));
      }
      assertThat(job.checkpoint().outcome()).as("on a table with rows").isEqualTo(COMMITTED);
      assertThat(ids(job.table())).isEqualTo(Set.of(0L, 1L, 2L, 3L, 4L));
      assertThat(job.table().currentSnapshot().operation()).isEqualTo("delete");
      for (long id = 0; id < 5; id++) {
        job.delete(job.row(id));
      }
      assertThat(job.checkpoint().outcome()).as("until none is left").isEqualTo(COMMITTED);
      assertThat(tasks(job.table())).isEmpty();
      job.delete(job.row(0L));
      assertThat(job.checkpoint().outcome()).isEqualTo(EMPTY);
    }
    TableChecks.assertInvariants(LimitJob.load(warehouse));
  }

  private void createSmallRows() {
    LimitJob.create(
        warehouse,
        new Schema(
            List.of(
                required(1, "id", Types.LongType.get()), optional(2, "v", Types.IntegerType.get())),
            Set.of(1)),
        PartitionSpec.unpartitioned(),
        Map.of());
  }

  private static Schema wideSchema(int columns) {
    List<Type> types =
        List.of(
            Types.LongType.get(),
            Types.StringType.get(),
            Types.DoubleType.get(),
            Types.BooleanType.get(),
            Types.DateType.get(),
            Types.DecimalType.of(9, 2),
            Types.DecimalType.of(30, 2),
            Types.IntegerType.get(),
            Types.BinaryType.get());
    List<Types.NestedField> fields = new ArrayList<>();
    fields.add(required(1, "id", Types.LongType.get()));
    for (int c = 1; c < columns; c++) {
      fields.add(optional(c + 1, "c" + c, types.get(c % types.size())));
    }
    return new Schema(fields, Set.of(1));
  }

  private static WriteOptions withBuffer(long bytes) {
    WriteOptions defaults = WriteOptions.DEFAULTS;
    return new WriteOptions(
        bytes,
        defaults.maxSealed(),
        defaults.resolverCacheBytes(),
        defaults.pendingEditMaxBytes(),
        defaults.level0());
  }

  private static ByteBuffer randomBytes(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  /** A string whose user key has the greatest length: with a terminator of two bytes. */
  private static String longKey(String head, int tail) {
    String end = "%05d".formatted(tail);
    return head + "k".repeat(KeySpec.MAX_KEY_BYTES - 2 - head.length() - end.length()) + end;
  }

  private static Map<String, Integer> keysAndValues(Table table) throws IOException {
    Map<String, Integer> values = new HashMap<>();
    try (CloseableIterable<Record> records = IcebergGenerics.read(table).build()) {
      for (Record row : records) {
        assertThat(values.put((String) row.getField("k"), (Integer) row.getField("v"))).isNull();
      }
    }
    return values;
  }

  private static Set<Long> ids(Table table) throws IOException {
    Set<Long> ids = new HashSet<>();
    try (CloseableIterable<Record> records = IcebergGenerics.read(table).select("id").build()) {
      for (Record row : records) {
        assertThat(ids.add((Long) row.getField("id"))).isTrue();
      }
    }
    return ids;
  }

  private static List<FileScanTask> tasks(Table table) throws IOException {
    List<FileScanTask> all = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
      tasks.forEach(all::add);
    }
    return all;
  }

  private static List<DeleteFile> vectors(Table table) throws IOException {
    return tasks(table).stream().flatMap(task -> task.deletes().stream()).toList();
  }

  private static Set<String> paths(List<DeleteFile> vectors) {
    Set<String> paths = new HashSet<>();
    vectors.forEach(vector -> paths.add(vector.location()));
    return paths;
  }

  private SparkReader.Result spark(String query) {
    SparkReader spark = SparkReader.shared();
    return spark.query(query.formatted(spark.hadoopCatalog(warehouse) + ".db.t"));
  }
}

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

package io.meru.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.config.LevelOptions;
import io.meru.error.CorruptFileException;
import io.meru.error.DuplicateKeyException;
import io.meru.key.HashRange;
import io.meru.key.SortedKeys;
import io.meru.levelfile.MergeControl;
import io.meru.testing.RandomRecords;
import io.meru.testing.Records;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes in and what comes out, both as Iceberg's own reader sees it. */
class MergeJobTest {
  private static final long SEED = Long.getLong("meru.seed", 20261129);
  private static final int ROUNDS = Integer.getInteger("meru.rounds", 40);
  private static final LevelOptions DEFAULTS = LevelOptions.LEVEL_0_DEFAULTS;
  private static final long LARGE = 1L << 30;

  private static final Schema ORDERS =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "status", Types.StringType.get()),
              Types.NestedField.optional(3, "note", Types.StringType.get())),
          Set.of(1));

  @Test
  void randomMergesHoldTheLiveRowsWithTheirLineage() {
    for (int round = 0; round < ROUNDS; round++) {
      long seed = SEED + round;
      try {
        new RandomMerge(seed).check();
      } catch (RuntimeException | Error e) {
        throw new AssertionError("Seed %d fails: -Dmeru.seed=%1$d".formatted(seed), e);
      }
    }
  }

  @Test
  void rowsOfManyBatchesAndPagesAreMergedInTheOrderOfTheirKeys() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, 5, 30_000, DEFAULTS);
    MergeResult result = table.merge(inputs, DEFAULTS, LARGE);

    assertThat(result.added()).hasSize(1);
    assertThat(table.rows(result)).isEqualTo(table.expected(inputs));
  }

  @Test
  void lateDeletionsOfManyRowsAreTranslated() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = new ArrayList<>(orders(table, 3, 30_000, DEFAULTS));
    MergeInput third = inputs.remove(2);
    DeletionVector.Builder dead = new DeletionVector.Builder();
    for (int position = 100; position < 30_000; position += 1 + position % 7) {
      dead.add(position);
    }
    inputs.add(table.whole(third.path(), 30_000, dead.build(), 1L << 40, 9));
    long target = inputs.stream().mapToLong(MergeInput::fileSizeBytes).sum() / 3;
    LevelOptions options = new LevelOptions("zstd", 1, 2000, 1 << 20, target / 2, false, 0.01);
    MergeResult result = table.merge(inputs, options, target);
    assertThat(result.added()).hasSizeGreaterThan(1);

    for (int i = 0; i < inputs.size(); i++) {
      MergeInput input = inputs.get(i);
      List<MergeTable.Row> rows =
          table.read(input.path(), input.firstRowId(), input.dataSequenceNumber());
      for (int step : new int[] {1, 13, 9973}) {
        DeletionVector.Builder late = new DeletionVector.Builder();
        List<String> expected = new ArrayList<>();
        for (int position = step - 1; position < rows.size(); position += step) {
          late.add(position);
          if (!input.deleted().contains(position)) {
            expected.add(rows.get(position).text());
          }
        }
        assertThat(translated(table, result, i, late.build())).isEqualTo(expected);
      }
    }
  }

  private static List<String> translated(
      MergeTable table, MergeResult result, int input, DeletionVector late) {
    Map<String, DeletionVector> deletions = result.positions().get(input).translate(late);
    List<String> found = new ArrayList<>();
    for (AddedFile file : result.added()) {
      List<MergeTable.Row> output = table.read(file.file().path(), 0, 0);
      deletions
          .getOrDefault(file.file().path(), DeletionVector.EMPTY)
          .forEach(position -> found.add(output.get((int) position).text()));
    }
    return found;
  }

  @Test
  void outputsAreSplitByTheirTargetSizeAndNoneIsSmall() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, 4, 20_000, DEFAULTS);
    long bytes = inputs.stream().mapToLong(MergeInput::fileSizeBytes).sum();
    LevelOptions options = new LevelOptions("zstd", 1, 2000, 1 << 20, bytes / 40, false, 0.01);
    for (double files : new double[] {1.2, 1.7, 2.4, 3.3, 7.5}) {
      long target = (long) (bytes / files);
      MergeResult result = table.merge(inputs, options, target);

      assertThat(table.rows(result)).isEqualTo(table.expected(inputs));
      for (AddedFile file : result.added()) {
        assertThat((double) file.file().fileSizeBytes() / target).isBetween(0.6, 1.7);
        assertThat(file.splitOffsets()).hasSizeGreaterThan(3).isSorted();
      }
      assertThat(result.bytesWritten())
          .isEqualTo(result.added().stream().mapToLong(file -> file.file().fileSizeBytes()).sum());
    }
  }

  @Test
  void theRowsOfEachOutputAreForetoldAndNotThoseOfTheWholeMerge() {
    MergeTable table = new MergeTable(ORDERS);
    LevelOptions options = new LevelOptions("zstd", 1, 1000, 1 << 20, 100_000, false, 0.01);
    List<MergeInput> inputs = orders(table, 4, 20_000, options);
    long bytes = inputs.stream().mapToLong(MergeInput::fileSizeBytes).sum();
    Collector keys = new Collector(false);
    MergeResult result =
        table.job(options).run(inputs, table.target(bytes / 4), keys, MergeControl.NONE);

    assertThat(result.added()).hasSizeGreaterThan(2);
    for (int i = 0; i < result.added().size(); i++) {
      long rows = result.added().get(i).file().recordCount();
      assertThat(keys.expected.get(i)).isBetween(rows / 2, 2 * rows);
    }
  }

  @Test
  void anOutputSaysWhatItHolds() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, 3, 100, DEFAULTS);
    AddedFile file = table.merge(inputs, DEFAULTS, LARGE).added().get(0);

    List<MergeTable.Row> rows = table.read(file.file().path(), 0, 0);
    byte[] first = rows.get(0).key();
    byte[] last = rows.get(rows.size() - 1).key();
    assertThat(file.file().recordCount()).isEqualTo(300);
    assertThat(file.file().fileSizeBytes()).isEqualTo(table.size(file.file().path()));
    assertThat(file.file().minPrefix()).isEqualTo(SortedKeys.prefixOf(first, 0, first.length));
    assertThat(file.file().maxPrefix()).isEqualTo(SortedKeys.prefixOf(last, 0, last.length));
    assertThat(file.file().levelName()).isEqualTo(name(file));
    assertThat(file.metrics().recordCount()).isEqualTo(300);
    assertThat(file.metrics().valueCounts()).containsEntry(3, 300L);
    assertThat(MergeFiles.footer(table, file.file().path()))
        .containsEntry("meru.level", "1")
        .containsEntry("meru.key-min", HexFormat.of().formatHex(first))
        .containsEntry("meru.key-max", HexFormat.of().formatHex(last))
        .containsEntry("iceberg.schema", org.apache.iceberg.SchemaParser.toJson(table.schema));
  }

  private static io.meru.version.LevelFileName name(AddedFile file) {
    return io.meru.version.LevelFileName.parse(file.file().path()).orElseThrow();
  }

  @Test
  void aMergeOfNothingButDeadRowsWritesNothing() {
    MergeTable table = new MergeTable(ORDERS);
    MergeInput input = orders(table, 1, 3, DEFAULTS).get(0);
    MergeInput dead = table.whole(input.path(), 3, DeletionVector.of(0, 1, 2), 0, 1);
    MergeResult result = table.merge(List.of(dead), DEFAULTS, LARGE);

    assertThat(result.added()).isEmpty();
    assertThat(result.positions().get(0).moved()).isEqualTo(DeletionVector.EMPTY);
    assertThat(table.files).hasSize(1);
  }

  @Test
  void aKeyThatIsLiveTwiceLeavesTheFilesAlone() {
    MergeTable table = new MergeTable(ORDERS);
    String first = table.writeLevelFile(ORDERS, ids(1, 2, 3), DEFAULTS);
    String second = table.writeLevelFile(ORDERS, ids(2, 4), DEFAULTS);
    List<MergeInput> inputs =
        List.of(
            table.whole(first, 3, DeletionVector.EMPTY, 0, 1),
            table.whole(second, 2, DeletionVector.EMPTY, 3, 2));

    assertThatThrownBy(() -> table.merge(inputs, DEFAULTS, LARGE))
        .isInstanceOf(DuplicateKeyException.class)
        .hasMessageContaining(first)
        .hasMessageContaining(second)
        .hasMessageContaining("row 1")
        .hasMessageContaining("row 0")
        .hasMessageContaining("8000000000000002");
    assertThat(outputs(table)).isEqualTo(table.discarded).hasSize(1);
  }

  @Test
  void aKeyOfTextThatIsLiveTwiceLeavesTheFilesAlone() {
    Schema schema =
        new Schema(List.of(Types.NestedField.required(1, "id", Types.StringType.get())), Set.of(1));
    MergeTable table = new MergeTable(schema);
    List<Record> rows = List.of(Records.of(schema.asStruct(), "the same long text"));
    List<MergeInput> inputs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      String path = table.writeLevelFile(schema, rows, DEFAULTS);
      inputs.add(table.whole(path, 1, DeletionVector.EMPTY, 0, 1));
    }
    assertThatThrownBy(() -> table.merge(inputs, DEFAULTS, LARGE))
        .isInstanceOf(DuplicateKeyException.class);
  }

  @Test
  void aFileThatIsNotSortedLeavesTheFilesAlone() {
    MergeTable table = new MergeTable(ORDERS);
    Schema otherKey = new Schema(ORDERS.columns(), Set.of(1));
    List<Record> rows = new ArrayList<>();
    for (long id : new long[] {5, 4}) {
      rows.add(Records.of(otherKey.asStruct(), id, "s", "n"));
    }
    String path = table.writeInOrder(ORDERS, rows, Map.of());
    assertThatThrownBy(
            () ->
                table.merge(
                    List.of(table.whole(path, 2, DeletionVector.EMPTY, 0, 1)), DEFAULTS, LARGE))
        .isInstanceOf(DuplicateKeyException.class)
        .hasMessageContaining("not sorted by key");
  }

  @Test
  void whatIsCancelledLeavesNothingBehind() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, 3, 20_000, DEFAULTS);
    LevelOptions options = new LevelOptions("zstd", 1, 1000, 1 << 20, 100_000, false, 0.01);
    int[] calls = {0};
    long[] read = {0};
    long[] written = {0};
    MergeControl control =
        (bytesRead, bytesWritten) -> {
          assertThat(bytesRead).isGreaterThanOrEqualTo(read[0]);
          assertThat(bytesWritten).isGreaterThanOrEqualTo(0);
          read[0] = bytesRead;
          written[0] = Math.max(written[0], bytesWritten);
          if (++calls[0] == 200) {
            throw new IllegalStateException("cancelled");
          }
        };
    assertThatThrownBy(
            () -> table.job(options).run(inputs, table.target(300_000), OutputKeys.NONE, control))
        .hasMessage("cancelled");
    assertThat(read[0]).isPositive();
    assertThat(written[0]).isPositive();
    assertThat(outputs(table)).isEqualTo(table.discarded).isNotEmpty();
  }

  @Test
  void aWriterGoesOnAfterAMergeThatFailed() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, 3, 2000, DEFAULTS);
    MergeJob job = table.job(DEFAULTS);
    int[] calls = {0};
    assertThatThrownBy(
            () ->
                job.run(
                    inputs,
                    table.target(LARGE),
                    OutputKeys.NONE,
                    (read, written) -> {
                      if (++calls[0] == 8) {
                        throw new IllegalStateException("cancelled");
                      }
                    }))
        .hasMessage("cancelled");
    MergeResult result = job.run(inputs, table.target(LARGE), OutputKeys.NONE, MergeControl.NONE);
    assertThat(table.rows(result)).isEqualTo(table.expected(inputs));
  }

  @Test
  void aFileOfAnotherRowCountThanTheTableSaysIsRefused() {
    MergeTable table = new MergeTable(ORDERS);
    String path = table.writeLevelFile(ORDERS, ids(1, 2, 3), DEFAULTS);
    assertThatThrownBy(
            () ->
                table.merge(
                    List.of(table.whole(path, 4, DeletionVector.EMPTY, 0, 1)), DEFAULTS, LARGE))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("it has 3 rows, but the table says that it has 4");
  }

  @Test
  void damagedBytesAreFoundOrChangeNothing() {
    Schema schema = new Schema(everyTypeWithKey(), Set.of(1000));
    MergeTable table = new MergeTable(schema);
    RandomRecords values = new RandomRecords(SEED);
    List<Record> rows = new ArrayList<>();
    for (long id = 0; id < 120; id++) {
      Record row = values.nextRecord(schema.asStruct());
      row.set(0, id);
      rows.add(row);
    }
    LevelOptions options = new LevelOptions("uncompressed", 1, 50, 1 << 20, 1 << 20, false, 0.01);
    List<String> paths =
        List.of(
            table.writeLevelFile(schema, rows, options),
            table.writeByIceberg(
                schema,
                rows,
                Map.of(
                    "write.parquet.compression-codec", "uncompressed",
                    "write.parquet.page-row-limit", "50")));
    Random random = new Random(SEED);
    for (String path : paths) {
      byte[] good = MergeFiles.bytes(table, path);
      List<MergeInput> inputs = List.of(table.whole(path, 120, DeletionVector.EMPTY, 0, 1));
      int refused = 0;
      for (int i = 0; i < 600; i++) {
        byte[] bad = good.clone();
        int at = random.nextInt(bad.length);
        bad[at] ^= (byte) (1 << random.nextInt(8));
        MergeFiles.replace(table, path, bad);
        try {
          table.merge(inputs, DEFAULTS, LARGE); // what is not checked may come out changed
        } catch (CorruptFileException
            | DuplicateKeyException
            | io.meru.error.UnsupportedTableException e) {
          refused++;
        }
      }
      assertThat(refused).isGreaterThan(20);
    }
  }

  private static List<Types.NestedField> everyTypeWithKey() {
    List<Types.NestedField> fields = new ArrayList<>();
    fields.add(Types.NestedField.required(1000, "key", Types.LongType.get()));
    fields.addAll(RandomRecords.everyType().fields());
    return fields;
  }

  @Test
  void aFileThatIsCutShortIsRefused() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, 2, 300, DEFAULTS);
    String path = inputs.get(0).path();
    byte[] good = MergeFiles.bytes(table, path);
    for (int length : new int[] {0, 3, 100, good.length - 1}) {
      MergeFiles.replace(table, path, Arrays.copyOf(good, length));
      assertThatThrownBy(() -> table.merge(inputs, DEFAULTS, LARGE))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining(path);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 255, 256})
  void anyNumberOfInputsUpToTheLimitIsMerged(int count) {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, count, 7, DEFAULTS);
    assertThat(table.rows(table.merge(inputs, DEFAULTS, LARGE))).isEqualTo(table.expected(inputs));
  }

  @Test
  void oneInputMoreThanTheLimitIsRefused() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, 257, 1, DEFAULTS);
    assertThatThrownBy(() -> table.merge(inputs, DEFAULTS, LARGE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A merge has at most 256 inputs but got 257");
  }

  @Test
  void aWriteThatFailsLeavesNothingBehind() {
    MergeTable table = new MergeTable(ORDERS);
    List<MergeInput> inputs = orders(table, 2, 100, DEFAULTS);
    MergeJob job = MergeFiles.jobOnFailingStore(table, DEFAULTS);
    assertThatThrownBy(
            () -> job.run(inputs, table.target(LARGE), OutputKeys.NONE, MergeControl.NONE))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith("Cannot write the level file meru-L1-");
    assertThat(table.discarded).hasSize(1);
  }

  private static Set<String> outputs(MergeTable table) {
    return table.files.keySet().stream()
        .filter(path -> path.startsWith("meru-L1"))
        .collect(java.util.stream.Collectors.toSet());
  }

  private static List<Record> ids(long... ids) {
    List<Record> rows = new ArrayList<>();
    for (long id : ids) {
      rows.add(Records.of(ORDERS.asStruct(), id, "s" + id % 3, "note " + id));
    }
    return rows;
  }

  /** Level files whose keys interleave. */
  private static List<MergeInput> orders(
      MergeTable table, int files, int rows, LevelOptions options) {
    List<MergeInput> inputs = new ArrayList<>();
    for (int file = 0; file < files; file++) {
      List<Record> records = new ArrayList<>();
      for (long row = 0; row < rows; row++) {
        long id = (row * files + file) * 977 % 1_000_003;
        records.add(
            Records.of(
                ORDERS.asStruct(), id, id % 7 == 0 ? null : "s" + id % 5, "note " + id * 31));
      }
      String path = table.writeLevelFile(ORDERS, records, options);
      inputs.add(table.whole(path, rows, DeletionVector.EMPTY, 1000L * rows * file, file + 1));
    }
    return inputs;
  }

  /** A merge of random files of a random schema. */
  private static final class RandomMerge {
    private final Random random;
    private final RandomRecords values;
    private final MergeTable table;
    private final List<MergeInput> inputs = new ArrayList<>();

    RandomMerge(long seed) {
      this.random = new Random(seed);
      this.values = new RandomRecords(seed);
      this.table = new MergeTable(randomSchema());
    }

    void check() {
      makeInputs();
      List<String> expected = table.expected(inputs);
      LevelOptions options = randomOptions();
      long target = random.nextBoolean() ? LARGE : 2000 + random.nextInt(200_000);
      Collector keys = new Collector(random.nextBoolean());
      MergeResult result =
          table.job(options).run(inputs, table.target(target), keys, MergeControl.NONE);

      assertThat(table.rows(result)).isEqualTo(expected);
      assertThat(result.rows()).isEqualTo(expected.size());
      checkKeys(result, keys);
      checkMetrics(result);
      for (int i = 0; i < inputs.size(); i++) {
        checkPositions(result, i);
      }
      mergeAgain(result, expected);
    }

    /** The outputs are inputs, too: lineage is stored in them. */
    private void mergeAgain(MergeResult result, List<String> expected) {
      List<MergeInput> again =
          result.added().stream()
              .map(
                  file ->
                      table.whole(
                          file.file().path(),
                          file.file().recordCount(),
                          DeletionVector.EMPTY,
                          1L << 59,
                          1L << 59))
              .toList();
      MergeResult second = table.merge(again, randomOptions(), LARGE);
      assertThat(table.rows(second)).isEqualTo(expected);
    }

    private void checkMetrics(MergeResult result) {
      for (AddedFile file : result.added()) {
        Metrics ours = file.metrics();
        Metrics theirs = MergeFiles.metricsByIceberg(table, file.file().path());
        assertThat(ours.recordCount()).isEqualTo(theirs.recordCount());
        assertThat(ours.valueCounts()).isEqualTo(theirs.valueCounts());
        assertThat(ours.nullValueCounts()).isEqualTo(theirs.nullValueCounts());
        assertThat(ours.nanValueCounts()).isEqualTo(theirs.nanValueCounts());
        assertThat(Records.text(ours.lowerBounds())).isEqualTo(Records.text(theirs.lowerBounds()));
        assertThat(Records.text(ours.upperBounds())).isEqualTo(Records.text(theirs.upperBounds()));
        assertThat(ours.columnSizes().keySet()).isEqualTo(theirs.columnSizes().keySet());
      }
    }

    private void checkKeys(MergeResult result, Collector keys) {
      assertThat(keys.files).hasSize(result.added().size());
      for (int i = 0; i < keys.files.size(); i++) {
        List<MergeTable.Row> rows = table.read(result.added().get(i).file().path(), 0, 0);
        List<String> found = rows.stream().map(row -> HexFormat.of().formatHex(row.key())).toList();
        assertThat(keys.files.get(i)).isEqualTo(found);
      }
      if (keys.withRowIds) {
        List<Long> stored = new ArrayList<>();
        result.added().forEach(file -> stored.addAll(MergeFiles.rowIds(table, file)));
        assertThat(keys.rowIds).isEqualTo(stored);
      }
    }

    private void checkPositions(MergeResult result, int index) {
      MergeInput input = inputs.get(index);
      List<MergeTable.Row> rows =
          table.read(input.path(), input.firstRowId(), input.dataSequenceNumber());
      DeletionVector.Builder moved = new DeletionVector.Builder();
      DeletionVector.Builder late = new DeletionVector.Builder();
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        boolean takes = MergeTable.takes(input, i, rows.get(i).key());
        if (takes) {
          moved.add(i);
        }
        if (random.nextInt(3) == 0) {
          late.add(i);
          if (takes) {
            expected.add(rows.get(i).text());
          }
        }
      }
      assertThat(result.positions().get(index).moved()).isEqualTo(moved.build());
      assertThat(translated(table, result, index, late.build())).isEqualTo(expected);
    }

    private void makeInputs() {
      int files = 1 + random.nextInt(6);
      List<TreeMap<byte[], Record>> rows = new ArrayList<>();
      List<List<byte[]>> dead = new ArrayList<>();
      for (int i = 0; i < files; i++) {
        rows.add(new TreeMap<>(Arrays::compareUnsigned));
        dead.add(new ArrayList<>());
      }
      int count = 1 + random.nextInt(random.nextInt(4) == 0 ? 3000 : 300);
      TreeMap<byte[], Integer> live = new TreeMap<>(Arrays::compareUnsigned);
      for (int i = 0; i < count; i++) {
        Record record = values.nextRecord(table.schema.asStruct());
        byte[] key = table.key(record);
        int file = random.nextInt(files);
        if (rows.get(file).containsKey(key)) {
          continue;
        }
        boolean isLive = !live.containsKey(key) && random.nextInt(5) > 0;
        rows.get(file).put(key, record);
        if (isLive) {
          live.put(key, file);
        } else {
          dead.get(file).add(key);
        }
      }
      boolean halved = random.nextInt(3) == 0;
      for (int i = 0; i < files; i++) {
        if (!rows.get(i).isEmpty()) {
          addInput(rows.get(i), dead.get(i), halved);
        }
      }
    }

    private void addInput(TreeMap<byte[], Record> rows, List<byte[]> dead, boolean halved) {
      List<byte[]> order = List.copyOf(rows.keySet());
      DeletionVector.Builder deleted = new DeletionVector.Builder();
      Set<byte[]> gone = new java.util.TreeSet<>(Arrays::compareUnsigned);
      gone.addAll(dead);
      int runEnd = random.nextInt(3) == 0 ? order.size() / 2 : 0; // whole dead pages
      for (int i = 0; i < order.size(); i++) {
        if (i < runEnd || gone.contains(order.get(i))) {
          deleted.add(i);
        }
      }
      List<Record> records = List.copyOf(rows.values());
      String path =
          switch (random.nextInt(3)) {
            case 0 -> table.writeByIceberg(table.schema, records, icebergProperties());
            case 1 ->
                table.writeByIceberg(table.withLineage, withLineage(records), icebergProperties());
            default -> table.writeLevelFile(table.schema, records, randomOptions());
          };
      MergeInput input =
          table.whole(
              path, records.size(), deleted.build(), random.nextInt(1 << 20), random.nextInt(99));
      if (halved) {
        input = input.taking(new HashRange(0, 1 << 15));
      } else if (random.nextInt(4) == 0) {
        input = input.taking(records.size() / 3, records.size() - records.size() / 5);
      }
      inputs.add(input);
    }

    private List<Record> withLineage(List<Record> records) {
      List<Record> result = new ArrayList<>();
      for (Record record : records) {
        Record copy = GenericRecord.create(table.withLineage);
        for (int pos = 0; pos < record.size(); pos++) {
          copy.set(pos, record.get(pos));
        }
        boolean moved = random.nextBoolean();
        copy.set(record.size(), moved || random.nextBoolean() ? random.nextLong() >>> 1 : null);
        copy.set(record.size() + 1, moved ? (long) random.nextInt(1000) : null);
        result.add(copy);
      }
      return result;
    }

    private Map<String, String> icebergProperties() {
      return Map.of(
          "write.parquet.page-row-limit",
          Integer.toString(1 + random.nextInt(200)),
          "write.parquet.row-group-size-bytes",
          random.nextBoolean() ? "20000" : "134217728",
          "write.parquet.row-group-check-min-record-count",
          "10",
          "write.parquet.dict-size-bytes",
          random.nextBoolean() ? "1000" : "2097152",
          "write.parquet.compression-codec",
          List.of("zstd", "snappy", "gzip", "uncompressed").get(random.nextInt(4)));
    }

    private LevelOptions randomOptions() {
      String codec = List.of("zstd", "snappy", "uncompressed").get(random.nextInt(3));
      return random.nextBoolean()
          ? DEFAULTS
          : new LevelOptions(
              codec,
              1,
              1 + random.nextInt(300),
              100 + random.nextInt(5000),
              2000 + random.nextInt(100_000),
              random.nextBoolean(),
              0.01);
    }

    private Schema randomSchema() {
      List<Type.PrimitiveType> keyTypes =
          List.of(
              Types.LongType.get(),
              Types.IntegerType.get(),
              Types.StringType.get(),
              Types.BinaryType.get(),
              Types.UUIDType.get(),
              Types.FixedType.ofLength(3),
              Types.DecimalType.of(9, 2),
              Types.DecimalType.of(18, 2),
              Types.DecimalType.of(38, 2),
              Types.DateType.get(),
              Types.TimeType.get(),
              Types.TimestampType.withZone(),
              Types.TimestampNanoType.withoutZone());
      List<Types.NestedField> fields = new ArrayList<>();
      Set<Integer> keys = new java.util.HashSet<>();
      int keyCount = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1;
      for (int i = 0; i < keyCount; i++) {
        Type type =
            random.nextInt(3) == 0
                ? Types.LongType.get()
                : keyTypes.get(random.nextInt(keyTypes.size()));
        fields.add(Types.NestedField.required(1000 + i, "k" + i, type));
        keys.add(1000 + i);
      }
      boolean all = random.nextInt(5) == 0;
      for (Types.NestedField field : RandomRecords.everyType().fields()) {
        if (all || random.nextInt(4) == 0) {
          boolean required = random.nextInt(4) == 0 && field.type().typeId() != Type.TypeID.UNKNOWN;
          fields.add(required ? field.asRequired() : field);
        }
      }
      return new Schema(fields, keys);
    }
  }

  /** What a caller gets to see of the outputs' keys. */
  private static final class Collector implements OutputKeys {
    final List<List<String>> files = new ArrayList<>();
    final List<Long> expected = new ArrayList<>();
    final List<Long> rowIds = new ArrayList<>();
    final boolean withRowIds;

    Collector(boolean withRowIds) {
      this.withRowIds = withRowIds;
    }

    @Override
    public void startFile(int file, long expectedRows) {
      assertThat(file).isEqualTo(files.size());
      files.add(new ArrayList<>());
      expected.add(expectedRows);
    }

    @Override
    public void add(long prefix, byte[] array, int offset, int length) {
      assertThat(prefix).isEqualTo(SortedKeys.prefixOf(array, offset, length));
      files.get(files.size() - 1).add(HexFormat.of().formatHex(array, offset, offset + length));
    }

    @Override
    public LongConsumer rowIds() {
      return withRowIds ? rowIds::add : null;
    }
  }
}

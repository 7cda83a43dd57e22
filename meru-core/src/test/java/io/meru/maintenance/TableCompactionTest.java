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

import io.meru.commit.CommitOptions;
import io.meru.commit.Faults;
import io.meru.commit.FaultyOperations;
import io.meru.commit.MeruProperties;
import io.meru.config.CompactionOptions;
import io.meru.config.LevelOptions;
import io.meru.config.WriteOptions;
import io.meru.error.UnsupportedTableException;
import io.meru.inspect.TableVerifier;
import io.meru.inspect.VerifyReport;
import io.meru.key.HashRange;
import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import io.meru.version.LevelFileName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compactions of a whole table beside a job, and what others may do meanwhile. */
class TableCompactionTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.required(2, "region", Types.StringType.get()),
              Types.NestedField.optional(3, "v", Types.StringType.get())),
          Set.of(1, 2));

  @TempDir private Path folder;

  private final Random random = new Random(5);
  private final Map<List<Object>, Record> model = new HashMap<>();

  /** What to do right before an id is taken, by its number. */
  private final Map<Integer, Runnable> beforeId = new HashMap<>();

  /** What to do right before the next merge opens its inputs. */
  private Runnable beforeMerge = () -> {};

  private EngineTable job;
  private int idsTaken;
  private int values;

  @AfterEach
  void close() {
    if (job != null) {
      job.close();
    }
  }

  @Test
  void smallFilesBecomeOneAndNoRowOrLineageChanges() {
    create(PartitionSpec.unpartitioned(), 1);
    for (int i = 0; i < 5; i++) {
      put(10 * i, 10 * i + 1, 10 * i + 2, 10 * i + 11);
      delete(10 * i);
      job.checkpoint();
    }
    Map<String, String> lineage = lineage();

    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.filesBefore()).isEqualTo(5);
    assertThat(result.filesAfter()).isEqualTo(1);
    assertThat(result.merged()).isEqualTo(5);
    assertThat(result.snapshots()).isEqualTo(1);
    assertThat(result.abandoned()).isZero();
    assertThat(result.skipped()).isEmpty();
    assertThat(result.rowsDropped()).isEqualTo(5 * 4 - 5 - model.size());
    assertTable();
    assertThat(lineage()).isEqualTo(lineage);
    Snapshot head = job.load().currentSnapshot();
    assertThat(head.operation()).isEqualTo(DataOperations.REPLACE);
    assertThat(head.summary())
        .containsEntry(MeruProperties.JOB, MeruProperties.JOB_COMPACTION)
        .doesNotContainKey(MeruProperties.RUN_ID);
    assertThat(files()).singleElement().satisfies(file -> assertThat(level(file)).isEqualTo(1));
    assertThat(compact(TableCompactionOptions.DEFAULTS).snapshots()).isZero();
  }

  @Test
  void theJobGoesOnAfterIt() {
    create(PartitionSpec.unpartitioned(), 2);
    fill(40);
    Map<String, String> lineage = lineage();
    put(1, 2, 3);
    delete(4); // written before it, flushed and committed after it
    compact(TableCompactionOptions.DEFAULTS);
    job.checkpoint();
    put(1, 50);
    job.checkpoint();

    assertTable();
    lineage.forEach(
        (key, old) -> {
          if (lineage().containsKey(key)) {
            assertThat(rowId(lineage().get(key))).as(key).isEqualTo(rowId(old));
          }
        });
  }

  @Test
  void rowsThatTheJobReplacesMeanwhileAreDeletedInTheOutputs() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(60);
    Map<String, String> lineage = lineage();
    beforeId(
        1, // the merge has begun
        () -> {
          put(1, 2, 3, 4);
          delete(5);
          delete(6);
          job.checkpoint();
        });
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.snapshots()).isEqualTo(1);
    assertThat(result.abandoned()).isZero();
    assertTable();
    assertThat(files()).hasSize(2);
    assertThat(rowId(lineage().get("1/r1"))).isEqualTo(rowId(lineage.get("1/r1")));
  }

  @Test
  void anInputAllOfWhoseRowsDieMeanwhileIsNoObstacle() {
    create(PartitionSpec.unpartitioned(), 1);
    put(1, 2, 3);
    job.checkpoint();
    put(4, 5, 6);
    job.checkpoint();
    beforeId(
        1,
        () -> {
          put(1, 2, 3);
          job.checkpoint(); // drops the first file
        });
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.snapshots()).isEqualTo(1);
    assertTable();
    assertThat(files()).hasSize(2);
  }

  @Test
  void allRowsOfAllInputsMayDieMeanwhile() {
    create(PartitionSpec.unpartitioned(), 1);
    put(1, 2);
    job.checkpoint();
    put(3);
    job.checkpoint();
    beforeId(
        1,
        () -> {
          put(1, 2, 3);
          job.checkpoint();
        });
    long snapshots = snapshots();
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.filesAfter()).isEqualTo(1);
    assertThat(snapshots()).isEqualTo(snapshots + 1); // the checkpoint's alone
    assertTable();
    assertThat(dataFilesOnDisk()).hasSize(3); // none of the merge
  }

  @Test
  void checkpointsBetweenPlanAndCommitMakeItPlanAnew() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    for (int id = 1; id <= 6; id++) { // outputs, commit, vectors of each try
      int key = id;
      beforeId(
          id,
          () -> {
            put(key);
            delete(10 + key);
            job.checkpoint();
          });
    }
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.snapshots()).isEqualTo(1);
    assertTable();
  }

  @Test
  void filesThatOthersRewriteMeanwhileAreLeftToThem() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    List<DataFile> before = files();
    beforeId(1, this::rewriteByOthers);
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.abandoned()).isEqualTo(1);
    assertThat(result.snapshots()).isZero();
    assertTable();
    assertThat(dataFilesOnDisk()).hasSize(before.size() + 1);
  }

  @Test
  void aFileThatAnExpiryRemovesMeanwhileIsGivenUp() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    List<DataFile> before = files();
    beforeMerge =
        () -> {
          rewriteByOthers();
          job.load().io().deleteFile(before.get(0).location());
        };
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.abandoned()).isEqualTo(1);
    assertThat(dataFilesOnDisk()).hasSize(before.size());
  }

  @Test
  void rowsThatComeBackMeanwhileAreNotLost() {
    create(PartitionSpec.unpartitioned(), 1);
    put(1, 2, 3);
    job.checkpoint();
    put(4, 5);
    job.checkpoint();
    long full = job.load().currentSnapshot().snapshotId();
    Set<String> before = dataFilesOnDisk();
    job.delete(1L, "r1", null).checkpoint();
    beforeId(1, () -> job.load().manageSnapshots().rollbackTo(full).commit());
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.abandoned()).isZero();
    assertTable();
    assertThat(files())
        .as("the file that the row came back in, and the other's rows in another place")
        .hasSize(2)
        .anyMatch(file -> before.contains(file.location()))
        .anyMatch(file -> level(file) == 1);
  }

  @Test
  void filesThatTheJobItselfCompactsMeanwhileAreTheJobs() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(60);
    Map<String, String> lineage = lineage();
    job.close();
    job = EngineTable.open(job.location(), 1, compacting());
    beforeId(
        1,
        () -> {
          put(100);
          job.checkpoint(); // starts one
          put(101);
          job.checkpoint(); // commits it
        });
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.abandoned()).isZero();
    assertThat(result.snapshots()).as("of what the job has not taken").isEqualTo(1);
    assertTable();
    assertThat(lineage()).containsAllEntriesOf(lineage);
  }

  private static WriteOptions compacting() {
    WriteOptions defaults = WriteOptions.DEFAULTS;
    return new WriteOptions(
        defaults.writeBufferBytes(),
        defaults.maxSealed(),
        defaults.resolverCacheBytes(),
        defaults.pendingEditMaxBytes(),
        defaults.level0(),
        new CompactionOptions(
            true,
            7,
            0.3,
            1 << 20,
            1,
            100,
            100,
            60_000,
            0,
            0,
            LevelOptions.DEEPER_DEFAULTS)); // two files
  }

  @Test
  void anOutputThatIsLostBeforeTheCommitIsNotCommitted() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    Set<String> before = dataFilesOnDisk();
    beforeId(
        1, // the commit's own: the merge is done
        () -> {
          Set<String> outputs = dataFilesOnDisk();
          outputs.removeAll(before);
          assertThat(outputs).hasSize(1);
          outputs.forEach(path -> job.load().io().deleteFile(path));
        });
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.abandoned()).isEqualTo(1);
    assertTable();
    assertThat(paths()).isEqualTo(before);
  }

  @Test
  void aDamagedFileIsSkippedAndTheOthersAreMerged() throws IOException {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    Path damaged = Path.of(files().get(0).location());
    byte[] bytes = Files.readAllBytes(damaged);
    byte[] cutOff = bytes.clone();
    Arrays.fill(cutOff, bytes.length - 8, bytes.length, (byte) 0);
    Files.write(damaged, cutOff);
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.skipped())
        .singleElement()
        .satisfies(
            skipped -> {
              assertThat(skipped.path()).isEqualTo(damaged.toString());
              assertThat(skipped.reason()).contains("does not end as a Parquet file does");
              assertThat(skipped.damaged()).isTrue();
            });
    assertThat(result.foundDamage()).isTrue();
    assertThat(files()).hasSize(2);
    Files.write(damaged, bytes);
    assertTable();
  }

  @Test
  void aFileThatIsMissingIsNamedAndTheOthersAreMerged() throws IOException {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    Path missing = Path.of(files().get(0).location());
    byte[] bytes = Files.readAllBytes(missing);
    Files.delete(missing);
    TableCompactionResult dry = action().dryRun(TableCompactionOptions.DEFAULTS);
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(dry.skipped()).isEqualTo(result.skipped());
    assertThat(result.skipped())
        .singleElement()
        .satisfies(
            skipped -> {
              assertThat(skipped.path()).isEqualTo(missing.toString());
              assertThat(skipped.reason()).contains("is missing, though the table's head names it");
              assertThat(skipped.damaged()).isTrue();
            });
    assertThat(files()).hasSize(2);
    Files.write(missing, bytes);
    assertTable();
  }

  @Test
  void aFileThatIsLostBetweenLookAndMergeIsNamedAndTheOthersAreMerged() throws IOException {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    Path lost = Path.of(files().get(0).location());
    byte[] bytes = Files.readAllBytes(lost);
    beforeMerge = () -> job.load().io().deleteFile(lost.toString());
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.abandoned()).isEqualTo(1);
    assertThat(result.skipped())
        .singleElement()
        .returns(lost.toString(), TableCompactionResult.Skipped::path)
        .returns(true, TableCompactionResult.Skipped::damaged);
    assertThat(files()).hasSize(2);
    Files.write(lost, bytes);
    assertTable();
  }

  /** Files with deleted rows are picked in the first pass only. */
  @Test
  void theOnlyFileIsNamedWhenItIsLostBetweenLookAndMerge() throws IOException {
    create(PartitionSpec.unpartitioned(), 1);
    fill(10);
    delete(5);
    job.checkpoint();
    Path lost = Path.of(files().get(0).location());
    byte[] bytes = Files.readAllBytes(lost);
    beforeMerge = () -> job.load().io().deleteFile(lost.toString());
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.abandoned()).isEqualTo(1);
    assertThat(result.foundDamage()).isTrue();
    Files.write(lost, bytes);
    assertTable();
  }

  @Test
  void aFileThatOthersRemoveDuringADryRunIsNotLost() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    String removed = files().get(0).location();
    Faults counting = new Faults();
    job.load().io().deleteFile(removed);
    assertThat(action(counting).dryRun(TableCompactionOptions.DEFAULTS).skipped())
        .as("while the head names it")
        .anyMatch(TableCompactionResult.Skipped::damaged);
    Faults faults = new Faults();
    faults.beforeRefresh(
        counting.refreshes() - 1, // the last one: the result's
        () -> job.load().newDelete().deleteFile(removed).commit());
    TableCompactionResult result = action(faults).dryRun(TableCompactionOptions.DEFAULTS);

    assertThat(result.skipped()).noneMatch(TableCompactionResult.Skipped::damaged);
    assertThat(result.filesAfter()).isEqualTo(result.filesBefore() - 1);
  }

  @Test
  void eachWriterKeepsFilesOfItsOwn() {
    create(PartitionSpec.unpartitioned(), 2);
    fill(60);
    compact(TableCompactionOptions.DEFAULTS.withParallelism(2));

    assertThat(files())
        .extracting(TableCompactionTest::hashes)
        .hasSize(2)
        .anyMatch(HashRange.ofSubtask(0, 2)::covers)
        .anyMatch(HashRange.ofSubtask(1, 2)::covers);
    assertTable();
  }

  @Test
  void filesThatSeveralWritersWouldShareAreSplit() {
    create(PartitionSpec.unpartitioned(), 2);
    fill(60);
    Map<String, String> lineage = lineage();
    beforeId(
        2,
        () -> {
          put(1, 2, 3, 4, 5, 6, 7, 8, 9);
          job.checkpoint();
        });
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS.withParallelism(3));

    assertThat(result.abandoned()).isZero();
    for (DataFile file : files()) {
      if (level(file) > 0) {
        HashRange hashes = hashes(file);
        assertThat(
                Stream.of(0, 1, 2).filter(i -> HashRange.ofSubtask(i, 3).covers(hashes)).toList())
            .hasSize(1);
      }
    }
    assertTable();
    assertThat(rowId(lineage().get("20/r2"))).isEqualTo(rowId(lineage.get("20/r2")));
    job.close();
    job = EngineTable.open(job.location(), 3);
    put(5, 6, 70);
    job.checkpoint();
    assertTable();
  }

  @Test
  void onlyThePartitionsThatWereNamedAreCompacted() {
    create(PartitionSpec.builderFor(SCHEMA).identity("region").build(), 1);
    fill(30);
    Set<String> others = paths("r1");
    TableCompactionResult result =
        compact(TableCompactionOptions.DEFAULTS.withPartitions(Set.of("region=r2")));

    assertThat(result.filesBefore()).isEqualTo(3);
    assertThat(paths("r2")).hasSize(1);
    assertThat(paths("r1")).isEqualTo(others);
    assertTable();
    assertThatThrownBy(
            () -> compact(TableCompactionOptions.DEFAULTS.withPartitions(Set.of("region=x"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no data file in partition region=x; it has 3 partitions")
        .hasMessageContaining("region=r0");
  }

  @Test
  void filesOfAnOlderPartitionSpecStayInTheirs() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    job.load().updateSpec().addField("region").commit();
    job.close();
    job = EngineTable.open(job.location(), 1);
    for (int key = 100; key < 130; key++) {
      put(key);
      if (key % 10 == 9) {
        job.checkpoint();
      }
    }
    compact(TableCompactionOptions.DEFAULTS);

    assertThat(files()).extracting(DataFile::specId).containsExactlyInAnyOrder(0, 1, 1, 1);
    assertThat(files()).hasSize(4);
    assertTable();
  }

  @Test
  void otherWritersFilesStayAndAreNamed() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    Set<String> own = dataFilesOnDisk();
    Record row = Records.of(SCHEMA.asStruct(), 1000L, "r1", "theirs");
    new ForeignWriter(job.load()).append(List.of(row));
    Set<String> theirs = dataFilesOnDisk();
    theirs.removeAll(own);
    model.put(List.of(1000L, "r1"), row);
    TableCompactionResult result = compact(TableCompactionOptions.DEFAULTS);

    assertThat(result.skipped())
        .singleElement()
        .satisfies(
            skipped -> {
              assertThat(Path.of(skipped.path())).hasToString(theirs.iterator().next());
              assertThat(skipped.reason()).contains("another writer's file");
              assertThat(skipped.damaged()).isFalse();
            });
    assertThat(files()).hasSize(2);
    assertTable();
  }

  @Test
  void aDryRunChangesNothing() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(30);
    long snapshots = snapshots();
    TableCompactionResult result = action().dryRun(TableCompactionOptions.DEFAULTS);

    assertThat(result.dryRun()).isTrue();
    assertThat(result.merged()).isEqualTo(3);
    assertThat(result.bytesMerged())
        .isEqualTo(files().stream().mapToLong(DataFile::fileSizeInBytes).sum());
    assertThat(snapshots()).isEqualTo(snapshots);
  }

  @Test
  void moreFilesThanOneMergeTakesBecomeOneInSeveralPasses() {
    create(PartitionSpec.unpartitioned(), 1);
    fill(40);
    TableCompactionOptions fours =
        new TableCompactionOptions(
            Set.of(), 1, 1 << 20, 0.05, 1, 0, LevelOptions.DEEPER_DEFAULTS); // two at a time
    TableCompactionResult result = compact(fours);

    assertThat(result.filesBefore()).isEqualTo(4);
    assertThat(result.filesAfter()).isEqualTo(1);
    assertThat(result.snapshots()).isEqualTo(3);
    assertTable();
  }

  @Test
  void aTableWithoutPrimaryKeyIsRefused() {
    Table table =
        new HadoopTables(new Configuration())
            .create(
                new Schema(Types.NestedField.optional(1, "v", Types.LongType.get())),
                PartitionSpec.unpartitioned(),
                Map.of("format-version", "3"),
                folder.resolve("t").toString());
    assertThatThrownBy(
            () ->
                new TableCompaction(
                        table,
                        "t",
                        CommitOptions.DEFAULTS,
                        Clock.systemUTC(),
                        () -> 0L,
                        this::nextId)
                    .run(TableCompactionOptions.DEFAULTS))
        .isInstanceOf(UnsupportedTableException.class);
  }

  private void create(PartitionSpec spec, int parallelism) {
    job = EngineTable.create(folder.resolve("t").toString(), SCHEMA, spec, parallelism);
  }

  /** A checkpoint for each ten keys. */
  private void fill(int keys) {
    for (int from = 0; from < keys; from += 10) {
      for (int key = from; key < from + 10; key++) {
        put(key);
      }
      job.checkpoint();
    }
  }

  private void put(int... keys) {
    for (int key : keys) {
      Object[] row = {(long) key, "r" + key % 3, "v" + ++values};
      job.put(row);
      model.put(List.of(row[0], row[1]), Records.of(SCHEMA.asStruct(), row));
    }
  }

  private void delete(int key) {
    job.delete((long) key, "r" + key % 3, null);
    model.remove(List.of((long) key, "r" + key % 3));
  }

  private TableCompactionResult compact(TableCompactionOptions options) {
    return action().run(options);
  }

  private TableCompaction action() {
    return action(new Faults());
  }

  private TableCompaction action(Faults faults) {
    TableOperations operations = ((HasTableOperations) job.load()).operations();
    return new TableCompaction(
        new BaseTable(new FaultyOperations(operations, faults), "t"),
        "t",
        CommitOptions.DEFAULTS,
        Clock.systemUTC(),
        this::nanosAtMerge,
        this::nextId);
  }

  /** The clock of a merge's throttle, which starts with it. */
  private long nanosAtMerge() {
    Runnable action = beforeMerge;
    beforeMerge = () -> {};
    action.run();
    return 0;
  }

  private void beforeId(int number, Runnable action) {
    beforeId.put(number, action);
  }

  private UUID nextId() {
    Runnable action = beforeId.remove(idsTaken++);
    if (action != null) {
      action.run();
    }
    return new UUID(random.nextLong(), random.nextLong());
  }

  private void assertTable() {
    Table table = job.load();
    TableChecks.assertRows(table, model.values());
    TableChecks.assertInvariants(table);
    assertThat(TableVerifier.verifyHead(table, "t")).returns(true, VerifyReport::isClean);
  }

  private void rewriteByOthers() {
    new ForeignWriter(job.load()).rewriteAll();
  }

  private List<DataFile> files() {
    List<DataFile> files = new ArrayList<>();
    try (CloseableIterable<FileScanTask> tasks = job.load().newScan().planFiles()) {
      tasks.forEach(task -> files.add(task.file()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private Set<String> paths(String region) {
    Set<String> paths = new TreeSet<>();
    for (DataFile file : files()) {
      if (region.equals(file.partition().get(0, String.class))) {
        paths.add(file.location());
      }
    }
    return paths;
  }

  private Set<String> paths() {
    Set<String> paths = new TreeSet<>();
    files().forEach(file -> paths.add(file.location()));
    return paths;
  }

  private long snapshots() {
    long count = 0;
    for (Snapshot ignored : job.load().snapshots()) {
      count++;
    }
    return count;
  }

  private Set<String> dataFilesOnDisk() {
    try (Stream<Path> all = Files.walk(Path.of(job.location()))) {
      return new TreeSet<>(
          all.map(Path::toString).filter(path -> path.endsWith(".parquet")).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int level(DataFile file) {
    return LevelFileName.parse(file.location()).map(LevelFileName::level).orElse(-1);
  }

  private static HashRange hashes(DataFile file) {
    return LevelFileName.parse(file.location()).orElseThrow().hashRange();
  }

  private static String rowId(String lineage) {
    return lineage.split("@", 2)[0];
  }

  /** Row id and last change, by key. */
  private Map<String, String> lineage() {
    Map<String, String> lineage = new TreeMap<>();
    Schema projected =
        TypeUtil.join(
            SCHEMA,
            new Schema(MetadataColumns.ROW_ID, MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER));
    try (CloseableIterable<Record> rows =
        IcebergGenerics.read(job.load()).project(projected).build()) {
      for (Record row : rows) {
        lineage.put(
            row.getField("id") + "/" + row.getField("region"),
            row.getField("_row_id") + "@" + row.getField("_last_updated_sequence_number"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lineage;
  }
}

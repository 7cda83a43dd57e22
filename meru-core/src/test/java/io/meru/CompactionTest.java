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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.commit.CommittableCodec;
import io.meru.commit.MeruProperties;
import io.meru.commit.TableCommitter;
import io.meru.config.CompactionOptions;
import io.meru.config.LevelOptions;
import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import io.meru.row.RowKind;
import io.meru.testing.RecordAccessor;
import io.meru.testing.Records;
import io.meru.version.Compaction;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import io.meru.writer.VersionSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.exceptions.RuntimeIOException;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.transforms.Transforms;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.SerializableFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A writer's compactions from pick to snapshot, step by step, with what may come between. */
class CompactionTest {
  private static final TableIdentifier NAME = TableIdentifier.of("db", "t");
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "v", Types.StringType.get())),
          Set.of(1));

  /** Two files are one too many. */
  private static final CompactionOptions EAGER =
      new CompactionOptions(
          true, 2, 1, 1 << 20, 1 << 20, 100, 100, 60_000, 0, 0, LevelOptions.DEEPER_DEFAULTS);

  private static final long REST_MILLIS = 5_000;
  private static final long REST_NANOS = REST_MILLIS * 1_000_000;

  /** Iceberg keeps files in memory beyond their catalog. */
  private static final AtomicInteger WAREHOUSES = new AtomicInteger();

  private final InMemoryCatalog catalog = new InMemoryCatalog();
  private final Deque<Runnable> compactions = new ArrayDeque<>();
  private final List<String> events = new ArrayList<>();
  private Executor executor = compactions::addLast;
  private final AtomicLong nanos = new AtomicLong();
  private Runnable whenTimeIsAsked = () -> {};
  private boolean isCompacting;
  private boolean pollsFail;
  private boolean loadsFail;
  private int polls;
  private OutOfMemoryError breaks;
  private int lastVectors;
  private long lastVectorBytes;
  private final Random random = new Random(3);
  private final Supplier<UUID> ids = () -> new UUID(random.nextLong(), random.nextLong());
  private final Map<Long, String> model = new TreeMap<>();
  private LsmWriter writer;
  private TableCommitter committer;
  private String runId;
  private long checkpointId;
  private long commits;
  private int values;

  @BeforeEach
  void open() {
    catalog.initialize(
        "mem", Map.of("warehouse", "mem://compaction-" + WAREHOUSES.incrementAndGet()));
    catalog.createNamespace(Namespace.of("db"));
    catalog.createTable(NAME, SCHEMA, PartitionSpec.unpartitioned(), Map.of("format-version", "3"));
    start(64 << 20);
  }

  private void start(long writeBufferBytes) {
    start(writeBufferBytes, EAGER);
  }

  private void start(long writeBufferBytes, CompactionOptions compaction) {
    start(
        new WriteOptions(
            writeBufferBytes, 2, 64 << 20, 64 << 20, LevelOptions.LEVEL_0_DEFAULTS, compaction));
  }

  private void start(WriteOptions options) {
    runId = ids.get().toString();
    writer =
        TableWriters.open(
            load(),
            "db.t",
            HashRange.ALL,
            "sink",
            options,
            Runnable::run,
            executor,
            new Events(),
            this::now,
            ids,
            this::watched);
    committer =
        new TableCommitter(
            load(), "db.t", CommitOptions.DEFAULTS, new Vectors(), Clock.systemUTC(), ids);
    committer.claim("sink");
  }

  private long now() {
    whenTimeIsAsked.run();
    return nanos.get();
  }

  @AfterEach
  void close() {
    runCompactions();
    writer.close();
    committer.close();
  }

  private void restart(long writeBufferBytes) {
    close();
    commits = 0;
    start(writeBufferBytes);
  }

  private void restart(CompactionOptions compaction) {
    close();
    commits = 0;
    start(64 << 20, compaction);
  }

  @Test
  void twoFilesBecomeOneAndNoRowChanges() {
    put(1, 2, 3);
    commit(barrier());
    put(3, 4);
    commit(barrier());
    Map<Long, String> lineage = lineage();
    barrierWithoutRows(); // sees the second commit, and starts
    assertThat(compactions).hasSize(1);
    runCompactions();
    commit(barrier()); // looks at the table before it installs
    assertThat(events).containsExactly("compacted 2 into 1, dropped 1", "installed");
    commit(barrier());

    assertThat(files()).singleElement().satisfies(name -> assertThat(name).contains("meru-L1-"));
    assertThat(rows()).isEqualTo(model);
    assertThat(lineage()).isEqualTo(lineage);
    Snapshot head = load().currentSnapshot();
    assertThat(head.operation()).isEqualTo(DataOperations.REPLACE);
    assertThat(head.summary())
        .containsEntry(MeruProperties.JOB, MeruProperties.JOB_COMPACTION)
        .containsEntry(MeruProperties.PARTS, "1");
  }

  /** The table as the writer sees it, which may be not at all. */
  private VersionSource watched(VersionSource source) {
    return new VersionSource() {
      @Override
      public Version load() {
        if (loadsFail) {
          throw new RuntimeIOException("The storage does not answer");
        }
        return source.load();
      }

      @Override
      public Poll poll(long seenSnapshotId, SortedMap<Long, VersionEdit> pending) {
        polls++;
        if (pollsFail) {
          throw new RuntimeIOException("The catalog does not answer");
        }
        return source.poll(seenSnapshotId, pending);
      }
    };
  }

  /** Two files in each of three partitions, which a writer without rows has seen. */
  private void fillThreePartitions(WriteOptions options) {
    restartOnPartitions(3, options);
    for (long key = 1; key <= 40; key++) {
      put(key);
      if (key % 20 == 0) {
        commit(barrier());
      }
    }
    barrierWithoutRows();
  }

  private void restartOnPartitions(int buckets, WriteOptions options) {
    writer.close();
    committer.close();
    catalog.dropTable(NAME);
    PartitionSpec spec = PartitionSpec.builderFor(SCHEMA).bucket("id", buckets).build();
    catalog.createTable(NAME, SCHEMA, spec, Map.of("format-version", "3"));
    start(options);
  }

  @Test
  void mergesGoOnWhileNoneCanBeInstalled() {
    fillThreePartitions(options(64 << 20));
    assertThat(compactions).hasSize(1);
    runCompactions();
    String compacted = "compacted 2 into 1, dropped 0";
    assertThat(events).containsExactly(compacted, compacted, compacted);
    commit(barrier());
    assertThat(events)
        .containsExactly(compacted, compacted, compacted, "installed", "installed", "installed");
    commit(barrier());

    assertThat(files()).hasSize(3).allMatch(name -> name.contains("meru-L1-"));
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void compactionsLeaveACheckpointItsRoom() {
    fillThreePartitions(options(7_000));
    runCompactions();
    commit(barrier()); // does not fail
    assertThat(events).endsWith("installed", "installed", "discarded");
    commit(barrier());
    assertThat(rows()).isEqualTo(model);

    barrierWithoutRows();
    runCompactions();
    commit(barrier());
    commit(barrier());
    assertThat(files()).as("the third, too").hasSize(3).allMatch(name -> name.contains("meru-L1-"));
    assertThat(rows()).isEqualTo(model);
  }

  private static WriteOptions options(long pendingEditMaxBytes) {
    return options(pendingEditMaxBytes, EAGER);
  }

  private static WriteOptions options(long pendingEditMaxBytes, CompactionOptions compaction) {
    return new WriteOptions(
        64 << 20, 2, 64 << 20, pendingEditMaxBytes, LevelOptions.LEVEL_0_DEFAULTS, compaction);
  }

  @Test
  void aWriterWithoutRowsOutlivesACatalogThatDoesNotAnswer() {
    put(1);
    commit(barrier());
    put(2);
    commit(barrier());
    pollsFail = true;
    barrierWithoutRows();
    assertThat(compactions).isEmpty();
    pollsFail = false;
    barrierWithoutRows();
    assertThat(compactions).as("it goes on").hasSize(1);
  }

  @Test
  void aWriterWithoutRowsOutlivesAStorageThatDoesNotAnswer() {
    put(1, 2);
    commit(barrier());
    put(3);
    commit(barrier());
    deleteAsOthers(1); // so that the next look, which sees the last commit, loads
    loadsFail = true;
    barrierWithoutRows();
    assertThat(compactions).isEmpty();
    loadsFail = false;
    barrierWithoutRows();
    assertThat(compactions).as("it goes on").hasSize(1);
    mergesIntoOneFile();
  }

  /** What waits to be merged becomes all of the table though no rows come. */
  private void mergesIntoOneFile() {
    runCompactions();
    barrierWithoutRows();
    barrierWithoutRows();
    assertThat(files()).singleElement().satisfies(name -> assertThat(name).contains("meru-L1-"));
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void aWriterWithoutRowsLooksNoMoreWhenItHasSeenWhatBecameOfItsOwn() {
    barrierWithoutRows();
    barrierWithoutRows();
    assertThat(polls).as("nothing was handed out").isZero();
    put(1, 2, 3);
    commit(barrier());
    polls = 0;
    barrierWithoutRows();
    deleteAsOthers(2);
    barrierWithoutRows();
    assertThat(polls).as("its one edit was seen at once").isEqualTo(1);

    put(4);
    barrier();
    barrierWithoutRows();
    barrierWithoutRows();
    assertThat(polls).as("once for the row, then as long as it is not committed").isEqualTo(6);
  }

  @Test
  void aWriterWithoutRowsLooksNowAndThenForWhatOthersDelete() {
    close();
    commits = 0;
    start(
        64 << 20,
        new CompactionOptions(
            true, 8, 0.5, 1, 1 << 20, 100, 100, 60_000, 0, 0, LevelOptions.DEEPER_DEFAULTS));
    put(1, 2);
    commit(barrier());
    barrierWithoutRows();
    deleteAsOthers(1);
    polls = 0;
    for (int i = 0; i < 64; i++) {
      commit(barrier());
    }
    assertThat(polls).isEqualTo(1);
    mergesIntoOneFile();
  }

  @Test
  void aTableAtRestIsMergedUntilNothingIsLeftToGain() {
    restart(resting(REST_MILLIS));
    for (int i = 1; i <= 3; i++) {
      put(1, 10 * i);
      commit(barrier());
    }
    Map<Long, String> lineage = lineage();
    barrierWithoutRows();
    nanos.addAndGet(REST_NANOS - 1);
    barrierWithoutRows();
    assertThat(compactions).as("it may go on soon").isEmpty();
    nanos.addAndGet(1);
    barrierWithoutRows();
    assertThat(compactions).hasSize(1);
    mergesIntoOneFile();
    assertThat(events).containsExactly("compacted 3 into 1, dropped 2", "installed");
    assertThat(lineage()).isEqualTo(lineage);

    for (int i = 0; i < 4; i++) {
      nanos.addAndGet(REST_NANOS);
      barrierWithoutRows();
      assertThat(compactions).isEmpty();
    }
    put(1); // a small file, and a deleted row of four
    commit(barrier());
    barrierWithoutRows();
    assertThat(compactions).as("it has changed").isEmpty();
    nanos.addAndGet(REST_NANOS);
    barrierWithoutRows();
    mergesIntoOneFile();
  }

  @Test
  void whereNoRowsComeAPartitionIsAtRestThoughOthersChange() {
    restartOnPartitions(2, options(64 << 20, resting(REST_MILLIS)));
    for (long key = 0; key < 40; key++) {
      put(key);
      if (key % 10 == 9) {
        commit(barrier());
      }
    }
    assertThat(files()).hasSize(8);
    for (int i = 0; i < 3; i++) {
      nanos.addAndGet(REST_NANOS / 2);
      put(0); // of one partition
      commit(barrier());
    }
    assertThat(compactions).hasSize(1);
    runCompactions();
    assertThat(events).containsExactly("compacted 4 into 1, dropped 0");
    put(0);
    commit(barrier());
    assertThat(events).endsWith("installed");
    commit(barrier());
    assertThat(compactions).isEmpty();
    assertThat(rows()).isEqualTo(model);
  }

  private void twoSmallFilesAtRest() {
    restart(resting(REST_MILLIS));
    put(1, 2, 3);
    commit(barrier());
    put(4, 5, 6);
    commit(barrier());
    barrierWithoutRows();
    nanos.addAndGet(REST_NANOS);
  }

  @Test
  void deletesAreChangesToo() {
    twoSmallFilesAtRest();
    delete(2);
    commit(barrier());
    barrierWithoutRows();
    assertThat(compactions).isEmpty();
    nanos.addAndGet(REST_NANOS);
    barrierWithoutRows();
    mergesIntoOneFile();
  }

  @Test
  void whatOthersDeleteEndsTheRest() {
    twoSmallFilesAtRest();
    deleteAsOthers(2);
    put(7);
    delete(7);
    commit(barrier()); // a flush that changes nothing and looks at the table
    assertThat(compactions).isEmpty();
    nanos.addAndGet(REST_NANOS);
    barrierWithoutRows();
    mergesIntoOneFile();
  }

  @Test
  void aMergeAtRestThatFailsIsTriedAgainAfterTheNextRestAndKeepsNoOtherFromItsTurn() {
    restartOnPartitions(2, options(64 << 20, resting(2, REST_MILLIS)));
    put(LongStream.range(0, 20).toArray());
    commit(barrier());
    delete(keysOf(0, 0, 20)[0]); // one of some ten in each file
    delete(keysOf(1, 0, 20)[0]);
    commit(barrier());
    barrierWithoutRows();
    String lost = files().get(1); // of two picks like each other, the highest path goes first
    byte[] bytes = take(lost);
    nanos.addAndGet(REST_NANOS);
    barrierWithoutRows();
    runCompactions();
    assertThat(events).containsExactly("failed");
    putBack(lost, bytes);
    for (int i = 0; i < 3; i++) {
      commit(barrier());
      runCompactions();
    }
    assertThat(events).containsExactly("failed", "compacted 1 into 1, dropped 1", "installed");
    put(keysOf(0, 20, 30));
    commit(barrier());
    put(keysOf(0, 30, 40));
    commit(barrier());
    barrierWithoutRows();
    assertThat(compactions).as("no pause for the others").hasSize(1);
    runCompactions();
    nanos.addAndGet(REST_NANOS);
    for (int i = 0; i < 6; i++) {
      commit(barrier());
      runCompactions();
    }
    assertThat(events).as("its turn again").contains("compacted 1 into 1, dropped 1");
    assertThat(files()).hasSize(2).doesNotContain(lost);
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void aMergeAtRestMakesWayWhenLevelZeroFilesPileUp() {
    restartOnPartitions(2, options(64 << 20, pilingUpAtThree()));
    for (long key = 0; key < 20; key++) {
      put(key);
      if (key % 10 == 9) {
        commit(barrier());
      }
    }
    barrierWithoutRows();
    nanos.addAndGet(REST_NANOS);
    long[] others = keysOf(1, 0, 20);
    put(others[0]);
    commit(barrier());
    assertThat(compactions).as("of the partition that does not change").hasSize(1);
    put(others[1]);
    commit(barrier()); // sees three of the other one
    put(others[2]);
    commit(barrier());
    compactions.removeFirst().run();
    assertThat(events).as("before it began").contains("given up").isSubsetOf("stalled", "given up");
    events.clear();
    assertThat(compactions).hasSize(1);
    runCompactions();
    assertThat(events).first().asString().matches("compacted [345] into 1, dropped [23]");
    commit(barrier());
    nanos.addAndGet(REST_NANOS);
    for (int i = 0; i < 3; i++) {
      barrierWithoutRows();
      runCompactions();
    }
    assertThat(files()).as("in the end, too").hasSize(2);
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void aMergeAtRestThatRunsMakesWayOnceAndIsNotEndedAgain() {
    restartOnPartitions(2, options(64 << 20, pilingUpAtThree()));
    put(keysOf(0, 0, 20));
    commit(barrier());
    delete(keysOf(0, 0, 20)[0]);
    put(keysOf(1, 0, 20));
    commit(barrier());
    barrierWithoutRows();
    for (boolean isFirst : List.of(true, false)) {
      nanos.addAndGet(REST_NANOS);
      long[] others = keysOf(1, isFirst ? 100 : 200, isFirst ? 140 : 240);
      put(others[0]);
      commit(barrier());
      barrierWithoutRows();
      runCompactionsBut(1);
      assertThat(compactions).as("of the partition that does not change").hasSize(1);
      events.clear();
      pileUpMeanwhile(Arrays.copyOfRange(others, 1, 5));
      compactions.removeFirst().run();
      whenTimeIsAsked = () -> {};
      if (isFirst) {
        assertThat(events).contains("given up").isSubsetOf("stalled", "given up");
      } else {
        assertThat(events).contains("compacted 1 into 1, dropped 1");
      }
      runCompactions();
      barrierWithoutRows();
    }
    assertThat(rows()).isEqualTo(model);
  }

  /** Rows come, each in a checkpoint of its own, when the next merge has just begun. */
  private void pileUpMeanwhile(long[] keys) {
    AtomicInteger asked = new AtomicInteger();
    whenTimeIsAsked =
        () -> {
          if (asked.incrementAndGet() == 2) {
            for (long key : keys) {
              put(key);
              commit(barrier());
            }
          }
        };
  }

  @Test
  void aWriterWithoutRowsLooksBeforeItMergesAtRest() {
    twoSmallFilesAtRest();
    deleteAsOthers(2);
    polls = 0;
    commit(barrier());
    assertThat(polls).as("it finds something to merge").isZero();
    commit(barrier());
    assertThat(polls).isEqualTo(1);
    assertThat(compactions).as("others are at work there").isEmpty();
    nanos.addAndGet(REST_NANOS);
    commit(barrier());
    assertThat(compactions).isEmpty();
    commit(barrier());
    assertThat(compactions).hasSize(1);
    mergesIntoOneFile();
  }

  @Test
  void aMergeThatAlwaysFailsDoesNotKeepPartitionsAtRestFromTheirTurn() {
    restartOnPartitions(2, options(64 << 20, resting(2, REST_MILLIS)));
    put(keysOf(0, 0, 20));
    put(keysOf(1, 0, 20));
    commit(barrier());
    delete(keysOf(0, 0, 20)[0]);
    commit(barrier());
    barrierWithoutRows();
    put(keysOf(1, 20, 40));
    commit(barrier());
    take(files().get(1)); // of the partition that has two
    barrierWithoutRows();
    runCompactions();
    assertThat(events).containsExactly("failed");
    nanos.addAndGet(REST_NANOS);
    for (int i = 0; i < 4; i++) {
      commit(barrier());
      runCompactions();
    }
    assertThat(events).contains("compacted 1 into 1, dropped 1");
  }

  @Test
  void levelZeroFilesThatNoMergeTakesDoNotKeepPartitionsAtRestFromTheirTurn() {
    restartOnPartitions(2, options(64 << 20, pilingUpAtThree()));
    put(keysOf(0, 0, 20));
    commit(barrier());
    delete(keysOf(0, 0, 20)[0]);
    commit(barrier());
    for (long key : Arrays.copyOf(keysOf(1, 0, 20), 3)) {
      put(key);
      commit(barrier());
    }
    Map<String, byte[]> whole = new TreeMap<>();
    for (String file : files().subList(1, 4)) {
      byte[] bytes = take(file);
      whole.put(file, bytes);
      putBack(file, Arrays.copyOf(bytes, bytes.length - 4));
    }
    put(keysOf(1, 20, 40)[0]);
    commit(barrier()); // sees three, and starts
    runCompactions();
    assertThat(events).contains("failed").doesNotContain("installed");
    barrierWithoutRows();
    nanos.addAndGet(REST_NANOS);
    barrierWithoutRows();
    runCompactions();
    assertThat(events).contains("compacted 1 into 1, dropped 1");
    commit(barrier());
    commit(barrier());
    whole.forEach(
        (file, bytes) -> {
          load().io().deleteFile(file);
          putBack(file, bytes);
        });
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void aLongRestAndOutputsThatAreSettled() {
    LevelOptions defaults = LevelOptions.DEEPER_DEFAULTS;
    LevelOptions smallGroups =
        new LevelOptions(
            "uncompressed", 0, 10, defaults.pageBytes(), 8 << 10, false, defaults.bloomFilterFpp());
    restart(
        new CompactionOptions(
            true, 8, 1, 100_000, 1 << 20, 100, 100, 60_000, 0, REST_MILLIS, smallGroups));
    for (int key = 0; key < 40; key++) {
      putLong(key, 3_400);
    }
    commit(barrier());
    for (int key = 40; key < 50; key++) {
      putLong(key, 10);
    }
    commit(barrier());
    barrierWithoutRows();
    nanos.addAndGet(11 * REST_NANOS);
    barrierWithoutRows();
    assertThat(compactions).as("a small file, for which a large one would be rewritten").isEmpty();
    nanos.addAndGet(REST_NANOS);
    for (int i = 0; i < 10; i++) {
      barrierWithoutRows();
      runCompactions();
    }
    assertThat(events)
        .as("the small rows seem to be large ones until they are written")
        .containsExactly("compacted 2 into 2, dropped 0", "installed");
    assertThat(rows()).isEqualTo(model);
  }

  /** A value that does not compress. */
  private void putLong(long key, int length) {
    String value =
        random
            .ints(length, 'a', 'z')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    model.put(key, value);
    write(RowKind.INSERT, key, value);
  }

  /** Those of two buckets. */
  private static long[] keysOf(int bucket, long from, long until) {
    SerializableFunction<Long, Integer> bucketOf =
        Transforms.<Long>bucket(2).bind(Types.LongType.get());
    return LongStream.range(from, until).filter(key -> bucketOf.apply(key) == bucket).toArray();
  }

  @Test
  void aTableIsNeverAtRestWhereTheOptionSaysSo() {
    restart(resting(0));
    put(1);
    commit(barrier());
    put(1);
    commit(barrier());
    nanos.addAndGet(1_000 * REST_NANOS);
    barrierWithoutRows();
    assertThat(compactions).isEmpty();
  }

  /** Merges nothing before it is at rest. */
  private static CompactionOptions resting(long restMillis) {
    return resting(8, restMillis);
  }

  private static CompactionOptions pilingUpAtThree() {
    return new CompactionOptions(
        true, 3, 1, 1 << 20, 1 << 20, 3, 100, 60_000, 0, REST_MILLIS, LevelOptions.DEEPER_DEFAULTS);
  }

  private static CompactionOptions resting(int levelTrigger, long restMillis) {
    return new CompactionOptions(
        true,
        levelTrigger,
        1,
        1 << 20,
        1 << 20,
        100,
        100,
        60_000,
        0,
        restMillis,
        LevelOptions.DEEPER_DEFAULTS);
  }

  @Test
  void aWriterWithoutRowsLooksWhenAMergeFailsForWhatOthersDid() {
    put(1, 2);
    commit(barrier());
    put(3, 4);
    commit(barrier());
    barrierWithoutRows();
    String gone = files().get(0);
    load().newDelete().deleteFile(gone).commit();
    model.clear();
    model.putAll(rows());
    take(gone); // their clean-up
    polls = 0;
    runCompactions();
    assertThat(events).containsExactly("failed");
    barrierWithoutRows();
    assertThat(polls).isEqualTo(1);
    barrierWithoutRows();
    assertThat(compactions).as("it knows that the file is gone").isEmpty();
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void rowsThatChangeWhileItRunsAreDeletedInItsOutput() {
    restart(1); // every row is flushed at once
    put(1, 2, 3, 4, 5, 6);
    commit(barrier());
    put(6, 7);
    commit(barrier());
    barrierWithoutRows();
    put(1); // handed out before the compaction is installed
    delete(2);
    VersionEdit before = barrier();
    put(3); // in the same checkpoint
    delete(4);
    compactions.removeFirst().run();
    put(5, 7); // after it
    VersionEdit with = barrier();
    assertThat(with.compactions()).hasSize(1);
    Compaction compaction = with.compactions().get(0);
    String output = compaction.outputs().get(0).file().path();
    assertThat(compaction.deleted()).containsOnlyKeys(output);
    assertThat(with.deletions()).containsKey(output);
    Map<Long, String> lineage = lineage();
    commit(before);
    commit(with);

    assertThat(rows()).isEqualTo(model);
    lineage.forEach(
        (key, old) -> {
          if (model.containsKey(key)) {
            assertThat(lineage().get(key).split("@")[0]).isEqualTo(old.split("@")[0]);
          }
        });
    Snapshot changes = load().currentSnapshot();
    Snapshot moves = load().snapshot(changes.parentId());
    assertThat(changes.summary())
        .containsEntry(MeruProperties.JOB, MeruProperties.JOB_FLUSH)
        .containsEntry(MeruProperties.PART, "1")
        .containsEntry(MeruProperties.PARTS, "2");
    assertThat(moves.summary())
        .containsEntry(MeruProperties.PART, "0")
        .containsEntry(MeruProperties.PARTS, "2");
    List<DeleteFile> written = new ArrayList<>(vectors(moves));
    assertThat(written).isNotEmpty();
    written.addAll(vectors(changes));
    assertThat(lastVectors).isEqualTo(written.size());
    assertThat(lastVectorBytes)
        .isEqualTo(written.stream().mapToLong(DeleteFile::contentSizeInBytes).sum());
  }

  @Test
  void anInputWhoseLastRowDiesMeanwhileLeavesNothingBehind() {
    put(1, 2);
    commit(barrier());
    put(3, 4);
    commit(barrier());
    barrierWithoutRows();
    put(1, 2); // all of the first file
    commit(barrier());
    runCompactions();
    put(3);
    commit(barrier());
    assertThat(events).contains("installed");
    assertThat(rows()).isEqualTo(model);
    barrierWithoutRows();
    runCompactions();
    commit(barrier());
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void whatOthersDeleteBeforeItIsInstalledIsDeletedInItsOutput() {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    barrierWithoutRows();
    deleteAsOthers(2);
    runCompactions();
    barrierWithoutRows(); // looks at the table before it installs

    assertThat(events).contains("installed");
    assertThat(rows()).isEqualTo(model);
    assertThat(files()).singleElement().satisfies(name -> assertThat(name).contains("meru-L1-"));
  }

  @Test
  void whatOthersDeleteAfterThatDropsItAndTheNextOneIsTaken() {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    barrierWithoutRows();
    runCompactions();
    put(1);
    VersionEdit with = barrier();
    assertThat(with.compactions()).hasSize(1);
    deleteAsOthers(2);
    commit(with);

    assertThat(rows()).isEqualTo(model);
    assertThat(load().currentSnapshot().summary()).containsKey(MeruProperties.DROPPED_COMPACTIONS);
    assertThat(files()).hasSize(3).noneMatch(name -> name.contains("meru-L1-"));
    put(3, 4); // the writer's rows lie in files that it thought gone
    commit(barrier());
    assertThat(rows()).isEqualTo(model);
    for (int i = 0; i < 3; i++) {
      barrierWithoutRows();
      runCompactions();
    }
    commit(barrier());
    assertThat(rows()).isEqualTo(model);
    assertThat(files()).hasSize(2).anyMatch(name -> name.contains("meru-L1-"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anOutputThatWasLostBeforeItsCommitDropsItsCompactionAlone(boolean cutOff) {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    barrierWithoutRows();
    runCompactions();
    put(1);
    VersionEdit with = barrier();
    put(2);
    delete(4);
    VersionEdit after = barrier();
    String output = with.compactions().get(0).outputs().get(0).file().path();
    assertThat(with.deletions()).containsKey(output);
    assertThat(after.deletions()).containsKey(output);
    byte[] bytes = take(output);
    if (cutOff) {
      putBack(output, Arrays.copyOf(bytes, bytes.length - 1));
    }
    commit(with);

    assertThat(load().currentSnapshot().summary())
        .containsKey(MeruProperties.DROPPED_COMPACTIONS)
        .containsEntry(MeruProperties.PARTS, "1");
    assertThat(files()).hasSize(3).noneMatch(name -> name.contains("meru-L1-"));
    commit(after);
    assertThat(rows()).isEqualTo(model);
    put(3, 5); // the writer's rows lie in files that it thought gone
    commit(barrier());
    assertThat(rows()).isEqualTo(model);
    for (int i = 0; i < 3; i++) {
      barrierWithoutRows();
      runCompactions();
    }
    assertThat(rows()).isEqualTo(model);
    assertThat(files()).anyMatch(name -> name.contains("meru-L1-"));
  }

  @Test
  void whatThisCheckpointHasDeletedBeforeItBeganIsDeletedInItsOutput() {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    restart(1); // every row is flushed at once
    put(1);
    runCompactions();
    assertThat(events).containsExactly("compacted 2 into 1, dropped 0", "installed");
    VersionEdit with = barrier();
    assertThat(with.compactions()).hasSize(1);
    commit(with);

    assertThat(rows()).isEqualTo(model);
    assertThat(load().currentSnapshot().summary())
        .doesNotContainKey(MeruProperties.DROPPED_COMPACTIONS);
    assertThat(files()).anyMatch(name -> name.contains("meru-L1-"));
  }

  @Test
  void asManyRowsDeletedByOthersAreNotTakenForTheWritersOwn() {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    restart(1);
    delete(1); // in a checkpoint that is aborted, so that both edits are committed at once
    VersionEdit aborted = barrier();
    barrier();
    runCompactions();
    barrier();
    VersionEdit with = barrier();
    assertThat(with.compactions()).hasSize(1);
    deleteAsOthers(2); // as many rows as the outputs lack
    committer.commit(
        new Committable(
            "sink", runId, ++commits, Committable.NO_WATERMARK, List.of(aborted, with)));

    assertThat(rows()).isEqualTo(model);
    assertThat(load().currentSnapshot().summary()).containsKey(MeruProperties.DROPPED_COMPACTIONS);
  }

  @Test
  void aRestoredCheckpointWithACompactionIsCommittedOnce() {
    put(1, 2, 3);
    commit(barrier());
    put(3, 4);
    commit(barrier());
    barrierWithoutRows();
    runCompactions();
    put(1);
    VersionEdit edit = barrier();
    Committable committable = committable(edit);
    byte[] state = CommittableCodec.encode(committable);
    committer.commit(committable);
    Map<Long, String> lineage = lineage();
    long head = load().currentSnapshot().snapshotId();
    restart(64 << 20);

    assertThat(committer.commit(CommittableCodec.decode(CommittableCodec.VERSION, state)))
        .isEqualTo(TableCommitter.Outcome.ALREADY_COMMITTED);
    assertThat(load().snapshot(load().currentSnapshot().parentId()).snapshotId()).isEqualTo(head);
    assertThat(rows()).isEqualTo(model);
    assertThat(lineage()).isEqualTo(lineage);
  }

  @Test
  void aRunWhoseCommitsWereRolledBackCompactsAgainOnceItsWriterHasLookedAtTheTable() {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    long kept = load().currentSnapshot().snapshotId();
    put(1, 6);
    commit(barrier());
    load().manageSnapshots().rollbackTo(kept).commit();
    model.clear();
    model.putAll(rows());
    put(2, 7);
    commit(barrier());
    assertThat(load().currentSnapshot().summary()).containsKey(MeruProperties.TORN);
    assertThat(rows()).isEqualTo(model);

    int torn = 1;
    for (int i = 0; i < 5; i++) {
      put(3 + i);
      commit(barrier());
      torn += load().currentSnapshot().summary().containsKey(MeruProperties.TORN) ? 1 : 0;
      runCompactions();
      assertThat(rows()).isEqualTo(model);
    }
    assertThat(torn).isLessThanOrEqualTo(2);
    assertThat(load().properties().toString()).contains(":torn-4");
    assertThat(files()).anyMatch(name -> name.contains("meru-L1-"));
  }

  @Test
  void aFailedCompactionLeavesFilesAndJobAsTheyAreAndIsTriedAgain() {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    barrierWithoutRows();
    String lost = files().get(0);
    byte[] bytes = take(lost);
    runCompactions();
    assertThat(events).containsExactly("failed");
    putBack(lost, bytes);

    put(1, 4);
    commit(barrier());
    barrierWithoutRows();
    runCompactions();
    commit(barrier());
    assertThat(rows()).isEqualTo(model);
    assertThat(events).contains("installed");
  }

  @Test
  void aCompactionThatFailsAgainAndAgainDoesNotKeepOthersFromTheirTurn() {
    fillThreePartitions(options(64 << 20));
    String lost = files().get(5); // of two picks like each other, the highest path goes first
    byte[] bytes = take(lost);
    for (int i = 0; i < 4; i++) {
      runCompactions();
      commit(barrier());
      commit(barrier());
    }
    String compacted = "compacted 2 into 1, dropped 0";
    assertThat(events.subList(0, 3)).containsExactly("failed", compacted, compacted);
    assertThat(files()).hasSize(4).contains(lost);
    putBack(lost, bytes);
    for (int i = 0; i < 8; i++) {
      runCompactions();
      commit(barrier());
      commit(barrier());
    }
    assertThat(files()).as("in the end, too").hasSize(3);
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void whatFailedComesBackAfterAWhileThoughOthersAreStillToBeMerged() {
    restartOnPartitions(80, options(64 << 20));
    put(1);
    commit(barrier());
    String lost = files().get(0);
    put(LongStream.rangeClosed(2, 400).toArray());
    commit(barrier());
    put(LongStream.rangeClosed(401, 800).toArray());
    commit(barrier());
    barrierWithoutRows();
    byte[] bytes = take(lost);
    compactions.removeFirst().run(); // of three files, while the other partitions have two
    assertThat(events).containsExactly("failed");
    putBack(lost, bytes);
    for (int i = 0; i < 10; i++) {
      runCompactions();
      commit(barrier());
    }

    List<String> merges = events.stream().filter(event -> event.startsWith("compacted")).toList();
    assertThat(merges.indexOf("compacted 3 into 1, dropped 0")).isEqualTo(63);
    assertThat(merges).hasSizeGreaterThan(70);
    assertThat(files()).doesNotContain(lost);
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void aFileThatCannotBeMergedIsLeftOutAndTheOthersAreMerged() {
    put(1, 2);
    commit(barrier());
    String old = files().get(0);
    load()
        .updateSchema()
        .allowIncompatibleChanges()
        .addRequiredColumn("n", Types.LongType.get())
        .commit();
    restart(64 << 20);
    put(3, 4);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    barrierWithoutRows();
    runCompactions();
    commit(barrier());
    commit(barrier());

    assertThat(events).containsExactly("compacted 2 into 1, dropped 1", "installed");
    assertThat(files()).hasSize(2).contains(old).anyMatch(name -> name.contains("meru-L1-"));
    barrierWithoutRows();
    assertThat(compactions).isEmpty();
  }

  @Test
  void aDamagedFileIsLeftOutAndTheOthersAreMerged() {
    put(1, 2);
    commit(barrier());
    String damaged = files().get(0);
    put(3, 4);
    commit(barrier());
    put(5, 6);
    commit(barrier());
    byte[] bytes = take(damaged);
    byte[] zeroed = bytes.clone();
    Arrays.fill(zeroed, bytes.length - 8, bytes.length, (byte) 0);
    putBack(damaged, zeroed);
    barrierWithoutRows();
    runCompactions();
    commit(barrier());
    commit(barrier());

    assertThat(events).containsExactly("failed", "compacted 2 into 1, dropped 0", "installed");
    load().io().deleteFile(damaged);
    putBack(damaged, bytes);
    assertThat(files()).hasSize(2).contains(damaged);
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  void aCompactionThatRunsOutOfMemoryStopsTheWriterAndReachesItsThread() {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    barrierWithoutRows();
    breaks = new OutOfMemoryError("Java heap space");
    assertThatThrownBy(this::runCompactions).isSameAs(breaks);

    assertThat(isCompacting).isFalse();
    assertThat(events).isEmpty();
    put(6);
    assertThatThrownBy(this::barrier)
        .hasMessageStartingWith("A compaction failed; the writer must be restarted from its last")
        .hasMessageContainingAll("compaction.max-size", "compaction.enabled = false")
        .hasCause(breaks);
    model.remove(6L);
    breaks = null;
    restart(64 << 20); // does not wait for a compaction that has ended
    put(7);
    commit(barrier());
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  @Timeout(60)
  void theInputOfACheckpointThatFitsIntoABufferWaitsWhenLevelZeroPilesUp() throws Exception {
    pileUpLevelZero();
    Thread input = inputThatWaits(4);
    compactions.removeFirst().run();
    input.join();

    assertThat(events).containsOnlyOnce("stalled");
    commit(barrier());
    assertThat(rows()).isEqualTo(model);
  }

  @Test
  @Timeout(60)
  void theInputWaitsForOneCompactionNoLongerThanItMay() throws Exception {
    pileUpLevelZero();
    Thread input = inputThatWaits(4);
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(9_999));
    input.join(50);
    assertThat(input.isAlive()).as("it may wait for ten seconds").isTrue();
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
    input.join();
    commit(barrier());
    put(6);
    commit(barrier()); // does not wait for this compaction again
    assertThat(compactions).as("the one that takes its time").hasSize(1);

    runCompactions();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(2)); // makes up for eight
    input = inputThatWaits(7); // for another one
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(7_999));
    input.join(50);
    assertThat(input.isAlive()).isTrue();
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
    input.join();
    runCompactions();
    commit(barrier());
    assertThat(rows()).isEqualTo(model);
  }

  /** Three level-0 files and a compaction of them that takes its time; then one may wait. */
  private void pileUpLevelZero() {
    close();
    commits = 0;
    start(
        64 << 20,
        new CompactionOptions(
            true, 2, 1, 1 << 20, 1 << 20, 3, 3, 10_000, 0, 0, LevelOptions.DEEPER_DEFAULTS));
    for (int key = 0; key < 3; key++) {
      put(key);
      commit(barrier());
    }
    assertThat(compactions).as("a compaction that takes its time").hasSize(1);
    assertThat(events).doesNotContain("stalled");
    put(3); // two files were no reason to wait, three are
    commit(barrier());
  }

  /** Two rows, and a checkpoint, again and again until they have to wait. */
  private Thread inputThatWaits(long firstKey) {
    for (long key = firstKey; key < firstKey + 10; key++) {
      long first = key;
      Thread input = new Thread(() -> put(first, first + 1));
      input.start();
      Thread.State state = input.getState();
      while (state != Thread.State.TERMINATED && state != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
        state = input.getState();
      }
      if (state == Thread.State.TIMED_WAITING) {
        return input;
      }
      commit(barrier());
    }
    throw new AssertionError("The input never waits");
  }

  @Test
  void aRefusedCompactionIsNotWaitedFor() {
    put(1, 2, 3);
    commit(barrier());
    put(4, 5);
    commit(barrier());
    executor =
        task -> {
          throw new RejectedExecutionException("shut down");
        };
    restart(64 << 20);
    barrierWithoutRows();
    assertThatThrownBy(this::barrier).hasRootCauseInstanceOf(RejectedExecutionException.class);
    assertThat(isCompacting).isFalse();
  }

  /** What the writer says of its compactions. */
  private final class Events implements WriterMetrics {
    @Override
    public void compacting(boolean isRunning) {
      isCompacting = isRunning;
    }

    @Override
    public void compacted(
        int inputs,
        int outputs,
        long rows,
        long rowsDropped,
        long bytesRead,
        long bytesWritten,
        long nanos) {
      if (breaks != null) {
        throw breaks;
      }
      events.add("compacted %d into %d, dropped %d".formatted(inputs, outputs, rowsDropped));
    }

    @Override
    public void compactionInstalled() {
      events.add("installed");
    }

    @Override
    public void compactionFailed(Throwable cause) {
      events.add("failed");
    }

    @Override
    public void compactionGivenUp() {
      events.add("given up");
    }

    @Override
    public void compactionStalled(long nanos) {
      events.add("stalled");
    }

    @Override
    public void compactionDiscarded() {
      events.add("discarded");
    }
  }

  /** What the committer says of its vectors. */
  private final class Vectors implements CommitMetrics {
    @Override
    public void committed(
        int files,
        long records,
        long bytes,
        long newPositions,
        int vectors,
        long vectorBytes,
        int droppedFiles,
        long nanos) {
      lastVectors = vectors;
      lastVectorBytes = vectorBytes;
    }
  }

  private void runCompactionsBut(int last) {
    while (compactions.size() > last) {
      compactions.removeFirst().run();
    }
  }

  private void runCompactions() {
    while (!compactions.isEmpty()) {
      compactions.removeFirst().run();
    }
  }

  private void put(long... keys) {
    for (long key : keys) {
      String value = "v" + values++;
      model.put(key, value);
      write(RowKind.INSERT, key, value);
    }
  }

  private void delete(long key) {
    model.remove(key);
    write(RowKind.DELETE, key, null);
  }

  private void write(RowKind kind, long key, String value) {
    Types.StructType struct = load().schema().asStruct();
    Object[] row =
        struct.fields().size() == 2 ? new Object[] {key, value} : new Object[] {key, value, 1L};
    writer.write(kind, RecordAccessor.of(struct, Records.of(struct, row)));
  }

  private VersionEdit barrier() {
    checkpointId++;
    return writer.barrier(checkpointId);
  }

  /** Twice: what a writer without rows looks at, it has seen at the next one. */
  private void barrierWithoutRows() {
    commit(barrier());
    commit(barrier());
  }

  private Committable committable(VersionEdit edit) {
    return new Committable("sink", runId, ++commits, Committable.NO_WATERMARK, List.of(edit));
  }

  private void commit(VersionEdit edit) {
    committer.commit(committable(edit));
  }

  private Table load() {
    return catalog.loadTable(NAME);
  }

  /** Another job deletes a key. */
  private void deleteAsOthers(long key) {
    model.remove(key);
    LsmWriter others =
        TableWriters.open(
            load(),
            "db.t",
            HashRange.ALL,
            "other",
            WriteOptions.DEFAULTS,
            Runnable::run,
            null,
            WriterMetrics.NONE,
            () -> 0L,
            ids);
    TableCommitter otherCommitter =
        new TableCommitter(
            load(), "db.t", CommitOptions.DEFAULTS, CommitMetrics.NONE, Clock.systemUTC(), ids);
    others.write(
        RowKind.DELETE,
        RecordAccessor.of(SCHEMA.asStruct(), Records.of(SCHEMA.asStruct(), key, null)));
    otherCommitter.commit(
        new Committable(
            "other",
            ids.get().toString(),
            1,
            Committable.NO_WATERMARK,
            List.of(others.barrier(1))));
    others.close();
    otherCommitter.close();
  }

  private List<String> files() {
    List<String> files = new ArrayList<>();
    for (FileScanTask task : load().newScan().planFiles()) {
      files.add(task.file().location());
    }
    return files.stream().sorted().toList();
  }

  private List<DeleteFile> vectors(Snapshot snapshot) {
    List<DeleteFile> vectors = new ArrayList<>();
    SnapshotChanges.builderFor(load())
        .snapshot(snapshot)
        .build()
        .addedDeleteFiles()
        .forEach(vectors::add);
    return vectors;
  }

  private byte[] take(String path) {
    var file = load().io().newInputFile(path);
    byte[] bytes = new byte[(int) file.getLength()];
    try (var in = file.newStream()) {
      in.readNBytes(bytes, 0, bytes.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    load().io().deleteFile(path);
    return bytes;
  }

  private void putBack(String path, byte[] bytes) {
    try (var out = load().io().newOutputFile(path).create()) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<Long, String> rows() {
    Map<Long, String> rows = new TreeMap<>();
    read(load().schema(), row -> rows.put((Long) row.getField("id"), (String) row.getField("v")));
    return rows;
  }

  /** Row id and last change, by key. */
  private Map<Long, String> lineage() {
    Map<Long, String> lineage = new TreeMap<>();
    Schema projected =
        TypeUtil.join(
            load().schema(),
            new Schema(MetadataColumns.ROW_ID, MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER));
    read(
        projected,
        row ->
            lineage.put(
                (Long) row.getField("id"),
                row.getField("_row_id") + "@" + row.getField("_last_updated_sequence_number")));
    return lineage;
  }

  private void read(Schema projected, Consumer<Record> consumer) {
    try (CloseableIterable<Record> rows = IcebergGenerics.read(load()).project(projected).build()) {
      rows.forEach(consumer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

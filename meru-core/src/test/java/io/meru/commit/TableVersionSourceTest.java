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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.metrics.CommitMetrics;
import io.meru.version.Lineage;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import io.meru.writer.VersionSource;
import io.meru.writer.VersionSource.Poll;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

class TableVersionSourceTest {
  private static final String SINK = "orders";

  private final TestTable test = new TestTable(1);

  @Test
  void anEmptyTableHasNoFilesAndNoSnapshot() {
    Version version = source().load();
    assertThat(version.snapshotId()).isEqualTo(Version.NO_SNAPSHOT);
    assertThat(version.files()).isEmpty();
    assertThat(source().poll(Version.NO_SNAPSHOT, pending()))
        .isEqualTo(new Poll(Version.NO_SNAPSHOT, true, -1, Map.of(), Set.of()));
  }

  @Test
  void loadReadsFilesWithBoundsAndVectors() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(Map.of(3L, "a", 4L, "b", 9L, "c"));
    committer.commit(committable("run", 1, writer));
    writer.flush(rows(4L, null));
    committer.commit(committable("run", 2, writer));
    test.appendForeign(Map.of(-2L, "f"));

    Version version = source().load();
    assertThat(version.snapshotId()).isEqualTo(test.load().currentSnapshot().snapshotId());
    assertThat(version.files()).hasSize(2);
    for (Version.LiveFile live : version.files()) {
      boolean foreign = live.file().isForeign();
      assertThat(live.file().recordCount()).isEqualTo(foreign ? 1 : 3);
      assertThat(live.file().minPrefix()).isEqualTo((foreign ? -2L : 3L) ^ Long.MIN_VALUE);
      assertThat(live.file().maxPrefix()).isEqualTo((foreign ? -2L : 9L) ^ Long.MIN_VALUE);
      assertThat(live.deleted().cardinality()).isEqualTo(foreign ? 0 : 1);
      assertThat(live.deleted().contains(1)).isEqualTo(!foreign);
    }
  }

  @Test
  void levelFilesOfOtherHashRangesAreLeftOut() {
    HashRange low = HashRange.ofSubtask(0, 2);
    HashRange high = HashRange.ofSubtask(1, 2);
    NaiveWriter writer = new NaiveWriter(test, SINK, low);
    Map<Long, String> rows = new HashMap<>();
    for (long key = 0; key < 20; key++) {
      rows.put(key, "v");
    }
    writer.flush(rows);
    committer().commit(committable("run", 1, writer));
    test.appendForeign(Map.of(1L, "f"));

    assertThat(source(low).load().files()).hasSize(2);
    assertThat(source(high).load().files())
        .singleElement()
        .matches(live -> live.file().isForeign());
  }

  @Test
  void aLevelFileOfAnotherKeyIsForeign() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(Map.of(3L, "a"));
    committer().commit(committable("run", 1, writer));
    test.with(
        table ->
            table
                .updateSchema()
                .allowIncompatibleChanges()
                .requireColumn("v")
                .setIdentifierFields("id", "v")
                .commit());

    assertThat(source().load().files()).singleElement().matches(live -> live.file().isForeign());
  }

  @Test
  void pollKnowsClaimsAndOwnCommits() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    VersionSource source = source();
    long seen = source.load().snapshotId();
    TableCommitter committer = committer();
    List<Committable> handedOut = new ArrayList<>();
    for (int id = 1; id <= 4; id++) {
      writer.flush(Map.of(1L, "v" + id));
      handedOut.add(committable("run", id, writer));
    }
    handedOut.subList(0, 3).forEach(committer::commit);

    Poll poll = source.poll(seen, pending(handedOut.toArray(Committable[]::new)));
    // the files of the first two are gone by then
    assertThat(lineages()).hasSize(1);
    assertThat(poll)
        .isEqualTo(
            new Poll(test.load().currentSnapshot().snapshotId(), true, 3, lineages(), Set.of()));
    assertThat(source.poll(poll.headSnapshotId(), pending(handedOut.get(3))))
        .isEqualTo(new Poll(poll.headSnapshotId(), true, -1, Map.of(), Set.of()));
  }

  @Test
  void pollKnowsCommitsOfItsRunThatHoldNoEditOfTheWriter() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    VersionSource source = source();
    long seen = source.load().snapshotId();
    TableCommitter committer = committer();
    writer.flush(Map.of(1L, "a"));
    Committable own = committable("run", 1, writer);
    committer.commit(own);
    writer.flush(Map.of(2L, "b"));
    committer.commit(committable("run", 2, writer)); // as if of another subtask

    Poll poll = source.poll(seen, pending(own));
    assertThat(poll.onlyOwn()).isTrue();
    assertThat(poll.committedThrough()).isEqualTo(2);
  }

  @Test
  void pollHasTheTableLoadedAnewAfterATornCommit() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(Map.of(1L, "a"));
    committer.commit(committable("run", 1, writer));
    long kept = test.load().currentSnapshot().snapshotId();
    writer.flush(Map.of(1L, "b"));
    Committable second = committable("run", 2, writer);
    committer.commit(second);
    test.load().manageSnapshots().rollbackTo(kept).commit();
    VersionSource source = source();
    long seen = source.load().snapshotId();
    writer.flush(Map.of(2L, "c"));
    Committable third = committable("run", 3, writer);
    committer.commit(third);

    Poll poll = source.poll(seen, pending(second, third));
    assertThat(poll.onlyOwn()).isFalse();
    assertThat(poll.committedThrough()).isEqualTo(3);
  }

  @Test
  void pollTakesCommitsOfOtherRunsSinksAndWritersForForeign() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    VersionSource source = source();
    long seen = source.load().snapshotId();
    TableCommitter committer = committer();
    writer.flush(Map.of(1L, "a"));
    Committable one = committable("run", 1, writer);
    committer.commit(one);
    Poll first = source.poll(seen, pending(one));
    assertThat(first.onlyOwn()).isTrue();

    writer.flush(Map.of(1L, "b"));
    Committable two = committable("other-run", 2, writer);
    committer.commit(two);
    Poll second = source.poll(first.headSnapshotId(), pending(two));
    assertThat(second.onlyOwn()).isFalse();
    assertThat(second.committedThrough()).isEqualTo(-1);

    writer.flush(Map.of(1L, "c"));
    Committable three = committable("run", 3, writer);
    committer.commit(three);
    test.appendForeign(Map.of(5L, "f"));
    Poll third = source.poll(second.headSnapshotId(), pending(three));
    assertThat(third.onlyOwn()).isFalse();
    assertThat(third.committedThrough()).isEqualTo(3);

    test.with(table -> table.updateProperties().set("a", "b").commit());
    assertThat(source.poll(third.headSnapshotId(), pending()))
        .isEqualTo(new Poll(third.headSnapshotId(), true, -1, Map.of(), Set.of()));
  }

  @Test
  void pollDoesNotTakeAForksCommitOfTheSameCheckpointIdForItsOwn() {
    VersionSource source = source();
    long seen = source.load().snapshotId();
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(Map.of(1L, "mine"));
    Committable mine = committable("run", 1, writer);
    NaiveWriter fork = new NaiveWriter(test, SINK);
    fork.flush(Map.of(1L, "the fork's"));
    committer().commit(committable("fork", 1, fork));

    Poll poll = source.poll(seen, pending(mine));
    assertThat(poll.onlyOwn()).isFalse();
    assertThat(poll.committedThrough()).isEqualTo(-1);
    committer().commit(mine);
    assertThat(source.poll(poll.headSnapshotId(), pending(mine)))
        .isEqualTo(
            new Poll(test.load().currentSnapshot().snapshotId(), true, 1, lineages(), Set.of()));
  }

  @Test
  void pollTellsTheRowIdsOfOwnFilesOnly() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    NaiveWriter other = new NaiveWriter(test, SINK);
    VersionSource source = source();
    long seen = source.load().snapshotId();
    writer.flush(Map.of(1L, "a", 2L, "b", 3L, "c"));
    Committable one = committable("run", 1, writer);
    TableCommitter committer = committer();
    committer.commit(one);
    String first = one.edits().get(0).added().get(0).file().path();
    writer.flush(Map.of(1L, "e"));
    Committable two = committable("run", 2, writer);
    String second = two.edits().get(0).added().get(0).file().path();
    other.flush(Map.of(4L, "d"));
    List<VersionEdit> both = new ArrayList<>(two.edits());
    both.addAll(committable("run", 2, other).edits());
    committer.commit(new Committable(SINK, "run", 2, Committable.NO_WATERMARK, both));

    Poll poll = source.poll(seen, pending(one, two));
    assertThat(poll.lineages()).containsOnlyKeys(first, second);
    assertThat(lineages()).hasSize(3).containsAllEntriesOf(poll.lineages());
    assertThat(poll.lineages().get(first)).isEqualTo(new Lineage(0, 2));
    assertThat(poll.lineages().get(second).firstRowId()).isBetween(3L, 4L);
    assertThat(source.load().file(first).orElseThrow().lineage()).isEqualTo(new Lineage(0, 2));
  }

  /** What Iceberg says of the table's files. */
  private Map<String, Lineage> lineages() {
    Map<String, Lineage> lineages = new HashMap<>();
    test.load()
        .newScan()
        .planFiles()
        .forEach(
            task ->
                lineages.put(
                    task.file().location(),
                    new Lineage(task.file().firstRowId(), task.file().dataSequenceNumber())));
    return lineages;
  }

  @Test
  void pollKnowsAnOwnCommitThatOnlyDeletes() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(Map.of(1L, "a"));
    TableCommitter committer = committer();
    committer.commit(committable("old", 1, writer));
    VersionSource source = source();
    long seen = source.load().snapshotId();
    writer.flush(rows(1L, null));
    Committable onlyDeletes = committable("run", 2, writer);
    committer.commit(onlyDeletes);

    assertThat(source.poll(seen, pending(onlyDeletes)))
        .isEqualTo(
            new Poll(test.load().currentSnapshot().snapshotId(), true, 2, Map.of(), Set.of()));
  }

  @Test
  void pollTakesAChainThatWasCutOrRolledBackForForeign() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    VersionSource source = source();
    TableCommitter committer = committer();
    writer.flush(Map.of(1L, "a", 2L, "b"));
    committer.commit(committable("run", 1, writer));
    long base = test.load().currentSnapshot().snapshotId();
    writer.flush(Map.of(1L, "b"));
    Committable two = committable("run", 2, writer);
    committer.commit(two);
    long seen = test.load().currentSnapshot().snapshotId();

    test.load().manageSnapshots().rollbackTo(base).commit();
    assertThat(source.poll(seen, pending()))
        .isEqualTo(new Poll(base, false, -1, Map.of(), Set.of()));
    test.load().manageSnapshots().setCurrentSnapshot(seen).commit();
    test.expire();
    assertThat(source.poll(base, pending(two)))
        .isEqualTo(new Poll(seen, false, 2, Map.of(), Set.of()));
    assertThat(source.poll(Version.NO_SNAPSHOT, pending(two)).onlyOwn()).isFalse();
  }

  @Test
  void pollNoticesADroppedARetypedAndARequiredColumn() {
    VersionSource source = source();
    test.with(table -> table.updateSchema().addColumn("n", Types.IntegerType.get()).commit());
    VersionSource withN = source();
    source.poll(-1, pending());
    test.with(table -> table.updateSchema().updateColumn("n", Types.LongType.get()).commit());
    source.poll(-1, pending());

    assertThatThrownBy(() -> withN.poll(-1, pending()))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageStartingWith(
            "Column n (field 3) of table db.t changed from int to long while this job was writing"
                + " it");
    test.with(table -> table.updateSchema().allowIncompatibleChanges().requireColumn("v").commit());
    assertThatThrownBy(() -> source.poll(-1, pending()))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageStartingWith(
            "Column v (field 2) of table db.t was made required while this job was writing it,"
                + " NULLs included");
    test.with(table -> table.updateSchema().deleteColumn("v").commit());
    assertThatThrownBy(() -> source.poll(-1, pending()))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageStartingWith("Column v (field 2) of table db.t was dropped");
  }

  @Test
  void filesThatCannotBeSearchedAreRefused() {
    test.with(
        table ->
            table
                .newAppend()
                .appendFile(
                    DataFiles.builder(table.spec())
                        .withPath("mem://x.orc")
                        .withFormat(FileFormat.ORC)
                        .withFileSizeInBytes(1)
                        .withRecordCount(1)
                        .build())
                .commit());
    assertThatThrownBy(() -> source().load())
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageStartingWith("Cannot update table db.t: its data file mem://x.orc is ORC");
  }

  @Test
  void aTableOfAnOlderFormatIsRefused() {
    InMemoryCatalog catalog = new InMemoryCatalog();
    catalog.initialize("mem", Map.of("warehouse", "mem://v2"));
    catalog.createNamespace(Namespace.of("db"));
    Table table =
        catalog.createTable(
            TableIdentifier.of("db", "old"),
            TestTable.SCHEMA,
            org.apache.iceberg.PartitionSpec.unpartitioned(),
            Map.of("format-version", "2"));
    VersionSource source =
        new TableVersionSource(
            table, "db.old", KeySpec.of("db.old", table.schema()), HashRange.ALL, SINK);

    assertThatThrownBy(source::load)
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            "Cannot write to table db.old: it has format version 2, and deletion vectors need 3."
                + " Upgrade it once with: ALTER TABLE db.old SET TBLPROPERTIES"
                + " ('format-version'='3') in Spark SQL, or ALTER TABLE db.old SET"
                + " ('format-version'='3') in Flink SQL.");
  }

  private VersionSource source() {
    return source(HashRange.ALL);
  }

  private VersionSource source(HashRange range) {
    return new TableVersionSource(test.load(), TestTable.NAME, test.keySpec(), range, SINK);
  }

  private TableCommitter committer() {
    return new TableCommitter(
        test.load(),
        TestTable.NAME,
        CommitOptions.DEFAULTS,
        CommitMetrics.NONE,
        Clock.systemUTC(),
        test.ids());
  }

  private static Committable committable(String runId, long checkpointId, NaiveWriter writer) {
    return new Committable(
        SINK, runId, checkpointId, Committable.NO_WATERMARK, List.of(writer.barrier(checkpointId)));
  }

  private static SortedMap<Long, VersionEdit> pending(Committable... handedOut) {
    SortedMap<Long, VersionEdit> pending = new TreeMap<>();
    for (Committable committable : handedOut) {
      committable.edits().forEach(edit -> pending.put(committable.checkpointId(), edit));
    }
    return pending;
  }

  private static Map<Long, String> rows(long key, String value) {
    Map<Long, String> rows = new HashMap<>();
    rows.put(key, value);
    return rows;
  }
}

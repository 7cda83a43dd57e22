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

import static io.meru.commit.TableCommitter.Outcome.ALREADY_COMMITTED;
import static io.meru.commit.TableCommitter.Outcome.COMMITTED;
import static io.meru.commit.TableCommitter.Outcome.EMPTY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.commit.Faults.Kind;
import io.meru.error.CommitConflictException;
import io.meru.error.CorruptFileException;
import io.meru.error.FencedException;
import io.meru.error.ForkRefusedException;
import io.meru.error.UnsupportedTableException;
import io.meru.metrics.CommitMetrics;
import io.meru.version.DeletionVector;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TableCommitterTest {
  private static final String SINK = "orders";
  private static final String RUN = "run-1";
  private static final CommitOptions OPTIONS =
      new CommitOptions(20, 1, 2, 1 << 20, 1 << 20, false, Map.of("flink.job-id", "job"));

  private final TestTable test = new TestTable(1);
  private final Counts counts = new Counts();
  private final List<TableCommitter> open = new ArrayList<>();

  @AfterEach
  void everySnapshotIsReadable() {
    test.checkSnapshots();
    open.forEach(TableCommitter::close);
  }

  // one committer, no one else

  @Test
  void firstCommitOnAnEmptyTableClaimsItAndAddsTheRows() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a", 2, "b"));

    assertThat(committer().commit(committable(1, writer))).isEqualTo(COMMITTED);

    assertThat(test.rows()).isEqualTo(live(1, "a", 2, "b"));
    Table table = test.load();
    List<Snapshot> history = TestTable.history(table);
    assertThat(history).hasSize(2);
    assertThat(history.get(1).summary())
        .containsEntry("meru.job", "claim")
        .containsEntry("meru.generation", "1")
        .containsEntry("meru.sink-id", SINK)
        .doesNotContainKey("added-data-files");
    assertThat(history.get(0).operation()).isEqualTo("append");
    assertThat(history.get(0).summary())
        .containsEntry("meru.job", "flush")
        .containsEntry("meru.part", "0")
        .containsEntry("meru.sink-id", SINK)
        .containsEntry("meru.run-id", RUN)
        .containsEntry("meru.checkpoint-id", "1")
        .containsEntry("meru.generation", "1")
        .containsEntry("meru.first-seq", "1")
        .containsEntry("meru.last-seq", "2")
        .containsEntry("flink.job-id", "job")
        .containsEntry("flink.max-committed-checkpoint-id", "1")
        .containsKey("meru.commit-id")
        .doesNotContainKey("meru.watermark");
    assertThat(table.properties())
        .containsEntry("meru.committed.orders.run-1", "1:1")
        .containsEntry("meru.next-seq", "3");
    assertThat(table.properties().get("meru.claim.orders")).startsWith("1:");
  }

  @Test
  void onlyTheNewestRunOfASinkIsToldSo() {
    TableCommitter first = committer();
    assertThat(first.isNewestRun(test.load().properties())).isFalse();
    first.claim(SINK);
    assertThat(first.isNewestRun(test.load().properties())).isTrue();
    TableCommitter second = committer();
    second.claim(SINK);
    assertThat(first.isNewestRun(test.load().properties())).isFalse();
    assertThat(second.isNewestRun(test.load().properties())).isTrue();
  }

  @Test
  void updatesAndDeletesReplaceTheVectorOfTheFileEachTime() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b", 3, "c", 4, "d"));
    committer.commit(committable(1, writer));
    writer.flush(rows(2, "B"));
    committer.commit(committable(2, writer));
    writer.flush(rows(3, null));
    committer.commit(committable(3, writer));

    assertThat(test.rows()).isEqualTo(live(1, "a", 2, "B", 4, "d"));
    Table table = test.load();
    Snapshot last = table.currentSnapshot();
    assertThat(last.operation()).isEqualTo("delete");
    assertThat(last.summary()).containsEntry("removed-dvs", "1").containsEntry("added-dvs", "1");
    assertThat(last.summary())
        .containsEntry("meru.first-seq", "6")
        .containsEntry("meru.last-seq", "6");
  }

  @Test
  void updatesWithinOneCheckpointDeleteInTheFilesOfTheSameCommit() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a", 2, "b"));
    writer.flush(rows(2, "B", 3, "c"));
    writer.flush(rows(3, null));

    assertThat(committer().commit(committable(1, writer))).isEqualTo(COMMITTED);

    assertThat(test.rows()).isEqualTo(live(1, "a", 2, "B"));
    assertThat(TestTable.flushes(test.load(), RUN)).hasSize(1);
  }

  @Test
  void aNewFileWithoutALiveRowIsNotAddedAndIsDeleted() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    writer.flush(rows(1, "b", 2, "c"));
    Committable committable = committable(1, writer);
    String stillborn = committable.edits().get(0).added().get(0).file().path();

    committer().commit(committable);

    assertThat(test.rows()).isEqualTo(live(1, "b", 2, "c"));
    Table table = test.load();
    assertThat(TestTable.tasks(table)).hasSize(1);
    assertThatThrownBy(() -> table.io().newInputFile(stillborn).newStream())
        .hasMessageContaining(stillborn);
  }

  @Test
  void aFileIsDroppedOnceAllItsRowsAreDead() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    writer.flush(rows(1, "A"));
    committer.commit(committable(2, writer));
    writer.flush(rows(2, "B"));
    committer.commit(committable(3, writer));

    assertThat(test.rows()).isEqualTo(live(1, "A", 2, "B"));
    Snapshot last = test.load().currentSnapshot();
    assertThat(last.summary())
        .containsEntry("deleted-data-files", "1")
        .containsEntry("removed-dvs", "1");
    assertThat(
            last.deleteManifests(test.load().io()).stream()
                .mapToInt(m -> m.addedFilesCount())
                .sum())
        .isZero();
    assertThat(counts.dropped).isEqualTo(1);
    assertThat(counts.reresolved).isZero();
  }

  @Test
  void aCheckpointWithoutEffectCanBeCommittedAgainAfterOthersHaveAppended() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    writer.flush(rows(1, null));
    Committable committable = committable(1, writer);
    assertThat(committer().commit(committable)).isEqualTo(EMPTY);

    test.appendForeign(rows(2, "b"));
    assertThat(committer().commit(committable)).isEqualTo(EMPTY);
    assertThat(test.rows()).isEqualTo(live(2, "b"));
  }

  @Test
  void emptyCheckpointsMakeNoSnapshot() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    assertThat(committer.commit(committable(1, writer))).isEqualTo(EMPTY);
    writer.flush(rows(7, null));
    assertThat(committer.commit(committable(2, writer))).isEqualTo(EMPTY);
    writer.flush(rows(1, "a"));
    assertThat(committer.commit(committable(5, writer))).isEqualTo(COMMITTED);

    assertThat(TestTable.history(test.load())).hasSize(2);
    assertThat(test.rows()).isEqualTo(live(1, "a"));
  }

  @Test
  void aCommittableWhoseFileIsGoneIsRefusedAndTheTableStaysReadable() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a"));
    committer.commit(committable(1, writer));
    writer.flush(rows(1, "b"));
    Committable committable = committable(2, writer);
    String path = committable.edits().get(0).added().get(0).file().path();
    test.load().io().deleteFile(path);

    assertThatThrownBy(() -> committer.commit(committable))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "Cannot commit checkpoint 2 to table db.t: its data file %s is gone. An orphan clean-up"
                + " may have removed it before it was committed. Start the job again from an older"
                + " checkpoint, so that the source repeats the rows.",
            path);
    assertThat(test.rows()).isEqualTo(live(1, "a"));
  }

  @Test
  void aCommittableWhoseMemoryIsLostIsKnownByItsFiles() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a", 2, "b"));
    Committable committable = committable(1, writer);
    committer().commit(committable);
    test.with(
        table ->
            table
                .updateProperties()
                .remove(MeruProperties.committed(SINK, committable.runId()))
                .commit());

    assertThat(committer().commit(committable)).isEqualTo(ALREADY_COMMITTED);
    assertThat(test.rows()).isEqualTo(live(1, "a", 2, "b"));
  }

  @Test
  void aRenamedKeyColumnChangesNothing() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    committer().commit(committable(1, writer));
    test.with(table -> table.updateSchema().renameColumn("id", "order_id").commit());

    NaiveWriter restarted = new NaiveWriter(test, SINK);
    restarted.flush(rows(1, "b"));
    assertThat(committer().commit(committable(2, restarted))).isEqualTo(COMMITTED);
    assertThat(TestTable.tasks(test.load())).hasSize(1);
  }

  @Test
  void sameCommittableTwiceHasOneEffect() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    Committable committable = committable(1, writer);
    TableCommitter committer = committer();

    assertThat(committer.commit(committable)).isEqualTo(COMMITTED);
    assertThat(committer.commit(committable)).isEqualTo(ALREADY_COMMITTED);
    assertThat(committer().commit(committable)).isEqualTo(ALREADY_COMMITTED);

    assertThat(test.rows()).isEqualTo(live(1, "a"));
  }

  @Test
  void restoreOfAnOlderCheckpointNeitherDoublesNorDropsRows() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    List<Committable> all = new ArrayList<>();
    for (int id = 1; id <= 4; id++) {
      writer.flush(rows(1, "v" + id, 10 + id, "x"));
      all.add(committable(id, writer));
      committer.commit(all.get(id - 1));
    }

    TableCommitter restored = committer();
    for (Committable committable : all.subList(1, 4)) {
      assertThat(restored.commit(committable)).isEqualTo(ALREADY_COMMITTED);
    }
    NaiveWriter next = new NaiveWriter(test, SINK);
    next.flush(rows(1, "w"));
    assertThat(restored.commit(committable("run-2", 3, next))).isEqualTo(COMMITTED);

    assertThat(test.rows()).isEqualTo(live(1, "w", 11, "x", 12, "x", 13, "x", 14, "x"));
  }

  @Test
  void memoryOutlivesSnapshots() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    Committable committable = committable(1, writer);
    committer().commit(committable);
    test.appendForeign(Map.of(2L, "b"));
    test.expire();

    assertThat(committer().commit(committable)).isEqualTo(ALREADY_COMMITTED);
    assertThat(test.rows()).isEqualTo(live(1, "a", 2, "b"));
  }

  @Test
  void memoryKeepsTheNewestRunsOfASinkOnly() {
    Table table = test.load();
    var update = table.updateProperties();
    for (int i = 1; i <= 1_000; i++) {
      update.set("meru.committed.orders.old-" + i, i + ":7");
    }
    update.set("meru.committed.orders.eu.old-1", "1:7").commit();
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    committer().commit(committable(1, writer));

    assertThat(test.load().properties())
        .doesNotContainKey("meru.committed.orders.old-1")
        .containsKey("meru.committed.orders.old-2")
        .containsKey("meru.committed.orders.eu.old-1")
        .containsEntry("meru.committed.orders.run-1", "1001:1");
  }

  @Test
  void watermarkNeverGoesBack() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    for (long watermark : new long[] {100, 50, Committable.NO_WATERMARK}) {
      writer.flush(rows(1, "v" + watermark));
      long id = 1000 - watermark % 1000;
      committer.commit(new Committable(SINK, "w" + id, 1, watermark, List.of(writer.barrier(id))));
      assertThat(test.load().currentSnapshot().summary()).containsEntry("meru.watermark", "100");
    }
    writer.flush(rows(1, "z"));
    committer().commit(new Committable(SINK, "w9", 1, 20, List.of(writer.barrier(2000))));
    assertThat(test.load().currentSnapshot().summary()).containsEntry("meru.watermark", "100");
  }

  @Test
  void aPositionBehindTheEndOfItsFileIsRefused() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    VersionEdit edit = writer.barrier(1);
    String path = edit.added().get(0).file().path();
    VersionEdit broken =
        new VersionEdit(
            edit.id(),
            edit.baseSnapshotId(),
            edit.added(),
            Map.of(path, DeletionVector.of(1)),
            edit.pureDeletes());

    assertThatThrownBy(() -> committer().commit(new Committable(SINK, RUN, 1, 0, List.of(broken))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot delete position 1 of %s: the file has 1 rows".formatted(path));
  }

  @Test
  void aRunIdWithADotIsRefused() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    assertThatThrownBy(() -> committer().commit(committable("a.b", 1, writer)))
        .hasMessage("Run id must consist of letters, digits, _ and - but was 'a.b'");
  }

  // fencing

  @Test
  void aFencedCommitterChangesNothing() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter zombie = committer();
    writer.flush(rows(1, "a"));
    zombie.commit(committable(1, writer));
    writer.flush(rows(1, "b", 2, "c"));
    Committable late = committable(2, writer);
    NaiveWriter next = new NaiveWriter(test, SINK);
    committer().commit(committable("run-2", 1, next));

    assertThatThrownBy(() -> zombie.commit(late))
        .isInstanceOf(FencedException.class)
        .hasMessageContaining("may no longer write to table db.t as sink 'orders'")
        .hasMessageContaining("generation 1, and a newer run has claimed it with generation 2")
        .hasMessageContaining("new sink-id");
    assertThat(test.rows()).isEqualTo(live(1, "a"));
  }

  @Test
  void aClaimThatArrivesDuringTheCommitFencesIt() {
    Faults faults = new Faults();
    TableCommitter zombie = committer(faults);
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    zombie.commit(committable(1, writer));
    writer.flush(rows(1, "b"));
    Committable late = committable(2, writer);
    faults.beforeCommit(
        () -> committer().commit(committable("run-2", 1, new NaiveWriter(test, SINK))));

    assertThatThrownBy(() -> zombie.commit(late)).isInstanceOf(FencedException.class);
    assertThat(test.rows()).isEqualTo(live(1, "a"));
  }

  @Test
  void aClaimThatWasRolledBackStillFences() {
    Faults faults = new Faults();
    TableCommitter zombie = committer(faults);
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    zombie.commit(committable(1, writer));
    long head = test.load().currentSnapshot().snapshotId();
    writer.flush(rows(1, "b"));
    Committable late = committable(2, writer);
    faults.beforeCommit(
        () -> {
          committer().commit(committable("run-2", 1, new NaiveWriter(test, SINK)));
          test.load().manageSnapshots().rollbackTo(head).commit();
        });

    assertThatThrownBy(() -> zombie.commit(late)).isInstanceOf(FencedException.class);
    assertThat(test.rows()).isEqualTo(live(1, "a"));
  }

  @Test
  void sinksWithOtherIdsDoNotFenceEachOther() {
    NaiveWriter one = new NaiveWriter(test, "one");
    NaiveWriter two = new NaiveWriter(test, "two");
    TableCommitter first = committer();
    TableCommitter second = committer();
    for (int id = 1; id <= 4; id++) {
      one.flush(rows(1, "one" + id, 2, "x"));
      two.flush(rows(1, "two" + id, 3, "x"));
      first.commit(new Committable("one", "r1", id, 0, List.of(one.barrier(id))));
      second.commit(new Committable("two", "r2", id, 0, List.of(two.barrier(id))));
      assertThat(test.rows()).isEqualTo(live(1, "two" + id, 2, "x", 3, "x"));
    }
  }

  @Test
  void aForkCommitsWhatTheJobItCameFromHasPending() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter first = committer();
    writer.flush(rows(1, "a"));
    first.commit(committable(1, writer));
    writer.flush(rows(1, "b"));
    Committable pending = committable(2, writer);

    TableCommitter fork = committer();
    fork.claim("fork");
    assertThat(fork.commit(pending)).isEqualTo(COMMITTED);

    assertThat(first.commit(pending)).isEqualTo(ALREADY_COMMITTED);
    assertThat(test.rows()).isEqualTo(live(1, "b"));
  }

  @Test
  void aForkIsRefusedWhatTheJobItCameFromMayHaveAbandoned() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    committer().commit(committable(1, writer));
    writer.flush(rows(1, "abandoned", 2, "abandoned"));
    Committable abandoned = committable(2, writer);
    NaiveWriter next = new NaiveWriter(test, SINK);
    next.flush(rows(1, "newer"));
    committer().commit(committable("run-2", 2, next));

    TableCommitter fork = committer();
    fork.claim("fork");
    assertThatThrownBy(() -> fork.commit(abandoned))
        .isInstanceOf(ForkRefusedException.class)
        .hasMessageContaining("checkpoint 2 of sink 'orders' to table db.t")
        .hasMessageContaining("with generation 2 after 1");
    assertThat(test.rows()).isEqualTo(live(1, "newer"));
  }

  @Test
  void aForkMayGoOnWhenTheJobItCameFromHasRecoveredTheCheckpoint() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    committer().commit(committable(1, writer));
    writer.flush(rows(1, "b"));
    Committable pending = committable(2, writer);
    committer().commit(pending);

    TableCommitter fork = committer();
    fork.claim("fork");
    assertThat(fork.commit(pending)).isEqualTo(ALREADY_COMMITTED);
    assertThat(test.load().properties())
        .as("the successor has generation 2")
        .containsEntry("meru.committed.orders.run-1", "1:2");
  }

  @Test
  void twoCommittersOfTheSameCommittableHaveOneEffect() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a", 2, "b"));
    Committable committable = committable(1, writer);
    Faults faults = new Faults();
    TableCommitter slow = committer(faults);
    slow.commit(committable(RUN, 9, List.of()));
    faults.beforeCommit(() -> assertThat(committer().commit(committable)).isEqualTo(COMMITTED));

    // the other one's commit is found before its claim: the rows are in, once
    assertThat(slow.commit(committable)).isIn(COMMITTED, ALREADY_COMMITTED);
    assertThat(test.rows()).isEqualTo(live(1, "a", 2, "b"));
  }

  // the catalog goes wrong

  @Test
  void aClaimThatIsSaidToHaveFailedIsFound() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));

    TableCommitter committer = committer(new Faults().commits(Kind.LIE, Kind.LIE));
    assertThat(committer.commit(committable(1, writer))).isEqualTo(COMMITTED);
    assertThat(TestTable.history(test.load())).hasSize(2);
    assertThat(test.rows()).isEqualTo(live(1, "a"));
  }

  @Test
  void aCommitOfVectorsThatIsSaidToHaveFailedKeepsItsManifests() {
    for (Kind kind : List.of(Kind.LIE, Kind.REPEATED_WITH_OLD_TOKEN)) {
      TestTable fresh = new TestTable(3);
      NaiveWriter writer = new NaiveWriter(fresh, SINK);
      Faults faults = new Faults();
      TableCommitter committer = committer(fresh, faults);
      writer.flush(rows(1, "a", 2, "b"));
      committer.commit(committable(1, writer));

      writer.flush(rows(1, "c"));
      faults.commits(kind);
      assertThat(committer.commit(committable(2, writer))).as(kind.name()).isEqualTo(COMMITTED);
      assertThat(fresh.rows()).as(kind.name()).isEqualTo(live(1, "c", 2, "b"));
    }
  }

  @Test
  void everyFateOfACommitLeadsToOneEffect() {
    for (Kind kind : Kind.values()) {
      TestTable fresh = new TestTable(2);
      for (int commit = 1; commit <= 3; commit++) {
        Faults faults = new Faults();
        NaiveWriter writer = new NaiveWriter(fresh, SINK);
        TableCommitter committer = committer(fresh, faults);
        writer.flush(rows(1, kind.name(), commit, "x"));
        // the fate of the claim, and that of the flush
        faults.commits(kind, kind, Kind.NONE, kind);

        assertThat(committer.commit(committable("run-" + commit, 1, writer)))
            .as("%s, commit %d", kind, commit)
            .isEqualTo(COMMITTED);
        writer.flush(rows(1, "second", 20, "y"));
        faults.commits(kind, kind);
        assertThat(committer.commit(committable("run-" + commit, 2, writer))).isEqualTo(COMMITTED);
        assertThat(TestTable.flushes(fresh.load(), "run-" + commit)).hasSize(2);
      }
      NavigableMap<Long, List<String>> expected = live(1, "second", 2, "x", 3, "x", 20, "y");
      assertThat(fresh.rows()).as(kind.name()).isEqualTo(expected);
      fresh.checkSnapshots();
    }
  }

  @Test
  void anUnknownStateThatStaysUnknownIsPassedOnAndNothingIsDeleted() {
    Faults faults = new Faults();
    TableCommitter committer = committer(faults);
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    writer.flush(rows(1, "c"));
    Committable committable = committable(2, writer);
    faults.commits(Kind.UNKNOWN_DONE).beforeCommit(() -> faults.failRefreshes(1_000));

    assertThatThrownBy(() -> committer.commit(committable))
        .isInstanceOf(CommitStateUnknownException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(10));

    assertThat(test.rows()).isEqualTo(live(1, "c", 2, "b"));
    assertThat(committer().commit(committable)).isEqualTo(ALREADY_COMMITTED);
  }

  @Test
  void aCommitThatKeepsLosingGivesUpAndCleansUp() {
    Faults faults = new Faults();
    TableCommitter committer = committer(faults);
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    writer.flush(rows(1, "c"));
    for (int i = 0; i < 200; i++) {
      faults.commits(Kind.FAIL);
    }

    assertThatThrownBy(() -> committer.commit(committable(2, writer)))
        .isInstanceOf(CommitConflictException.class)
        .hasMessageContaining("Cannot commit checkpoint 2 to table db.t")
        .hasMessageContaining("20 times")
        .hasCauseInstanceOf(org.apache.iceberg.exceptions.CommitFailedException.class);
    assertThat(test.rows()).isEqualTo(live(1, "a", 2, "b"));
    assertThat(counts.retried).isEqualTo(19);
  }

  // others commit too

  @Test
  @Timeout(30)
  void aLostRaceIsPlannedAnewAtOnce() {
    test.load()
        .updateProperties()
        .set(TableProperties.COMMIT_MIN_RETRY_WAIT_MS, "60000")
        .set(TableProperties.COMMIT_MAX_RETRY_WAIT_MS, "60000")
        .commit();
    Faults faults = new Faults();
    TableCommitter committer = committer(faults);
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    committer.commit(committable(1, writer));
    writer.flush(rows(1, "b"));
    faults.beforeCommit(() -> test.appendForeign(Map.of(2L, "c")));

    assertThat(committer.commit(committable(2, writer))).isEqualTo(COMMITTED);
    assertThat(test.rows()).isEqualTo(live(1, "b", 2, "c"));
    assertThat(counts.retried).isEqualTo(1);
  }

  @Test
  void aCommitterThatIsOvertakenAgainAndAgainAsksForItsTurn() {
    TableCommitter rival = committer();
    NaiveWriter fast = new NaiveWriter(test, "fast");
    AtomicLong id = new AtomicLong();
    Faults faults = new Faults();
    TableCommitter committer = committer(faults);
    committer.claim(SINK);
    faults.beforeEachSnapshot(
        () -> {
          if (!test.load().properties().containsKey("meru.turn")) {
            long next = id.incrementAndGet();
            fast.flush(rows(1, "fast" + next));
            rival.commit(new Committable("fast", "r1", next, 0, List.of(fast.barrier(next))));
          }
        });
    NaiveWriter writer = new NaiveWriter(test, SINK);
    for (int i = 1; i <= 2; i++) {
      writer.flush(rows(2, "slow" + i));
      assertThat(committer.commit(committable(i, writer))).isEqualTo(COMMITTED);
      assertThat(id.get()).as("commits of the rival").isEqualTo((long) i * Turn.LOST_RACES);
      assertThat(test.load().properties()).doesNotContainKey("meru.turn");
    }
    assertThat(test.rows()).isEqualTo(live(1, "fast10", 2, "slow2"));
  }

  @Test
  void anothersTurnIsWaitedForUntilItIsOver() throws Exception {
    TableCommitter committer =
        committer(test, new CommitOptions(20, 1, 60_000, 1 << 20, 0, false, Map.of()));
    test.load().updateProperties().set("meru.turn", "another's").commit();
    CompletableFuture<Void> claim = CompletableFuture.runAsync(() -> committer.claim(SINK));
    Thread.sleep(200);
    assertThat(claim).isNotDone();
    assertThat(test.load().properties()).doesNotContainKey("meru.claim.orders");

    test.load().updateProperties().remove("meru.turn").commit();
    claim.get(30, TimeUnit.SECONDS);
  }

  @Test
  void aTurnWhoseOwnerIsGoneEndsWithTheNextCommit() {
    test.load().updateProperties().set("meru.turn", "gone").commit();
    committer().claim(SINK);
    assertThat(test.load().properties()).doesNotContainKey("meru.turn");

    test.load().updateProperties().set("meru.turn", "gone, too").commit();
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    committer().commit(committable(1, writer));
    assertThat(test.load().properties()).doesNotContainKey("meru.turn");
  }

  @Test
  void aCommitThatGivesUpLeavesNoTurnBehind() {
    Faults faults = new Faults();
    TableCommitter committer = committer(faults);
    committer.claim(SINK);
    faults.beforeEachSnapshot(() -> test.appendForeign(Map.of(7L, "foreign")));
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));

    assertThatThrownBy(() -> committer.commit(committable(1, writer)))
        .isInstanceOf(CommitConflictException.class)
        .hasCauseInstanceOf(ValidationException.class);
    assertThat(counts.retried).isEqualTo(19);
    assertThat(test.load().properties()).doesNotContainKey("meru.turn");
  }

  @Test
  void aChangeOfPropertiesIsNoLostRace() {
    Faults faults = new Faults();
    TableCommitter committer = committer(faults);
    committer.claim(SINK);
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    faults.beforeCommit(() -> test.load().updateProperties().set("a", "b").commit());

    assertThat(committer.commit(committable(1, writer))).isEqualTo(COMMITTED);
    assertThat(counts.retried).isZero();
    assertThat(test.load().properties()).containsEntry("a", "b");
  }

  @Test
  void aForeignAppendOfTheSameKeyAtAnyMomentIsResolvedAgain() {
    assertThat(refreshesOfOneCommit()).isEqualTo(2);
    for (int moment = 0; moment <= refreshesOfOneCommit(); moment++) {
      for (boolean pure : new boolean[] {false, true}) {
        TestTable fresh = new TestTable(3);
        Faults faults = new Faults();
        TableCommitter committer = committer(fresh, faults);
        NaiveWriter writer = new NaiveWriter(fresh, SINK);
        writer.flush(rows(1, "a", 2, "b"));
        committer.commit(committable(1, writer));
        writer.flush(rows(1, pure ? null : "c"));
        faults.at(moment, () -> fresh.appendForeign(Map.of(1L, "foreign", 5L, "f")));
        committer.commit(committable(2, writer));

        boolean before = fresh.load().currentSnapshot().summary().containsKey("meru.run-id");
        NavigableMap<Long, List<String>> expected = live(2, "b", 5, "f");
        if (!pure) {
          expected.put(1L, new ArrayList<>(List.of("c")));
        }
        if (!before) {
          expected.computeIfAbsent(1L, key -> new ArrayList<>()).add("foreign");
        }
        assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(expected);

        writer.flush(rows(1, "d"));
        committer.commit(committable(3, writer));
        assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(live(1, "d", 2, "b", 5, "f"));
        fresh.checkSnapshots();
      }
    }
  }

  @Test
  void aForeignRewriteAtAnyMomentLosesNoDelete() {
    for (int moment = 0; moment <= refreshesOfOneCommit(); moment++) {
      TestTable fresh = new TestTable(4);
      Faults faults = new Faults();
      TableCommitter committer = committer(fresh, faults);
      NaiveWriter writer = new NaiveWriter(fresh, SINK);
      writer.flush(rows(1, "a", 2, "b", 3, "c"));
      committer.commit(committable(1, writer));
      writer.flush(rows(1, "A", 2, null));
      faults.at(moment, fresh::rewriteForeign);
      committer.commit(committable(2, writer));
      assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(live(1, "A", 3, "c"));

      writer.flush(rows(3, "C", 1, null));
      committer.commit(committable(3, writer));
      assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(live(3, "C"));
      fresh.checkSnapshots();
    }
  }

  @Test
  void aForeignVectorOnATouchedFileIsMerged() {
    for (int moment = 0; moment <= refreshesOfOneCommit(); moment++) {
      TestTable fresh = new TestTable(5);
      Faults faults = new Faults();
      TableCommitter committer = committer(fresh, faults);
      NaiveWriter writer = new NaiveWriter(fresh, SINK);
      writer.flush(rows(1, "a", 2, "b", 3, "c"));
      committer.commit(committable(1, writer));
      writer.flush(rows(1, "A"));
      faults.at(moment, () -> assertThat(fresh.deleteForeign(2)).isTrue());
      committer.commit(committable(2, writer));
      assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(live(1, "A", 3, "c"));

      writer.flush(rows(2, "B", 3, null));
      committer.commit(committable(3, writer));
      assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(live(1, "A", 2, "B"));
      fresh.checkSnapshots();
    }
  }

  @Test
  void aForeignRemovalOfATouchedFileIsNoError() {
    for (int moment = 0; moment <= refreshesOfOneCommit(); moment++) {
      TestTable fresh = new TestTable(6);
      Faults faults = new Faults();
      TableCommitter committer = committer(fresh, faults);
      NaiveWriter writer = new NaiveWriter(fresh, SINK);
      writer.flush(rows(1, "a", 2, "b"));
      committer.commit(committable(1, writer));
      String first = TestTable.tasks(fresh.load()).get(0).file().location();
      writer.flush(rows(1, "A"));
      faults.at(moment, () -> fresh.load().newDelete().deleteFile(first).commit());
      committer.commit(committable(2, writer));
      assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(live(1, "A"));

      writer.flush(rows(2, "B", 1, null));
      committer.commit(committable(3, writer));
      assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(live(2, "B"));
      fresh.checkSnapshots();
    }
  }

  @Test
  void aRollbackUnderARunningJobLeavesOneRowPerKey() {
    for (int moment = 0; moment <= refreshesOfOneCommit(); moment++) {
      TestTable fresh = new TestTable(7);
      Faults faults = new Faults();
      TableCommitter committer = committer(fresh, faults);
      NaiveWriter writer = new NaiveWriter(fresh, SINK);
      writer.flush(rows(1, "a", 2, "b", 3, "c"));
      committer.commit(committable(1, writer));
      long base = fresh.load().currentSnapshot().snapshotId();
      writer.flush(rows(1, "A", 2, null, 3, "C"));
      committer.commit(committable(2, writer));
      writer.flush(rows(1, "AA"));
      faults.at(moment, () -> fresh.load().manageSnapshots().rollbackTo(base).commit());
      committer.commit(committable(3, writer));
      // key 3's update and key 2's delete were rolled back, and so may be key 1's newest
      assertThat(fresh.rows().keySet()).as("moment %d", moment).containsExactly(1L, 2L, 3L);
      fresh.rows().forEach((key, values) -> assertThat(values).hasSize(1));

      writer.flush(rows(2, "BB", 3, "CC", 1, "AAA"));
      committer.commit(committable(4, writer));
      assertThat(fresh.rows()).as("moment %d", moment).isEqualTo(live(1, "AAA", 2, "BB", 3, "CC"));
      assertThat(fresh.load().properties().get("meru.committed.orders.run-1"))
          .isEqualTo("1:4:torn-3");
      fresh.checkSnapshots();
    }
  }

  @Test
  void aTornRunStaysTornForTheCommitterThatRecoversIt() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    long base = test.load().currentSnapshot().snapshotId();
    writer.flush(rows(2, null));
    committer.commit(committable(2, writer));
    test.load().manageSnapshots().rollbackTo(base).commit();
    VersionEdit third = flushWithoutLooking(writer, rows(1, "A"), 3);
    committer.commit(committable(RUN, 3, List.of(third)));
    // its writer believes that key 2 is gone
    VersionEdit fourth = flushWithoutLooking(writer, rows(2, "B"), 4);
    assertThat(fourth.deletions()).isEmpty();

    assertThat(committer().commit(committable(RUN, 4, List.of(fourth)))).isEqualTo(COMMITTED);
    assertThat(test.rows()).isEqualTo(live(1, "A", 2, "B"));
  }

  @Test
  void theEditsOfAWriterThatHasLookedSinceTheTearAreTakenAsTheyAre() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    NaiveWriter idle = new NaiveWriter(test, SINK);
    long base = test.load().currentSnapshot().snapshotId();
    idle.flush(rows(2, null));
    committer.commit(committable(2, idle));
    test.load().manageSnapshots().rollbackTo(base).commit();
    committer.commit(committable(RUN, 3, List.of(flushWithoutLooking(writer, rows(1, "A"), 3))));
    assertThat(test.load().currentSnapshot().summary()).containsKey(MeruProperties.TORN);

    writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "AA"));
    committer.commit(committable(4, writer));
    assertThat(test.load().currentSnapshot().summary()).doesNotContainKey(MeruProperties.TORN);
    // another one believes that key 2 is gone
    VersionEdit fifth = flushWithoutLooking(idle, rows(2, "B"), 5);
    assertThat(fifth.deletions()).isEmpty();
    committer.commit(committable(RUN, 5, List.of(fifth)));
    assertThat(test.load().currentSnapshot().summary()).containsKey(MeruProperties.TORN);
    assertThat(test.rows()).isEqualTo(live(1, "AA", 2, "B"));
    assertThat(test.load().properties().get("meru.committed.orders.run-1")).isEqualTo("1:5:torn-3");
  }

  @Test
  void aTearOfAnOlderVersionCountsFromItsLastCommit() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a"));
    committer.commit(committable(1, writer));
    test.with(
        table -> table.updateProperties().set("meru.committed.orders.run-1", "1:1:torn").commit());
    committer.commit(committable(RUN, 2, List.of(flushWithoutLooking(writer, rows(1, "A"), 2))));
    assertThat(test.load().currentSnapshot().summary()).containsKey(MeruProperties.TORN);

    writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "AA"));
    committer.commit(committable(3, writer));
    assertThat(test.load().currentSnapshot().summary()).doesNotContainKey(MeruProperties.TORN);
    assertThat(test.rows()).isEqualTo(live(1, "AA"));
  }

  @Test
  void aRunIsTakenForTornWhenAnExpiryHidesWhetherItIs() {
    NaiveWriter first = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    first.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, first));
    long base = test.load().currentSnapshot().snapshotId();
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(2, null));
    committer.commit(committable(2, writer));
    test.load().manageSnapshots().rollbackTo(base).commit();
    test.expire();
    VersionEdit third = flushWithoutLooking(writer, rows(1, "A"), 3);
    committer.commit(committable(RUN, 3, List.of(third)));
    // its writer believes that key 2 is gone
    VersionEdit fourth = flushWithoutLooking(writer, rows(2, "B"), 4);
    assertThat(fourth.deletions()).isEmpty();

    assertThat(committer.commit(committable(RUN, 4, List.of(fourth)))).isEqualTo(COMMITTED);
    assertThat(test.rows()).isEqualTo(live(1, "A", 2, "B"));
  }

  @Test
  void expiryBetweenCheckpointAndCommitResolvesAgain() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "A"));
    Committable committable = committable("run-2", 1, writer);
    test.appendForeign(Map.of(1L, "foreign"));
    test.expire();

    assertThat(committer().commit(committable)).isEqualTo(COMMITTED);
    assertThat(test.rows()).isEqualTo(live(1, "A", 2, "b"));
  }

  /** Iceberg's expiry removes the path of each deleted entry, though others name it, too. */
  @Test
  void expiryAfterAVectorWasReplacedKeepsTheOthersOfItsFile() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b", 3, "c"));
    committer.commit(committable(1, writer));
    writer.flush(rows(4, "d", 5, "e"));
    committer.commit(committable(2, writer));
    writer.flush(rows(1, "A", 4, "D"));
    committer.commit(committable(3, writer));
    writer.flush(rows(2, "B"));
    committer.commit(committable(4, writer));
    assertThat(test.load().currentSnapshot().summary())
        .containsEntry("removed-dvs", "2")
        .containsEntry("added-dvs", "2")
        .containsEntry("added-position-deletes", "3");
    writer.flush(rows(6, "f"));
    committer.commit(committable(5, writer));

    test.load().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();

    assertThat(test.load().snapshots()).hasSize(1);
    assertThat(test.rows()).isEqualTo(live(1, "A", 2, "B", 3, "c", 4, "D", 5, "e", 6, "f"));
  }

  @Test
  void aVectorThatWasMovedIsLeftAloneAfterwards() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b", 3, "c"));
    committer.commit(committable(1, writer));
    writer.flush(rows(4, "d", 5, "e"));
    committer.commit(committable(2, writer));
    writer.flush(rows(1, null, 4, null));
    committer.commit(committable(3, writer));
    writer.flush(rows(2, null));
    committer.commit(committable(4, writer));

    writer.flush(rows(3, "C", 6, "f"));
    committer.commit(committable(5, writer));

    assertThat(test.load().currentSnapshot().summary())
        .containsEntry("removed-dvs", "1")
        .doesNotContainKey("added-dvs"); // the file of 1, 2 and 3 is dropped
    assertThat(test.rows()).isEqualTo(live(3, "C", 5, "e", 6, "f"));
  }

  @Test
  void aPuffinFileHoldsNoMoreVectorsThanALaterCommitMayHaveToMove() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    int files = VectorWriter.MAX_VECTORS + 6;
    Map<Long, String> updates = new TreeMap<>();
    for (int id = 1; id <= files; id++) {
      writer.flush(rows(id, "a", 1000 + id, "b"));
      updates.put((long) id, "A");
    }
    committer.commit(committable(1, writer));
    writer.flush(updates);
    committer.commit(committable(2, writer));

    Map<String, Integer> vectors = new HashMap<>();
    TestTable.vectorFiles(test.load()).forEach(path -> vectors.merge(path, 1, Integer::sum));
    assertThat(vectors.values()).containsExactlyInAnyOrder(VectorWriter.MAX_VECTORS, 6);
  }

  @Test
  void aFileThatIsDroppedTakesItsVectorOutOfASharedFile() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    writer.flush(rows(4, "d", 5, "e"));
    committer.commit(committable(2, writer));
    writer.flush(rows(1, null, 4, null));
    committer.commit(committable(3, writer));
    writer.flush(rows(2, null));
    committer.commit(committable(4, writer));
    writer.flush(rows(6, "f"));
    committer.commit(committable(5, writer));

    test.load().expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();

    assertThat(test.rows()).isEqualTo(live(5, "e", 6, "f"));
  }

  @Test
  void aBaseStaysVerifiedAfterItHasExpired() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    for (int id = 1; id <= 3; id++) {
      VersionEdit edit = flushWithoutLooking(writer, rows(1, "v" + id, 2, "w" + id), id);
      assertThat(edit.baseSnapshotId()).isEqualTo(Version.NO_SNAPSHOT);
      committer.commit(committable(RUN, id, List.of(edit)));
      test.expire();
    }
    assertThat(test.rows()).isEqualTo(live(1, "v3", 2, "w3"));
    assertThat(counts.reresolved).isZero();
  }

  @Test
  void aRecoveredCommittableOfAnOlderRunIsNoticedByTheNewRunsEdits() {
    NaiveWriter old = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    old.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, old));
    old.flush(rows(1, "A", 3, "c"));
    Committable recovered = committable(2, old);

    TableCommitter next = committer();
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "AA", 3, null, 2, "B"));
    Committable first = committable("run-2", 3, writer);
    assertThat(next.commit(recovered)).isEqualTo(COMMITTED);
    assertThat(next.commit(first)).isEqualTo(COMMITTED);

    assertThat(test.rows()).isEqualTo(live(1, "AA", 2, "B"));
  }

  @Test
  void positionDeletesOfFormatVersion2AreMergedIntoVectors() throws IOException {
    TestTable upgraded = new TestTable(10, "2");
    upgraded.appendForeign(rows(1, "a", 2, "b", 3, "c", 4, "d"));
    String first = TestTable.tasks(upgraded.load()).get(0).file().location();
    upgraded.appendForeign(rows(5, "e", 6, "f"));
    upgraded.deletePositions(first, Map.of(first, 0L));
    String second =
        TestTable.tasks(upgraded.load()).stream()
            .map(task -> task.file().location())
            .filter(path -> !path.equals(first))
            .findFirst()
            .orElseThrow();
    upgraded.deletePositions(null, Map.of(first, 1L, second, 0L));
    assertThat(upgraded.rows()).isEqualTo(live(3, "c", 4, "d", 6, "f"));
    upgraded.with(table -> table.updateProperties().set("format-version", "3").commit());

    NaiveWriter writer = new NaiveWriter(upgraded, SINK);
    TableCommitter committer = committer(upgraded, new Faults());
    writer.flush(rows(3, "C", 1, "A"));
    assertThat(committer.commit(committable(1, writer))).isEqualTo(COMMITTED);

    assertThat(upgraded.rows()).isEqualTo(live(1, "A", 3, "C", 4, "d", 6, "f"));
    // what names one file is gone, what names others too is left to them
    assertThat(upgraded.load().currentSnapshot().summary())
        .containsEntry("added-dvs", "1")
        .containsEntry("removed-delete-files", "1");
    writer.flush(rows(4, null, 6, null));
    committer.commit(committable(2, writer));
    assertThat(upgraded.rows()).isEqualTo(live(1, "A", 3, "C"));
  }

  // changes that stop the job

  @Test
  void equalityDeletesOfOthersStopTheJob() throws IOException {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    writer.flush(rows(1, "c"));
    Committable committable = committable(2, writer);
    Table table = test.load();
    long head = table.currentSnapshot().snapshotId();
    test.deleteByEquality(2);

    assertThatThrownBy(() -> committer.commit(committable))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("Cannot write to table db.t: its snapshot ")
        .hasMessageContaining("-eq.parquet), which hide rows")
        .hasMessageContaining("rewrite_data_files(table => 'db.t'")
        .hasMessageContaining("at a second such call");
    assertThatThrownBy(() -> new NaiveWriter(test, SINK))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("holds equality deletes");
    table.refresh();
    table.manageSnapshots().rollbackTo(head).commit();
    long bad = head;
    table
        .expireSnapshots()
        .expireOlderThan(Long.MAX_VALUE)
        .retainLast(1)
        .cleanExpiredFiles(false)
        .commit();
    assertThat(table.currentSnapshot().snapshotId()).isEqualTo(bad);
  }

  @Test
  void aSchemaChangeThatTouchesWrittenColumnsStopsTheJob() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    TableCommitter committer = committer();
    writer.flush(rows(1, "a"));
    committer.commit(committable(1, writer));

    test.with(table -> table.updateSchema().addColumn("extra", Types.IntegerType.get()).commit());
    test.with(table -> table.updateSchema().renameColumn("v", "w").commit());
    writer.flush(rows(1, "b"));
    assertThat(committer.commit(committable(2, writer))).isEqualTo(COMMITTED);
    assertThat(TestTable.tasks(test.load())).hasSize(1);

    writer.flush(rows(1, "c"));
    Committable committable = committable(3, writer);
    test.with(table -> table.updateSchema().deleteColumn("w").commit());
    assertThatThrownBy(() -> committer.commit(committable))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageStartingWith(
            "Column v (field 2) of table db.t was dropped while this job was writing it.");
  }

  @Test
  void anotherPrimaryKeyStopsTheJob() {
    TableCommitter committer = committer();
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    Committable committable = committable(1, writer);
    test.with(
        table ->
            table
                .updateSchema()
                .allowIncompatibleChanges()
                .requireColumn("v")
                .setIdentifierFields("v")
                .commit());

    assertThatThrownBy(() -> committer.commit(committable))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("Table db.t got another primary key")
        .hasMessageContaining("identifier fields were [id] and are [v]");
    assertThatThrownBy(() -> committer().commit(committable))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("sorted and unique by another primary key");
  }

  @Test
  void evolvedPartitionSpecsLetOlderFilesIn() {
    NaiveWriter writer = new NaiveWriter(test, SINK);
    writer.flush(rows(1, "a"));
    Committable committable = committable(1, writer);
    test.with(table -> table.updateSpec().addField("v").commit());
    TableCommitter committer = committer();

    assertThat(committer.commit(committable)).isEqualTo(COMMITTED);
    writer.flush(rows(1, null));
    assertThat(committer.commit(committable(2, writer))).isEqualTo(COMMITTED);
    assertThat(test.rows()).isEmpty();
  }

  @Test
  void vectorsAreTakenFromTheCacheAndStayRightWithoutIt() {
    for (long cacheBytes : new long[] {0, 1 << 20}) {
      TestTable fresh = new TestTable(8);
      TableCommitter committer =
          new TableCommitter(
              fresh.load(),
              TestTable.NAME,
              new CommitOptions(3, 1, 2, cacheBytes, 1 << 20, false, Map.of()),
              CommitMetrics.NONE,
              Clock.systemUTC(),
              fresh.ids());
      NaiveWriter writer = new NaiveWriter(fresh, SINK);
      writer.flush(rows(1, "a", 2, "b", 3, "c", 4, "d"));
      committer.commit(committable(1, writer));
      for (int id = 2; id <= 4; id++) {
        writer.flush(rows(id, null));
        committer.commit(committable(id, writer));
      }
      assertThat(fresh.rows()).isEqualTo(live(1, "a"));
      fresh.checkSnapshots();
    }
  }

  private int refreshesOfOneCommit() {
    TestTable fresh = new TestTable(9);
    Faults faults = new Faults();
    TableCommitter committer = committer(fresh, faults);
    NaiveWriter writer = new NaiveWriter(fresh, SINK);
    writer.flush(rows(1, "a", 2, "b"));
    committer.commit(committable(1, writer));
    int before = faults.refreshes();
    writer.flush(rows(1, "c"));
    committer.commit(committable(2, writer));
    return faults.refreshes() - before;
  }

  /** As a writer does whose poll came before the change. */
  private static VersionEdit flushWithoutLooking(
      NaiveWriter writer, Map<Long, String> changes, long checkpointId) {
    writer.skipNextPoll();
    writer.flush(changes);
    return writer.barrier(checkpointId);
  }

  private TableCommitter committer() {
    return committer(test, new Faults());
  }

  private TableCommitter committer(Faults faults) {
    return committer(test, faults);
  }

  private TableCommitter committer(TestTable on, Faults faults) {
    TableCommitter committer =
        new TableCommitter(
            on.load(faults), TestTable.NAME, OPTIONS, counts, Clock.systemUTC(), on.ids());
    open.add(committer);
    return committer;
  }

  private TableCommitter committer(TestTable on, CommitOptions options) {
    TableCommitter committer =
        new TableCommitter(
            on.load(), TestTable.NAME, options, CommitMetrics.NONE, Clock.systemUTC(), on.ids());
    open.add(committer);
    return committer;
  }

  private static Committable committable(long checkpointId, NaiveWriter writer) {
    return committable(RUN, checkpointId, writer);
  }

  private static Committable committable(String runId, long checkpointId, NaiveWriter writer) {
    return committable(runId, checkpointId, List.of(writer.barrier(checkpointId)));
  }

  private static Committable committable(String runId, long checkpointId, List<VersionEdit> edits) {
    return new Committable(SINK, runId, checkpointId, Committable.NO_WATERMARK, edits);
  }

  private static Map<Long, String> rows(Object... keysAndValues) {
    Map<Long, String> rows = new HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      rows.put(((Number) keysAndValues[i]).longValue(), (String) keysAndValues[i + 1]);
    }
    return rows;
  }

  private static NavigableMap<Long, List<String>> live(Object... keysAndValues) {
    NavigableMap<Long, List<String>> live = new TreeMap<>();
    rows(keysAndValues).forEach((key, value) -> live.put(key, new ArrayList<>(List.of(value))));
    return live;
  }

  private static final class Counts implements CommitMetrics {
    private int retried;
    private int dropped;
    private long reresolved;

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
      dropped += droppedFiles;
    }

    @Override
    public void retried() {
      retried++;
    }

    @Override
    public void reresolved(long keys) {
      reresolved += keys;
    }
  }
}

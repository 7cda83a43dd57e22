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

import io.meru.metrics.CommitMetrics;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.NotFoundException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Checkpoints that change no row: without input, or with deletes of absent keys alone. */
class EmptyCheckpointTest {
  private static final String SINK = "orders";
  private static final String RUN = "run-1";

  private final TestTable test = new TestTable(1);
  private final NaiveWriter writer = new NaiveWriter(test, SINK);

  @Test
  void byDefaultNeitherMakesASnapshot() {
    try (TableCommitter committer = committer(false)) {
      assertThat(committer.commit(committable(1, 100))).isEqualTo(EMPTY);
      writer.flush(row(7, null));
      assertThat(committer.commit(committable(2, 200))).isEqualTo(EMPTY);
    }
    assertThat(flushes()).isEmpty();
    assertThat(test.load().properties()).doesNotContainKey("meru.committed.orders.run-1");
  }

  @Test
  void byOptionEachIsASnapshotThatSaysHowFarTheStreamIs() {
    try (TableCommitter committer = committer(true)) {
      assertThat(committer.commit(committable(1, 100))).isEqualTo(COMMITTED);
      writer.flush(row(7, null));
      assertThat(committer.commit(committable(2, 200))).isEqualTo(COMMITTED);
    }
    List<Snapshot> flushes = flushes();
    assertThat(flushes).hasSize(2);
    for (Snapshot snapshot : flushes) {
      assertThat(snapshot.operation()).isEqualTo(DataOperations.APPEND);
      assertThat(snapshot.summary())
          .containsEntry("meru.job", "flush")
          .containsEntry("total-records", "0")
          .doesNotContainKeys("added-data-files", "added-delete-files");
    }
    assertThat(flushes.get(1).summary())
        .containsEntry("meru.checkpoint-id", "1")
        .containsEntry("flink.max-committed-checkpoint-id", "1")
        .containsEntry("meru.watermark", "100")
        .doesNotContainKey("meru.first-seq");
    assertThat(flushes.get(0).summary())
        .containsEntry("meru.checkpoint-id", "2")
        .containsEntry("meru.watermark", "200");
    assertThat(test.load().properties()).containsEntry("meru.committed.orders.run-1", "1:2");
  }

  @Test
  void anEmptyCheckpointIsCommittedOnce() {
    Committable empty = committable(1, 100);
    try (TableCommitter committer = committer(true)) {
      assertThat(committer.commit(empty)).isEqualTo(COMMITTED);
    }
    try (TableCommitter restored = committer(true)) {
      assertThat(restored.commit(empty)).isEqualTo(ALREADY_COMMITTED);
    }
    assertThat(flushes()).hasSize(1);
  }

  @Test
  void aLostAnswerDoesNotCommitItTwice() {
    Faults faults = new Faults();
    Committable empty = committable(1, 100);
    try (TableCommitter committer = committer(test.load(faults), true)) {
      committer.commit(empty);
      faults.commits(Faults.Kind.UNKNOWN_DONE);
      assertThat(committer.commit(committable(2, 200))).isEqualTo(COMMITTED);
    }
    assertThat(flushes()).hasSize(2);
  }

  @Test
  void changesBetweenEmptyCheckpointsAreNotForeignToTheirRun() {
    Reresolved metrics = new Reresolved();
    try (TableCommitter committer = committer(test.load(), true, metrics)) {
      writer.flush(row(1, "a"));
      committer.commit(committable(1, 100));
      committer.commit(committable(2, 200));
      writer.flush(row(1, "b"));
      assertThat(committer.commit(committable(3, 300))).isEqualTo(COMMITTED);
      committer.commit(committable(4, 400));
      writer.flush(row(1, null));
      committer.commit(committable(5, 500));
    }
    assertThat(flushes()).hasSize(5);
    assertThat(test.rows()).isEmpty();
    assertThat(metrics.keys).isZero();
    test.checkSnapshots();
  }

  @Test
  void rowsThatOthersHadDeletedAreFoundAgainWhenThatIsRolledBack() {
    for (String next : new String[] {"b", null}) {
      TestTable table = new TestTable(2);
      NaiveWriter own = new NaiveWriter(table, SINK);
      try (TableCommitter committer = committer(table.load(), false)) {
        own.flush(row(1, "a"));
        own.flush(row(2, "c"));
        committer.commit(committable(own, 1));
        long before = table.load().currentSnapshot().snapshotId();
        own.flush(row(1, null));
        table.removeForeign(0);
        table.removeForeign(0);
        assertThat(committer.commit(committable(own, 2))).isEqualTo(COMMITTED);
        assertThat(table.rows()).isEmpty();

        table.load().manageSnapshots().rollbackTo(before).commit();
        own.skipNextPoll(); // the writer still takes its row for deleted
        own.flush(row(1, next));
        committer.commit(committable(own, 3));
      }
      assertThat(table.rows())
          .isEqualTo(
              next == null
                  ? Map.of(2L, List.of("c"))
                  : Map.of(1L, List.of(next), 2L, List.of("c")));
      table.checkSnapshots();
    }
  }

  @Test
  void rowsWithoutEffectLeaveNoFile() {
    try (TableCommitter committer = committer(true)) {
      writer.flush(row(1, "a"));
      writer.flush(row(1, null));
      Committable committable = committable(1, 100);
      String path = committable.edits().get(0).added().get(0).file().path();
      assertThat(test.load().io().newInputFile(path).exists()).isTrue();

      assertThat(committer.commit(committable)).isEqualTo(COMMITTED);

      assertThatThrownBy(() -> test.load().io().newInputFile(path))
          .isInstanceOf(NotFoundException.class);
      assertThat(test.rows()).isEmpty();
    }
  }

  private List<Snapshot> flushes() {
    return TestTable.flushes(test.load(), RUN);
  }

  private TableCommitter committer(boolean emptyCheckpoints) {
    return committer(test.load(), emptyCheckpoints);
  }

  private TableCommitter committer(Table table, boolean emptyCheckpoints) {
    return committer(table, emptyCheckpoints, CommitMetrics.NONE);
  }

  private TableCommitter committer(Table table, boolean emptyCheckpoints, CommitMetrics metrics) {
    return new TableCommitter(
        table,
        TestTable.NAME,
        new CommitOptions(20, 1, 2, 1 << 20, 1 << 20, emptyCheckpoints, Map.of()),
        metrics,
        Clock.systemUTC(),
        test.ids());
  }

  private Committable committable(long checkpointId, long watermark) {
    return new Committable(
        SINK, RUN, checkpointId, watermark, List.of(writer.barrier(checkpointId)));
  }

  private static Committable committable(NaiveWriter from, long checkpointId) {
    return new Committable(SINK, RUN, checkpointId, 0, List.of(from.barrier(checkpointId)));
  }

  private static Map<Long, @Nullable String> row(long key, @Nullable String value) {
    Map<Long, @Nullable String> row = new HashMap<>();
    row.put(key, value);
    return row;
  }

  private static final class Reresolved implements CommitMetrics {
    private long keys;

    @Override
    public void reresolved(long count) {
      keys += count;
    }
  }
}

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

package io.meru.flink.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.TableWriters;
import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.config.WriteOptions;
import io.meru.error.CommitConflictException;
import io.meru.error.FencedException;
import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.data.RowPlan;
import io.meru.flink.testing.Changes;
import io.meru.flink.testing.TestTable;
import io.meru.key.HashRange;
import io.meru.maintenance.CleanUpOptions;
import io.meru.maintenance.OrphanOptions;
import io.meru.maintenance.RetentionOptions;
import io.meru.metrics.CleanUpMetrics;
import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import io.meru.row.RowKind;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.iceberg.relocated.com.google.common.collect.Iterables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeruCommitterTest {
  private CleanUpOptions cleanUp = CleanUpOptions.DEFAULTS;

  @TempDir Path folder;

  private TestTable table;
  private LsmWriter writer;
  private RowDataAccessor accessor;

  @BeforeEach
  void openWriter() {
    table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    accessor = new RowDataAccessor(RowPlan.of("t", Changes.ROW_TYPE, Changes.SCHEMA));
    writer =
        TableWriters.open(
            table.load(),
            "t",
            HashRange.ALL,
            "orders",
            WriteOptions.DEFAULTS,
            Runnable::run,
            null,
            WriterMetrics.NONE,
            () -> 0L,
            UUID::randomUUID);
  }

  @AfterEach
  void closeWriter() {
    writer.close();
  }

  @Test
  void pendingCheckpointsAreCommittedInTheirOrder() throws Exception {
    Request first = new Request(committable("run", 1));
    Request second = new Request(committable("run", 2));
    try (MeruCommitter committer = committer()) {
      committer.commit(List.of(second, first));
    }

    assertThat(table.flushes())
        .extracting(snapshot -> snapshot.summary().get("meru.checkpoint-id"))
        .containsExactly("1", "2");
    assertThat(first.alreadyCommitted || second.alreadyCommitted).isFalse();
  }

  @Test
  void whatAnEarlierAttemptCommittedIsSignalled() throws Exception {
    Committable committable = committable("run", 1);
    try (MeruCommitter committer = committer()) {
      committer.commit(List.of(new Request(committable)));
    }
    Request again = new Request(committable);
    try (MeruCommitter committer = committer()) {
      committer.commit(List.of(again));
    }

    assertThat(again.alreadyCommitted).isTrue();
    assertThat(table.flushes()).hasSize(1);
  }

  @Test
  void aFencedAttemptStopsForGood() throws Exception {
    try (MeruCommitter zombie = committer()) {
      zombie.commit(List.of(new Request(committable("run", 1))));
      try (MeruCommitter successor = committer()) {
        successor.commit(List.of(new Request(committable("next-run", 2))));
      }

      assertThatThrownBy(() -> zombie.commit(List.of(new Request(committable("run", 3)))))
          .isInstanceOf(SuppressRestartsException.class)
          .hasCauseInstanceOf(FencedException.class);
    }
    assertThat(table.flushes()).hasSize(2);
  }

  @Test
  void theFirstSubtaskClaimsTheTableAtItsStart() throws Exception {
    try (MeruCommitter zombie = committer(0, Optional.of("orders"));
        MeruCommitter successor = committer(0, Optional.of("orders"))) {
      successor.commit(List.of(new Request(committable("next-run", 1))));

      assertThatThrownBy(() -> zombie.commit(List.of(new Request(committable("run", 1)))))
          .isInstanceOf(SuppressRestartsException.class)
          .hasCauseInstanceOf(FencedException.class);
    }
    assertThat(table.flushes()).hasSize(1);
  }

  @Test
  void otherSubtasksDoNotTouchTheTable() throws Exception {
    try (MeruCommitter first = committer(0, Optional.of("orders"));
        MeruCommitter second = committer(1, Optional.of("orders"))) {
      first.commit(List.of(new Request(committable("run", 1))));
    }
    assertThat(table.flushes()).hasSize(1);
  }

  @Test
  void anAttemptThatSleptBeforeItsClaimStartsAgain() throws Exception {
    Committable recovered = committable("run", 1);
    try (MeruCommitter sleeper = committer();
        MeruCommitter successor = committer()) {
      successor.commit(List.of(new Request(recovered)));

      assertThatThrownBy(() -> sleeper.commit(List.of(new Request(recovered))))
          .isInstanceOf(CommitConflictException.class)
          .hasMessageContaining("generation 1 while this one was starting, when the newest was 0");
    }
    assertThat(table.flushes()).hasSize(1);
  }

  @Test
  void aForkCommitsWhatItRecoversOnceAndFencesNobody() throws Exception {
    Committable recovered = committable("run", 1);
    try (MeruCommitter first = committer(0, Optional.of("orders"));
        MeruCommitter fork = committer(0, Optional.of("orders-fork"))) {
      fork.commit(List.of(new Request(recovered)));
      Request late = new Request(recovered);
      first.commit(List.of(late));
      assertThat(late.alreadyCommitted).isTrue();
      first.commit(List.of(new Request(committable("run", 2))));
    }
    assertThat(table.flushes())
        .extracting(snapshot -> snapshot.summary().get("meru.sink-id"))
        .containsExactly("orders", "orders");
  }

  @Test
  void snapshotsStayFewWhileCheckpointsAreMany() throws Exception {
    cleanUp = threeSnapshotsAtOnce();
    try (MeruCommitter committer = committer()) {
      for (int checkpoint = 1; checkpoint <= 20; checkpoint++) {
        committer.commit(List.of(new Request(committable("run", checkpoint))));
      }
      awaitFewSnapshots(committer, 21);
    }
    assertThat(table.load().properties()).containsEntry("meru.committed.orders.run", "1:40");
  }

  /** The background may still be busy with the last expiry when a checkpoint is done. */
  private void awaitFewSnapshots(MeruCommitter committer, int checkpoint) throws Exception {
    for (int next = checkpoint; next <= 40; next++) {
      Thread.sleep(20);
      committer.commit(List.of(new Request(committable("run", next))));
    }
    assertThat(table.load().snapshots()).hasSizeLessThanOrEqualTo(5);
  }

  @Test
  void aFencedRunCleansNothing() throws Exception {
    try (MeruCommitter first = committer(0, Optional.of("orders"))) {
      for (int checkpoint = 1; checkpoint <= 10; checkpoint++) {
        first.commit(List.of(new Request(committable("run", checkpoint))));
      }
    }
    cleanUp = threeSnapshotsAtOnce();
    try (MeruCommitter old = committer(0, Optional.of("orders"))) {
      cleanUp = CleanUpOptions.DEFAULTS;
      try (MeruCommitter newer = committer(0, Optional.of("orders"))) {
        newer.commit(List.of(new Request(committable("newer", 11))));
        int before = Iterables.size(table.load().snapshots());
        // a checkpoint that it finds committed, and one that is empty, say nothing of the claim
        old.commit(List.of(new Request(committable("run", 10))));
        old.commit(
            List.of(
                new Request(
                    new Committable("orders", "run", 12, Committable.NO_WATERMARK, List.of()))));
        assertThatThrownBy(() -> old.commit(List.of(new Request(committable("run", 13)))))
            .hasStackTraceContaining("may no longer write");
        assertThat(table.load().snapshots()).hasSize(before);
      }
    }
  }

  private static CleanUpOptions threeSnapshotsAtOnce() {
    return new CleanUpOptions(
        true,
        Duration.ZERO,
        new RetentionOptions(Duration.ofHours(1), Duration.ZERO, 1, 3),
        Duration.ZERO,
        OrphanOptions.DEFAULTS);
  }

  private MeruCommitter committer() {
    return committer(0, Optional.empty());
  }

  private MeruCommitter committer(int subtask, Optional<String> sinkId) {
    return MeruCommitter.open(
        subtask,
        table.loader(),
        sinkId,
        CommitOptions.DEFAULTS,
        cleanUp,
        CommitMetrics.NONE,
        CleanUpMetrics.NONE);
  }

  private Committable committable(String run, long checkpointId) {
    writer.write(
        RowKind.INSERT,
        accessor.wrap(GenericRowData.of(StringData.fromString("a"), checkpointId, 5L)));
    VersionEdit edit = writer.barrier(checkpointId);
    return new Committable("orders", run, checkpointId, Committable.NO_WATERMARK, List.of(edit));
  }

  /** Takes an answer only where one is allowed. */
  private static final class Request implements CommitRequest<Committable> {
    private final Committable committable;
    private boolean alreadyCommitted;

    Request(Committable committable) {
      this.committable = committable;
    }

    @Override
    public Committable getCommittable() {
      return committable;
    }

    @Override
    public int getNumberOfRetries() {
      return 0;
    }

    @Override
    public void signalAlreadyCommitted() {
      alreadyCommitted = true;
    }

    @Override
    public void signalFailedWithKnownReason(Throwable failure) {
      throw new AssertionError("this drops data", failure);
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable failure) {
      throw new AssertionError(failure);
    }

    @Override
    public void retryLater() {
      throw new AssertionError("the committer backs off by itself");
    }

    @Override
    public void updateAndRetryLater(Committable changed) {
      throw new AssertionError("the committer backs off by itself");
    }
  }
}

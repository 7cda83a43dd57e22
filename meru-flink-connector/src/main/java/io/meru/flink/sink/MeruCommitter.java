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

import static java.util.Objects.requireNonNull;

import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.commit.TableCommitter;
import io.meru.flink.loader.LoadedTable;
import io.meru.maintenance.CleanUpOptions;
import io.meru.metrics.CleanUpMetrics;
import io.meru.metrics.CommitMetrics;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.iceberg.flink.TableLoader;
import org.jspecify.annotations.Nullable;

/**
 * Commits the checkpoints' committables in their order. Only the first subtask is ever sent any;
 * the others don't even open the table.
 *
 * <p>The first subtask claims the table when it is opened, so that an older run can commit nothing
 * from then on. Where only the restored state knows the sink's name, the claim comes with the
 * committables that are restored, which is still before the first row; a sink that is new in a
 * restored job claims with its first checkpoint.
 *
 * <p>After each checkpoint the table's cleaner does what is due; it has one thread of its own,
 * which ends with this committer.
 *
 * <p>A failure is thrown, and the job restarts: the committable is in the checkpoint and is
 * committed then. {@code signalFailedWithKnownReason} would drop it.
 */
final class MeruCommitter implements Committer<Committable> {
  private static final int FIRST_SUBTASK = 0;

  private final @Nullable LoadedTable table;
  private final @Nullable TableCommitter committer;
  private final @Nullable BackgroundCleaner cleaner;

  private MeruCommitter(
      @Nullable LoadedTable table,
      @Nullable TableCommitter committer,
      @Nullable BackgroundCleaner cleaner) {
    this.table = table;
    this.committer = committer;
    this.cleaner = cleaner;
  }

  /**
   * Opens the committer of a subtask.
   *
   * @param sinkId the sink's name; empty if only the restored state knows it
   */
  static MeruCommitter open(
      int subtask,
      TableLoader loader,
      Optional<String> sinkId,
      CommitOptions options,
      CleanUpOptions cleanUp,
      CommitMetrics metrics,
      CleanUpMetrics cleanUpMetrics) {
    if (subtask != FIRST_SUBTASK) {
      return new MeruCommitter(null, null, null);
    }
    TableLoader cleanersLoader = loader.clone();
    LoadedTable table = LoadedTable.open(loader);
    try {
      TableCommitter committer =
          new TableCommitter(
              table.table(), table.name(), options, metrics, Clock.systemUTC(), UUID::randomUUID);
      sinkId.ifPresent(committer::claim);
      BackgroundCleaner cleaner =
          BackgroundCleaner.start(table, cleanersLoader, committer, cleanUp, cleanUpMetrics);
      return new MeruCommitter(table, committer, cleaner);
    } catch (RuntimeException e) {
      closeAfter(table, e);
      throw Failures.classified(e);
    }
  }

  @Override
  public void commit(Collection<CommitRequest<Committable>> requests) {
    List<CommitRequest<Committable>> inOrder = new ArrayList<>(requests);
    inOrder.sort(Comparator.comparingLong(request -> request.getCommittable().checkpointId()));
    for (CommitRequest<Committable> request : inOrder) {
      commit(request);
    }
  }

  private void commit(CommitRequest<Committable> request) {
    try {
      TableCommitter.Outcome outcome = committer().commit(request.getCommittable());
      if (outcome == TableCommitter.Outcome.ALREADY_COMMITTED) {
        request.signalAlreadyCommitted();
      }
      requireNonNull(cleaner, "the first subtask has one")
          .checkpointDone(outcome == TableCommitter.Outcome.COMMITTED);
    } catch (RuntimeException e) {
      throw Failures.classified(e);
    }
  }

  private TableCommitter committer() {
    return requireNonNull(committer, "committables go to the first subtask");
  }

  private static void closeAfter(LoadedTable table, RuntimeException failure) {
    try {
      table.close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    try {
      if (cleaner != null) {
        cleaner.close(); // before the table that it works on
      }
      if (committer != null) {
        committer.close();
      }
    } finally {
      if (table != null) {
        table.close();
      }
    }
  }
}

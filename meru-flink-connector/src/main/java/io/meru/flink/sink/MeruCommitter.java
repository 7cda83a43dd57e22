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

import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.commit.TableCommitter;
import io.meru.flink.loader.LoadedTable;
import io.meru.metrics.CommitMetrics;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.iceberg.flink.TableLoader;
import org.jspecify.annotations.Nullable;

/**
 * Commits the checkpoints' committables in their order. Only the first subtask is ever sent any;
 * table and committer are opened when the first comes, so that the others cost nothing.
 *
 * <p>A failure is thrown, and the job restarts: the committable is in the checkpoint and is
 * committed then. {@code signalFailedWithKnownReason} would drop it.
 */
final class MeruCommitter implements Committer<Committable> {
  private final TableLoader loader;
  private final CommitOptions options;
  private final CommitMetrics metrics;

  private @Nullable LoadedTable table;
  private @Nullable TableCommitter committer;

  MeruCommitter(TableLoader loader, CommitOptions options, CommitMetrics metrics) {
    this.loader = loader;
    this.options = options;
    this.metrics = metrics;
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
      Committable committable = request.getCommittable();
      if (committer(committable.sinkId()).commit(committable)
          == TableCommitter.Outcome.ALREADY_COMMITTED) {
        request.signalAlreadyCommitted();
      }
    } catch (RuntimeException e) {
      throw Failures.classified(e);
    }
  }

  private TableCommitter committer(String sinkId) {
    if (committer == null) {
      table = LoadedTable.open(loader);
      committer =
          new TableCommitter(
              table.table(),
              table.name(),
              withOperatorId(sinkId),
              metrics,
              Clock.systemUTC(),
              UUID::randomUUID);
    }
    return committer;
  }

  /** Iceberg's own sink, too, names its operator by its sink's id. */
  private CommitOptions withOperatorId(String sinkId) {
    Map<String, String> summary = new HashMap<>(options.summary());
    summary.put("flink.operator-id", sinkId);
    return new CommitOptions(
        options.maxAttempts(),
        options.minBackoffMs(),
        options.maxBackoffMs(),
        options.vectorCacheBytes(),
        options.resolverCacheBytes(),
        Map.copyOf(summary));
  }

  @Override
  public void close() {
    if (committer != null) {
      committer.close();
    }
    if (table != null) {
      table.close();
    }
  }
}

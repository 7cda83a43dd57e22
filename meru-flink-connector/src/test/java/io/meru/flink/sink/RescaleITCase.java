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

import io.meru.flink.testing.ChangeSource;
import io.meru.flink.testing.Changes;
import io.meru.flink.testing.SlowTableLoader;
import io.meru.flink.testing.TestTable;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A job is stopped and goes on with another parallelism: 2, 4, 1, 3. */
class RescaleITCase {
  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(4)
              .build());

  private static final List<Integer> PARALLELISMS = List.of(2, 4, 1, 3);
  private static final int SNAPSHOTS_PER_JOB = 3;

  @TempDir Path folder;

  private final Changes changes = new Changes(11, 600);

  @Test
  void aJobGoesOnFromASavepointWithAnotherParallelism() throws Exception {
    long count = 20_000;
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    String savepoint = null;
    for (int parallelism : PARALLELISMS) {
      boolean last = parallelism == PARALLELISMS.get(PARALLELISMS.size() - 1);
      StreamExecutionEnvironment env = environment(parallelism, savepoint, false);
      add(env, table, count, 3_000, MeruSink.forRowData(Changes.ROW_TYPE));
      if (last) {
        env.execute();
      } else {
        JobClient job = env.executeAsync();
        awaitSnapshots(table, job);
        savepoint =
            job.stopWithSavepoint(
                    false, folder.resolve("sp").toUri().toString(), SavepointFormatType.CANONICAL)
                .get(60, TimeUnit.SECONDS);
      }
    }

    table.assertEachSnapshotIsAPrefixOf(changes);
    table.assertHolds(changes, count);
    assertThat(table.flushes())
        .extracting(snapshot -> snapshot.summary().get("meru.sink-id"))
        .as("the sink keeps its drawn name")
        .containsOnly(table.flushes().get(0).summary().get("meru.sink-id"));
  }

  /** Without a converter, the writer's rows are read into one that is used again and again. */
  @Test
  void inFlightRowsAreRestoredIntoARowThatIsUsedAgain() throws Exception {
    long count = 1_200_000; // more than slow writers take before they are stopped
    Changes manyKeys = new Changes(12, 150_000);
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    String checkpoint = null;
    boolean sawInFlightRows = false;
    for (int parallelism : PARALLELISMS) {
      boolean last = parallelism == PARALLELISMS.get(PARALLELISMS.size() - 1);
      StreamExecutionEnvironment env = environment(parallelism, checkpoint, true);
      // small buffers and slow files make the writers the bottleneck, until the last job
      MeruSink.forRowData(Changes.ROW_TYPE)
          .tableLoader(last ? table.loader() : new SlowTableLoader(table.loader(), 300))
          .set("write-buffer.size", "1 mb")
          .uidSuffix("rescale")
          .append(ChangeSource.stream(env, manyKeys, count, 0));
      if (last) {
        env.execute();
      } else {
        JobClient job = env.executeAsync();
        awaitSnapshots(table, job);
        job.cancel().get(60, TimeUnit.SECONDS);
        Path retained = newestCheckpoint(job);
        sawInFlightRows |= hasInFlightRows(retained);
        checkpoint = retained.toUri().toString();
      }
    }

    assertThat(sawInFlightRows).as("a checkpoint held rows in flight").isTrue();
    table.assertHolds(manyKeys, count);
  }

  @Test
  void inFlightRowsOfAnUnalignedCheckpointFindTheirNewOwner() throws Exception {
    long count = 30_000;
    TestTable table = TestTable.create(folder, Changes.SCHEMA, Map.of());
    String checkpoint = null;
    boolean sawInFlightRows = false;
    for (int parallelism : PARALLELISMS) {
      boolean last = parallelism == PARALLELISMS.get(PARALLELISMS.size() - 1);
      StreamExecutionEnvironment env = environment(parallelism, checkpoint, true);
      add(env, table, count, 0, MeruSink.builderFor(new SlowInWriter(), Changes.ROW_TYPE));
      if (last) {
        env.execute();
      } else {
        JobClient job = env.executeAsync();
        awaitSnapshots(table, job);
        job.cancel().get(60, TimeUnit.SECONDS);
        Path retained = newestCheckpoint(job);
        sawInFlightRows |= hasInFlightRows(retained);
        checkpoint = retained.toUri().toString();
      }
    }

    assertThat(sawInFlightRows).as("a checkpoint held rows in flight").isTrue();
    table.assertHolds(changes, count);
  }

  private void add(
      StreamExecutionEnvironment env,
      TestTable table,
      long count,
      int perSecond,
      MeruSinkBuilder<RowData> sink) {
    sink.tableLoader(table.loader())
        .uidSuffix("rescale")
        .append(ChangeSource.stream(env, changes, count, perSecond));
  }

  private StreamExecutionEnvironment environment(
      int parallelism, String restoreFrom, boolean unaligned) {
    Configuration config = new Configuration();
    config.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    config.set(CheckpointingOptions.ENABLE_UNALIGNED, unaligned);
    config.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    config.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(200));
    config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.resolve("cp").toUri().toString());
    if (restoreFrom != null) {
      config.set(StateRecoveryOptions.SAVEPOINT_PATH, restoreFrom);
    }
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
    env.setParallelism(parallelism);
    return env;
  }

  /** Returns when the job has committed; fails at once, and with its cause, if the job ends. */
  private static void awaitSnapshots(TestTable table, JobClient job) throws Exception {
    int enough = table.flushes().size() + SNAPSHOTS_PER_JOB;
    CompletableFuture<JobExecutionResult> end = job.getJobExecutionResult();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (table.flushes().size() < enough) {
      assertThat(System.nanoTime()).as("deadline for snapshots").isLessThan(deadline);
      assertThat(endsWithin(end, 50)).as("the job ended before it was stopped").isFalse();
    }
  }

  private static boolean endsWithin(CompletableFuture<JobExecutionResult> end, long millis)
      throws Exception {
    try {
      end.get(millis, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException stillRunning) {
      return false;
    }
  }

  private Path newestCheckpoint(JobClient job) throws IOException {
    try (Stream<Path> files =
        Files.list(folder.resolve("cp").resolve(job.getJobID().toHexString()))) {
      return files
          .filter(path -> Files.exists(path.resolve("_metadata")))
          .max(Comparator.comparingLong(RescaleITCase::checkpointId))
          .orElseThrow();
    }
  }

  private static long checkpointId(Path path) {
    return Long.parseLong(path.getFileName().toString().substring("chk-".length()));
  }

  /** Makes the writers the bottleneck, so that rows pile up before them. */
  private static final class SlowInWriter implements RowDataConverter<RowData> {
    private static final long serialVersionUID = 1L;
    private static final int ROWS_PER_MS = 4;

    private transient int rows;

    @Override
    public RowData convert(RowData row) {
      if (Thread.currentThread().getName().contains("Writer") && ++rows % ROWS_PER_MS == 0) {
        LockSupport.parkNanos(1_000_000);
      }
      return row;
    }
  }

  private static boolean hasInFlightRows(Path checkpoint) throws IOException {
    try (DataInputStream in =
        new DataInputStream(Files.newInputStream(checkpoint.resolve("_metadata")))) {
      CheckpointMetadata metadata =
          Checkpoints.loadCheckpointMetadata(
              in, RescaleITCase.class.getClassLoader(), checkpoint.toString());
      return metadata.getOperatorStates().stream()
          .flatMap(operator -> operator.getStates().stream())
          .anyMatch(
              state ->
                  !state.getInputChannelState().isEmpty()
                      || !state.getResultSubpartitionState().isEmpty());
    }
  }
}

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

package io.meru.benchmarks.e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.CheckpointType;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.apache.flink.runtime.checkpoint.CompletedCheckpointStats;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.ExceptionUtils;

/**
 * Runs jobs that send a workload's batches into an engine's sink, on a cluster inside this process,
 * one checkpoint per batch: a batch is sent, its checkpoint is triggered, its commit awaited, and
 * only then the next is sent. So every commit of every engine holds the same rows.
 */
final class JobRunner implements AutoCloseable {
  private static final Duration STUCK = Duration.ofMinutes(20);

  private final int lanes;
  private final CpuMeter meter = new CpuMeter();
  private final Configuration configuration;
  private final MiniCluster cluster;

  /**
   * What one batch took.
   *
   * @param rows operations in it
   * @param wallNanos from the first row let go until readers see the commit
   * @param cpu what the process used in that time
   * @param checkpointBytes size of the checkpoint's state
   */
  record BatchResult(int rows, long wallNanos, CpuMeter.Reading cpu, long checkpointBytes) {}

  /** A cluster of {@code lanes} slots that keeps its checkpoints in {@code checkpoints}. */
  JobRunner(int lanes, Path checkpoints) throws Exception {
    this.lanes = lanes;
    this.configuration = configuration(checkpoints);
    this.cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(lanes)
                .withRandomPorts()
                .build());
    cluster.start();
  }

  /**
   * Starts a job that writes to {@code engine}'s table, runs batches {@code from} to {@code until}
   * (excluded) through it, and cancels it.
   */
  List<BatchResult> run(Engine engine, Workload workload, int from, int until) throws Exception {
    BatchGate gate = new BatchGate(lanes, from);
    gate.install();
    JobID job = submit(engine, workload, from);
    List<BatchResult> results = new ArrayList<>();
    for (int batch = from; batch < until; batch++) {
      results.add(runBatch(engine, gate, job, workload.size(batch)));
    }
    cancel(job);
    return results;
  }

  private BatchResult runBatch(Engine engine, BatchGate gate, JobID job, int rows)
      throws Exception {
    CpuMeter.Reading before = meter.read();
    long start = System.nanoTime();
    gate.openNext();
    awaitSent(gate, job);
    long checkpoint = checkpoint(job);
    awaitVisible(engine, job, checkpoint);
    long wall = System.nanoTime() - start;
    CpuMeter.Reading used = meter.read().minus(before);
    return new BatchResult(rows, wall, used, checkpointBytes(job));
  }

  /** Starts a job that writes to {@code engine}'s table. A gate must be installed. */
  JobID submit(Engine engine, Workload workload, int firstBatch) throws Exception {
    StreamExecutionEnvironment environment = new StreamExecutionEnvironment(configuration);
    environment.setParallelism(lanes);
    DataStream<RowData> rows =
        environment.fromSource(
            new BatchSource(workload, firstBatch),
            WatermarkStrategy.noWatermarks(),
            "batches",
            InternalTypeInfo.of(Rows.type(workload)));
    engine.attach(rows);
    return cluster.submitJob(environment.getStreamGraph().getJobGraph()).get().getJobID();
  }

  /** Waits until the readers have sent all batches that are open. */
  void awaitSent(BatchGate gate, JobID job) throws Exception {
    long deadline = System.nanoTime() + STUCK.toNanos();
    while (!gate.awaitSent(1_000)) {
      check(job, deadline);
    }
  }

  /** Triggers a checkpoint, again while tasks are still starting, and waits for its completion. */
  long checkpoint(JobID job) throws Exception {
    long deadline = System.nanoTime() + STUCK.toNanos();
    while (true) {
      CompletableFuture<Long> triggered = cluster.triggerCheckpoint(job, CheckpointType.CONFIGURED);
      try {
        return triggered.get(STUCK.toSeconds(), TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        check(job, deadline);
        boolean starting =
            ExceptionUtils.findThrowable(e, CheckpointException.class)
                .filter(c -> c.getCheckpointFailureReason().isPreFlight())
                .isPresent();
        if (!starting) {
          throw e;
        }
        Thread.sleep(20);
      }
    }
  }

  /** Waits until readers of the table see checkpoint {@code checkpoint}. */
  void awaitVisible(Engine engine, JobID job, long checkpoint) throws Exception {
    long deadline = System.nanoTime() + STUCK.toNanos();
    for (int polls = 1; !engine.isVisible(checkpoint); polls++) {
      Thread.sleep(1);
      if (polls % 1_000 == 0) {
        check(job, deadline);
      }
    }
  }

  private void check(JobID job, long deadline) throws Exception {
    AccessExecutionGraph graph = cluster.getExecutionGraph(job).get();
    JobStatus status = graph.getState();
    if (status.isTerminalState() || status == JobStatus.FAILING) {
      throw new IllegalStateException(
          "The job is %s: %s"
              .formatted(
                  status,
                  graph.getFailureInfo() == null
                      ? "no cause is known"
                      : graph.getFailureInfo().getExceptionAsString()));
    }
    if (System.nanoTime() > deadline) {
      throw new TimeoutException(
          "The job is %s and has been stuck for %s".formatted(status, STUCK));
    }
  }

  private long checkpointBytes(JobID job) throws Exception {
    CheckpointStatsSnapshot stats =
        cluster.getExecutionGraph(job).get().getCheckpointStatsSnapshot();
    CompletedCheckpointStats latest =
        stats == null ? null : stats.getHistory().getLatestCompletedCheckpoint();
    return latest == null ? 0 : latest.getStateSize();
  }

  /** Ends the job, and waits until it has ended. */
  void cancel(JobID job) throws Exception {
    cluster.cancelJob(job).get();
    cluster.requestJobResult(job).get();
  }

  private static Configuration configuration(Path checkpoints) {
    Configuration configuration = new Configuration();
    // On, but never by the clock.
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofDays(1));
    configuration.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, STUCK);
    configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(64));
    return configuration;
  }

  @Override
  public void close() {
    cluster.closeAsync().join();
  }
}

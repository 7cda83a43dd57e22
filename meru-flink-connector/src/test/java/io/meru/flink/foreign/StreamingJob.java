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

package io.meru.flink.foreign;

import io.meru.flink.sink.MeruSink;
import io.meru.flink.testing.ChangeSource;
import io.meru.flink.testing.Changes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.iceberg.flink.TableLoader;
import org.jspecify.annotations.Nullable;

/** A job that writes changes without end, about a hundred a checkpoint; it never restarts. */
final class StreamingJob {
  /** Between two checkpoints. */
  static final Duration INTERVAL = Duration.ofMillis(250);

  private static final int PER_SECOND = 400;

  /** Each snapshot is of a checkpoint, and a file is there until another writer rewrites it. */
  static final Map<String, String> NO_COMPACTION = Map.of("compaction.enabled", "false");

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final JobClient client;
  private final Path savepoints;

  private StreamingJob(JobClient client, Path savepoints) {
    this.client = client;
    this.savepoints = savepoints;
  }

  /**
   * Starts one that does not compact.
   *
   * @param savepoint where a former one stopped; null to begin anew
   */
  static StreamingJob start(
      TableLoader loader,
      Changes changes,
      String sinkId,
      Path savepoints,
      @Nullable String savepoint)
      throws Exception {
    return start(loader, changes, sinkId, savepoints, savepoint, NO_COMPACTION);
  }

  /** Starts it with options of the sink's that are not the defaults. */
  static StreamingJob start(
      TableLoader loader,
      Changes changes,
      String sinkId,
      Path savepoints,
      @Nullable String savepoint,
      Map<String, String> options)
      throws Exception {
    Configuration config = new Configuration();
    config.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    if (savepoint != null) {
      config.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
    }
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(config);
    env.setParallelism(2);
    env.enableCheckpointing(INTERVAL.toMillis());
    MeruSink.forRowData(Changes.ROW_TYPE)
        .tableLoader(loader)
        .sinkId(sinkId)
        .uidSuffix("foreign")
        .setAll(options)
        .append(ChangeSource.stream(env, changes, Long.MAX_VALUE, PER_SECOND));
    return new StreamingJob(env.executeAsync(), savepoints);
  }

  /** Whether it is neither failed nor stopped. */
  boolean isRunning() throws InterruptedException, ExecutionException, TimeoutException {
    JobStatus status = client.getJobStatus().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    return !status.isGloballyTerminalState();
  }

  /** Stops it behind a last checkpoint; returns its savepoint. */
  String stop() throws Exception {
    String savepoint =
        client
            .stopWithSavepoint(false, savepoints.toUri().toString(), SavepointFormatType.CANONICAL)
            .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    client.getJobExecutionResult().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    return savepoint;
  }

  /** Ends it without more ado. */
  void cancel() throws InterruptedException, ExecutionException, TimeoutException {
    if (isRunning()) {
      client.cancel().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  /** Waits for the failure that the test wants, and returns it. */
  Throwable failure() throws Exception {
    try {
      client.getJobExecutionResult().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return e;
    }
    throw new IllegalStateException("The job did not fail");
  }
}

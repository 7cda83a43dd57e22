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

package io.meru.faults;

import io.meru.servers.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Starts and stops the job of one schedule, and knows where its checkpoints are. */
final class JobControl {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  static final Duration CHECKPOINT_INTERVAL = Duration.ofMillis(500);

  private final FlinkCluster cluster;
  private final FaultTable table;
  private final Schedule schedule;
  private final Path directory;
  private final SplittableRandom random;
  private final List<JobStart> starts = new ArrayList<>();
  private int restarts;

  /**
   * @param directory of checkpoints and savepoints
   * @param random draws job ids
   */
  JobControl(
      FlinkCluster cluster,
      FaultTable table,
      Schedule schedule,
      Path directory,
      SplittableRandom random) {
    this.cluster = cluster;
    this.table = table;
    this.schedule = schedule;
    this.directory = directory;
    this.random = random;
  }

  /** Starts without state. */
  void startFresh(int changesPerSecond) throws Exception {
    start(
        null,
        starts.isEmpty() ? schedule.parallelism() : current().parallelism(),
        changesPerSecond,
        newJobId());
  }

  /** Starts from a checkpoint or savepoint, under a new job id. */
  void startFrom(Path state, int parallelism, int changesPerSecond) throws Exception {
    start(state, parallelism, changesPerSecond, newJobId());
  }

  /** Starts a job with a sink id of its own beside those that run, and returns it. */
  JobStart startFork(Path state, String sinkId, int changesPerSecond) throws Exception {
    JobStart fork = add(state, current().parallelism(), changesPerSecond, newJobId(), sinkId);
    submit(fork);
    return fork;
  }

  /** Starts as the last time, but from {@code state}; without any where there is none. */
  void goOnFrom(Optional<Path> state) throws Exception {
    JobStart last = current();
    start(state.orElse(null), last.parallelism(), last.changesPerSecond(), newJobId());
  }

  /** Starts from a checkpoint or savepoint, under the last start's job id. */
  void startAgainFrom(Path state, int changesPerSecond) throws Exception {
    start(state, current().parallelism(), changesPerSecond, current().jobId());
  }

  /** Starts two jobs from one savepoint at the same moment. */
  List<JobStart> startTwoFrom(Path state, int parallelism, int changesPerSecond)
      throws InterruptedException, ExecutionException {
    JobStart first = add(state, parallelism, changesPerSecond, newJobId());
    JobStart second = add(state, parallelism, changesPerSecond, newJobId());
    cluster.awaitTaskManagers();
    CompletableFuture.allOf(
            CompletableFuture.runAsync(() -> submitUnchecked(first)),
            CompletableFuture.runAsync(() -> submitUnchecked(second)))
        .get();
    return List.of(first, second);
  }

  /** From now on {@code start} is the job. */
  void goOnWith(JobStart start) {
    starts.remove(start);
    starts.add(start);
  }

  /** The newest start. */
  JobStart current() {
    return starts.get(starts.size() - 1);
  }

  /** How often the job was started. */
  int starts() {
    return starts.size();
  }

  /** How often jobs that were stopped or cancelled had restarted by themselves. */
  int restarts() {
    return restarts;
  }

  String state() throws IOException, InterruptedException {
    return cluster.rest().state(current().jobId());
  }

  /** Whether the job of {@code start} has ended, one way or another. */
  boolean hasEnded(JobStart start) {
    try {
      return FlinkRest.ENDED.contains(cluster.rest().state(start.jobId()));
    } catch (IOException e) {
      throw new UncheckedIOException("The JobManager does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted", e);
    }
  }

  /** Cancels the job and waits for its end. */
  void cancel() throws Exception {
    String jobId = current().jobId();
    restarts += cluster.rest().restarts(jobId);
    cluster.rest().cancel(jobId);
    awaitEnd(jobId);
  }

  /** Cancels all jobs that were ever started here, as far as they still run. */
  void cancelAll() throws Exception {
    for (JobStart start : starts) {
      if (cluster.rest().runs(start.jobId())) {
        cluster.rest().cancel(start.jobId());
        awaitEnd(start.jobId());
      }
    }
  }

  /** Waits until job {@code jobId} has ended and returns its last state. */
  String awaitEnd(String jobId) throws InterruptedException {
    return Await.answer(
        "job " + jobId + " has ended",
        LIMIT,
        () -> {
          String state = cluster.rest().state(jobId);
          return FlinkRest.ENDED.contains(state) ? state : null;
        });
  }

  /** Stops the job with a savepoint; a restart in the middle of it has it try again. */
  Path stop() throws Exception {
    return stop(current());
  }

  /** Stops one of several jobs in the same way. */
  Path stop(JobStart start) throws Exception {
    String jobId = start.jobId();
    restarts += cluster.rest().restarts(jobId);
    Path savepoint =
        Await.answer(
            "job " + jobId + " has stopped with a savepoint",
            LIMIT,
            () -> {
              try {
                return cluster.rest().stop(jobId, directory.resolve("savepoints"));
              } catch (FlinkRest.StopFailedException e) {
                return null;
              }
            });
    String state = awaitEnd(jobId);
    if (!state.equals("FINISHED")) {
      throw new IllegalStateException(
          "Job %s was stopped and is %s: %s"
              .formatted(jobId, state, cluster.rest().exceptions(jobId)));
    }
    return savepoint;
  }

  /**
   * The newest checkpoint that the job has completed; what it was started from if it has completed
   * none; empty if it was started without.
   */
  Optional<Path> newestState() {
    List<Path> retained = retained();
    return retained.isEmpty()
        ? current().restoreFrom()
        : Optional.of(retained.get(retained.size() - 1));
  }

  /** The newest retained checkpoint whose id is lower, else what the job was started from. */
  Optional<Path> stateBefore(long checkpointId) {
    return retained().stream()
        .filter(checkpoint -> number(checkpoint) < checkpointId)
        .reduce((earlier, later) -> later)
        .or(() -> current().restoreFrom());
  }

  /** The checkpoints that the newest start has retained, oldest first. */
  List<Path> retained() {
    Path folder = current().checkpoints().resolve(current().jobId());
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> checkpoints = Files.list(folder)) {
      return checkpoints
          .filter(path -> Files.exists(path.resolve("_metadata")))
          .sorted(Comparator.comparingLong(JobControl::number))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + folder, e);
    }
  }

  /** The checkpoint's id. */
  private static long number(Path checkpoint) {
    return Long.parseLong(checkpoint.getFileName().toString().substring("chk-".length()));
  }

  private void start(@Nullable Path state, int parallelism, int changesPerSecond, String jobId)
      throws Exception {
    submit(add(state, parallelism, changesPerSecond, jobId));
  }

  private JobStart add(@Nullable Path state, int parallelism, int changesPerSecond, String jobId) {
    String sinkId = starts.isEmpty() ? schedule.sinkId() : current().sinkIdOrNull();
    return add(state, parallelism, changesPerSecond, jobId, sinkId);
  }

  private JobStart add(
      @Nullable Path state,
      int parallelism,
      int changesPerSecond,
      String jobId,
      @Nullable String sinkId) {
    JobStart start =
        new JobStart(
            jobId,
            parallelism,
            changesPerSecond,
            CHECKPOINT_INTERVAL,
            schedule.unaligned(),
            directory.resolve("checkpoints").resolve("start-" + starts.size()),
            state,
            sinkId,
            schedule.compacts());
    starts.add(start);
    return start;
  }

  private void submit(JobStart start) throws Exception {
    cluster.awaitTaskManagers();
    new FaultJob(schedule.workload(), table, start).submit(cluster.rest().address());
  }

  private void submitUnchecked(JobStart start) {
    try {
      submit(start);
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  private String newJobId() {
    return "%016x%016x".formatted(random.nextLong(), random.nextLong());
  }
}

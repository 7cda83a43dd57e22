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

package io.meru.acceptance;

import io.meru.servers.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.util.ExceptionUtils;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;

/**
 * Three jobs on the table, and what happens to them: a failure and an automatic restart, another
 * writer before and within a commit, a takeover from a checkpoint with another parallelism, a
 * restore from a savepoint with yet another.
 */
final class JobSteps implements AutoCloseable {
  /** The row that another writer appends, of a key that no change has. */
  static final Item OTHERS_ITEM = new Item(1_000, 1, "north", 0, "of another writer");

  /** Attempts that end in a failure: that which is asked for, and that of the superseded job. */
  static final int FAILURES = 2;

  /** Attempts of the job: three starts, and a restart. */
  static final int ATTEMPTS = 4;

  /** The failed attempts' writers. */
  static final int FIRST_PARALLELISM = 2;

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int COMMITS = 2;

  private final Lake lake;
  private final Catalog catalog;
  private final TableIdentifier name;
  private final Path directory;
  private final List<String> violations;
  private final Commits commits;
  private final Map<JobClient, CompletableFuture<JobExecutionResult>> ends = new LinkedHashMap<>();

  JobSteps(
      Lake lake, Catalog catalog, TableIdentifier name, Path directory, List<String> violations) {
    this.lake = lake;
    this.catalog = catalog;
    this.name = name;
    this.directory = directory;
    this.violations = violations;
    this.commits = new Commits(catalog, name);
  }

  /** Goes through all of them. */
  void run() throws Exception {
    JobClient first = keep(job("first", FIRST_PARALLELISM, Optional.empty()).startWithDefinition());
    commits.await(first, Set.of(), COMMITS);
    failAndRestart(first);
    ItemTable.append(catalog.loadTable(name), OTHERS_ITEM);
    loseRace(first);
    JobClient second = takeOver(first);
    JobClient third = restoreFrom(stop(second));
    stop(third);
  }

  private void failAndRestart(JobClient job) throws InterruptedException {
    Set<String> before = commits.runs();
    ItemRows.failOnce();
    commits.await(job, before, COMMITS);
  }

  /** Another writer takes the place that a commit was planned for, with a key of that commit. */
  private void loseRace(JobClient job) throws InterruptedException {
    Item rival = new Item(Marker.KEY.tenant(), Marker.KEY.id(), "north", 0, "of another writer");
    RacingLocations.race(() -> ItemTable.append(catalog.loadTable(name), rival));
    Await.until(
        "a commit that lost a race is planned anew",
        LIMIT,
        () -> RacingLocations.plansSince() >= 2,
        () -> "The job's status is " + job.getJobStatus().join());
  }

  /** A second job goes on from a checkpoint of the first, which still runs and must give up. */
  private JobClient takeOver(JobClient first) throws Exception {
    Set<String> before = commits.runs();
    JobClient second =
        keep(job("second", 3, Optional.of(newestCheckpoint())).startWithDefinition());
    commits.await(second, before, COMMITS);
    try {
      awaitEnd(first);
      violations.add("The job that was superseded ended without a failure");
    } catch (ExecutionException e) {
      if (ExceptionUtils.findThrowableWithMessage(e, "may no longer write").isEmpty()) {
        violations.add(
            "The job that was superseded failed otherwise: "
                + ExceptionUtils.stringifyException(e));
      }
    }
    return second;
  }

  private JobClient restoreFrom(String savepoint) throws InterruptedException {
    Set<String> before = commits.runs();
    JobClient third = keep(job("third", 1, Optional.of(savepoint)).startLikeTableOfCatalog());
    commits.await(third, before, COMMITS);
    commits.awaitCaughtUp(third);
    return third;
  }

  private String stop(JobClient job) throws Exception {
    String savepoint =
        job.stopWithSavepoint(
                false,
                directory.resolve("savepoints").toUri().toString(),
                SavepointFormatType.CANONICAL)
            .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    awaitEnd(job);
    return savepoint;
  }

  private void awaitEnd(JobClient job) throws Exception {
    ends.get(job).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private ItemJob job(String folder, int parallelism, Optional<String> restoreFrom) {
    return new ItemJob(lake, directory.resolve(folder), parallelism, restoreFrom);
  }

  private String newestCheckpoint() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("first"))) {
      return files
          .filter(file -> file.endsWith("_metadata"))
          .map(Path::getParent)
          .max(Comparator.comparingInt(JobSteps::checkpointId))
          .orElseThrow()
          .toUri()
          .toString();
    }
  }

  private static int checkpointId(Path checkpoint) {
    return Integer.parseInt(checkpoint.getFileName().toString().substring("chk-".length()));
  }

  /** Its small cluster is gone when a job has ended, so its end is asked for at its start. */
  private JobClient keep(JobClient job) {
    ends.put(job, job.getJobExecutionResult());
    return job;
  }

  /** Leaves no job running, whatever happened. */
  @Override
  public void close() {
    ends.forEach(
        (job, end) -> {
          if (!end.isDone()) {
            job.cancel().orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
          }
        });
  }
}

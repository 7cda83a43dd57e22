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
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** Faults of files. */
final class FileFaults {
  private static final int TRIES = 10;
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(3);
  private static final Duration CALM = Duration.ofMillis(700);
  private static final Pattern REFUSED =
      Pattern.compile("Cannot commit checkpoint (\\d+) to table .*(is gone|bytes instead of)");

  private FileFaults() {}

  /**
   * A frozen JobManager completes no checkpoint, so what the writers have flushed waits for its
   * commit: one of these files is lost. The job must refuse the commit and stop; it goes on from
   * the checkpoint before.
   */
  static void loseFile(Scene scene, Schedule.Step step) throws Exception {
    JobStart job = scene.job().current();
    boolean remove = step.seed() % 2 == 0;
    Optional<String> ended = Optional.empty();
    for (int i = 0; ended.isEmpty(); i++) {
      if (i == TRIES) {
        throw new IllegalStateException("No file waited for its commit in %d tries".formatted(i));
      }
      Optional<String> run = scene.newestRun();
      if (loseOne(scene, remove)) {
        ended = awaitEnd(scene, job, run);
      }
    }
    String end = ended.orElseThrow();
    String why = scene.cluster().rest().exceptions(job.jobId());
    Matcher refused = REFUSED.matcher(why);
    if (!end.equals("FAILED") || !refused.find()) {
      scene.violations().add("A lost file was not refused: job is %s, %s".formatted(end, why));
      return;
    }
    scene.job().goOnFrom(scene.job().stateBefore(Long.parseLong(refused.group(1))));
  }

  /**
   * The job's last state; empty if it has started again by itself and another run than {@code run}
   * has committed: on a slow machine the frozen JobManager is given up, the checkpoint with it, and
   * nobody misses the file.
   */
  private static Optional<String> awaitEnd(Scene scene, JobStart job, Optional<String> run)
      throws InterruptedException {
    AtomicReference<Optional<String>> end = new AtomicReference<>(Optional.empty());
    Await.until(
        "job " + job.jobId() + " has ended, or started again",
        LIMIT,
        () -> {
          String state = scene.cluster().rest().state(job.jobId());
          if (FlinkRest.ENDED.contains(state)) {
            end.set(Optional.of(state));
            return true;
          }
          return !scene.newestRun().equals(run);
        });
    return end.get();
  }

  private static boolean loseOne(Scene scene, boolean remove)
      throws IOException, InterruptedException {
    FlinkCluster cluster = scene.cluster();
    Instant start = Instant.now();
    scene.awaitMoment(CommitTrap.Moment.FLUSH);
    cluster.jobManager().pause(cluster.signals());
    try {
      awaitNoCommits(scene);
      Optional<Path> file = newestUncommitted(scene, start);
      if (file.isPresent()) {
        lose(file.get(), remove);
      }
      return file.isPresent();
    } finally {
      cluster.jobManager().resume(cluster.signals());
    }
  }

  /** A commit that the JobManager had ordered before it froze must be through. */
  private static void awaitNoCommits(Scene scene) throws InterruptedException {
    long[] head = {head(scene), System.nanoTime()};
    Await.until(
        "the frozen job commits no more",
        SETTLE_LIMIT,
        () -> {
          long now = head(scene);
          if (now != head[0]) {
            head[0] = now;
            head[1] = System.nanoTime();
          }
          return System.nanoTime() - head[1] > CALM.toNanos();
        });
  }

  private static long head(Scene scene) {
    return scene.table().load().currentSnapshot().snapshotId();
  }

  /**
   * The newest data file since {@code start} that no snapshot has added. Reads no more than it
   * must: the JobManager that waits is given up after a few seconds.
   */
  private static Optional<Path> newestUncommitted(Scene scene, Instant start) throws IOException {
    record Aged(Path path, Instant age) {}
    Set<String> committed = addedSince(scene.table().load(), start);
    List<Aged> aged = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(scene.table().data(), "meru-L0-*")) {
      for (Path file : files) {
        Instant age = Files.getLastModifiedTime(file).toInstant();
        if (age.isAfter(start) && !committed.contains(file.getFileName().toString())) {
          aged.add(new Aged(file, age));
        }
      }
    }
    return aged.stream().max(Comparator.comparing(Aged::age)).map(Aged::path);
  }

  private static Set<String> addedSince(Table table, Instant start) {
    Set<String> names = new HashSet<>();
    for (Snapshot snapshot : table.snapshots()) {
      if (snapshot.timestampMillis() >= start.toEpochMilli()) {
        for (DataFile file : snapshot.addedDataFiles(table.io())) {
          names.add(file.location().substring(file.location().lastIndexOf('/') + 1));
        }
      }
    }
    return names;
  }

  private static void lose(Path file, boolean remove) throws IOException {
    if (remove) {
      Files.delete(file);
      return;
    }
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(open.length() / 2);
    }
  }
}

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
import io.meru.servers.JvmProcess;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/** Faults of the disk: it is full for a while. */
final class DiskFaults {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int MAX_LONGER_MS = 2_000;

  /** What is left free until the moment comes, so that the rest is filled within it. */
  private static final long BEFORE = 2 << 20;

  /** Files may grow to this length: nothing, less than a vector, less than a manifest has. */
  private static final List<Integer> FILE_SIZES = List.of(0, 400, 3_000);

  private static final Pattern FULL = Pattern.compile("No space left on device|File too large");

  private DiskFaults() {}

  /**
   * The disk is full from a moment of a commit on, until the job has failed for it, and a little
   * longer. Where no file system can be mounted, and otherwise in half of the cases, the kernel
   * refuses to let the TaskManagers' files grow instead.
   */
  static void fullDisk(Scene scene, Schedule.Step step) throws Exception {
    SplittableRandom random = new SplittableRandom(step.seed());
    boolean mounted = random.nextBoolean() && scene.disk().isPresent();
    if (scene.disk().isEmpty()) {
      scene.met().add("no tmpfs to fill: may not mount one");
    }
    int fileSize = FILE_SIZES.get(random.nextInt(FILE_SIZES.size()));
    Instant start;
    if (mounted) {
      TableDisk disk = scene.disk().orElseThrow();
      disk.fillUp(BEFORE);
      scene.awaitMoment(step.moment());
      start = Instant.now();
      disk.fillUp(0);
    } else {
      scene.awaitMoment(step.moment());
      start = Instant.now();
      limitFileSizes(scene, Integer.toString(fileSize));
    }
    try {
      scene.met().add("disk full in " + whereItFailed(scene, start));
      Thread.sleep(random.nextInt(MAX_LONGER_MS));
    } finally {
      if (mounted) {
        scene.disk().orElseThrow().free();
      } else {
        limitFileSizes(scene, "unlimited");
      }
    }
  }

  private static void limitFileSizes(Scene scene, String bytes) throws IOException {
    for (String id : scene.cluster().taskManagers()) {
      JvmProcess process = scene.cluster().taskManager(id);
      process.limitFileSize(scene.cluster().signals(), bytes);
    }
  }

  /** Waits until the job has failed because of it; says what it was doing. */
  private static String whereItFailed(Scene scene, Instant start) throws InterruptedException {
    String jobId = scene.job().current().jobId();
    String failure =
        Await.answer(
            "the job has met a full disk",
            LIMIT,
            () -> {
              Optional<String> newest = scene.cluster().rest().failureSince(jobId, start, FULL);
              return newest.orElse(null);
            });
    if (failure.contains("HadoopTableOperations")) {
      return "the table's metadata";
    } else if (failure.contains("VectorWriter")) {
      return "a deletion vector";
    } else if (failure.contains("Manifest") || failure.contains("SnapshotProducer")) {
      return "a manifest";
    } else if (failure.contains("FlushJob")) {
      return "a flush";
    }
    return "something else";
  }
}

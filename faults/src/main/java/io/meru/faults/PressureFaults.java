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
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;

/** A sink that is slower than its source, for long. */
final class PressureFaults {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** How long the source is held up before the fault within it comes. */
  private static final int HELD_UP_MS = 4_000;

  /** How often it is asked for what it was held up in the last second. */
  private static final Duration ASKED_EVERY = Duration.ofSeconds(1);

  private static final int COMMITS = 2;

  /** Beyond the interval of checkpoints, which wait for the catalog twice: flush and commit. */
  private static final int MIN_DELAY_MS = 600;

  private static final int MAX_DELAY_MS = 1_500;

  private PressureFaults() {}

  /**
   * The source gives all that the sink takes, to one or two writers, and the catalog is so slow
   * that these wait for most of the time: at each barrier a flush asks it for the table, and the
   * next barrier waits for the commit. When the source has been held up for seconds, the committer
   * is killed (or not), and the job goes on from a checkpoint that holds rows in flight, with
   * another parallelism.
   */
  static void slowSink(Scene scene, Schedule.Step step) throws Exception {
    SplittableRandom random = new SplittableRandom(step.seed());
    JobStart last = scene.job().current();
    Path savepoint = scene.job().stop();
    CatalogProxy proxy = scene.rest().proxy();
    proxy.setDelay(Duration.ofMillis(random.nextInt(MIN_DELAY_MS, MAX_DELAY_MS)));
    scene.job().startFrom(savepoint, 1 + random.nextInt(2), RestartFaults.NO_LIMIT);
    awaitPressure(scene);
    scene.awaitCommits(COMMITS);
    if (random.nextBoolean()) {
      ProcessFaults.killCommitter(scene);
      scene.awaitCommits(1);
      scene.met().add("held up, committer killed");
    }
    countInFlight(scene);
    scene.job().cancel();
    proxy.setDelay(Duration.ZERO);
    scene
        .job()
        .startFrom(
            scene.job().newestState().orElseThrow(),
            1 + random.nextInt(FlinkCluster.SLOTS),
            last.changesPerSecond());
  }

  private static void awaitPressure(Scene scene) throws InterruptedException {
    String jobId = scene.job().current().jobId();
    long[] heldUp = {0, System.nanoTime()};
    Await.until(
        "the source has been held up for %d ms".formatted(HELD_UP_MS),
        LIMIT,
        () -> {
          if (System.nanoTime() - heldUp[1] >= ASKED_EVERY.toNanos()) {
            heldUp[0] += scene.cluster().rest().backPressuredMs(jobId);
            heldUp[1] = System.nanoTime();
          }
          return heldUp[0] >= HELD_UP_MS;
        },
        () -> "It was for %d ms. %s".formatted(heldUp[0], scene.describe()));
    scene.met().add("source held up for seconds");
  }

  private static void countInFlight(Scene scene) throws Exception {
    FlinkRest.CheckpointSizes sizes =
        scene.cluster().rest().checkpointSizes(scene.job().current().jobId());
    if (sizes.inFlightBytes() > 0) {
      scene.met().add("rows in flight in checkpoint");
    }
    if (sizes.duration().compareTo(JobControl.CHECKPOINT_INTERVAL) > 0) {
      scene.met().add("checkpoint beyond interval");
    }
  }
}

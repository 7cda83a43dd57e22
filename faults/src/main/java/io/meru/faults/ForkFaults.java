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
import java.util.List;
import java.util.SplittableRandom;

/** Faults of whoever starts one job twice, and means it. */
final class ForkFaults {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  /** Checkpoints that each of the two jobs commits beside the other. */
  private static final int COMMITS = 4;

  /**
   * Checkpoints that are complete and may not be in the table yet. The state that the fork starts
   * from has to be: its first change is the one after those.
   */
  private static final int COMMITS_UNDER_WAY = 2;

  private ForkFaults() {}

  /**
   * A second job goes on from the first one's state with a sink id of its own. Both give the table
   * the same changes, at rates of their own, and neither may be refused. Then both are stopped and
   * the one that is behind goes on: what it gives again settles the keys that both have written.
   */
  static void fork(Scene scene, Schedule.Step step) throws Exception {
    SplittableRandom random = new SplittableRandom(step.seed());
    boolean beside = random.nextBoolean();
    int rate = scene.schedule().changesPerSecond();
    JobStart original = scene.job().current();
    Path state = beside ? scene.job().newestState().orElseThrow() : scene.job().stop();
    if (beside) {
      scene.awaitCommits(COMMITS_UNDER_WAY);
    }
    scene.auditNow();
    String sinkId = scene.audit().newestSink();
    String forkId = "fork_%x".formatted(step.seed());
    scene.audit().beginFork();
    if (!beside) {
      scene.job().startFrom(state, original.parallelism(), rate);
      original = scene.job().current();
    }
    JobStart fork =
        scene.job().startFork(state, forkId, random.nextBoolean() ? rate * 2 : rate / 2);
    awaitBoth(scene, original, fork, List.of(sinkId, forkId));
    Path originalsState = scene.job().stop(original);
    Path forksState = scene.job().stop(fork);
    scene.auditNow();
    boolean forkGoesOn = scene.audit().position(forkId) < scene.audit().position(sinkId);
    scene.audit().endFork(forkGoesOn ? forkId : sinkId);
    scene.job().goOnWith(forkGoesOn ? fork : original);
    scene.job().startFrom(forkGoesOn ? forksState : originalsState, original.parallelism(), rate);
    scene.met().add(forkGoesOn ? "fork goes on" : "original goes on");
  }

  private static void awaitBoth(Scene scene, JobStart original, JobStart fork, List<String> sinkIds)
      throws Exception {
    long first = scene.audit().commitsOf(sinkIds.get(0)) + COMMITS;
    Await.until(
        COMMITS + " checkpoints of each of the sinks " + sinkIds + " are in the table",
        LIMIT,
        () -> {
          scene.auditNow();
          return scene.job().hasEnded(original)
              || scene.job().hasEnded(fork)
              || haveCommitted(scene, sinkIds, first);
        },
        scene::describe);
    for (JobStart job : List.of(original, fork)) {
      if (scene.job().hasEnded(job)) {
        throw new IllegalStateException(
            "Both jobs should go on, but %s has ended: %s"
                .formatted(
                    job.equals(fork) ? "the fork" : "the original",
                    scene.cluster().rest().exceptions(job.jobId())));
      }
    }
  }

  private static boolean haveCommitted(Scene scene, List<String> sinkIds, long first) {
    return scene.audit().commitsOf(sinkIds.get(0)) >= first
        && scene.audit().commitsOf(sinkIds.get(1)) >= COMMITS;
  }
}

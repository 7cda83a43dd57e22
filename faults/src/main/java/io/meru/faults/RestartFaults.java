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

/** Starts of the job from other states, or beside itself. */
final class RestartFaults {
  /** More are retained, for jobs that start from one while another goes on. */
  private static final int OLDER_CHOICES = 10;

  /** How much faster than before a job goes that has to repeat much. */
  private static final int CATCH_UP = 8;

  /** In which it has all again, if the machine can. */
  private static final int CATCH_UP_SECONDS = 10;

  /** Changes per second, more than any machine takes. */
  static final int NO_LIMIT = 10_000_000;

  private static final int OVERLOADED_COMMITS = 3;

  private static final List<Integer> PARALLELISMS = List.of(2, 4, 1, 3);

  private static final Duration FENCE_LIMIT = Duration.ofSeconds(60);

  private RestartFaults() {}

  static void rescale(Scene scene, Schedule.Step step) throws Exception {
    JobStart last = scene.job().current();
    Path savepoint = scene.job().stop();
    int index = PARALLELISMS.indexOf(last.parallelism());
    int next = PARALLELISMS.get((index + 1) % PARALLELISMS.size());
    scene.job().startFrom(savepoint, next, last.changesPerSecond());
  }

  static void restoreOlder(Scene scene, Schedule.Step step) throws Exception {
    scene.job().cancel();
    JobStart last = scene.job().current();
    scene.job().startFrom(older(scene, step), last.parallelism(), last.changesPerSecond());
  }

  static void restoreOlderWithTheSameId(Scene scene, Schedule.Step step) throws Exception {
    scene.job().cancel();
    scene.cluster().killJobManager(); // it would refuse the id a second time
    scene.cluster().startJobManager();
    scene.cluster().awaitTaskManagers();
    scene.job().startAgainFrom(older(scene, step), scene.job().current().changesPerSecond());
  }

  static void startWithoutState(Scene scene, Schedule.Step step) throws Exception {
    scene.job().cancel();
    long rate = scene.schedule().changesPerSecond() * (long) CATCH_UP;
    long enough = scene.audit().highest() / CATCH_UP_SECONDS;
    scene.job().startFresh((int) Math.max(rate, enough));
  }

  /** A second job goes on from the first one's checkpoint, which itself goes on for a while. */
  static void takeOver(Scene scene, Schedule.Step step) throws Exception {
    JobStart first = scene.job().current();
    Path state = scene.job().newestState().orElseThrow();
    scene.job().startFrom(state, first.parallelism(), first.changesPerSecond());
    checkFenced(scene, first);
  }

  /** Two jobs go on from one savepoint at the same moment; one of them must stop for good. */
  static void startTwice(Scene scene, Schedule.Step step) throws Exception {
    JobStart last = scene.job().current();
    Path savepoint = scene.job().stop();
    List<JobStart> both =
        scene.job().startTwoFrom(savepoint, last.parallelism(), last.changesPerSecond());
    JobStart loser =
        Await.answer(
            "one of two jobs has been fenced",
            FENCE_LIMIT,
            () ->
                both.stream()
                    .filter(start -> scene.job().hasEnded(start))
                    .findFirst()
                    .orElse(null));
    checkFenced(scene, loser);
    scene.job().goOnWith(both.get(1 - both.indexOf(loser)));
  }

  /**
   * From savepoint to savepoint at a rate that the sink cannot follow: barriers meet full buffers.
   */
  static void overload(Scene scene, Schedule.Step step) throws Exception {
    JobStart last = scene.job().current();
    scene.job().startFrom(scene.job().stop(), last.parallelism(), NO_LIMIT);
    scene.awaitCommits(OVERLOADED_COMMITS);
    scene.job().startFrom(scene.job().stop(), last.parallelism(), last.changesPerSecond());
  }

  private static void checkFenced(Scene scene, JobStart job) throws Exception {
    String end = scene.job().awaitEnd(job.jobId());
    String why = scene.cluster().rest().exceptions(job.jobId());
    if (!end.equals("FAILED") || !why.contains("may no longer write")) {
      scene
          .violations()
          .add("Job %s was not fenced: it is %s, %s".formatted(job.jobId(), end, why));
    }
  }

  private static Path older(Scene scene, Schedule.Step step) {
    List<Path> retained = scene.job().retained();
    if (retained.isEmpty()) {
      throw new IllegalStateException("The job retained no checkpoint");
    }
    int choices = Math.min(OLDER_CHOICES, retained.size());
    int back = choices - new SplittableRandom(step.seed()).nextInt(choices);
    return retained.get(retained.size() - back);
  }
}

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
import java.time.Duration;
import java.util.Optional;

/** Faults of processes: killed and frozen ones. */
final class ProcessFaults {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private ProcessFaults() {}

  static void killCommittersTaskManager(Scene scene, Schedule.Step step) throws Exception {
    String victim = committersTaskManager(scene);
    awaitMoment(scene, step);
    scene.cluster().killTaskManager(victim);
    scene.cluster().startTaskManager();
  }

  static void killJobManager(Scene scene, Schedule.Step step) throws Exception {
    awaitMoment(scene, step);
    scene.cluster().killJobManager();
    scene.cluster().startJobManager();
    goOn(scene);
  }

  static void killBoth(Scene scene, Schedule.Step step) throws Exception {
    String victim = committersTaskManager(scene);
    awaitMoment(scene, step);
    scene.cluster().killTaskManager(victim);
    scene.cluster().killJobManager();
    scene.cluster().startJobManager();
    scene.cluster().startTaskManager();
    goOn(scene);
  }

  /**
   * The frozen process still believes to be the committer when it wakes up, in the middle of a
   * commit; by then its successor has committed.
   */
  static void freezeCommitter(Scene scene, Schedule.Step step) throws Exception {
    FlinkCluster cluster = scene.cluster();
    JvmProcess victim = cluster.taskManager(committersTaskManager(scene));
    Optional<String> run = scene.newestRun();
    awaitMoment(scene, step);
    victim.pause(cluster.signals());
    try {
      cluster.awaitTaskManagers(); // until it is given up
      scene.awaitCommitOfAnotherRunThan(run);
    } finally {
      victim.resume(cluster.signals());
    }
    cluster.replaceDeadTaskManagers();
    scene.awaitCommits(2);
  }

  /** The first JobManager wakes up when the second has long gone on with its job. */
  static void freezeJobManager(Scene scene, Schedule.Step step) throws Exception {
    FlinkCluster cluster = scene.cluster();
    Optional<String> run = scene.newestRun();
    awaitMoment(scene, step);
    cluster.jobManager().pause(cluster.signals());
    JvmProcess first = cluster.startJobManagerBeside();
    try {
      cluster.awaitTaskManagers();
      scene.awaitCommitOfAnotherRunThan(run);
      first.resume(cluster.signals());
      scene.awaitCommits(2);
    } finally {
      first.close();
    }
  }

  private static void goOn(Scene scene) throws Exception {
    scene.cluster().awaitTaskManagers();
    if (!scene.cluster().recoversJobs()) {
      goOnFromNewestCheckpoint(scene);
    }
  }

  private static void goOnFromNewestCheckpoint(Scene scene) throws Exception {
    scene.job().goOnFrom(scene.job().newestState());
  }

  private static void awaitMoment(Scene scene, Schedule.Step step) throws Exception {
    try (CommitTrap trap = CommitTrap.set(scene.table(), step.moment())) {
      trap.await();
    }
  }

  private static String committersTaskManager(Scene scene) throws InterruptedException {
    String jobId = scene.job().current().jobId();
    return Await.answer(
        "the committer of job " + jobId + " runs on a TaskManager",
        LIMIT,
        () -> {
          String id = scene.cluster().rest().committersTaskManager(jobId);
          return scene.cluster().taskManagers().contains(id) ? id : null;
        });
  }
}

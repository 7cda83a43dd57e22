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
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;

/** Faults of processes: killed and frozen ones. */
final class ProcessFaults {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** What a REST catalog answers to a commit whose base is not the table any more. */
  private static final int CONFLICT = 409;

  /** From when its tasks have their place until a job writes, about. */
  private static final int MAX_INTO_START_MS = 500;

  private ProcessFaults() {}

  static void killCommittersTaskManager(Scene scene, Schedule.Step step) throws Exception {
    String victim = committersTaskManager(scene);
    scene.awaitMoment(step.moment());
    replace(scene, victim);
  }

  /** {@code kill -9} of the job's committer, now. */
  static void killCommitter(Scene scene) throws Exception {
    replace(scene, committersTaskManager(scene));
  }

  static void killJobManager(Scene scene, Schedule.Step step) throws Exception {
    scene.awaitMoment(step.moment());
    scene.cluster().killJobManager();
    scene.cluster().startJobManager();
    goOn(scene);
  }

  static void killBoth(Scene scene, Schedule.Step step) throws Exception {
    String victim = committersTaskManager(scene);
    scene.awaitMoment(step.moment());
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
    if (step.holdsCommit()) {
      freezeWithCommitOnItsWay(scene, step);
    } else {
      freezeAtMoment(scene, step);
    }
  }

  /**
   * The catalog gets the frozen process's commit after that of its successor: before the process
   * wakes up, which then finds the answer, or when it has. It must refuse it, and what the process
   * cleans up for that must not be its successor's.
   */
  private static void freezeWithCommitOnItsWay(Scene scene, Schedule.Step step) throws Exception {
    boolean wakesFirst = new SplittableRandom(step.seed()).nextBoolean();
    FlinkCluster cluster = scene.cluster();
    JvmProcess victim;
    long said;
    try (HeldCommit held = HeldCommit.of(scene.rest().proxy())) {
      held.await(scene::describe);
      victim = cluster.taskManager(committersTaskManager(scene));
      Optional<String> run = scene.newestRun();
      victim.pause(cluster.signals());
      said = Files.size(victim.log());
      try {
        cluster.awaitTaskManagers(); // until it is given up
        scene.awaitCommitOfAnotherRunThan(run);
        if (!wakesFirst) {
          handOn(held, scene);
        }
      } finally {
        victim.resume(cluster.signals());
      }
      if (wakesFirst) {
        handOn(held, scene);
      }
    }
    goOnBesideZombie(scene, victim, said);
  }

  private static void handOn(HeldCommit held, Scene scene) throws InterruptedException {
    scene.auditNow();
    int status = held.handOn(scene::describe);
    scene.met().add("frozen process's request: " + status);
    if (status != CONFLICT) {
      scene
          .violations()
          .add(
              "The catalog answered the commit of a frozen process, which came after its successor's, by %d, not by %d"
                  .formatted(status, CONFLICT));
    }
  }

  private static void freezeAtMoment(Scene scene, Schedule.Step step) throws Exception {
    FlinkCluster cluster = scene.cluster();
    JvmProcess victim = cluster.taskManager(committersTaskManager(scene));
    Optional<String> run = scene.newestRun();
    scene.awaitMoment(step.moment());
    victim.pause(cluster.signals());
    long said = Files.size(victim.log());
    try {
      cluster.awaitTaskManagers(); // until it is given up
      scene.awaitCommitOfAnotherRunThan(run);
    } finally {
      victim.resume(cluster.signals());
    }
    goOnBesideZombie(scene, victim, said);
  }

  /**
   * The same, but the process is frozen while its run starts: before it has claimed the table, or
   * after, and before its first commit.
   */
  static void freezeBeforeFirstCommit(Scene scene, Schedule.Step step) throws Exception {
    SplittableRandom random = new SplittableRandom(step.seed());
    FlinkCluster cluster = scene.cluster();
    scene.job().cancel();
    scene.auditNow();
    Optional<String> before = scene.newestRun();
    String victim;
    try (CommitTrap trap = CommitTrap.set(scene.table(), CommitTrap.Moment.FLUSH)) {
      goOnFromNewestCheckpoint(scene);
      victim = committersTaskManager(scene);
      if (random.nextBoolean()) {
        scene.met().add(trap.await() ? "struck at FLUSH" : "struck at no moment");
      } else {
        Thread.sleep(random.nextInt(MAX_INTO_START_MS));
      }
    }
    JvmProcess process = cluster.taskManager(victim);
    process.pause(cluster.signals());
    long said = Files.size(process.log());
    try {
      cluster.awaitTaskManagers(); // until it is given up
      Optional<String> frozen = scene.newestRun();
      scene
          .met()
          .add(frozen.equals(before) ? "frozen before 1st commit" : "frozen after 1st commit");
      scene.awaitCommitOfAnotherRunThan(frozen);
    } finally {
      process.resume(cluster.signals());
    }
    goOnBesideZombie(scene, process, said);
  }

  /**
   * Has the successor commit, and notes down whether the process that woke up beside it came with a
   * commit.
   *
   * @param said bytes of its log when it was frozen
   */
  private static void goOnBesideZombie(Scene scene, JvmProcess zombie, long said) throws Exception {
    scene.cluster().replaceDeadTaskManagers();
    scene.awaitCommits(2);
    boolean late = Evidence.ofLateCommit(zombie.log(), said);
    scene.met().add(late ? "zombie's commit refused" : "zombie without a commit");
  }

  /** The first JobManager wakes up when the second has long gone on with its job. */
  static void freezeJobManager(Scene scene, Schedule.Step step) throws Exception {
    FlinkCluster cluster = scene.cluster();
    Optional<String> run = scene.newestRun();
    scene.awaitMoment(step.moment());
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

  private static void replace(Scene scene, String taskManager) throws Exception {
    scene.cluster().killTaskManager(taskManager);
    scene.cluster().startTaskManager();
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

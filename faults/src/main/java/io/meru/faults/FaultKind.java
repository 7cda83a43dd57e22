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

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The faults, in the order in which they were thought to matter. */
enum FaultKind {
  /** kill -9 of the committer's TaskManager; a new one is started. */
  KILL_TASK_MANAGER(ProcessFaults::killCommittersTaskManager),
  /** kill -9 of the JobManager; a new one starts the job from its newest retained checkpoint. */
  KILL_JOB_MANAGER(ProcessFaults::killJobManager),
  /** kill -9 of the JobManager and of the committer's TaskManager. */
  KILL_BOTH(ProcessFaults::killBoth),
  /** Stop with a savepoint, start from it with another parallelism. */
  RESCALE(RestartFaults::rescale),
  /** The committer's TaskManager is frozen in a commit until its successor has committed. */
  ZOMBIE(ProcessFaults::freezeCommitter),
  /** Start from an older retained checkpoint, under a new job id. */
  RESTORE_OLDER(RestartFaults::restoreOlder),
  /** The same under the same job id, which takes a new JobManager. */
  RESTORE_OLDER_SAME_ID(RestartFaults::restoreOlderWithTheSameId),
  /** Start without state on the table, which has data. */
  START_WITHOUT_STATE(RestartFaults::startWithoutState),
  /** A second job starts from the running one's checkpoint; the first must stop for good. */
  TAKE_OVER(RestartFaults::takeOver),
  /** Two jobs start from one savepoint at the same moment; one must stop for good. */
  START_TWICE(RestartFaults::startTwice),
  /** A file that waits for its commit is removed or cut off; the job must say so and stop. */
  LOSE_FILE(FileFaults::loseFile),
  /** The source gives all that the job takes, for a while. */
  OVERLOAD(RestartFaults::overload),
  /** Another writer appends keys that the job writes, in the middle of commits. */
  FOREIGN_APPENDS(ForeignFaults::appendHotKeys),
  /** Another process expires snapshots and removes orphan files, in the middle of commits. */
  CLEAN_UP(ForeignFaults::cleanUp),
  /** The catalog is out of reach for some seconds. */
  CATALOG_OUTAGE(CatalogFaults::outage),
  /** Commits take longer than the time between two checkpoints. */
  SLOW_COMMITS(CatalogFaults::slowCommits),
  /** Commits are carried out and answered by an error, or not carried out, or later. */
  UNKNOWN_COMMITS(CatalogFaults::unknownCommits),
  /** The disk is full for a while, from a moment of a commit on. */
  FULL_DISK(DiskFaults::fullDisk),
  /**
   * The committer's TaskManager is frozen while its run starts: before its claim, or before its
   * first commit.
   */
  FREEZE_EARLY(ProcessFaults::freezeBeforeFirstCommit),
  /** Two jobs with sinks of their own go on from one state, and both live. */
  FORK(ForkFaults::fork),
  /** The sink is slower than its source for long; then a kill, and another parallelism. */
  SLOW_SINK(PressureFaults::slowSink),
  /** The JobManager is frozen until another has taken its job over. */
  FREEZE_JOB_MANAGER(ProcessFaults::freezeJobManager);

  /** Needs ZooKeeper. */
  private static final Set<FaultKind> ONLY_ZOOKEEPER = EnumSet.of(FREEZE_JOB_MANAGER);

  /** Need a JobManager that forgets its jobs, or that nobody replaces while it is frozen. */
  private static final Set<FaultKind> ONLY_STANDALONE =
      EnumSet.of(RESTORE_OLDER_SAME_ID, LOSE_FILE);

  /** Need a catalog that is a server. */
  private static final Set<FaultKind> ONLY_REST =
      EnumSet.of(CATALOG_OUTAGE, SLOW_COMMITS, UNKNOWN_COMMITS, SLOW_SINK);

  private final Action action;

  FaultKind(Action action) {
    this.action = action;
  }

  /** What the fault does. */
  interface Action {
    /** Returns when the job is on its way again. */
    void inject(Scene scene, Schedule.Step step) throws Exception;
  }

  /** The kinds that a cluster of this kind can have, those that mean most to it first. */
  static List<FaultKind> of(FlinkCluster.Kind cluster) {
    boolean zooKeeper = cluster == FlinkCluster.Kind.ZOOKEEPER;
    Set<FaultKind> without = zooKeeper ? ONLY_STANDALONE : ONLY_ZOOKEEPER;
    List<FaultKind> first =
        zooKeeper ? List.of(KILL_JOB_MANAGER, KILL_BOTH, FREEZE_JOB_MANAGER) : List.of();
    return Stream.concat(first.stream(), Arrays.stream(values()))
        .filter(kind -> !without.contains(kind))
        .distinct()
        .toList();
  }

  /** Whether the table must be in the REST catalog. */
  boolean needsRest() {
    return ONLY_REST.contains(this);
  }

  void inject(Scene scene, Schedule.Step step) throws Exception {
    action.inject(scene, step);
  }
}

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

package io.meru.simulation;

import io.meru.simulation.Attempt.Checkpoint;
import io.meru.simulation.SimulatedRows.Change;
import java.util.ArrayList;
import java.util.List;

/**
 * A job on the table: a source that can be read again, the attempt that runs, older ones that do
 * not know that they are over, and the checkpoints that can be restored.
 */
final class Job {
  private static final int RETAINED = 5;

  private final Attempt.Name name;
  private final Attempt.Setup setup;
  private final List<Change> source;
  private final List<Checkpoint> retained = new ArrayList<>();
  private final List<Attempt> zombies = new ArrayList<>();
  private Attempt current;

  /** Checkpoints of a course that the job has left. */
  private List<Checkpoint> left = List.of();

  /** The oldest of the retained checkpoints, on which the running attempt builds. */
  private int inCourse;

  /** Goes on from {@code start}. */
  Job(
      Attempt.Name name,
      Attempt.Setup setup,
      List<Change> source,
      Checkpoint start,
      int parallelism) {
    this.name = name;
    this.setup = setup;
    this.source = source;
    if (start != Checkpoint.NONE) {
      retained.add(start);
      inCourse = 1;
    }
    this.current = new Attempt(name, setup, source, start, parallelism);
  }

  /** Checkpoints that a job of its own can go on from. */
  int forkable() {
    return retained.size() + left.size();
  }

  /** A job of its own that goes on from a checkpoint of this one, first the newest ones. */
  Job fork(Attempt.Name forkName, int back, int parallelism) {
    Checkpoint start = back < retained.size() ? retained(back) : left.get(back - retained.size());
    return new Job(forkName, setup, source, start, parallelism);
  }

  String sinkId() {
    return name.sinkId();
  }

  List<Change> source() {
    return source;
  }

  Attempt current() {
    return current;
  }

  List<Attempt> zombies() {
    return zombies;
  }

  int retained() {
    return retained.size();
  }

  /** The running attempt's {@code count} oldest checkpoints are complete and can be restored. */
  void complete(int count) {
    leaveOldCourse();
    retained.add(current.complete(count));
    if (retained.size() > RETAINED) {
      retained.remove(0);
    }
    inCourse = retained.size();
  }

  /** A new attempt takes over from the {@code back}-th newest checkpoint, from nothing at last. */
  void restore(int back, int parallelism) {
    if (current.hasCommittedRecovered()) {
      leaveOldCourse();
    }
    current = new Attempt(name, setup, source, retained(back), parallelism);
    inCourse = Math.max(0, retained.size() - back);
  }

  /** The running attempt goes on as if nothing had happened when the next one starts. */
  void leaveBehind() {
    leaveOldCourse();
    zombies.add(current);
  }

  /**
   * Checkpoints of a course that was left for an older one can no longer be restored once the
   * running attempt may commit what it has done since, or has committed what the older one held:
   * the changes of that course count as committed, but those that this attempt repeats replace some
   * of their rows. Somebody may still fork them.
   */
  private void leaveOldCourse() {
    List<Checkpoint> ofOldCourse = retained.subList(inCourse, retained.size());
    if (!ofOldCourse.isEmpty()) {
      left = List.copyOf(ofOldCourse);
      ofOldCourse.clear();
    }
  }

  private Checkpoint retained(int back) {
    return back < retained.size() ? retained.get(retained.size() - 1 - back) : Checkpoint.NONE;
  }
}

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
import java.util.Collections;
import java.util.List;

/**
 * A job on the table: a source that can be read again, the attempt that runs, older ones that do
 * not know that they are over, and the checkpoints that can be restored.
 */
final class Job {
  private static final int RETAINED = 5;

  private final String sinkId;
  private final Attempt.Setup setup;
  private final List<Change> source;
  private final List<Checkpoint> retained = new ArrayList<>();
  private final List<Attempt> zombies = new ArrayList<>();
  private Attempt current;

  Job(String sinkId, Attempt.Setup setup, List<Change> source, int parallelism) {
    this.sinkId = sinkId;
    this.setup = setup;
    this.source = source;
    this.current = new Attempt(sinkId, setup, source, Checkpoint.NONE, parallelism);
  }

  String sinkId() {
    return sinkId;
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
    retained.add(current.complete(count));
    if (retained.size() > RETAINED) {
      retained.remove(0);
    }
  }

  /** A new attempt takes over from the {@code back}-th newest checkpoint, from nothing at last. */
  void restore(int back, int parallelism) {
    Checkpoint from =
        back < retained.size() ? retained.get(retained.size() - 1 - back) : Checkpoint.NONE;
    current = new Attempt(sinkId, setup, source, from, parallelism);
  }

  /** The running attempt goes on as if nothing had happened when the next one starts. */
  void leaveBehind() {
    zombies.add(current);
  }

  /**
   * An attempt that has never committed anything could claim the table after a later one has, and
   * would be taken for the newer of the two: it must be over by then.
   */
  void endZombiesWithoutClaim() {
    List<Attempt> newestFirst = new ArrayList<>(zombies);
    Collections.reverse(newestFirst);
    boolean superseded = setup.oracle().hasClaimed(current);
    for (Attempt zombie : newestFirst) {
      if (setup.oracle().hasClaimed(zombie)) {
        superseded = true;
      } else if (superseded) {
        zombies.remove(zombie);
      }
    }
  }
}

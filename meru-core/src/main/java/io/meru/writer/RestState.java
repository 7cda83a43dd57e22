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

package io.meru.writer;

import io.meru.compaction.CompactionPicker;
import io.meru.version.PartitionTuple;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What the compactor has learnt of partitions at rest, and whether it may merge there at all. Not
 * thread-safe; used by the flushing thread.
 */
final class RestState implements CompactionPicker.Rest {
  private final RestClock clock;
  private final Backoff backoff = new Backoff();

  /** Files of which {@link CompactionPicker#areSettled} says so. */
  private final Set<String> settled = new HashSet<>();

  /** Partitions of which a merge was given up. */
  private final Set<PartitionTuple> givenUp = new HashSet<>();

  /** Partitions of which a merge waits to be installed: they are about to change. */
  private Set<PartitionTuple> waiting = Set.of();

  RestState(RestClock clock) {
    this.clock = clock;
  }

  /** Of these partitions, a merge waits to be installed. */
  void waiting(Set<PartitionTuple> partitions) {
    waiting = Set.copyOf(partitions);
  }

  /** Whether a merge may start; must be asked once for each start. */
  boolean isDue() {
    return clock.isAnyAtRest() && backoff.isOver();
  }

  /**
   * A merge starts. Whether it makes way when level-0 files pile up: not again, where one before it
   * has, since a long one would never be done.
   */
  boolean startsAndMakesWay(PartitionTuple partition) {
    return !givenUp.remove(partition);
  }

  /** A merge has made way. */
  void gaveUp(PartitionTuple partition) {
    givenUp.add(partition);
    clock.leaveAlone(partition);
  }

  /** A merge has failed for a reason that may pass. */
  void failed(PartitionTuple partition) {
    backoff.failed();
    clock.leaveAlone(partition);
  }

  /** Some merge was done. */
  void succeeded() {
    backoff.succeeded();
  }

  /** The file would come out of another merge as it is. */
  void settled(String path) {
    settled.add(path);
  }

  /** Forgets files that are no more. */
  void retain(Predicate<String> isLive) {
    settled.removeIf(isLive.negate());
  }

  @Override
  public boolean isAtRest(PartitionTuple partition) {
    return clock.isAtRest(partition) && !waiting.contains(partition);
  }

  @Override
  public boolean isAtLongRest(PartitionTuple partition) {
    return clock.isAtLongRest(partition);
  }

  @Override
  public boolean isSettled(String path) {
    return settled.contains(path);
  }
}

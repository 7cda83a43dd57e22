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

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is done to one job, as drawn from a seed. The same seed gives the same schedule and the same
 * changes; only the moments at which real processes meet its faults differ from run to run.
 *
 * @param unaligned whether checkpoints are unaligned; what others append is followed only where
 *     they are not, so a schedule with it has them only for a sink that must be slow
 * @param rest whether the table is in the REST catalog; else in a Hadoop catalog
 * @param sinkId the option {@code sink-id}; {@code null} leaves it to Meru
 */
record Schedule(
    long seed,
    int keys,
    int parallelism,
    int changesPerSecond,
    boolean unaligned,
    boolean rest,
    @Nullable String sinkId,
    List<Step> steps) {
  /** So many times as many keys, so that files live until they are compacted. */
  private static final int COMPACTING_KEYS = 8;

  /** Faults of a schedule, at most. */
  static final int MAX_STEPS = 3;

  /**
   * One fault.
   *
   * @param commitsBefore how many checkpoints are committed before it
   * @param moment where the fault strikes a process: in the middle of which part of a commit
   * @param seed for what else the fault draws
   */
  record Step(FaultKind kind, int commitsBefore, CommitTrap.Moment moment, long seed) {
    /**
     * Whether the process is frozen when the request of its commit is on its way to the catalog,
     * which gets it when a successor has committed. Else it is frozen at the moment.
     */
    boolean holdsCommit() {
      return kind == FaultKind.ZOMBIE && seed % 2 != 0;
    }

    private boolean needsRest() {
      return kind.needsRest() || holdsCommit();
    }

    private String where() {
      return holdsCommit() ? "REQUEST" : moment.name();
    }
  }

  /**
   * The schedule of {@code seed}. The first fault's kind goes round with the seed, so that
   * successive seeds have all kinds; the others are drawn.
   */
  static Schedule of(long seed, List<FaultKind> kinds) {
    return of(seed, kinds, MAX_STEPS);
  }

  /** The same, with its first {@code faults} faults alone. */
  static Schedule of(long seed, List<FaultKind> kinds, int faults) {
    SplittableRandom random = new SplittableRandom(new SplittableRandom(seed).nextLong());
    List<Step> all = new ArrayList<>();
    all.add(step(kinds.get((int) Math.floorMod(seed, (long) kinds.size())), random));
    for (int more = random.nextInt(MAX_STEPS); more > 0; more--) {
      all.add(step(kinds.get(random.nextInt(kinds.size())), random));
    }
    List<Step> steps = List.copyOf(all.subList(0, Math.min(faults, all.size())));
    return new Schedule(
        seed,
        (100 << random.nextInt(6)) * (compacts(seed) ? COMPACTING_KEYS : 1),
        1 + random.nextInt(FlinkCluster.SLOTS),
        1_000 + random.nextInt(3_000),
        // drawn in any case, so that the draws after it stay
        (random.nextInt(4) == 0 && !anyOf(steps, FaultKind.FOREIGN_APPENDS::equals))
            || anyOf(steps, FaultKind.SLOW_SINK::equals),
        random.nextInt(3) == 0 || steps.stream().anyMatch(Step::needsRest),
        random.nextBoolean() ? "changes" : null,
        steps);
  }

  /** Whether a step is of {@code kind}. */
  boolean has(FaultKind kind) {
    return anyOf(steps, kind::equals);
  }

  private static boolean anyOf(List<Step> steps, Predicate<FaultKind> kinds) {
    return steps.stream().map(Step::kind).anyMatch(kinds);
  }

  /** Whether the job's writers compact: those of every second seed. */
  boolean compacts() {
    return compacts(seed);
  }

  private static boolean compacts(long seed) {
    return seed % 2 != 0;
  }

  Workload workload() {
    return new Workload(seed, keys);
  }

  @Override
  public String toString() {
    return "%d keys, parallelism %d, %d changes/s%s%s%s%s: %s"
        .formatted(
            keys,
            parallelism,
            changesPerSecond,
            unaligned ? ", unaligned" : "",
            rest ? ", REST" : "",
            sinkId == null ? "" : ", own sink id",
            compacts() ? ", compacting" : "",
            steps.stream().map(step -> step.kind() + " at " + step.where()).toList());
  }

  private static Step step(FaultKind kind, SplittableRandom random) {
    CommitTrap.Moment[] moments = CommitTrap.Moment.values();
    return new Step(
        kind, 1 + random.nextInt(3), moments[random.nextInt(moments.length)], random.nextLong());
  }
}

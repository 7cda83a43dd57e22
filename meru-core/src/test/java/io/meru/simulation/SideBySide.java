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

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs schedules side by side. Each keeps to one thread and shares nothing with another; most of
 * the time all but a few wait, since Iceberg looks only every 10 ms whether its own pool has
 * written a manifest.
 */
final class SideBySide {
  static final int THREADS = 16;

  /** What a run has come to. */
  record Result(
      int schedules,
      long snapshots,
      long keptRowIds,
      long compactions,
      long compactionsAtRest,
      long tableCompactions,
      Clocks clocks) {
    @Override
    public String toString() {
      return ("%d schedules with %d snapshots, %d row ids kept, %d compactions (%d at rest) and %d of"
              + " whole tables in %s, no violation")
          .formatted(
              schedules,
              snapshots,
              keptRowIds,
              compactions,
              compactionsAtRest,
              tableCompactions,
              clocks);
    }
  }

  private record Failure(long seed, Throwable cause) {}

  private final long[] seeds;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicLong snapshots = new AtomicLong();
  private final AtomicLong keptRowIds = new AtomicLong();
  private final AtomicLong compactions = new AtomicLong();
  private final AtomicLong compactionsAtRest = new AtomicLong();
  private final AtomicLong tableCompactions = new AtomicLong();

  private SideBySide(long[] seeds) {
    this.seeds = seeds;
  }

  /**
   * Runs all {@code seeds}; throws the failure of the lowest one that fails, as soon as one did.
   */
  static Result run(long[] seeds) {
    return new SideBySide(seeds).run();
  }

  private Result run() {
    Clocks start = Clocks.start();
    ExecutorService threads = Executors.newFixedThreadPool(Math.min(THREADS, seeds.length));
    try {
      List<Future<List<Failure>>> workers = new ArrayList<>();
      for (int i = 0; i < Math.min(THREADS, seeds.length); i++) {
        workers.add(threads.submit(this::work));
      }
      List<Failure> failures = new ArrayList<>();
      for (Future<List<Failure>> worker : workers) {
        failures.addAll(worker.get());
      }
      failures.stream()
          .min(Comparator.comparingLong(Failure::seed))
          .ifPresent(
              failure -> {
                throw new AssertionError(
                    "%d seeds failed; the lowest: %s".formatted(failures.size(), failure.cause()),
                    failure.cause());
              });
      return new Result(
          seeds.length,
          snapshots.get(),
          keptRowIds.get(),
          compactions.get(),
          compactionsAtRest.get(),
          tableCompactions.get(),
          start.passed());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      threads.shutdownNow();
    }
  }

  /** Takes seeds until there is none left, or one has failed. */
  private List<Failure> work() {
    for (int i = next.getAndIncrement(); i < seeds.length; i = next.getAndIncrement()) {
      try {
        Schedule.Checked checked = new Schedule(seeds[i]).run();
        snapshots.addAndGet(checked.snapshots());
        keptRowIds.addAndGet(checked.keptRowIds());
        compactions.addAndGet(checked.compactions());
        compactionsAtRest.addAndGet(checked.compactionsAtRest());
        tableCompactions.addAndGet(checked.tableCompactions());
      } catch (RuntimeException | Error e) {
        next.set(seeds.length);
        return List.of(new Failure(seeds[i], e));
      }
    }
    return List.of();
  }
}

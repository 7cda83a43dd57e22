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

package io.meru.benchmarks.e2e;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.meru.commit.CommitOptions;
import io.meru.config.CompactionOptions;
import io.meru.maintenance.TableCompaction;
import io.meru.maintenance.TableCompactionOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Loads a table, updates it, and lets compactions end, in this process; then reads all of its rows.
 */
public final class CompactionPassMain {
  private static final int GENERATED_ROWS = 1_000_000;
  private static final int PROGRESS_EVERY = 16;

  private CompactionPassMain() {}

  /**
   * What to do.
   *
   * @param compaction whether the writer compacts
   * @param directory for the table
   * @param isLast whether to read and check all rows at the end, and before that, where the writer
   *     compacts, to merge away what is deleted
   */
  record Request(
      Workload workload,
      boolean compaction,
      long targetFileBytes,
      String directory,
      boolean isLast) {}

  /**
   * What was found.
   *
   * @param load checkpoints of the load
   * @param loaded totals when the load's compactions had ended
   * @param updates checkpoints of updates
   * @param restCheckpoints without rows, until no compaction was left to do
   * @param restNanos they took
   * @param rested totals then
   * @param restedSnapshot the table's head then
   * @param denseBytes written by a compaction of the whole table that then merged every file with a
   *     deleted row; null where there was none
   * @param denseNanos it took
   * @param generatorNanosPerRow of making a row, which is in the time of writing it
   * @param heapBytes after a collection, with the writer and the committer still open
   * @param outcome of the check; null where it was not asked for
   */
  record Result(
      boolean compaction,
      List<CompactingJob.Checkpoint> load,
      WriteMeter.Totals loaded,
      List<CompactingJob.Checkpoint> updates,
      int restCheckpoints,
      long restNanos,
      WriteMeter.Totals rested,
      long restedSnapshot,
      @Nullable Long denseBytes,
      long denseNanos,
      double generatorNanosPerRow,
      long heapBytes,
      long peakRssBytes,
      Verifier.@Nullable Outcome outcome) {}

  /** Starts with {@code args}: a {@link Request} as JSON, and the file for the result. */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Request request = json.readValue(args[0], Request.class);
    json.writeValue(Path.of(args[1]).toFile(), run(request));
    System.exit(0); // Libraries leave threads behind.
  }

  private static Result run(Request request) throws Exception {
    Workload workload = request.workload();
    Path directory = Files.createDirectories(Path.of(request.directory()));
    // what the connector sets when it creates a table
    IcebergTables.create(
        directory,
        IcebergTables.NAME,
        workload,
        true,
        Map.of(
            "write.metadata.delete-after-commit.enabled",
            "true",
            "write.metadata.previous-versions-max",
            "20"));
    List<CompactingJob.Checkpoint> load;
    List<CompactingJob.Checkpoint> updates;
    WriteMeter.Totals loaded;
    WriteMeter.Totals rested;
    int restCheckpoints;
    long restNanos;
    long heap;
    try (CompactingJob job =
        new CompactingJob(
            directory,
            workload,
            CompactingJob.compaction(
                request.compaction(),
                request.targetFileBytes(),
                CompactionOptions.DEFAULT_DELETED_RATIO))) {
      load = batches(job, 0, workload.loadCommits());
      job.rest();
      loaded = job.totals();
      updates = batches(job, workload.loadCommits(), workload.batches());
      heap = heapBytes();
      long before = System.nanoTime();
      restCheckpoints = job.rest();
      restNanos = System.nanoTime() - before;
      rested = job.totals();
    }
    long restedSnapshot =
        IcebergTables.load(directory, IcebergTables.NAME).currentSnapshot().snapshotId();
    long start = System.nanoTime();
    Long denseBytes =
        request.compaction() && request.isLast()
            ? dense(directory, request.targetFileBytes())
            : null;
    return new Result(
        request.compaction(),
        load,
        loaded,
        updates,
        restCheckpoints,
        restNanos,
        rested,
        restedSnapshot,
        denseBytes,
        System.nanoTime() - start,
        generatorNanosPerRow(workload),
        heap,
        CpuMeter.peakRssBytes(),
        request.isLast() ? verify(directory, workload) : null);
  }

  /** Leaves no deleted row in the table; returns the bytes that this wrote. */
  private static long dense(Path directory, long targetFileBytes) {
    TableCompactionOptions defaults = TableCompactionOptions.DEFAULTS;
    return new TableCompaction(
            IcebergTables.load(directory, IcebergTables.NAME),
            IcebergTables.NAME.toString(),
            CommitOptions.DEFAULTS,
            Clock.systemUTC(),
            System::nanoTime,
            UUID::randomUUID)
        .run(
            new TableCompactionOptions(
                Set.of(), 1, targetFileBytes, 0, defaults.maxBytes(), 0, defaults.levels()))
        .bytesWritten();
  }

  private static List<CompactingJob.Checkpoint> batches(CompactingJob job, int from, int until) {
    List<CompactingJob.Checkpoint> all = new ArrayList<>();
    for (int batch = from; batch < until; batch++) {
      all.add(job.checkpoint(batch));
      if (all.size() % PROGRESS_EVERY == 0) {
        CompactingJob.Checkpoint last = all.get(all.size() - 1);
        System.out.printf(
            "%d of %d: %,.0f rows/s, %d level-0 files, %s%n",
            batch + 1, until, last.rowsPerSecond(), last.levelZeroFiles(), last.totals());
      }
    }
    return all;
  }

  private static double generatorNanosPerRow(Workload workload) {
    Rows rows = new Rows(workload);
    int count = Math.min(GENERATED_ROWS, workload.keys());
    long sum = 0;
    long start = System.nanoTime();
    for (int n = 0; n < count; n++) {
      sum += rows.row(workload.keys() + n).getLong(Rows.ID);
    }
    long nanos = System.nanoTime() - start;
    System.out.println("sum of ids, so that they are made: " + sum);
    return (double) nanos / count;
  }

  private static long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static Verifier.Outcome verify(Path directory, Workload workload) throws IOException {
    Verifier verifier = new Verifier(workload, workload.batches(), false);
    new IcebergReader(directory, IcebergTableNames.TABLE).verify(verifier);
    return verifier.outcome();
  }
}

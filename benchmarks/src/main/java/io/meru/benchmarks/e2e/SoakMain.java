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
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;

/** The job of {@link Soak}, in this process; then a read of all rows. */
public final class SoakMain {
  private static final long GC_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private SoakMain() {}

  /**
   * What to do.
   *
   * @param seconds from the start of the job
   * @param options of the sink
   * @param directory for table and checkpoints
   */
  record Request(
      Workload workload,
      int seconds,
      int checkpointSeconds,
      int sampleSeconds,
      Map<String, String> options,
      String directory) {}

  /**
   * One look at the job.
   *
   * @param second since the start
   * @param rows sent since the start
   * @param checkpoints since the last look
   * @param state of the table; its heap is 0 where no collection was asked for
   * @param liveRows of the table
   * @param deadRows in its files, beside the live ones
   * @param fileBytes of its data files
   */
  record Sample(
      double second,
      long rows,
      List<FreeRun.Checkpoint> checkpoints,
      Commits.State state,
      long liveRows,
      long deadRows,
      long fileBytes) {}

  /**
   * What was found.
   *
   * @param batches that the table holds, those that were sent again counted again
   */
  record Result(List<Sample> samples, int batches, long peakRssBytes, Verifier.Outcome outcome) {}

  /** Starts with {@code args}: a {@link Request} as JSON, and the file for the result. */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Request request = json.readValue(args[0], Request.class);
    json.writeValue(Path.of(args[1]).toFile(), run(request));
    System.exit(0); // Libraries leave threads behind.
  }

  private static Result run(Request request) throws Exception {
    Path directory = Path.of(request.directory());
    Path tables = Files.createDirectories(directory.resolve("table"));
    // what the connector sets when it creates a table
    IcebergTables.create(
        tables,
        IcebergTables.NAME,
        request.workload(),
        true,
        Map.of(
            "write.metadata.delete-after-commit.enabled",
            "true",
            "write.metadata.previous-versions-max",
            "20"));
    List<Sample> samples = new ArrayList<>();
    int batches;
    try (JobRunner runner =
        new JobRunner(request.workload().lanes(), directory.resolve("checkpoints"))) {
      FreeRun job =
          new FreeRun(runner, new MeruEngine(tables, request.options()), request.workload());
      sample(request, job, tables, samples);
      batches = job.finish();
    }
    return new Result(
        samples, batches, CpuMeter.peakRssBytes(), verify(tables, request.workload(), batches));
  }

  private static void sample(Request request, FreeRun job, Path tables, List<Sample> samples)
      throws Exception {
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(request.seconds());
    long nextCheckpoint = start;
    long nextSample = start;
    long nextGc = start;
    List<FreeRun.Checkpoint> checkpoints = new ArrayList<>();
    while (nextCheckpoint < end) {
      nextCheckpoint += TimeUnit.SECONDS.toNanos(request.checkpointSeconds());
      long wait = nextCheckpoint - System.nanoTime();
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      } else {
        nextCheckpoint -= wait; // it took longer than the interval
      }
      checkpoints.add(job.checkpoint());
      long now = System.nanoTime();
      if (now >= nextSample) {
        boolean collect = now >= nextGc;
        samples.add(
            look(
                (now - start) / 1e9,
                request.workload().operations(job.sentBatches()),
                List.copyOf(checkpoints),
                tables,
                collect ? heapBytes() : 0));
        System.out.println(samples.get(samples.size() - 1));
        checkpoints.clear();
        nextSample += TimeUnit.SECONDS.toNanos(request.sampleSeconds());
        nextGc = collect ? now + GC_EVERY_NANOS : nextGc;
      }
    }
  }

  private static Sample look(
      double second, long rows, List<FreeRun.Checkpoint> checkpoints, Path tables, long heapBytes) {
    Table table = IcebergTables.load(tables, IcebergTables.NAME);
    Snapshot head = table.currentSnapshot();
    long deadRows = total(head, "total-position-deletes");
    return new Sample(
        second,
        rows,
        checkpoints,
        TableState.of(table, tables, heapBytes),
        total(head, "total-records") - deadRows,
        deadRows,
        total(head, "total-files-size"));
  }

  private static long total(Snapshot head, String property) {
    return Long.parseLong(head.summary().getOrDefault(property, "0"));
  }

  private static long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static Verifier.Outcome verify(Path tables, Workload workload, int batches)
      throws IOException {
    Verifier verifier = new Verifier(workload, batches, false);
    new IcebergReader(tables, IcebergTableNames.TABLE).verify(verifier);
    return verifier.outcome();
  }
}

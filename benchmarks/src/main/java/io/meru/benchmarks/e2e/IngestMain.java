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
import java.nio.file.Path;
import java.util.List;

/**
 * One engine, one workload, in this process: warms up on a throw-away table, creates the table,
 * runs all batches through one job, and writes an {@link IngestResult} as JSON.
 */
public final class IngestMain {
  private static final int WARM_UP_KEYS = 1_000_000;

  private IngestMain() {}

  /**
   * Starts with {@code args}: engine, workload as JSON, batches of updates to warm up with,
   * directory for tables and checkpoints, file for the result.
   */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Engine.Kind kind = Engine.Kind.of(args[0]);
    Workload workload = json.readValue(args[1], Workload.class);
    int warmUpCommits = Integer.parseInt(args[2]);
    Path directory = Path.of(args[3]);
    Path tables = directory.resolve("table");
    try (JobRunner runner = new JobRunner(workload.lanes(), directory.resolve("checkpoints"))) {
      if (warmUpCommits > 0) {
        run(
            runner,
            kind.open(directory.resolve("warm-up")),
            workload.shortened(WARM_UP_KEYS, warmUpCommits));
      }
      List<JobRunner.BatchResult> batches = run(runner, kind.open(tables), workload);
      json.writeValue(
          Path.of(args[4]).toFile(),
          new IngestResult(
              kind, workload, batches, CpuMeter.peakRssBytes(), Directories.bytes(tables)));
    }
    System.exit(0); // Libraries leave threads behind.
  }

  private static List<JobRunner.BatchResult> run(JobRunner runner, Engine engine, Workload workload)
      throws Exception {
    engine.createTable(workload);
    return runner.run(engine, workload, 0, workload.batches());
  }
}

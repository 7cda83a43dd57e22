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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a checkpoint of updates costs on a small and on a large table, key indexes warm and cold, on
 * one thread of this process. A table of its own warms the JVM up before.
 */
public final class ResolveMain {
  private ResolveMain() {}

  /**
   * One table's figures.
   *
   * @param keys keys in the table
   * @param cold the first checkpoint of a writer that has just opened
   * @param warm the checkpoints after it
   */
  record TableCost(int keys, EmbeddedJob.Cost cold, List<EmbeddedJob.Cost> warm) {}

  /** Starts with {@code args}: workloads as JSON in an array, directory, file for the result. */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Workload[] workloads = json.readValue(args[0], Workload[].class);
    Path directory = Path.of(args[1]);
    measure(directory.resolve("warm-up"), workloads[0]);
    List<TableCost> costs = new ArrayList<>();
    for (int i = 0; i < workloads.length; i++) {
      costs.add(measure(directory.resolve("table-" + i), workloads[i]));
    }
    json.writeValue(Path.of(args[2]).toFile(), costs);
    System.exit(0); // Libraries leave threads behind.
  }

  private static TableCost measure(Path directory, Workload workload) {
    IcebergTables.create(directory, IcebergTables.NAME, workload, true, Map.of());
    try (EmbeddedJob load = new EmbeddedJob(directory, workload)) {
      for (int batch = 0; batch < workload.loadCommits(); batch++) {
        load.batch(batch);
      }
    }
    try (EmbeddedJob updates = new EmbeddedJob(directory, workload)) {
      EmbeddedJob.Cost cold = updates.batch(workload.loadCommits());
      List<EmbeddedJob.Cost> warm = new ArrayList<>();
      for (int batch = workload.loadCommits() + 1; batch < workload.batches(); batch++) {
        warm.add(updates.batch(batch));
      }
      return new TableCost(workload.keys(), cold, warm);
    }
  }
}

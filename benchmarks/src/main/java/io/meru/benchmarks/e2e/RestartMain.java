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
import java.util.function.ToLongFunction;

/**
 * What it takes from opening a writer on a table until its first small checkpoint is committed: the
 * first time in this process, and again; then the same as a Flink job.
 */
public final class RestartMain {
  private static final int REPETITIONS = 5;

  private RestartMain() {}

  /**
   * Restarts, in order; the first in a JVM that has run nothing.
   *
   * @param processNanos CPU of the process
   * @param steadyNanos the same without the JIT compiler's threads
   */
  record Restarts(List<Long> processNanos, List<Long> steadyNanos) {}

  /** A step that may fail. */
  private interface Step {
    void run() throws Exception;
  }

  /**
   * Starts with {@code args}: embedded or flink, workload as JSON, its first batch that the table
   * does not hold, directory of the table, directory for checkpoints, file for the result.
   */
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    Workload workload = json.readValue(args[1], Workload.class);
    int batch = Integer.parseInt(args[2]);
    Path table = Path.of(args[3]);
    Restarts restarts =
        args[0].equals("embedded")
            ? embedded(workload, batch, table)
            : flink(workload, batch, table, Path.of(args[4]));
    json.writeValue(Path.of(args[5]).toFile(), restarts);
    System.exit(0); // Libraries leave threads behind.
  }

  private static Restarts embedded(Workload workload, int batch, Path table) throws Exception {
    Restarts restarts = new Restarts(new ArrayList<>(), new ArrayList<>());
    CpuMeter meter = new CpuMeter();
    for (int i = 0; i < REPETITIONS; i++) {
      int next = batch + i;
      time(
          meter,
          CpuMeter.Reading::processNanos, // this thread does the work
          restarts,
          () -> {
            try (EmbeddedJob job = new EmbeddedJob(table, workload)) {
              job.batch(next);
            }
          });
    }
    return restarts;
  }

  private static Restarts flink(Workload workload, int batch, Path table, Path checkpoints)
      throws Exception {
    Restarts restarts = new Restarts(new ArrayList<>(), new ArrayList<>());
    CpuMeter meter = new CpuMeter();
    try (JobRunner runner = new JobRunner(workload.lanes(), checkpoints)) {
      for (int i = 0; i < REPETITIONS; i++) {
        int next = batch + i;
        Engine engine = Engine.Kind.MERU.open(table);
        time(
            meter,
            CpuMeter.Reading::engineNanos,
            restarts,
            () -> runner.run(engine, workload, next, next + 1));
      }
    }
    return restarts;
  }

  private static void time(
      CpuMeter meter, ToLongFunction<CpuMeter.Reading> cpu, Restarts restarts, Step step)
      throws Exception {
    CpuMeter.Reading before = meter.read();
    step.run();
    CpuMeter.Reading used = meter.read().minus(before);
    long process = cpu.applyAsLong(used);
    restarts.processNanos.add(process);
    restarts.steadyNanos.add(process - used.group(CpuMeter.JIT));
  }
}

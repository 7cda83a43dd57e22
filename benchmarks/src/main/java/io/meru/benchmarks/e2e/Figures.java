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

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The figures of one engine in one phase of a workload: of one round, or medians of several.
 *
 * @param cpuMicros CPU of the process per row, without the thread that drives the benchmark
 * @param steadyMicros the same without the JIT compiler's threads
 * @param taskMicros of it Flink's task threads
 * @param childMicros CPU of child processes per row, in no other figure
 * @param cycleMillis median time from the first row of a batch to its commit being visible
 * @param checkpointBytes median size of a checkpoint
 * @param peakRssMib highest resident memory of the process, all phases
 * @param tableMib all files of the table at the end
 */
record Figures(
    double cpuMicros,
    double steadyMicros,
    double taskMicros,
    double childMicros,
    double cycleMillis,
    double checkpointBytes,
    double peakRssMib,
    double tableMib) {

  /** One round's. */
  static Figures of(IngestResult result, Phase phase) {
    List<JobRunner.BatchResult> batches = phase.of(result);
    double rows = batches.stream().mapToLong(JobRunner.BatchResult::rows).sum();
    double cpu = sum(batches, b -> b.cpu().engineNanos());
    double jit = sum(batches, b -> b.cpu().group(CpuMeter.JIT));
    return new Figures(
        cpu / rows / 1e3,
        (cpu - jit) / rows / 1e3,
        sum(batches, b -> b.cpu().group(CpuMeter.TASKS)) / rows / 1e3,
        sum(batches, b -> b.cpu().childNanos()) / rows / 1e3,
        median(batches, b -> b.wallNanos() / 1e6),
        median(batches, JobRunner.BatchResult::checkpointBytes),
        result.peakRssBytes() / 1048576.0,
        result.tableBytes() / 1048576.0);
  }

  /** Each figure's median over rounds. */
  static Figures medians(List<Figures> rounds) {
    return new Figures(
        median(rounds, Figures::cpuMicros),
        median(rounds, Figures::steadyMicros),
        median(rounds, Figures::taskMicros),
        median(rounds, Figures::childMicros),
        median(rounds, Figures::cycleMillis),
        median(rounds, Figures::checkpointBytes),
        median(rounds, Figures::peakRssMib),
        median(rounds, Figures::tableMib));
  }

  /** The middle value, or the mean of the two in the middle. */
  static <T> double median(List<T> values, ToDoubleFunction<T> figure) {
    double[] sorted = values.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static double sum(
      List<JobRunner.BatchResult> batches, ToDoubleFunction<JobRunner.BatchResult> figure) {
    return batches.stream().mapToDouble(figure).sum();
  }
}

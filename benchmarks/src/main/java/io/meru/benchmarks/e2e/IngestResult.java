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
import java.util.Locale;

/**
 * What one engine took for one workload, in one process.
 *
 * @param batches one after the other
 * @param peakRssBytes highest resident memory of the process
 * @param tableBytes all files of the table at the end
 */
record IngestResult(
    Engine.Kind engine,
    Workload workload,
    List<JobRunner.BatchResult> batches,
    long peakRssBytes,
    long tableBytes) {

  /** One line for whoever watches. */
  String summary() {
    return String.format(
        Locale.ROOT,
        "CPU us/row without JIT: load %.2f, updates %.2f (with JIT %.2f, %.2f); cycle %.0f, %.0f ms",
        Figures.of(this, Phase.LOAD).steadyMicros(),
        Figures.of(this, Phase.UPDATES).steadyMicros(),
        Figures.of(this, Phase.LOAD).cpuMicros(),
        Figures.of(this, Phase.UPDATES).cpuMicros(),
        Figures.of(this, Phase.LOAD).cycleMillis(),
        Figures.of(this, Phase.UPDATES).cycleMillis());
  }
}

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

/** Part of a workload that the report has figures of its own for. */
enum Phase {
  /** New keys. */
  LOAD,
  /** Updates and deletes of keys that are there. */
  UPDATES;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The phase's batches among those of a whole workload. */
  List<JobRunner.BatchResult> of(IngestResult result) {
    int load = result.workload().loadCommits();
    return this == LOAD
        ? result.batches().subList(0, load)
        : result.batches().subList(load, result.batches().size());
  }
}

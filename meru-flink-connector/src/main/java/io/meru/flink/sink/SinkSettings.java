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

package io.meru.flink.sink;

import io.meru.commit.CommitOptions;
import io.meru.config.WriteOptions;
import io.meru.maintenance.CleanUpOptions;
import java.io.Serializable;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.flink.TableLoader;

/**
 * A sink's settings, as they travel to the task managers.
 *
 * @param loader opens the table; clone it before use
 * @param drawnSinkId the sink's name if neither option nor restored state has one
 * @param options checked options by key
 * @param snapshotProperties further properties of every snapshot
 */
record SinkSettings(
    TableLoader loader,
    String drawnSinkId,
    Map<String, String> options,
    Map<String, String> snapshotProperties)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The sink's name: the option's, else the restored state's, else the one drawn for this job. */
  String sinkId(Collection<MeruWriterState> recovered) {
    Optional<String> restored =
        recovered.stream().map(MeruWriterState::sinkId).min(Comparator.naturalOrder());
    return sinkIdOption().or(() -> restored).orElse(drawnSinkId);
  }

  /** The sink's name for one without state of its own; empty if the writers' state may know it. */
  Optional<String> sinkIdAtStart(boolean isRestored) {
    return isRestored ? sinkIdOption() : Optional.of(sinkId(List.of()));
  }

  private Optional<String> sinkIdOption() {
    return MeruSinkOptions.configuration(options).getOptional(MeruSinkOptions.SINK_ID);
  }

  /** The settings of one writer. */
  WriteOptions writeOptions() {
    return MeruSinkOptions.writeOptions(MeruSinkOptions.configuration(options));
  }

  /** The settings of the committer of job {@code jobId}. */
  CommitOptions commitOptions(String jobId) {
    Map<String, String> summary = new HashMap<>(snapshotProperties);
    summary.put("flink.job-id", jobId);
    return MeruSinkOptions.commitOptions(
        MeruSinkOptions.configuration(options), Map.copyOf(summary));
  }

  /** What the committer's cleaner does. */
  CleanUpOptions cleanUpOptions() {
    return MeruSinkOptions.cleanUpOptions(MeruSinkOptions.configuration(options));
  }
}

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

package io.meru.commit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a table's properties remember of one sink, for tools.
 *
 * @param sinkId the sink
 * @param generation of its newest claim; 0 if there was none
 * @param owner of its newest claim; null if there was none
 * @param runs the runs that committed something, those of the newest generation last
 */
public record SinkMemory(
    String sinkId, long generation, @Nullable String owner, List<RunMemory> runs) {

  /**
   * What is remembered of one run.
   *
   * @param runId the run
   * @param generation of the sink's newest claim when the run committed first
   * @param checkpointId the highest committed
   * @param torn whether commits of the run were rolled back, or may have been
   */
  public record RunMemory(String runId, long generation, long checkpointId, boolean torn) {}

  /**
   * What {@code properties} remember, by sink id.
   *
   * @throws IllegalStateException if one of Meru's properties has been changed to something else
   */
  public static List<SinkMemory> of(Map<String, String> properties) {
    TreeSet<String> sinkIds = new TreeSet<>();
    for (String key : properties.keySet()) {
      if (key.startsWith(MeruProperties.CLAIM_PREFIX)) {
        sinkIds.add(key.substring(MeruProperties.CLAIM_PREFIX.length()));
      } else if (isEntry(key)) {
        sinkIds.add(key.substring(MeruProperties.COMMITTED_PREFIX.length(), key.lastIndexOf('.')));
      }
    }
    return sinkIds.stream().map(sinkId -> of(properties, sinkId)).toList();
  }

  private static SinkMemory of(Map<String, String> properties, String sinkId) {
    List<RunMemory> runs = new ArrayList<>();
    for (String key : properties.keySet()) {
      // a run id has no dot, a sink id may have some
      if (isEntry(key)
          && key.substring(0, key.lastIndexOf('.') + 1)
              .equals(MeruProperties.committedPrefix(sinkId))) {
        String runId = key.substring(key.lastIndexOf('.') + 1);
        CommitMemory.Entry entry = CommitMemory.find(properties, sinkId, runId).orElseThrow();
        runs.add(new RunMemory(runId, entry.generation(), entry.checkpointId(), entry.torn()));
      }
    }
    runs.sort(Comparator.comparingLong(RunMemory::generation).thenComparing(RunMemory::runId));
    @Nullable Claim claim = Claim.find(properties, sinkId).orElse(null);
    return new SinkMemory(
        sinkId,
        claim == null ? 0 : claim.generation(),
        claim == null ? null : claim.owner(),
        List.copyOf(runs));
  }

  private static boolean isEntry(String key) {
    return key.startsWith(MeruProperties.COMMITTED_PREFIX)
        && key.lastIndexOf('.') > MeruProperties.COMMITTED_PREFIX.length();
  }
}

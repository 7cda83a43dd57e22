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

package io.meru.acceptance;

import java.time.Duration;
import java.util.List;

/**
 * What came of one pair.
 *
 * @param flushes snapshots by checkpoints, each of them checked
 * @param compactions snapshots of compactions, checked like them
 * @param others snapshots by other writers
 * @param attempts attempts of jobs that committed
 * @param files data files and deletion vectors that snapshots name
 * @param orphans files of the data folder that none names, which are gone now
 * @param metadataOrphans those of the metadata folder
 */
record Outcome(
    Pair pair,
    Duration duration,
    int flushes,
    int compactions,
    int others,
    int attempts,
    int files,
    int orphans,
    int metadataOrphans,
    List<String> violations) {
  /** That of a pair on which the suite did not come to its end. */
  static Outcome broken(Pair pair, String why) {
    return new Outcome(pair, Duration.ZERO, 0, 0, 0, 0, 0, 0, 0, List.of(why));
  }

  /** One line, and one for each violation. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s: %d s, %d checkpoints, %d compactions, %d commits of others, %d attempts, %d files, %d + %d orphans: %s"
            .formatted(
                pair,
                duration.toSeconds(),
                flushes,
                compactions,
                others,
                attempts,
                files,
                orphans,
                metadataOrphans,
                violations.isEmpty() ? "ok" : "VIOLATED"));
    violations.forEach(
        violation -> text.append(System.lineSeparator()).append("    ").append(violation));
    return text.toString();
  }
}

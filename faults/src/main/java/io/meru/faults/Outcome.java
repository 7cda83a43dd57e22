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

package io.meru.faults;

import java.time.Duration;
import java.util.List;

/**
 * What came of one schedule.
 *
 * @param starts submissions of the job
 * @param attempts attempts of the job that committed something
 * @param commits checkpoints in the table
 * @param compactions snapshots that only moved rows
 * @param changes changes in them, repeated ones each time
 * @param orphans files in the data folder that no snapshot names
 * @param metadataOrphans files in the metadata folder that nothing names
 */
record Outcome(
    Schedule schedule,
    int starts,
    int attempts,
    long commits,
    long compactions,
    long changes,
    int foreignCommits,
    int orphans,
    int metadataOrphans,
    Duration duration,
    List<String> violations) {}

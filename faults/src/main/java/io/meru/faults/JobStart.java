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

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One submission of the job.
 *
 * @param jobId 32 hexadecimal digits
 * @param checkpoints folder of this start alone
 * @param restorePath checkpoint or savepoint; {@code null} for a start without state
 * @param sinkIdOrNull the option {@code sink-id}; {@code null} leaves it to Meru
 * @param compacts whether writers compact
 */
record JobStart(
    String jobId,
    int parallelism,
    int changesPerSecond,
    Duration checkpointInterval,
    boolean unaligned,
    Path checkpoints,
    @Nullable Path restorePath,
    @Nullable String sinkIdOrNull,
    boolean compacts) {
  Optional<Path> restoreFrom() {
    return Optional.ofNullable(restorePath);
  }

  Optional<String> sinkId() {
    return Optional.ofNullable(sinkIdOrNull);
  }
}

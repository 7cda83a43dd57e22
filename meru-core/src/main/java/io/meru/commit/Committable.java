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

import io.meru.version.VersionEdit;
import java.util.List;

/**
 * All that one checkpoint changes: what the committer turns into one snapshot. It lives whole in
 * checkpoint state; nothing that a restore needs lies in the table's folder.
 *
 * @param sinkId the stable name of the sink on the table
 * @param runId the attempt of the job that made the edits
 * @param checkpointId the checkpoint, ascending within a run; from 1
 * @param watermark event time in ms up to which rows are in, or {@link #NO_WATERMARK}
 * @param edits one per writer; writers without changes may be missing
 */
public record Committable(
    String sinkId, String runId, long checkpointId, long watermark, List<VersionEdit> edits) {
  /** No watermark is known. */
  public static final long NO_WATERMARK = Long.MIN_VALUE;
}

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

package io.meru.version;

import java.util.List;
import java.util.Map;

/**
 * Rows moved from files to other ones. It changes no row, no row id and no row's last change: the
 * rows of {@code outputs}, without those in {@code deleted}, are the rows that were live in the
 * files {@code replaced} and at the positions {@code moved} when it was installed, as of the edits
 * handed out before the one that it travels in. The deletions of that edit come on top.
 *
 * @param replaced paths of the inputs that were taken whole: they are removed
 * @param replacedFingerprint {@link #fingerprint} of what was deleted of the inputs replaced
 * @param moved positions that were taken of other inputs, by path: they are deleted there
 * @param outputs the files written, sorted by user key
 * @param deleted positions in outputs, by path, whose rows were deleted in their input while the
 *     compaction ran
 */
public record Compaction(
    List<String> replaced,
    long replacedFingerprint,
    Map<String, DeletionVector> moved,
    List<AddedFile> outputs,
    Map<String, DeletionVector> deleted) {

  /** Of deletion vectors in their order; 0 of none. */
  public static long fingerprint(List<DeletionVector> deleted) {
    long fingerprint = 0;
    for (DeletionVector positions : deleted) {
      fingerprint = 31 * fingerprint + positions.fingerprint();
    }
    return fingerprint;
  }

  /** Number of rows that it moves, without those deleted meanwhile. */
  public long liveRows() {
    long rows = 0;
    for (AddedFile output : outputs) {
      rows += output.file().recordCount();
    }
    for (DeletionVector positions : deleted.values()) {
      rows -= positions.cardinality();
    }
    return rows;
  }
}

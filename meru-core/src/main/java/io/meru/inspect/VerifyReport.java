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

package io.meru.inspect;

import java.util.List;

/**
 * What a verification saw and found.
 *
 * @param table the table's name
 * @param snapshots ids of the snapshots verified, oldest first
 * @param dataFiles distinct data files among their live files
 * @param vectors distinct deletion vectors
 * @param rows rows in these files, dead ones included
 * @param liveRows live rows of the newest snapshot verified
 * @param errors number of errors
 * @param warnings number of warnings
 * @param findings the first hundred of each invariant
 */
public record VerifyReport(
    String table,
    List<Long> snapshots,
    int dataFiles,
    int vectors,
    long rows,
    long liveRows,
    long errors,
    long warnings,
    List<Finding> findings) {

  /** Whether no error was found; there may be warnings. */
  public boolean isClean() {
    return errors == 0;
  }
}

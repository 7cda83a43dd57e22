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

import java.io.Serializable;

/**
 * The row by which a snapshot says of itself how far the source had come, and from where: every
 * change updates it, too.
 *
 * @param attempt drawn by the source's subtask when it starts
 * @param start the first change that the attempt gave: where its state had it go on
 * @param n the newest change in the snapshot
 */
record Marker(String attempt, long start, long n) implements Serializable {
  /** The row in the table. */
  Row toRow() {
    return new Row(Workload.MARKER_KEY, n, attempt + ':' + start);
  }

  /** The marker that {@code row} is. */
  static Marker of(Row row) {
    int colon = row.payload().indexOf(':');
    return new Marker(
        row.payload().substring(0, colon),
        Long.parseLong(row.payload(), colon + 1, row.payload().length(), 10),
        row.n());
  }
}

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

package io.meru.levelfile;

import io.meru.row.ByteBuilder;

/** One key column of an open file, row by row, as parts of user keys. */
interface KeyPartReader {
  /** Makes {@code row} the next one. Rows from there to {@code end} will be read. */
  void seek(long row, long end);

  /**
   * Appends the part of the next row and moves on.
   *
   * @return false if the row's value is NULL; nothing was appended
   */
  boolean append(ByteBuilder target, long end);
}

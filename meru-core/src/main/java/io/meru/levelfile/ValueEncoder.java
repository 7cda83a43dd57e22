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

import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.Statistics;

/** Encodes the values of a page, which come in several batches. One per column, reused. */
interface ValueEncoder {
  /** In place of a width: values are of any length. */
  int VARIABLE_WIDTH = -1;

  /** The encoding of the pages. */
  Encoding encoding();

  /** Bytes that a value takes before compression, or {@link #VARIABLE_WIDTH}. */
  int width();

  /** Adds values [from, to) of {@code batch}. */
  void append(LeafBatch batch, int from, int to);

  /**
   * Ends the page; nothing may be appended before the next reset.
   *
   * @param statistics gets the page's bounds
   * @return valid until the next reset
   */
  BytesInput finish(Statistics<?> statistics);

  /** Starts a page. */
  void reset();
}

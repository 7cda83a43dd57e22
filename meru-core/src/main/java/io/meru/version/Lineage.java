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

/**
 * What a commit gave to a data file, from which the rows in it get their lineage (Iceberg's spec,
 * Row Lineage): a row that stores no {@code _row_id} has {@link #firstRowId} plus its position, and
 * one that stores no {@code _last_updated_sequence_number} has {@link #sequenceNumber}.
 *
 * @param firstRowId {@link #NONE} when the commit has not been seen, or gave none: the file is
 *     older than the table's upgrade to format version 3
 * @param sequenceNumber data sequence number; {@link #NONE} when the commit has not been seen
 */
public record Lineage(long firstRowId, long sequenceNumber) {
  /** In place of a number that is not known or not there. */
  public static final long NONE = -1;

  /** Of a file whose commit has not been seen. */
  public static final Lineage UNSEEN = new Lineage(NONE, NONE);

  /** Whether the commit that added the file has been seen. */
  public boolean isSeen() {
    return sequenceNumber != NONE;
  }

  /** The id of the row at {@code position} that stores none itself, {@link #NONE} if unknown. */
  public long rowId(long position) {
    return firstRowId == NONE ? NONE : firstRowId + position;
  }
}

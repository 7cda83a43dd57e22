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

package io.meru.resolve;

import io.meru.version.TableFile;
import org.jspecify.annotations.Nullable;

/** What the resolver remembers of one file's keys from resolve to resolve. */
final class FileKeys {
  private final TableFile file;
  private @Nullable PageDirectory directory;
  private @Nullable KeyRun run;

  /** The file's number in {@code run}. */
  private int number;

  private @Nullable PositionIndex foreignIndex;

  /** With an index there are the row ids, unless the resolver is not asked for any. */
  private StoredRowIds rowIds = StoredRowIds.NONE;

  private boolean isForgotten;

  /** The resolve that last had this file among its candidates. */
  private long lastUse;

  /** Rows read page by page for want of an index. */
  private long rowsRead;

  /** The index is known to need more than this. */
  private long moreThanBytes;

  FileKeys(TableFile file) {
    this.file = file;
  }

  TableFile file() {
    return file;
  }

  @Nullable PageDirectory directory() {
    return directory;
  }

  void directory(PageDirectory directory) {
    this.directory = directory;
  }

  /** Where a level file's keys are, maybe with those of others. */
  @Nullable KeyRun run() {
    return run;
  }

  /** The file's number in {@link #run}. */
  int number() {
    return number;
  }

  void run(KeyRun newRun, int newNumber) {
    run = newRun;
    number = newNumber;
  }

  @Nullable PositionIndex foreignIndex() {
    return foreignIndex;
  }

  void foreignIndex(@Nullable PositionIndex index) {
    foreignIndex = index;
  }

  /** The row ids that the file stores; none without an index. */
  StoredRowIds rowIds() {
    return rowIds;
  }

  void rowIds(StoredRowIds newRowIds) {
    rowIds = newRowIds;
  }

  boolean hasIndex() {
    return run != null || foreignIndex != null;
  }

  /** An index that the file had is gone: what reading it again costs counts anew. */
  void indexDropped() {
    run = null;
    foreignIndex = null;
    rowIds = StoredRowIds.NONE;
    rowsRead = 0;
  }

  /** Whether the file is gone from the table. */
  boolean isForgotten() {
    return isForgotten;
  }

  void forget() {
    isForgotten = true;
    directory = null;
    run = null;
    foreignIndex = null;
    rowIds = StoredRowIds.NONE;
  }

  long lastUse() {
    return lastUse;
  }

  void usedBy(long resolve) {
    lastUse = resolve;
  }

  /** Counts rows about to be read page by page. */
  void addRowsRead(long rows) {
    rowsRead += rows;
  }

  /**
   * Whether reading the whole file for an index costs no more than the pages read so far and the
   * {@code rows} that this batch needs. So pages never cost more than twice the best choice.
   */
  boolean isIndexWorthwhile(long rows) {
    return rowsRead + rows >= file.recordCount();
  }

  long moreThanBytes() {
    return moreThanBytes;
  }

  void outgrew(long limitBytes) {
    moreThanBytes = limitBytes;
  }
}

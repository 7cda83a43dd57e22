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

package io.meru.compaction;

import io.meru.key.HashRange;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.TableFile;
import io.meru.version.Version.LiveFile;

/**
 * A level file that a merge takes rows from.
 *
 * @param path full location
 * @param fileSizeBytes length of the file
 * @param recordCount rows in the file, dead ones included
 * @param hashRange bounds the hashes of the rows in the file
 * @param deleted its dead positions: these are not taken
 * @param takenHashes of the others, rows whose key's hash lies elsewhere are not taken
 * @param fromPosition rows before this one are not taken
 * @param toPosition neither are this one and those after it
 * @param firstRowId the id of the file's first row, for rows that store none
 * @param dataSequenceNumber the file's data sequence number, for rows that store none
 */
public record MergeInput(
    String path,
    long fileSizeBytes,
    long recordCount,
    HashRange hashRange,
    DeletionVector deleted,
    HashRange takenHashes,
    long fromPosition,
    long toPosition,
    long firstRowId,
    long dataSequenceNumber) {

  /** Refuses positions outside the file. */
  public MergeInput {
    if (fromPosition < 0 || fromPosition > toPosition || toPosition > recordCount) {
      throw new IllegalArgumentException(
          "Positions must satisfy 0 <= from <= to <= %d but were [%d, %d) of %s"
              .formatted(recordCount, fromPosition, toPosition, path));
    }
    if (recordCount > DeletionVector.MAX_POSITION) {
      throw new IllegalArgumentException(
          "Cannot merge %s: it has %d rows, and at most %d can be numbered"
              .formatted(path, recordCount, DeletionVector.MAX_POSITION));
    }
  }

  /**
   * A level file all of whose live rows are taken.
   *
   * @throws IllegalArgumentException if it is not a level file
   */
  public static MergeInput whole(LiveFile live) {
    TableFile file = live.file();
    LevelFileName name = file.levelName();
    if (name == null) {
      throw new IllegalArgumentException("%s is no level file".formatted(file.path()));
    }
    return whole(
        file.path(),
        file.fileSizeBytes(),
        file.recordCount(),
        name.hashRange(),
        live.deleted(),
        live.lineage().firstRowId(),
        live.lineage().sequenceNumber());
  }

  /** A file all of whose live rows are taken. */
  public static MergeInput whole(
      String path,
      long fileSizeBytes,
      long recordCount,
      HashRange hashRange,
      DeletionVector deleted,
      long firstRowId,
      long dataSequenceNumber) {
    return new MergeInput(
        path,
        fileSizeBytes,
        recordCount,
        hashRange,
        deleted,
        HashRange.ALL,
        0,
        recordCount,
        firstRowId,
        dataSequenceNumber);
  }

  /** This file, of which only rows with these hashes are taken. */
  public MergeInput taking(HashRange hashes) {
    return new MergeInput(
        path,
        fileSizeBytes,
        recordCount,
        hashRange,
        deleted,
        hashes,
        fromPosition,
        toPosition,
        firstRowId,
        dataSequenceNumber);
  }

  /** This file, of which only rows at positions [from, to) are taken. */
  public MergeInput taking(long from, long to) {
    return new MergeInput(
        path,
        fileSizeBytes,
        recordCount,
        hashRange,
        deleted,
        takenHashes,
        from,
        to,
        firstRowId,
        dataSequenceNumber);
  }

  /** Whether rows may have to be left out because of their hash. */
  boolean isHashed() {
    return !takenHashes.covers(hashRange);
  }

  /** About how many rows are taken. */
  long expectedRows() {
    double share = (double) (toPosition - fromPosition) / Math.max(1, recordCount);
    if (isHashed()) {
      share *= takenHashes.shareOf(hashRange);
    }
    return (long) Math.ceil(share * Math.max(0, recordCount - deleted.cardinality()));
  }
}

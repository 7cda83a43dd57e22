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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a key lives, now and in each snapshot that the table still has.
 *
 * @param table the table's name
 * @param key the key's values by column, in key order
 * @param userKey its encoded form, hexadecimal
 * @param hash the 16 bits that decide who owns it
 * @param candidateFiles data files of all snapshots whose hash range lets them hold the key
 * @param head the places in the head; more than one is an error of the table
 * @param snapshots all snapshots, oldest first
 */
public record KeyHistory(
    String table,
    Map<String, String> key,
    String userKey,
    int hash,
    int candidateFiles,
    List<Place> head,
    List<KeyAt> snapshots) {

  /**
   * Where the key lives in one snapshot.
   *
   * @param snapshotId the snapshot
   * @param timestampMs when it was committed, milliseconds from the epoch
   * @param operation Iceberg's: append, overwrite, replace, delete
   * @param job {@code meru.job}; null if another writer made it
   * @param checkpointId {@code meru.checkpoint-id}, likewise
   * @param changed whether the places differ from those of the last snapshot whose places are known
   * @param places none when the key has no row; null when equality deletes, which hide rows by
   *     value, may apply to it
   */
  public record KeyAt(
      long snapshotId,
      long timestampMs,
      @Nullable String operation,
      @Nullable String job,
      @Nullable Long checkpointId,
      boolean changed,
      @Nullable List<Place> places) {}

  /**
   * A live row of the key.
   *
   * @param path its data file
   * @param level the file's level; null for a foreign file
   * @param position the row's position in it
   * @param rowId its {@code _row_id}; null if none is assigned
   * @param lastUpdatedSequenceNumber its {@code _last_updated_sequence_number}; null likewise
   * @param row its values as text by column of the table's present schema
   */
  public record Place(
      String path,
      @Nullable Integer level,
      long position,
      @Nullable Long rowId,
      @Nullable Long lastUpdatedSequenceNumber,
      Map<String, @Nullable String> row) {}
}

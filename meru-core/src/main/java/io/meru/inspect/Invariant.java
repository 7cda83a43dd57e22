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

/** What {@link TableVerifier} checks. The names are part of its output. */
public enum Invariant {
  /** Manifest lists and manifests can be read. */
  MANIFEST_READABLE("manifest-readable"),
  /** No two live rows share a key. */
  ONE_ROW_PER_KEY("one-row-per-key"),
  /** A snapshot lists each data file once: readers read it as often as it is listed. */
  FILE_LISTED_ONCE("file-listed-once"),
  /** Every data file is there. */
  FILE_EXISTS("file-exists"),
  /** Every file is as long as its manifest says. */
  FILE_SIZE("file-size"),
  /** Every data file is a Parquet file whose key columns can be read. */
  FILE_READABLE("file-readable"),
  /** Every data file has as many rows as its manifest says. */
  ROW_COUNT("row-count"),
  /** A level file's footer says what its name says. */
  FOOTER("footer"),
  /** A level file's first and last key are those that its footer states. */
  KEY_RANGE("key-range"),
  /** A level file's rows ascend strictly by key. */
  KEY_ORDER("key-order"),
  /** The hashes of a level file's rows lie in its hash range. */
  HASH_RANGE("hash-range"),
  /** No row of a level file has a NULL in its key. */
  NULL_KEY("null-key"),
  /** The bounds of key columns in the manifest bound the rows. */
  COLUMN_BOUNDS("column-bounds"),
  /** A data file has one deletion vector at most. */
  ONE_VECTOR_PER_FILE("one-vector-per-file"),
  /** A deletion vector is of a live file. */
  VECTOR_OF_LIVE_FILE("vector-of-live-file"),
  /** Deletion vectors can be read, and their Puffin files say the same of them as manifests do. */
  VECTOR_READABLE("vector-readable"),
  /** A deletion vector has as many positions as its manifest says. */
  VECTOR_CARDINALITY("vector-cardinality"),
  /** Deleted positions lie in their file. */
  VECTOR_POSITIONS("vector-positions"),
  /** There are no equality deletes. */
  NO_EQUALITY_DELETES("no-equality-deletes"),
  /** There are no position delete files of format version 2. */
  NO_POSITION_DELETE_FILES("no-position-delete-files"),
  /** No two live rows share a row id. */
  UNIQUE_ROW_ID("unique-row-id"),
  /** Row ids are below the table's next one. */
  ROW_ID_ASSIGNED("row-id-assigned");

  private final String label;

  Invariant(String label) {
    this.label = label;
  }

  /** The name in output, such as {@code one-row-per-key}. */
  public String label() {
    return label;
  }
}

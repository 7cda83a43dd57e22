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

package io.meru.memtable;

import io.meru.key.SortedKeys;

/**
 * The entries of a sealed memtable in ascending order of user key. Immutable; safe to read from
 * many threads.
 */
public interface SortedEntries extends SortedKeys {
  /** Whether entry {@code i} deletes its key; otherwise it is a put and has a row. */
  boolean isDelete(int i);

  /** The array that holds the row of put {@code i}, laid out as {@link io.meru.row.RowLayout}. */
  byte[] rowArray(int i);

  /** Where the row of put {@code i} starts in its array. */
  int rowOffset(int i);
}

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

package io.meru.error;

/** A row's key column is NULL. The row is refused; nothing of it has been written. */
public final class NullKeyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Names the table, the key column and the kind of row (such as {@code +I}). */
  public NullKeyException(String table, String column, String rowKind) {
    super(
        ("Cannot write a %s row to table %s: key column '%s' is NULL, and a primary key holds no"
                + " NULLs. Filter such rows before the sink, or choose another key.")
            .formatted(rowKind, table, column));
  }
}

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

package io.meru.row;

/** What an incoming row says of its key. */
public enum RowKind {
  /** A new row ({@code +I}); taken as a put of its key. */
  INSERT("+I"),
  /** The old image of an updated row ({@code -U}); taken as a delete of its key. */
  UPDATE_BEFORE("-U"),
  /** The new image of an updated row ({@code +U}); taken as a put of its key. */
  UPDATE_AFTER("+U"),
  /** A deleted row ({@code -D}); only its key columns are read. */
  DELETE("-D");

  private final String symbol;

  RowKind(String symbol) {
    this.symbol = symbol;
  }

  /** The short form, such as {@code +I}. */
  public String symbol() {
    return symbol;
  }

  /** Whether the row takes its key's place; otherwise it removes it. */
  public boolean isPut() {
    return this == INSERT || this == UPDATE_AFTER;
  }
}

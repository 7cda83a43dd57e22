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

package io.meru.flink.foreign;

import java.util.function.Consumer;

/**
 * What another writer asks for.
 *
 * @param effect what it does to the rows of the table that it is committed on
 */
record Statement(String sql, Consumer<TableState> effect) {
  private static final Consumer<TableState> NO_EFFECT = state -> {};

  /** One that may change no row. */
  static Statement unchanged(String sql) {
    return new Statement(sql, NO_EFFECT);
  }

  /** Whether it changes rows, which is one commit if it is committed. */
  boolean changesRows() {
    return effect != NO_EFFECT;
  }
}

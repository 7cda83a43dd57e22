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

import io.meru.error.CorruptFileException;
import io.meru.version.TableFile;

/** Says that a level file's keys do not ascend. */
final class KeyOrder {
  private KeyOrder() {}

  static CorruptFileException broken(TableFile file, long position) {
    return new CorruptFileException(
        ("Cannot search the level file %s: the key at position %d is not above the one before it,"
                + " but level files are sorted by key, each key once. Something other than Meru wrote"
                + " the file, or it is damaged: rewrite it under another name, or roll the table back"
                + " to a snapshot without it.")
            .formatted(file.path(), position));
  }
}

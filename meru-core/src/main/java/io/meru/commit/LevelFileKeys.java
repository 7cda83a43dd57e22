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

package io.meru.commit;

import io.meru.error.UnsupportedTableException;
import io.meru.key.KeySpec;
import io.meru.version.LevelFileName;
import io.meru.version.TableFile;

/** Refuses to add level files that are sorted by another key than the table has now. */
final class LevelFileKeys {
  private LevelFileKeys() {}

  /** Checks a file that is about to be added. */
  static void check(KeySpec keySpec, TableFile file) {
    LevelFileName name = file.levelName();
    if (name == null) {
      throw new IllegalArgumentException(
          "%s is not the name of a level file".formatted(file.path()));
    }
    if (!name.fingerprint().equals(keySpec.fingerprint())) {
      throw new UnsupportedTableException(
          ("Cannot add %s to table %s: its rows are sorted and unique by another primary key"
                  + " (fingerprint %s) than the table's present one (%s). Set the old identifier"
                  + " fields again, or start the job anew without its state.")
              .formatted(file.path(), keySpec.table(), name.fingerprint(), keySpec.fingerprint()));
    }
  }
}

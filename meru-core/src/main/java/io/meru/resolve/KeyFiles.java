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
import io.meru.key.SortedKeys;
import io.meru.levelfile.KeyFile;
import io.meru.levelfile.KeyFileOpener;
import io.meru.version.TableFile;

/** Opens files and reads whole key columns into indexes. */
final class KeyFiles {
  private final boolean fixedLong;
  private final KeyFileOpener opener;

  KeyFiles(boolean fixedLong, KeyFileOpener opener) {
    this.fixedLong = fixedLong;
    this.opener = opener;
  }

  /** Opens {@code file}; it has as many rows as its manifest says. */
  KeyFile open(TableFile file) {
    KeyFile keys = opener.open(file.path(), file.fileSizeBytes());
    if (keys.rowCount() != file.recordCount()) {
      long found = keys.rowCount();
      keys.close();
      throw rowCount(file, found);
    }
    return keys;
  }

  /**
   * Reads the index of a level file.
   *
   * @throws IndexTooLargeException if it would exceed {@code limitBytes}
   * @throws CorruptFileException if the keys don't ascend
   */
  KeyIndex levelIndex(TableFile file, KeyFile keys, long limitBytes) {
    KeyIndex.Builder builder = KeyIndex.builder(fixedLong, file.recordCount(), limitBytes);
    keys.readAll(
        (position, array, offset, length) -> {
          long prefix = Bits.ordered(array, offset, offset + length);
          if (!builder.add(prefix, array, offset, length)) {
            throw KeyOrder.broken(file, position);
          }
        });
    KeyIndex index = builder.build();
    if (index.size() != file.recordCount()) {
      throw rowCount(file, index.size());
    }
    return index;
  }

  /**
   * Reads the index of a foreign file.
   *
   * @throws IndexTooLargeException if making it would take more than {@code limitBytes}
   */
  PositionIndex foreignIndex(TableFile file, KeyFile keys, long limitBytes) {
    ForeignRows rows = new ForeignRows(fixedLong, (int) file.recordCount(), limitBytes);
    keys.readAll(rows);
    if (rows.size() > file.recordCount()) {
      throw rowCount(file, rows.size());
    }
    return rows.build(); // fewer keys than rows: some are NULL, or older than the key column
  }

  /**
   * The index of a level file whose keys are at hand.
   *
   * @throws IndexTooLargeException if it would exceed {@code limitBytes}
   */
  static KeyIndex indexOf(boolean fixedLong, TableFile file, SortedKeys keys, long limitBytes) {
    KeyIndex.Builder builder = KeyIndex.builder(fixedLong, keys.size(), limitBytes);
    for (int i = 0; i < keys.size(); i++) {
      long prefix = keys.prefix(i) ^ Long.MIN_VALUE;
      if (!builder.add(prefix, keys.array(i), keys.offset(i), keys.length(i))) {
        throw new IllegalArgumentException(
            "Cannot take in the keys of %s: key %d is not above the one before it"
                .formatted(file.path(), i));
      }
    }
    return builder.build();
  }

  private static CorruptFileException rowCount(TableFile file, long found) {
    return new CorruptFileException(
        "Cannot search %s: it has %d rows, its manifest says %d. The file is damaged or replaced."
            .formatted(file.path(), found, file.recordCount()));
  }
}

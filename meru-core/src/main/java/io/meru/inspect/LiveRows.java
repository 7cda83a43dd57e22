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

import io.meru.levelfile.KeyConsumer;
import io.meru.levelfile.KeyFile;
import io.meru.levelfile.KeyFileOpener;
import io.meru.version.DeletionVector;
import org.apache.iceberg.DataFile;

/**
 * A readable data file and what is deleted of it.
 *
 * @param file the file
 * @param deleted deleted positions
 */
record LiveRows(DataFile file, DeletionVector deleted) {
  /** Hands the keys of live rows to {@code consumer}. */
  void forEachKey(KeyFileOpener opener, KeyConsumer consumer) {
    try (KeyFile keys = opener.open(file.location(), file.fileSizeInBytes())) {
      if (deleted.isEmpty()) {
        keys.readAll(consumer);
      } else {
        keys.readAll(
            (position, array, offset, length) -> {
              if (!deleted.contains(position)) {
                consumer.accept(position, array, offset, length);
              }
            });
      }
    }
  }

  long liveCount() {
    return file.recordCount() - deleted.cardinality();
  }
}

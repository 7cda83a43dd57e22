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

package io.meru.examples;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/** A map to which a table's changes are applied one by one: what the table must hold at the end. */
final class Oracle {
  private final TpchTable table;
  private final Map<String, Long> checksumByKey = new HashMap<>();
  private long changes;

  private Oracle(TpchTable table) {
    this.table = table;
  }

  /** The map after all of {@code changes}. */
  static Oracle after(TpchTable table, Iterator<Change> changes) {
    Oracle oracle = new Oracle(table);
    changes.forEachRemaining(oracle::apply);
    return oracle;
  }

  /** The number of changes applied. */
  long changes() {
    return changes;
  }

  /** The rows left. */
  Contents contents() {
    return new Contents(
        checksumByKey.size(), checksumByKey.values().stream().mapToLong(Long::longValue).sum());
  }

  private void apply(Change change) {
    changes++;
    String key = table.keyText(change.values());
    switch (change.kind()) {
      case INSERT, UPDATE_AFTER -> checksumByKey.put(key, Contents.checksumOf(change.values()));
      case DELETE -> checksumByKey.remove(key);
      case UPDATE_BEFORE -> throw new IllegalArgumentException("The stream is one of upserts");
    }
  }
}

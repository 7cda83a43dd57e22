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

package io.meru.faults;

import io.meru.faults.Workload.Change;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the table must hold: the workload's changes applied to a map, one after the other. A key has
 * more than one row only where another writer has appended it; the job's next change of the key
 * takes all of them.
 */
final class Model {
  private final Workload workload;
  private final Map<Long, List<Row>> rowsByKey = new HashMap<>();

  Model(Workload workload) {
    this.workload = workload;
  }

  /** Applies the changes from {@code first} to {@code last}, both inclusive. */
  void apply(long first, long last) {
    for (long n = first; n <= last; n++) {
      Change change = workload.change(n);
      if (change.isDelete()) {
        rowsByKey.remove(change.key());
      } else {
        put(workload.row(change));
      }
    }
  }

  /** What the job does with a row: it replaces all that the key has. */
  void put(Row row) {
    rowsByKey.put(row.id(), List.of(row));
  }

  /** Holds just {@code rows} from now on. */
  void reset(List<Row> rows) {
    rowsByKey.clear();
    rows.forEach(row -> rowsByKey.computeIfAbsent(row.id(), id -> new ArrayList<>()).add(row));
  }

  /** What differs in {@code rows}, a few examples of it; empty if nothing does. */
  String difference(List<Row> rows) {
    Model actual = new Model(workload);
    actual.reset(rows);
    Set<Long> keys = new HashSet<>(rowsByKey.keySet());
    keys.addAll(actual.rowsByKey.keySet());
    List<Long> different =
        keys.stream().filter(key -> !actual.sorted(key).equals(sorted(key))).sorted().toList();
    if (different.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("%d keys differ:".formatted(different.size()));
    different.stream()
        .limit(5)
        .forEach(
            key ->
                text.append(
                    " key %d has %s, expected %s;"
                        .formatted(key, actual.sorted(key), sorted(key))));
    return text.toString();
  }

  /** All rows, in no order. */
  List<Row> rows() {
    return rowsByKey.values().stream().flatMap(List::stream).toList();
  }

  private List<Row> sorted(long key) {
    return rowsByKey.getOrDefault(key, List.of()).stream()
        .sorted(Comparator.comparingLong(Row::n).thenComparing(Row::payload))
        .toList();
  }
}

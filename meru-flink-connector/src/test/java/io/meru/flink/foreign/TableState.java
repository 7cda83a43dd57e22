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

import io.meru.flink.testing.Changes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;

/** The table's rows by key. A key has several where another writer has inserted it once more. */
final class TableState {
  private final Map<Long, List<TableRow>> rows = new TreeMap<>();

  static TableState of(Collection<TableRow> rows) {
    TableState state = new TableState();
    rows.forEach(state::insert);
    return state;
  }

  /** What a job does: each of its changes replaces all rows that the key has. */
  void apply(Changes changes, long first, long last) {
    for (long n = first; n <= last; n++) {
      for (RowData row : changes.rows(n)) {
        TableRow put = TableRow.of(row);
        rows.remove(put.id());
        if (row.getRowKind() == RowKind.INSERT || row.getRowKind() == RowKind.UPDATE_AFTER) {
          insert(put);
        }
      }
    }
  }

  /** What an INSERT does: one more row. */
  void insert(TableRow row) {
    rows.computeIfAbsent(row.id(), id -> new ArrayList<>()).add(row);
  }

  /** What a DELETE does. */
  void delete(Predicate<TableRow> which) {
    rows.values().forEach(ofKey -> ofKey.removeIf(which));
    rows.values().removeIf(List::isEmpty);
  }

  /** What an UPDATE does. */
  void update(Predicate<TableRow> which, UnaryOperator<TableRow> to) {
    rows.values().forEach(ofKey -> ofKey.replaceAll(row -> which.test(row) ? to.apply(row) : row));
  }

  /** The rows of a key. */
  List<TableRow> of(long id) {
    return rows.getOrDefault(id, List.of());
  }

  /** Every key that has a row. */
  Set<Long> keys() {
    return rows.keySet();
  }

  /** All rows. */
  List<TableRow> all() {
    return rows.values().stream().flatMap(List::stream).toList();
  }

  TableState copy() {
    return of(all());
  }

  /** How {@code actual} differs, with a few examples; empty if it does not. */
  String difference(TableState actual) {
    Set<Long> keys = new HashSet<>(rows.keySet());
    keys.addAll(actual.rows.keySet());
    List<Long> different =
        keys.stream().filter(key -> !sorted(key).equals(actual.sorted(key))).sorted().toList();
    StringBuilder text = new StringBuilder();
    if (!different.isEmpty()) {
      text.append("%d keys differ:".formatted(different.size()));
    }
    for (Long key : different.subList(0, Math.min(5, different.size()))) {
      text.append("%n  key %d has %s, expected %s".formatted(key, actual.sorted(key), sorted(key)));
    }
    return text.toString();
  }

  private List<TableRow> sorted(long key) {
    return of(key).stream().sorted(Comparator.comparing(TableRow::toString)).toList();
  }
}

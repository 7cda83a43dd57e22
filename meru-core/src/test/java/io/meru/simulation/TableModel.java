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

package io.meru.simulation;

import io.meru.simulation.SimulatedRows.Row;
import io.meru.simulation.SnapshotReader.LiveFile;
import io.meru.simulation.Subtask.Changed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The plain map that a snapshot must equal. A key has more than one row only where somebody else
 * appended it without looking.
 */
record TableModel(Map<Long, List<Row>> rows) {
  private static final Comparator<Row> BY_VALUE = Comparator.comparing(Row::value);

  static final TableModel EMPTY = new TableModel(Map.of());

  /** What readers of these files see. */
  static TableModel of(List<LiveFile> files) {
    TableModel model = new TableModel(new TreeMap<>());
    for (LiveFile live : files) {
      for (int i = 0; i < live.rows().keys().length; i++) {
        if (live.isLive(i)) {
          model.add(live.rows().keys()[i], live.rows().rows()[i]);
        }
      }
    }
    return model.sorted();
  }

  /** After the changes of a checkpoint: every key in it has its newest row, or none. */
  TableModel with(Map<Long, Changed> changes) {
    TableModel next = copy();
    changes.forEach(
        (key, changed) -> {
          next.rows.remove(key);
          if (changed.row() != null) {
            next.add(key, changed.row());
          }
        });
    return next;
  }

  /** After somebody appended rows. */
  TableModel withAppended(Map<Long, Row> appended) {
    TableModel next = copy();
    appended.forEach(next::add);
    return next.sorted();
  }

  /** After somebody deleted all rows of a key. */
  TableModel without(long key) {
    TableModel next = copy();
    next.rows.remove(key);
    return next;
  }

  /** After somebody dropped a file. */
  TableModel without(LiveFile file) {
    TableModel next = copy();
    for (int i = 0; i < file.rows().keys().length; i++) {
      if (file.isLive(i)) {
        next.remove(file.rows().keys()[i], file.rows().rows()[i]);
      }
    }
    return next;
  }

  private TableModel copy() {
    Map<Long, List<Row>> copy = new TreeMap<>();
    rows.forEach((key, values) -> copy.put(key, new ArrayList<>(values)));
    return new TableModel(copy);
  }

  private TableModel sorted() {
    rows.values().forEach(values -> values.sort(BY_VALUE));
    return this;
  }

  private void add(long key, Row row) {
    rows.computeIfAbsent(key, same -> new ArrayList<>()).add(row);
  }

  private void remove(long key, Row row) {
    List<Row> left = rows.get(key);
    left.remove(row);
    if (left.isEmpty()) {
      rows.remove(key);
    }
  }
}

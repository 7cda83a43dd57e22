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
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.apache.flink.table.data.RowData;

/**
 * What the author of a statement knows.
 *
 * @param state rows of the head, or of a snapshot a little below it
 * @param changes the job's
 * @param marker the change that {@code state} reaches
 * @param time of the snapshot that {@code state} is
 * @param addedColumns how many columns the table has that the job does not know
 */
record View(
    TableState state,
    Changes changes,
    long marker,
    Instant time,
    int addedColumns,
    String catalog,
    String table,
    SplittableRandom random) {
  /** Keys from here on are never the job's. */
  static final long FIRST_OTHERS_KEY = 1_000_000;

  /** Changes that are certainly in the checkpoint that comes next. */
  private static final int PENDING = 60;

  /** Keys that the next checkpoint puts or deletes. */
  Set<Long> pending() {
    Set<Long> keys = new LinkedHashSet<>();
    for (long n = marker + 1; n <= marker + PENDING; n++) {
      for (RowData row : changes.rows(n)) {
        keys.add(row.getLong(1));
      }
    }
    keys.remove(changes.marker());
    return keys;
  }

  /** Pending keys that the table does not have; a key that nobody has if there are none. */
  List<Long> keysThatTheJobAdds() {
    List<Long> keys = pending().stream().filter(key -> state.of(key).isEmpty()).toList();
    return keys.isEmpty() ? newKeys(1) : keys;
  }

  /** Pending keys that the table has, and others of the job's; {@code count} of each. */
  List<Long> jobsKeys(int count) {
    List<Long> keys =
        new ArrayList<>(pending().stream().filter(state.keys()::contains).limit(count).toList());
    List<Long> all = state.keys().stream().filter(key -> key >= 0 && !isOthers(key)).toList();
    for (int i = 0; i < count && !all.isEmpty(); i++) {
      keys.add(all.get(random.nextInt(all.size())));
    }
    return keys.stream().distinct().toList();
  }

  /** Some keys that only others write, as many as there are or {@code count}. */
  List<Long> othersKeys(int count) {
    List<Long> all = state.keys().stream().filter(View::isOthers).toList();
    Set<Long> keys = new LinkedHashSet<>();
    for (int i = 0; i < count && !all.isEmpty(); i++) {
      keys.add(all.get(random.nextInt(all.size())));
    }
    return List.copyOf(keys);
  }

  /** Keys that the table does not have and the job does not write. */
  List<Long> newKeys(int count) {
    long first = FIRST_OTHERS_KEY + random.nextLong(1L << 40);
    List<Long> keys = new ArrayList<>();
    for (long key = first; key < first + count; key++) {
      keys.add(key);
    }
    return keys;
  }

  /** A row as others write it. */
  TableRow othersRow(long id) {
    return new TableRow(id, -1 - random.nextLong(1L << 40), "of another writer");
  }

  /** The view's time as a literal of SQL. */
  String timestamp() {
    return "TIMESTAMP '%s'"
        .formatted(
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS")
                .withZone(ZoneOffset.UTC)
                .format(time));
  }

  /** A list for SQL. */
  static String list(List<Long> keys) {
    return keys.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
  }

  private static boolean isOthers(long key) {
    return key >= FIRST_OTHERS_KEY;
  }
}

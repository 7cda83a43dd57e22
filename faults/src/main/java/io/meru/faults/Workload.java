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

import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.flink.types.RowKind;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;

/**
 * A replayable changelog: change {@code n} is a function of the seed and {@code n} alone, so a
 * restored source repeats exactly what it gave before, and a map can follow it.
 */
record Workload(long seed, int keys) implements Serializable {
  /** The key of the marker row; see {@link Marker}. */
  static final long MARKER_KEY = -1;

  /** The table's columns: {@code id} is the key, {@code n} the change that wrote the row. */
  static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.required(2, "n", Types.LongType.get()),
              Types.NestedField.required(3, "payload", Types.StringType.get())),
          Set.of(1));

  private static final int MAX_PAYLOAD = 120;

  /**
   * One change.
   *
   * @param kind {@code INSERT}, {@code UPDATE_AFTER} or {@code DELETE}
   * @param withBefore whether {@code UPDATE_BEFORE} comes first
   */
  record Change(long key, long n, RowKind kind, boolean withBefore) {
    boolean isDelete() {
      return kind == RowKind.DELETE;
    }
  }

  /** Change number {@code n}: an eighth are deletes, half of all go to a sixteenth of the keys. */
  Change change(long n) {
    SplittableRandom random = random(n);
    boolean hot = random.nextBoolean();
    long key = random.nextInt(hot ? Math.max(1, keys / 16) : keys);
    int what = random.nextInt(8);
    if (what == 0) {
      return new Change(key, n, RowKind.DELETE, false);
    }
    return what < 4
        ? new Change(key, n, RowKind.INSERT, false)
        : new Change(key, n, RowKind.UPDATE_AFTER, what == 7);
  }

  /** The payload that change {@code n} writes. */
  String payload(long n) {
    SplittableRandom random = random(~n);
    int length = random.nextInt(MAX_PAYLOAD);
    StringBuilder text = new StringBuilder(length + 20).append(n).append(':');
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  /** The row that change {@code n} puts. */
  Row row(Change change) {
    return new Row(change.key(), change.n(), payload(change.n()));
  }

  private SplittableRandom random(long n) {
    return new SplittableRandom(new SplittableRandom(seed ^ n * 0x9E3779B97F4A7C15L).nextLong());
  }
}

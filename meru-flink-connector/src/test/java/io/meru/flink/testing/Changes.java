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

package io.meru.flink.testing;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * A replayable changelog: change {@code n} is a function of the seed and {@code n} alone. Each
 * change also updates one marker row with {@code n}, so that a snapshot tells how far the log had
 * come.
 */
public final class Changes implements Serializable {
  /** Key of the marker row, unless said otherwise. */
  public static final long MARKER = -1;

  /** The table's columns: {@code id} is the key. */
  public static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "amount", Types.LongType.get()),
              Types.NestedField.optional(3, "name", Types.StringType.get())),
          Set.of(1));

  /** The stream's columns, in another order than the table's. */
  public static final RowType ROW_TYPE =
      RowType.of(
          new LogicalType[] {
            new VarCharType(VarCharType.MAX_LENGTH), new BigIntType(false), new BigIntType()
          },
          new String[] {"name", "id", "amount"});

  private static final long serialVersionUID = 1L;

  private final long seed;
  private final long firstKey;
  private final int keys;
  private final long marker;

  /** Changes over {@code keys} keys. */
  public Changes(long seed, int keys) {
    this(seed, 0, keys, MARKER);
  }

  /** Changes over {@code keys} keys from {@code firstKey} on, with a marker row of their own. */
  public Changes(long seed, long firstKey, int keys, long marker) {
    this.seed = seed;
    this.firstKey = firstKey;
    this.keys = keys;
    this.marker = marker;
  }

  /** Key of the marker row. */
  public long marker() {
    return marker;
  }

  /** The rows of change {@code n}: some are deletes, some pairs of -U and +U, most are puts. */
  public List<RowData> rows(long n) {
    SplittableRandom random = random(n);
    long key = firstKey + random.nextInt(keys);
    int what = random.nextInt(10);
    List<RowData> rows = new ArrayList<>();
    if (what == 0) {
      rows.add(row(RowKind.DELETE, key, null, null));
    } else if (what == 1) {
      rows.add(row(RowKind.UPDATE_BEFORE, key, n, name(n)));
      rows.add(row(RowKind.UPDATE_AFTER, key, n, name(n)));
    } else {
      rows.add(row(what == 2 ? RowKind.UPDATE_AFTER : RowKind.INSERT, key, n, name(n)));
    }
    rows.add(row(RowKind.UPDATE_AFTER, marker, n, null));
    return rows;
  }

  /** The table's rows after the changes {@code [0, count)}. */
  public Collection<Record> tableAfter(long count) {
    Map<Long, Record> table = new TreeMap<>();
    for (long n = 0; n < count; n++) {
      for (RowData row : rows(n)) {
        long key = row.getLong(1);
        if (row.getRowKind() == RowKind.DELETE || row.getRowKind() == RowKind.UPDATE_BEFORE) {
          table.remove(key);
        } else {
          table.put(key, record(row));
        }
      }
    }
    return table.values();
  }

  private SplittableRandom random(long n) {
    return new SplittableRandom(seed * 1_000_003 + n);
  }

  private static String name(long n) {
    return "name of change " + n;
  }

  private static RowData row(RowKind kind, long id, @Nullable Long amount, @Nullable String name) {
    return GenericRowData.ofKind(kind, StringData.fromString(name), id, amount);
  }

  private static Record record(RowData row) {
    Record record = GenericRecord.create(SCHEMA);
    record.set(0, row.getLong(1));
    record.set(1, row.isNullAt(2) ? null : row.getLong(2));
    record.set(2, row.isNullAt(0) ? null : row.getString(0).toString());
    return record;
  }
}

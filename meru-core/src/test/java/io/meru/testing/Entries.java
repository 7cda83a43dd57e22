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

package io.meru.testing;

import io.meru.key.KeySpec;
import io.meru.memtable.SortedEntries;
import io.meru.row.ByteBuilder;
import io.meru.row.RowEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.Record;

/** Puts in the order of their keys, made from generic rows: a memtable for tests. */
public final class Entries implements SortedEntries {
  private static final int ROWS_PER_ARRAY = 100;

  private final List<byte[]> keys;
  private final List<Record> records;
  private final List<byte[]> arrays = new ArrayList<>();
  private final int[] offsets;

  private Entries(Schema schema, List<byte[]> keys, List<Record> records) {
    this.keys = keys;
    this.records = records;
    this.offsets = new int[records.size()];
    encode(schema);
  }

  /** The newest of {@code rows} for each key. */
  public static Entries of(KeySpec spec, Schema schema, Collection<Record> rows) {
    TreeMap<byte[], Record> sorted = new TreeMap<>(Arrays::compareUnsigned);
    for (Record row : rows) {
      sorted.put(Keys.encode(spec, schema.asStruct(), row), row);
    }
    return new Entries(schema, new ArrayList<>(sorted.keySet()), new ArrayList<>(sorted.values()));
  }

  /** The rows, in order. */
  public List<Record> records() {
    return records;
  }

  /** The keys, in order. */
  public List<byte[]> keys() {
    return keys;
  }

  /** Every entry's index. */
  public int[] all() {
    return IntStream.range(0, size()).toArray();
  }

  private void encode(Schema schema) {
    RowEncoder encoder = new RowEncoder(schema.asStruct());
    ByteBuilder target = new ByteBuilder(16);
    for (int i = 0; i < records.size(); i++) {
      offsets[i] = target.size();
      encoder.encode(RecordAccessor.of(schema.asStruct(), records.get(i)), target);
      if (i % ROWS_PER_ARRAY == ROWS_PER_ARRAY - 1 || i == records.size() - 1) {
        arrays.add(Arrays.copyOf(target.array(), target.size()));
        target.reset();
      }
    }
  }

  @Override
  public boolean isDelete(int i) {
    return false;
  }

  @Override
  public byte[] rowArray(int i) {
    return arrays.get(i / ROWS_PER_ARRAY);
  }

  @Override
  public int rowOffset(int i) {
    return offsets[i];
  }

  @Override
  public int size() {
    return keys.size();
  }

  @Override
  public long prefix(int i) {
    long prefix = 0;
    for (int at = 0; at < Long.BYTES; at++) {
      prefix = prefix << 8 | (at < length(i) ? keys.get(i)[at] & 0xff : 0);
    }
    return prefix;
  }

  @Override
  public byte[] array(int i) {
    return keys.get(i);
  }

  @Override
  public int offset(int i) {
    return 0;
  }

  @Override
  public int length(int i) {
    return keys.get(i).length;
  }
}

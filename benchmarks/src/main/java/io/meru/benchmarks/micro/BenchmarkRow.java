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

package io.meru.benchmarks.micro;

import io.meru.row.ByteBuilder;
import io.meru.row.ValueAccessor;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;

/** A row that costs its reader next to nothing: id, name and amount, all functions of the id. */
final class BenchmarkRow implements ValueAccessor {
  static final int ID = 1;
  static final int NAME = 2;
  static final int AMOUNT = 3;

  private static final byte[] NAME_START = {'c', 'u', 's', 't', 'o', 'm', 'e', 'r', '-'};
  private static final int NAME_DIGITS = 12;

  private final byte[] name = new byte[NAME_START.length + NAME_DIGITS];
  private long id;

  BenchmarkRow() {
    System.arraycopy(NAME_START, 0, name, 0, NAME_START.length);
  }

  /** The schema, with the given columns as primary key. */
  static Schema schema(Set<Integer> keyColumns) {
    return new Schema(
        List.of(
            Types.NestedField.required(ID, "id", Types.LongType.get()),
            Types.NestedField.required(NAME, "name", Types.StringType.get()),
            Types.NestedField.required(AMOUNT, "amount", Types.DecimalType.of(15, 2))),
        keyColumns);
  }

  /** Becomes the row of {@code newId}, which is not negative. */
  BenchmarkRow set(long newId) {
    id = newId;
    long rest = newId;
    for (int i = name.length - 1; i >= NAME_START.length; i--) {
      name[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return this;
  }

  @Override
  public boolean isNullAt(int pos) {
    return false;
  }

  @Override
  public long getLong(int pos) {
    return pos == 0 ? id : id % 1_000_000;
  }

  @Override
  public void appendBytes(int pos, ByteBuilder target) {
    target.append(name, 0, name.length);
  }

  @Override
  public boolean getBoolean(int pos) {
    throw new IllegalStateException("No boolean column");
  }

  @Override
  public int getInt(int pos) {
    throw new IllegalStateException("No int column");
  }

  @Override
  public float getFloat(int pos) {
    throw new IllegalStateException("No float column");
  }

  @Override
  public double getDouble(int pos) {
    throw new IllegalStateException("No double column");
  }

  @Override
  public void appendVariantMetadata(int pos, ByteBuilder target) {
    throw new IllegalStateException("No variant column");
  }

  @Override
  public void appendVariantValue(int pos, ByteBuilder target) {
    throw new IllegalStateException("No variant column");
  }

  @Override
  public ValueAccessor getStruct(int pos) {
    throw new IllegalStateException("No struct column");
  }

  @Override
  public ListAccessor getList(int pos) {
    throw new IllegalStateException("No list column");
  }

  @Override
  public MapAccessor getMap(int pos) {
    throw new IllegalStateException("No map column");
  }
}

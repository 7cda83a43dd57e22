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

import io.meru.key.KeyEncoder;
import io.meru.key.KeyParts;
import io.meru.key.KeySpec;
import io.meru.key.SortedKeys;
import io.meru.row.ByteBuilder;
import io.meru.row.RowKind;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.types.Types;

/** User keys as plain byte arrays, for tests. */
public final class Keys {
  private Keys() {}

  /** The user key of {@code row}, a row of the table's top-level struct. */
  public static byte[] encode(KeySpec spec, Types.StructType type, StructLike row) {
    ByteBuilder target = new ByteBuilder(16);
    new KeyEncoder(spec).encode(RecordAccessor.of(type, row), RowKind.INSERT, target);
    return bytes(target);
  }

  /** The user key of a table whose only key column is the long {@code value}. */
  public static byte[] ofLong(long value) {
    ByteBuilder target = new ByteBuilder(8);
    KeyParts.appendLong(target, value);
    return bytes(target);
  }

  /** Copies what {@code builder} holds. */
  public static byte[] bytes(ByteBuilder builder) {
    return Arrays.copyOf(builder.array(), builder.size());
  }

  /** Copies key {@code i}. */
  public static byte[] bytes(SortedKeys keys, int i) {
    return Arrays.copyOfRange(keys.array(i), keys.offset(i), keys.offset(i) + keys.length(i));
  }

  /** The different ones of {@code keys}, in order. */
  public static SortedKeys sorted(Collection<byte[]> keys) {
    TreeSet<byte[]> sorted = new TreeSet<>(Arrays::compareUnsigned);
    sorted.addAll(keys);
    return new ListedKeys(List.copyOf(sorted));
  }

  private record ListedKeys(List<byte[]> keys) implements SortedKeys {
    @Override
    public int size() {
      return keys.size();
    }

    @Override
    public long prefix(int i) {
      return SortedKeys.prefixOf(keys.get(i), 0, length(i));
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
}

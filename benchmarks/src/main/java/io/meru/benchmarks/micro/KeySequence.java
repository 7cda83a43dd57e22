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

import io.meru.key.KeyEncoder;
import io.meru.key.KeyHash;
import io.meru.memtable.Memtable;
import io.meru.memtable.SealedMemtable;
import io.meru.row.ByteBuilder;
import io.meru.row.RowEncoder;
import io.meru.row.RowKind;
import java.util.Arrays;
import java.util.Set;

/** Encoded keys and a row in memory, so that what is measured is the memtable alone. */
final class KeySequence {
  private final ByteBuilder[] keys;
  private final long[] hashes;
  private final ByteBuilder row = new ByteBuilder(64);

  /** The keys of {@code ids}, in this order. */
  KeySequence(KeyType keyType, long[] ids) {
    KeyEncoder encoder = new KeyEncoder(keyType.spec());
    BenchmarkRow values = new BenchmarkRow();
    keys = new ByteBuilder[ids.length];
    hashes = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      keys[i] = new ByteBuilder(16);
      encoder.encode(values.set(ids[i]), RowKind.INSERT, keys[i]);
      hashes[i] = KeyHash.hash64(keys[i].array(), 0, keys[i].size());
    }
    new RowEncoder(BenchmarkRow.schema(Set.of(BenchmarkRow.ID)).asStruct())
        .encode(values.set(12345), row);
  }

  void putAll(Memtable memtable) {
    for (int i = 0; i < keys.length; i++) {
      memtable.put(keys[i], hashes[i], row);
    }
  }

  /** Fails unless {@code sealed} holds {@code expected} keys, ascending, each once. */
  static void check(SealedMemtable sealed, int expected) {
    if (sealed.size() != expected) {
      throw new IllegalStateException(
          "%d keys where %d went in".formatted(sealed.size(), expected));
    }
    for (int i = 1; i < expected; i++) {
      if (compare(sealed, i - 1, i) >= 0) {
        throw new IllegalStateException("Key %d is not below the next".formatted(i - 1));
      }
    }
  }

  private static int compare(SealedMemtable keys, int i, int j) {
    return Arrays.compareUnsigned(
        keys.array(i),
        keys.offset(i),
        keys.offset(i) + keys.length(i),
        keys.array(j),
        keys.offset(j),
        keys.offset(j) + keys.length(j));
  }
}

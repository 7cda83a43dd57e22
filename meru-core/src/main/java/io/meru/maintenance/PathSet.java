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

package io.meru.maintenance;

import io.meru.key.KeyHash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A set of paths that holds 64 bits of each: 12 to 24 bytes for a path instead of some 200. It may
 * say that it holds a path that it doesn't, once in 10^19 / size.
 */
final class PathSet {
  private static final int MIN_CAPACITY = 1 << 10;

  private long[] hashes = new long[MIN_CAPACITY];
  private int size;
  private boolean holdsZero;

  void add(String path) {
    long hash = hash(path);
    if (hash == 0) {
      holdsZero = true;
      return;
    }
    int slot = slot(hash);
    if (hashes[slot] == 0) {
      hashes[slot] = hash;
      size++;
      if (size > hashes.length / 3 * 2) {
        grow();
      }
    }
  }

  boolean mayContain(String path) {
    long hash = hash(path);
    return hash == 0 ? holdsZero : hashes[slot(hash)] == hash;
  }

  int size() {
    return holdsZero ? size + 1 : size;
  }

  private void grow() {
    long[] old = hashes;
    hashes = new long[old.length * 2];
    Arrays.stream(old).filter(hash -> hash != 0).forEach(hash -> hashes[slot(hash)] = hash);
  }

  private int slot(long hash) {
    int slot = (int) (hash >>> 32) & hashes.length - 1;
    while (hashes[slot] != 0 && hashes[slot] != hash) {
      slot = slot + 1 & hashes.length - 1;
    }
    return slot;
  }

  private static long hash(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    return KeyHash.hash64(bytes, 0, bytes.length);
  }
}

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

package io.meru.key;

import io.meru.row.RowLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The hash of user keys: XXH64 with seed 0. Part of the file format: never change it.
 *
 * @see <a href="https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md">xxHash
 *     specification</a>
 */
public final class KeyHash {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long PRIME_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME_3 = 0x165667B19E3779F9L;
  private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME_5 = 0x27D4EB2F165667C5L;

  private static final int STRIPE_BYTES = 32;

  private KeyHash() {}

  /**
   * The 64-bit hash of {@code keys}' key {@code i}. One of eight bytes is hashed from its prefix:
   * to go to where it lies would miss the processor's cache.
   */
  public static long hash64(SortedKeys keys, int i) {
    int length = keys.length(i);
    return length == Long.BYTES
        ? hashLong(Long.reverseBytes(keys.prefix(i)))
        : hash64(keys.array(i), keys.offset(i), length);
  }

  /** The 64-bit hash. */
  public static long hash64(byte[] key, int offset, int length) {
    if (length == Long.BYTES) { // most keys are one integral column
      return hashLong(RowLayout.getLong(key, offset));
    }
    int end = offset + length;
    int at = offset;
    long hash = PRIME_5;
    if (length >= STRIPE_BYTES) {
      hash = hashStripes(key, offset, end);
      at = end - length % STRIPE_BYTES;
    }
    return avalanche(hashTail(hash + length, key, at, end));
  }

  private static long hashLong(long littleEndian) {
    return avalanche(mixLong(PRIME_5 + Long.BYTES, littleEndian));
  }

  @SuppressWarnings("ConstantOverflow") // XXH64 computes modulo 2^64
  private static long hashStripes(byte[] key, int offset, int end) {
    long lane1 = PRIME_1 + PRIME_2;
    long lane2 = PRIME_2;
    long lane3 = 0;
    long lane4 = -PRIME_1;
    for (int at = offset; at <= end - STRIPE_BYTES; at += STRIPE_BYTES) {
      lane1 = round(lane1, RowLayout.getLong(key, at));
      lane2 = round(lane2, RowLayout.getLong(key, at + 8));
      lane3 = round(lane3, RowLayout.getLong(key, at + 16));
      lane4 = round(lane4, RowLayout.getLong(key, at + 24));
    }
    long hash =
        Long.rotateLeft(lane1, 1)
            + Long.rotateLeft(lane2, 7)
            + Long.rotateLeft(lane3, 12)
            + Long.rotateLeft(lane4, 18);
    hash = mergeLane(hash, lane1);
    hash = mergeLane(hash, lane2);
    hash = mergeLane(hash, lane3);
    return mergeLane(hash, lane4);
  }

  private static long hashTail(long seed, byte[] key, int start, int end) {
    long hash = seed;
    int at = start;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      hash = mixLong(hash, RowLayout.getLong(key, at));
    }
    if (at <= end - Integer.BYTES) {
      long lane = (int) INT.get(key, at) & 0xFFFF_FFFFL;
      hash = Long.rotateLeft(hash ^ lane * PRIME_1, 23) * PRIME_2 + PRIME_3;
      at += Integer.BYTES;
    }
    for (; at < end; at++) {
      hash = Long.rotateLeft(hash ^ (key[at] & 0xFF) * PRIME_5, 11) * PRIME_1;
    }
    return hash;
  }

  private static long mixLong(long hash, long lane) {
    return Long.rotateLeft(hash ^ round(0, lane), 27) * PRIME_1 + PRIME_4;
  }

  private static long mergeLane(long hash, long lane) {
    return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
  }

  private static long round(long accumulator, long lane) {
    return Long.rotateLeft(accumulator + lane * PRIME_2, 31) * PRIME_1;
  }

  private static long avalanche(long hash) {
    long mixed = (hash ^ hash >>> 33) * PRIME_2;
    mixed = (mixed ^ mixed >>> 29) * PRIME_3;
    return mixed ^ mixed >>> 32;
  }

  /** The 16-bit hash by which keys are owned: the highest bits of {@link #hash64}. */
  public static int hash16(long hash64) {
    return (int) (hash64 >>> 48);
  }
}

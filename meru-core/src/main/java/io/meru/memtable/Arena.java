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

package io.meru.memtable;

import java.util.Arrays;

/**
 * Append-only bytes in segments, addressed by longs ({@code segment << 32 | offset}). Values never
 * straddle segments; one that is long for a segment gets one of its own.
 *
 * <p>Written by one thread.
 */
final class Arena {
  /** Longer values get a segment of their own, so that at most an eighth of one is left unused. */
  static final int MAX_SHARED_BYTES = SegmentPool.SEGMENT_BYTES / 8;

  private static final int NO_SEGMENT = -1;

  private final SegmentPool pool;
  private byte[][] segments = new byte[8][];
  private int segmentCount;
  private long bytes;

  /** The segment that small values are appended to, and how much of it is used. */
  private int current = NO_SEGMENT;

  private int used;

  Arena(SegmentPool pool) {
    this.pool = pool;
  }

  /** Makes room for {@code length} bytes and returns their address. */
  long reserve(int length) {
    if (length > MAX_SHARED_BYTES) {
      return address(add(new byte[length]), 0);
    }
    if (current == NO_SEGMENT || SegmentPool.SEGMENT_BYTES - used < length) {
      current = add(pool.take());
      used = 0;
    }
    long address = address(current, used);
    used += length;
    return address;
  }

  private int add(byte[] segment) {
    if (segmentCount == segments.length) {
      segments = Arrays.copyOf(segments, 2 * segmentCount);
    }
    segments[segmentCount] = segment;
    bytes += segment.length;
    return segmentCount++;
  }

  private static long address(int segment, int offset) {
    return (long) segment << 32 | offset;
  }

  byte[] segment(long address) {
    return segments[(int) (address >>> 32)];
  }

  static int offset(long address) {
    return (int) address;
  }

  /** Bytes of all segments, used or not. */
  long memoryBytes() {
    return bytes + 8L * segments.length;
  }

  /** Gives the segments back; every address is void. */
  void release() {
    for (int i = 0; i < segmentCount; i++) {
      pool.give(segments[i]);
    }
    segments = new byte[0][];
    segmentCount = 0;
    current = NO_SEGMENT;
    bytes = 0;
  }
}

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

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Arena segments between two uses. Write buffers are filled and released all the time; without a
 * pool each would be allocated and zeroed anew. It keeps segments up to a bound and leaves the rest
 * to the garbage collector.
 *
 * <p>Thread-safe: writers take, flush threads give back.
 */
public final class SegmentPool {
  /**
   * Bytes of one segment: below half of G1's smallest region, so that it is an ordinary object to
   * the collector.
   */
  public static final int SEGMENT_BYTES = 256 << 10;

  private final int maxSegments;
  private final Deque<byte[]> free = new ArrayDeque<>();

  /** Keeps at most {@code maxBytes} of unused segments. */
  public SegmentPool(long maxBytes) {
    if (maxBytes < 0) {
      throw new IllegalArgumentException(
          "A segment pool keeps 0 bytes or more, but was told %d".formatted(maxBytes));
    }
    this.maxSegments = (int) Math.min(Integer.MAX_VALUE, maxBytes / SEGMENT_BYTES);
  }

  /** A segment of {@link #SEGMENT_BYTES} with any content. */
  synchronized byte[] take() {
    byte[] segment = free.pollLast();
    return segment == null ? new byte[SEGMENT_BYTES] : segment;
  }

  /** Takes a segment back; its former user must not touch it again. */
  synchronized void give(byte[] segment) {
    if (segment.length == SEGMENT_BYTES && free.size() < maxSegments) {
      free.addLast(segment);
    }
  }

  /** Bytes of the unused segments it keeps. */
  public synchronized long freeBytes() {
    return (long) free.size() * SEGMENT_BYTES;
  }
}

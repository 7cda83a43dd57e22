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

package io.meru.resolve;

import io.meru.levelfile.KeyConsumer;
import io.meru.version.TableFile;
import java.util.Arrays;

/**
 * Looks for the open keys of a batch among the keys of a level file's pages, as they stream by in
 * ascending order, in step with them.
 */
final class LevelPages implements KeyConsumer {
  private final TableFile file;
  private final KeyBatch batch;
  private final int from;
  private final int[] ranks;

  private int place;
  private int end;

  private boolean hasLast;
  private long lastPrefix;
  private byte[] last = new byte[32];
  private int lastLength;

  /**
   * @param ranks gets the position of the key at each place found, at {@code place - from}
   */
  LevelPages(TableFile file, KeyBatch batch, int from, int[] ranks) {
    this.file = file;
    this.batch = batch;
    this.from = from;
    this.ranks = ranks;
  }

  /** Starts on a page that may hold the keys at the places {@code [first, end)}. */
  void startPage(int first, int end) {
    this.place = first;
    this.end = end;
    this.hasLast = false;
  }

  @Override
  public void accept(long position, byte[] array, int offset, int length) {
    long prefix = Bits.ordered(array, offset, offset + length);
    if (hasLast && !isAboveLast(prefix, array, offset, length)) {
      throw KeyOrder.broken(file, position);
    }
    keepLast(prefix, array, offset, length);
    while (place < end) {
      int order = batch.compare(place, prefix, array, offset, length);
      if (order > 0) {
        return;
      }
      if (order == 0) {
        ranks[place - from] = (int) position;
      }
      place++;
    }
  }

  private boolean isAboveLast(long prefix, byte[] array, int offset, int length) {
    if (prefix != lastPrefix || batch.isFixedLong()) {
      return prefix > lastPrefix;
    }
    return Arrays.compareUnsigned(array, offset, offset + length, last, 0, lastLength) > 0;
  }

  private void keepLast(long prefix, byte[] array, int offset, int length) {
    hasLast = true;
    lastPrefix = prefix;
    if (batch.isFixedLong()) {
      return;
    }
    if (last.length < length) {
      last = new byte[Math.max(length, 2 * last.length)];
    }
    System.arraycopy(array, offset, last, 0, length);
    lastLength = length;
  }
}

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

package io.meru.levelfile;

import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.BytesUtils;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridEncoder;

/**
 * The repetition and definition levels of a page. As long as every value is there and none repeats,
 * they are only counted.
 */
final class PageLevels {
  private static final int SLAB_BYTES = 1 << 12;
  private static final int MAX_SLAB_BYTES = 1 << 16;

  private final int maxRepetition;
  private final int maxDefinition;
  private int count;
  private boolean onlyValues = true;
  private byte[] repetition = new byte[0];
  private byte[] definition = new byte[0];

  PageLevels(int maxRepetition, int maxDefinition) {
    this.maxRepetition = maxRepetition;
    this.maxDefinition = maxDefinition;
  }

  /** Starts a page. */
  void reset() {
    count = 0;
    onlyValues = true;
  }

  /** Number of levels, which is the number of values, absent ones included. */
  int count() {
    return count;
  }

  /** Adds levels [from, to) of {@code batch}. */
  void append(LeafBatch batch, int from, int to) {
    int added = to - from;
    if (!(onlyValues && batch.onlyValues())) {
      spellOut(added);
      if (batch.onlyValues()) {
        Arrays.fill(definition, count, count + added, (byte) maxDefinition);
      } else {
        System.arraycopy(batch.definitionLevels(), from, definition, count, added);
      }
      if (maxRepetition > 0) {
        System.arraycopy(batch.repetitionLevels(), from, repetition, count, added);
      }
    }
    count += added;
  }

  /** The repetition levels, encoded. */
  BytesInput repetitionLevels() throws IOException {
    return maxRepetition == 0 ? BytesInput.empty() : encode(repetition, maxRepetition);
  }

  /** The definition levels, encoded. */
  BytesInput definitionLevels() throws IOException {
    if (maxDefinition == 0) {
      return BytesInput.empty();
    }
    return onlyValues
        ? BytesInput.concat( // one run; a level fits a byte
            BytesInput.fromUnsignedVarInt(count << 1),
            BytesInput.from(new byte[] {(byte) maxDefinition}))
        : encode(definition, maxDefinition);
  }

  private void spellOut(int added) {
    if (definition.length < count + added) {
      definition = Arrays.copyOf(definition, Math.max(count + added, 2 * definition.length));
      if (maxRepetition > 0) {
        repetition = Arrays.copyOf(repetition, definition.length);
      }
    }
    if (onlyValues) {
      onlyValues = false;
      Arrays.fill(definition, 0, count, (byte) maxDefinition);
    }
  }

  private BytesInput encode(byte[] levels, int max) throws IOException {
    try (RunLengthBitPackingHybridEncoder encoder =
        new RunLengthBitPackingHybridEncoder(
            BytesUtils.getWidthFromMaxInt(max),
            SLAB_BYTES,
            MAX_SLAB_BYTES,
            HeapByteBufferAllocator.getInstance())) {
      for (int i = 0; i < count; i++) {
        encoder.writeInt(levels[i]);
      }
      return BytesInput.copy(encoder.toBytes());
    }
  }
}

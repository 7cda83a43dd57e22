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

import io.meru.row.RowLayout;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.BooleanStatistics;
import org.apache.parquet.column.statistics.IntStatistics;
import org.apache.parquet.column.statistics.LongStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForInteger;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForLong;

/** Encoders of INT64, INT32 and BOOLEAN columns. */
final class IntegralEncoders {
  private static final int SLAB_BYTES = 1 << 12;
  private static final int MAX_SLAB_BYTES = 1 << 17;

  private IntegralEncoders() {}

  /** INT64 as deltas. */
  static final class Longs implements ValueEncoder {
    private final DeltaBinaryPackingValuesWriterForLong deltas =
        new DeltaBinaryPackingValuesWriterForLong(
            SLAB_BYTES, MAX_SLAB_BYTES, HeapByteBufferAllocator.getInstance());
    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;

    @Override
    public Encoding encoding() {
      return Encoding.DELTA_BINARY_PACKED;
    }

    @Override
    public int width() {
      return Long.BYTES;
    }

    @Override
    public void append(LeafBatch batch, int from, int to) {
      byte[][] arrays = batch.arrays();
      int[] slots = batch.slots();
      int slotDelta = batch.slotDelta();
      long newMin = min;
      long newMax = max;
      for (int i = from; i < to; i++) {
        long value = RowLayout.getLong(arrays[i], slots[i] + slotDelta);
        deltas.writeLong(value);
        newMin = Math.min(newMin, value);
        newMax = Math.max(newMax, value);
      }
      min = newMin;
      max = newMax;
    }

    @Override
    public BytesInput finish(Statistics<?> statistics) {
      if (min <= max) {
        ((LongStatistics) statistics).setMinMax(min, max);
      }
      return deltas.getBytes();
    }

    @Override
    public void reset() {
      deltas.reset();
      min = Long.MAX_VALUE;
      max = Long.MIN_VALUE;
    }
  }

  /** INT32 as deltas. */
  static final class Ints implements ValueEncoder {
    private final DeltaBinaryPackingValuesWriterForInteger deltas = newIntDeltas();
    private int min = Integer.MAX_VALUE;
    private int max = Integer.MIN_VALUE;

    @Override
    public Encoding encoding() {
      return Encoding.DELTA_BINARY_PACKED;
    }

    @Override
    public int width() {
      return Integer.BYTES;
    }

    @Override
    public void append(LeafBatch batch, int from, int to) {
      byte[][] arrays = batch.arrays();
      int[] slots = batch.slots();
      int slotDelta = batch.slotDelta();
      int newMin = min;
      int newMax = max;
      for (int i = from; i < to; i++) {
        int value = (int) RowLayout.getLong(arrays[i], slots[i] + slotDelta);
        deltas.writeInteger(value);
        newMin = Math.min(newMin, value);
        newMax = Math.max(newMax, value);
      }
      min = newMin;
      max = newMax;
    }

    @Override
    public BytesInput finish(Statistics<?> statistics) {
      if (min <= max) {
        ((IntStatistics) statistics).setMinMax(min, max);
      }
      return deltas.getBytes();
    }

    @Override
    public void reset() {
      deltas.reset();
      min = Integer.MAX_VALUE;
      max = Integer.MIN_VALUE;
    }
  }

  /** BOOLEAN as bits, the lowest bit first: the one encoding of booleans that all readers know. */
  static final class Booleans implements ValueEncoder {
    private final PageBytes bits = new PageBytes();
    private int count;
    private int trues;

    @Override
    public Encoding encoding() {
      return Encoding.PLAIN;
    }

    @Override
    public int width() {
      return 1;
    }

    @Override
    public void append(LeafBatch batch, int from, int to) {
      byte[][] arrays = batch.arrays();
      int[] slots = batch.slots();
      int slotDelta = batch.slotDelta();
      for (int i = from; i < to; i++) {
        int bit = arrays[i][slots[i] + slotDelta] & 1;
        if ((count & 7) == 0) {
          int at = bits.reserve(1);
          bits.array()[at] = (byte) bit;
        } else {
          bits.array()[count >>> 3] |= (byte) (bit << (count & 7));
        }
        count++;
        trues += bit;
      }
    }

    @Override
    public BytesInput finish(Statistics<?> statistics) {
      if (count > 0) {
        ((BooleanStatistics) statistics).setMinMax(trues == count, trues > 0);
      }
      return bits.toBytes();
    }

    @Override
    public void reset() {
      bits.reset();
      count = 0;
      trues = 0;
    }
  }

  /** A writer of INT32 deltas, also for the lengths of byte arrays. */
  static DeltaBinaryPackingValuesWriterForInteger newIntDeltas() {
    return new DeltaBinaryPackingValuesWriterForInteger(
        SLAB_BYTES, MAX_SLAB_BYTES, HeapByteBufferAllocator.getInstance());
  }
}

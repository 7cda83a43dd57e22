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
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.BooleanStatistics;
import org.apache.parquet.column.statistics.IntStatistics;
import org.apache.parquet.column.statistics.LongStatistics;
import org.apache.parquet.column.statistics.Statistics;

/** Encoders of INT64, INT32 and BOOLEAN columns. */
final class IntegralEncoders {
  private IntegralEncoders() {}

  /** What INT64 and INT32 have in common: deltas, and slots with the value as a long. */
  private abstract static class Deltas implements ValueEncoder {
    private final DeltaEncoder deltas;
    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;

    Deltas(DeltaEncoder deltas) {
      this.deltas = deltas;
    }

    abstract void setMinMax(Statistics<?> statistics, long newMin, long newMax);

    @Override
    public final Encoding encoding() {
      return Encoding.DELTA_BINARY_PACKED;
    }

    @Override
    public final void append(LeafBatch batch, int from, int to) {
      for (int i = from; i < to; ) {
        int end = Math.min(to, i + deltas.room());
        appendAtOnce(batch, i, end);
        i = end;
      }
    }

    private void appendAtOnce(LeafBatch batch, int from, int to) {
      byte[][] arrays = batch.arrays();
      int[] slots = batch.slots();
      int slotDelta = batch.slotDelta();
      long[] values = deltas.values();
      int at = deltas.reserve(to - from);
      long newMin = min;
      long newMax = max;
      for (int i = from; i < to; i++, at++) {
        long value = RowLayout.getLong(arrays[i], slots[i] + slotDelta);
        values[at] = value;
        newMin = Math.min(newMin, value);
        newMax = Math.max(newMax, value);
      }
      min = newMin;
      max = newMax;
    }

    @Override
    public final BytesInput finish(Statistics<?> statistics) {
      if (min <= max) {
        setMinMax(statistics, min, max);
      }
      return deltas.finish();
    }

    @Override
    public final void reset() {
      deltas.reset();
      min = Long.MAX_VALUE;
      max = Long.MIN_VALUE;
    }
  }

  /** INT64 as deltas. */
  static final class Longs extends Deltas {
    Longs() {
      super(DeltaEncoder.ofLongs());
    }

    @Override
    public int width() {
      return Long.BYTES;
    }

    @Override
    void setMinMax(Statistics<?> statistics, long newMin, long newMax) {
      ((LongStatistics) statistics).setMinMax(newMin, newMax);
    }
  }

  /** INT32 as deltas. */
  static final class Ints extends Deltas {
    Ints() {
      super(DeltaEncoder.ofInts());
    }

    @Override
    public int width() {
      return Integer.BYTES;
    }

    @Override
    void setMinMax(Statistics<?> statistics, long newMin, long newMax) {
      ((IntStatistics) statistics).setMinMax((int) newMin, (int) newMax);
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
}

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
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.DoubleStatistics;
import org.apache.parquet.column.statistics.FloatStatistics;
import org.apache.parquet.column.statistics.Statistics;

/**
 * Encoders of FLOAT and DOUBLE columns. Parquet's bounds take NaN for the greatest value, Iceberg's
 * leave it out: these are gathered over the pages of a file in {@link FloatingBounds}.
 */
final class FloatingEncoders {
  private FloatingEncoders() {}

  /** Bounds over the values that are not NaN, and how many are. */
  static final class FloatingBounds {
    private double min;
    private double max;
    private long values;
    private long nans;
    private long nulls;

    FloatingBounds() {
      reset();
    }

    /** Starts anew. */
    void reset() {
      min = Double.POSITIVE_INFINITY;
      max = Double.NEGATIVE_INFINITY;
      values = 0;
      nans = 0;
      nulls = 0;
    }

    /** Takes in one value. */
    void add(double value) {
      values++;
      if (Double.isNaN(value)) {
        nans++;
      } else {
        min = Math.min(min, value); // -0.0 is below 0.0, as in Double.compare
        max = Math.max(max, value);
      }
    }

    /** Takes in all that {@code other} has. */
    void addAll(FloatingBounds other) {
      min = Math.min(min, other.min);
      max = Math.max(max, other.max);
      values += other.values;
      nans += other.nans;
      nulls += other.nulls;
    }

    /** Counts NULLs. */
    void addNulls(int newNulls) {
      nulls += newNulls;
    }

    /** Whether there is a value that is not NaN. */
    boolean hasBounds() {
      return nans < values;
    }

    double min() {
      return min;
    }

    double max() {
      return max;
    }

    long values() {
      return values;
    }

    long nulls() {
      return nulls;
    }

    long nans() {
      return nans;
    }

    private double parquetMin() {
      return hasBounds() ? min : Double.NaN;
    }

    private double parquetMax() {
      return nans > 0 ? Double.NaN : max;
    }
  }

  /** DOUBLE as it is. */
  static final class Doubles implements ValueEncoder {
    private final FloatingBounds fileBounds;
    private final FloatingBounds pageBounds = new FloatingBounds();
    private final PageBytes bytes = new PageBytes();

    Doubles(FloatingBounds fileBounds) {
      this.fileBounds = fileBounds;
    }

    @Override
    public Encoding encoding() {
      return Encoding.PLAIN;
    }

    @Override
    public int width() {
      return Double.BYTES;
    }

    @Override
    public void append(LeafBatch batch, int from, int to) {
      int at = bytes.reserve((to - from) << 3);
      byte[] target = bytes.array();
      byte[][] arrays = batch.arrays();
      int[] slots = batch.slots();
      int slotDelta = batch.slotDelta();
      for (int i = from; i < to; i++, at += Double.BYTES) {
        long raw = RowLayout.getLong(arrays[i], slots[i] + slotDelta);
        RowLayout.putLong(target, at, raw);
        pageBounds.add(Double.longBitsToDouble(raw));
      }
    }

    @Override
    public BytesInput finish(Statistics<?> statistics) {
      if (pageBounds.values() > 0) {
        ((DoubleStatistics) statistics).setMinMax(pageBounds.parquetMin(), pageBounds.parquetMax());
      }
      fileBounds.addAll(pageBounds);
      return bytes.toBytes();
    }

    @Override
    public void reset() {
      bytes.reset();
      pageBounds.reset();
    }
  }

  /** FLOAT as it is. */
  static final class Floats implements ValueEncoder {
    private static final VarHandle INT =
        MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final FloatingBounds fileBounds;
    private final FloatingBounds pageBounds = new FloatingBounds();
    private final PageBytes bytes = new PageBytes();

    Floats(FloatingBounds fileBounds) {
      this.fileBounds = fileBounds;
    }

    @Override
    public Encoding encoding() {
      return Encoding.PLAIN;
    }

    @Override
    public int width() {
      return Float.BYTES;
    }

    @Override
    public void append(LeafBatch batch, int from, int to) {
      int at = bytes.reserve((to - from) << 2);
      byte[] target = bytes.array();
      byte[][] arrays = batch.arrays();
      int[] slots = batch.slots();
      int slotDelta = batch.slotDelta();
      for (int i = from; i < to; i++, at += Float.BYTES) {
        int raw = (int) RowLayout.getLong(arrays[i], slots[i] + slotDelta);
        INT.set(target, at, raw);
        pageBounds.add(Float.intBitsToFloat(raw));
      }
    }

    @Override
    public BytesInput finish(Statistics<?> statistics) {
      if (pageBounds.values() > 0) {
        ((FloatStatistics) statistics)
            .setMinMax((float) pageBounds.parquetMin(), (float) pageBounds.parquetMax());
      }
      fileBounds.addAll(pageBounds);
      return bytes.toBytes();
    }

    @Override
    public void reset() {
      bytes.reset();
      pageBounds.reset();
    }
  }
}

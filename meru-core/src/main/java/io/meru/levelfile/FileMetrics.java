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

import io.meru.levelfile.FloatingEncoders.FloatingBounds;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.MetricsConfig;
import org.apache.iceberg.MetricsModes;
import org.apache.iceberg.MetricsModes.MetricsMode;
import org.apache.iceberg.MetricsUtil;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Type.TypeID;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.BinaryUtil;
import org.apache.iceberg.util.UUIDUtil;
import org.apache.iceberg.util.UnicodeUtil;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.io.api.Binary;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a file as Iceberg's own Parquet writer states them. Iceberg's computation from a
 * footer cannot be used: it reads the names in {@code write.metadata.metrics.column.*} as names of
 * the file's columns, which Parquet writes differently, and it knows of no NaN counts.
 */
final class FileMetrics {
  private final Schema schema;
  private final MetricsConfig config;

  private final Map<Integer, Long> sizes = new HashMap<>();
  private final Map<Integer, Long> valueCounts = new HashMap<>();
  private final Map<Integer, Long> nullCounts = new HashMap<>();
  private final Map<Integer, Long> nanCounts = new HashMap<>();
  private final Map<Integer, ByteBuffer> lowerBounds = new HashMap<>();
  private final Map<Integer, ByteBuffer> upperBounds = new HashMap<>();
  private final Map<Integer, Type> boundTypes = new HashMap<>();

  private FileMetrics(Schema schema, MetricsConfig config) {
    this.schema = schema;
    this.config = config;
  }

  /** The metrics of a file with these row groups. */
  static Metrics of(
      Schema schema,
      MetricsConfig config,
      List<LeafColumn> columns,
      FloatingBounds[] floatingBounds,
      List<BlockMetaData> blocks) {
    FileMetrics metrics = new FileMetrics(schema, config);
    long rows = blocks.stream().mapToLong(BlockMetaData::getRowCount).sum();
    for (int i = 0; i < columns.size(); i++) {
      int index = i;
      List<ColumnChunkMetaData> chunks =
          blocks.stream().map(block -> block.getColumns().get(index)).toList();
      metrics.addSize(columns.get(i), chunks);
      metrics.addCountsAndBounds(columns.get(i), floatingBounds[i], chunks);
    }
    return new Metrics(
        rows,
        metrics.sizes,
        metrics.valueCounts,
        metrics.nullCounts,
        metrics.nanCounts,
        metrics.lowerBounds,
        metrics.upperBounds,
        metrics.boundTypes);
  }

  private void addSize(LeafColumn column, List<ColumnChunkMetaData> chunks) {
    int id = column.sizeId();
    if (id != LeafColumn.NO_METRICS && mode(id) != MetricsModes.None.get()) {
      sizes.put(id, chunks.stream().mapToLong(ColumnChunkMetaData::getTotalSize).sum());
    }
  }

  private void addCountsAndBounds(
      LeafColumn column, FloatingBounds floating, List<ColumnChunkMetaData> chunks) {
    int id = column.metricsId();
    if (id == LeafColumn.NO_METRICS || column.repeated()) {
      return;
    }
    MetricsMode mode = mode(id);
    if (mode == MetricsModes.None.get()) {
      return;
    }
    int length = boundLength(mode);
    if (column.isFloating()) {
      addFloating(column, floating, length);
      return;
    }
    valueCounts.put(id, chunks.stream().mapToLong(ColumnChunkMetaData::getValueCount).sum());
    nullCounts.put(id, chunks.stream().mapToLong(c -> c.getStatistics().getNumNulls()).sum());
    if (length > 0 && column.type().isPrimitiveType()) {
      addBounds(column, chunks, length);
    }
  }

  private void addFloating(LeafColumn column, FloatingBounds floating, int length) {
    int id = column.metricsId();
    valueCounts.put(id, floating.values() + floating.nulls());
    nullCounts.put(id, floating.nulls());
    nanCounts.put(id, floating.nans());
    if (length <= 0) {
      return;
    }
    boundTypes.put(id, column.type());
    if (floating.hasBounds()) {
      boolean isFloat = column.type().typeId() == TypeID.FLOAT;
      lowerBounds.put(id, toBytes(column.type(), floatOrDouble(isFloat, floating.min())));
      upperBounds.put(id, toBytes(column.type(), floatOrDouble(isFloat, floating.max())));
    }
  }

  private static Object floatOrDouble(boolean isFloat, double value) {
    return isFloat ? (Object) (float) value : (Object) value;
  }

  private void addBounds(LeafColumn column, List<ColumnChunkMetaData> chunks, int length) {
    int id = column.metricsId();
    boundTypes.put(id, column.type());
    Statistics<?> all = chunks.get(0).getStatistics().copy();
    chunks.stream().skip(1).forEach(chunk -> all.mergeStatistics(chunk.getStatistics()));
    if (!all.hasNonNullValue()) {
      return;
    }
    Object min = toIceberg(column.type(), all.genericGetMin());
    Object max = toIceberg(column.type(), all.genericGetMax());
    lowerBounds.put(id, toBytes(column.type(), truncateMin(column.type(), min, length)));
    Object upper = truncateMax(column.type(), max, length);
    if (upper != null) { // there is no short upper bound of, say, 0xFF 0xFF 0xFF
      upperBounds.put(id, toBytes(column.type(), upper));
    }
  }

  private MetricsMode mode(int fieldId) {
    return MetricsUtil.metricsMode(schema, config, fieldId);
  }

  private static int boundLength(MetricsMode mode) {
    if (mode == MetricsModes.Counts.get()) {
      return 0;
    }
    return mode instanceof MetricsModes.Truncate truncate ? truncate.length() : Integer.MAX_VALUE;
  }

  private static ByteBuffer toBytes(Type type, Object value) {
    return Conversions.toByteBuffer(type, value);
  }

  private static Object truncateMin(Type type, Object value, int length) {
    return switch (type.typeId()) {
      case STRING -> UnicodeUtil.truncateStringMin((String) value, length);
      case BINARY -> BinaryUtil.truncateBinaryMin((ByteBuffer) value, length);
      default -> value;
    };
  }

  private static @Nullable Object truncateMax(Type type, Object value, int length) {
    return switch (type.typeId()) {
      case STRING -> UnicodeUtil.truncateStringMax((String) value, length);
      case BINARY -> BinaryUtil.truncateBinaryMax((ByteBuffer) value, length);
      default -> value;
    };
  }

  /** A Parquet value as Iceberg's class for the type. */
  private static Object toIceberg(Type type, Object value) {
    return switch (type.typeId()) {
      case STRING -> ((Binary) value).toStringUsingUTF8();
      case BINARY, FIXED -> ByteBuffer.wrap(((Binary) value).getBytes());
      case UUID -> UUIDUtil.convert(((Binary) value).getBytes());
      case DECIMAL -> new BigDecimal(unscaled(value), ((Types.DecimalType) type).scale());
      default -> value;
    };
  }

  private static BigInteger unscaled(Object value) {
    return value instanceof Binary binary
        ? new BigInteger(binary.getBytes())
        : BigInteger.valueOf(((Number) value).longValue());
  }
}

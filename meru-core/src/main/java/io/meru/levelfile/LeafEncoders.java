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

import io.meru.config.LevelOptions;
import io.meru.key.KeyColumn;
import io.meru.key.KeySpec;
import io.meru.levelfile.FloatingEncoders.FloatingBounds;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.SortDirection;
import org.apache.iceberg.SortField;
import org.apache.iceberg.SortOrder;
import org.apache.parquet.column.values.bloomfilter.BlockSplitBloomFilter;
import org.apache.parquet.column.values.bloomfilter.BloomFilter;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.jspecify.annotations.Nullable;

/** How the columns of level files are encoded, whoever writes them. */
final class LeafEncoders {
  private LeafEncoders() {}

  /** The encoder of a column where it has no dictionary. */
  static ValueEncoder encoder(LeafColumn column, KeySpec keySpec, FloatingBounds bounds) {
    boolean sorted = column.sizeId() == keySpec.columns().get(0).fieldId();
    return switch (column.physicalType()) {
      case INT64 -> new IntegralEncoders.Longs();
      case INT32 -> new IntegralEncoders.Ints();
      case BOOLEAN -> new IntegralEncoders.Booleans();
      case DOUBLE -> new FloatingEncoders.Doubles(bounds);
      case FLOAT -> new FloatingEncoders.Floats(bounds);
      case BINARY -> sorted ? new BytesEncoders.Prefixes() : new BytesEncoders.Lengths();
      case FIXED_LEN_BYTE_ARRAY ->
          new BytesEncoders.Fixed(column.name(), column.fixedLength(), column.isDecimal());
      case INT96 -> throw new IllegalStateException("Iceberg writes no INT96");
    };
  }

  /** The kind of dictionary that a column can have; null for none. */
  static DictionaryEncoder.@Nullable Kind dictionaryKind(LeafColumn column) {
    return switch (column.physicalType()) {
      case INT32 -> DictionaryEncoder.Kind.INT;
      case INT64 -> DictionaryEncoder.Kind.LONG;
      case BINARY -> DictionaryEncoder.Kind.BYTES;
      case FIXED_LEN_BYTE_ARRAY -> column.isDecimal() ? null : DictionaryEncoder.Kind.FIXED;
      default -> null;
    };
  }

  /** A dictionary for a chunk of the column; null if it can have none. */
  static @Nullable DictionaryEncoder newDictionary(LeafColumn column) {
    DictionaryEncoder.@Nullable Kind kind = dictionaryKind(column);
    return kind == null ? null : new DictionaryEncoder(kind, column.fixedLength());
  }

  /** Which columns get a Bloom filter: by option, those of the key. */
  static boolean[] bloomFiltered(List<LeafColumn> columns, KeySpec keySpec, LevelOptions options) {
    Set<Integer> keyIds = new HashSet<>();
    keySpec.columns().forEach(key -> keyIds.add(key.fieldId()));
    boolean[] filtered = new boolean[columns.size()];
    for (int i = 0; i < filtered.length; i++) {
      LeafColumn column = columns.get(i);
      filtered[i] =
          options.bloomFilter()
              && keyIds.contains(column.sizeId())
              && column.physicalType() != PrimitiveTypeName.BOOLEAN;
    }
    return filtered;
  }

  /** A Bloom filter for so many values. */
  static BloomFilter newBloomFilter(int distinctValues, LevelOptions options) {
    int bits = BlockSplitBloomFilter.optimalNumOfBits(distinctValues, options.bloomFilterFpp());
    return new BlockSplitBloomFilter(bits / Byte.SIZE);
  }

  /**
   * The id of {@code order} if files sorted by the key columns have it, else 0. They have any order
   * that starts with these.
   */
  static int sortOrderId(SortOrder order, KeySpec keySpec) {
    List<SortField> fields = order.fields();
    List<KeyColumn> keys = keySpec.columns();
    for (int i = 0; i < Math.min(fields.size(), keys.size()); i++) {
      SortField field = fields.get(i);
      if (field.sourceId() != keys.get(i).fieldId()
          || !field.transform().isIdentity()
          || field.direction() != SortDirection.ASC) {
        return 0;
      }
    }
    return order.isSorted() ? order.orderId() : 0;
  }
}

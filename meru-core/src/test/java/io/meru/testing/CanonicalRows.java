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

package io.meru.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * Text for rows read by Iceberg's generic reader; equal values have the text that {@link
 * SparkReader} returns for them:
 *
 * <pre>
 *   null                      null
 *   number, boolean           as Java's toString; decimals in plain notation with their scale
 *   date, time, timestamp     as java.time's toString (LocalDate, LocalTime, LocalDateTime, Instant)
 *   string, uuid              the characters between double quotes, '"' and '\' escaped by '\'
 *   binary, fixed             0x and lower-case hex
 *   struct                    (a, b)
 *   list                      [a, b]
 *   map                       {k=v, k=v}, sorted by the entries' text
 * </pre>
 */
public final class CanonicalRows {
  private CanonicalRows() {}

  /** All live rows of the table's current snapshot, as sorted lines. */
  public static List<String> of(Table table) {
    table.refresh();
    return of(IcebergGenerics.read(table));
  }

  /** All rows that {@code scan} returns, as sorted lines. */
  public static List<String> of(IcebergGenerics.ScanBuilder scan) {
    List<String> lines = new ArrayList<>();
    try (CloseableIterable<Record> records = scan.build()) {
      records.forEach(record -> lines.add(ofRow(record)));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the scan", e);
    }
    Collections.sort(lines);
    return lines;
  }

  /**
   * The values of one row, joined by a comma; without the position, which the reader adds to the
   * rows of a file that has deletes.
   */
  public static String ofRow(Record row) {
    List<Types.NestedField> fields = row.struct().fields();
    List<String> texts = new ArrayList<>(row.size());
    for (int i = 0; i < row.size(); i++) {
      if (fields.get(i).fieldId() != MetadataColumns.ROW_POSITION.fieldId()) {
        texts.add(ofValue(row.get(i)));
      }
    }
    return String.join(", ", texts);
  }

  /** One value as a generic record holds it. */
  public static String ofValue(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof CharSequence || value instanceof UUID) {
      return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    if (value instanceof OffsetDateTime timestamp) {
      return timestamp.toInstant().toString();
    }
    if (value instanceof byte[] bytes) {
      return "0x" + HexFormat.of().formatHex(bytes);
    }
    if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return "0x" + HexFormat.of().formatHex(bytes);
    }
    if (value instanceof Record struct) {
      return "(" + ofRow(struct) + ")";
    }
    if (value instanceof List<?> list) {
      return list.stream().map(CanonicalRows::ofValue).collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> ofValue(entry.getKey()) + "=" + ofValue(entry.getValue()))
          .sorted()
          .collect(Collectors.joining(", ", "{", "}"));
    }
    return value.toString();
  }
}

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

package io.meru.spark;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Text for a value of a Spark row, such that another reader of the same table can write the same
 * text for an equal value:
 *
 * <pre>
 *   null                      null
 *   number, boolean           as Java's toString; decimals in plain notation with their scale
 *   date, time, timestamp     as java.time's toString (LocalDate, LocalDateTime, Instant)
 *   string, uuid              the characters between double quotes, '"' and '\' escaped by '\'
 *   binary, fixed             0x and lower-case hex
 *   struct                    (a, b)
 *   list                      [a, b]
 *   map                       {k=v, k=v}, sorted by the entries' text
 * </pre>
 */
final class CanonicalText {
  private CanonicalText() {}

  /** Returns the text of each column of {@code row}, in order. */
  static List<String> ofRow(Row row) {
    List<String> texts = new ArrayList<>(row.length());
    for (int i = 0; i < row.length(); i++) {
      texts.add(of(row.get(i)));
    }
    return texts;
  }

  /** Returns the text of one value as Spark's Row holds it. */
  static String of(@Nullable Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof String string) {
      return '"' + string.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    if (value instanceof byte[] bytes) {
      return "0x" + HexFormat.of().formatHex(bytes);
    }
    if (value instanceof Row row) {
      return "(" + String.join(", ", ofRow(row)) + ")";
    }
    if (value instanceof scala.collection.Seq<?> list) {
      return CollectionConverters.asJava(list).stream()
          .map(CanonicalText::of)
          .collect(Collectors.joining(", ", "[", "]"));
    }
    if (value instanceof scala.collection.Map<?, ?> map) {
      return CollectionConverters.asJava(map).entrySet().stream()
          .map(CanonicalText::ofEntry)
          .sorted()
          .collect(Collectors.joining(", ", "{", "}"));
    }
    return value.toString();
  }

  private static String ofEntry(Map.Entry<?, ?> entry) {
    return of(entry.getKey()) + "=" + of(entry.getValue());
  }
}

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

package io.meru.examples;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * What a table holds, in a form that each reader can compute by itself: the number of rows and the
 * sum of their checksums, which does not depend on the order of rows.
 *
 * @param checksum sum of the CRC-32 of each row's values, joined by {@code |}
 */
record Contents(long rows, long checksum) {
  /** The checksum of one row. */
  static long checksumOf(List<?> values) {
    CRC32 crc = new CRC32();
    crc.update(
        values.stream()
            .map(Contents::text)
            .collect(Collectors.joining("|"))
            .getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }

  /** The checksum of one row. */
  static long checksumOf(Object[] values) {
    return checksumOf(Arrays.asList(values));
  }

  /** The query by which Spark computes the same of {@code table}, and the number of its keys. */
  static String sql(String table, TpchTable columns) {
    List<String> names = columns.columnNames();
    return "select count(*), coalesce(sum(crc32(concat_ws('|', %s))), 0), count(distinct %s) from %s"
        .formatted(
            String.join(", ", names),
            String.join(", ", names.subList(0, columns.keyColumns())),
            table);
  }

  private static String text(Object value) {
    return value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString();
  }
}

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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;

/** Reads a table through Iceberg's generic reader. */
final class GenericReader {
  private GenericReader() {}

  static Contents read(Table table) {
    long rows = 0;
    long checksum = 0;
    try (CloseableIterable<Record> records = IcebergGenerics.read(table).build()) {
      int columns = table.schema().columns().size();
      for (Record record : records) {
        rows++;
        checksum += Contents.checksumOf(values(record, columns));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the scan of " + table.name(), e);
    }
    return new Contents(rows, checksum);
  }

  /** The table's columns; where a file has deletes, the reader puts its position after them. */
  private static List<Object> values(Record record, int columns) {
    List<Object> values = new ArrayList<>(columns);
    for (int i = 0; i < columns; i++) {
      values.add(record.get(i));
    }
    return values;
  }
}

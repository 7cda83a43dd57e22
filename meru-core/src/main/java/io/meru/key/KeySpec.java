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

package io.meru.key;

import io.meru.error.UnsupportedTableException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;

/** The primary key of a table: its identifier fields in ascending field id. Immutable. */
public final class KeySpec {
  /** Version of the user keys' encoding; part of the fingerprint, so files tell it. */
  public static final int ENCODING_VERSION = 1;

  /**
   * The longest user key in bytes. A file's first and last key stand in its footer, all its keys in
   * the index that a writer keeps of it, and the keys of deletes in checkpoint state: a key of a
   * document's size would be a mistake that shows late.
   */
  public static final int MAX_KEY_BYTES = 1 << 20;

  private final String table;
  private final List<KeyColumn> columns;
  private final boolean fixedLong;
  private final String fingerprint;

  private KeySpec(String table, List<KeyColumn> columns) {
    this.table = table;
    this.columns = List.copyOf(columns);
    this.fixedLong = columns.size() == 1 && isLong(columns.get(0));
    this.fingerprint = fingerprint(columns);
  }

  /**
   * Reads the key from the schema's identifier fields.
   *
   * @throws UnsupportedTableException if there are none, or one is nested, or of a type that cannot
   *     be a key; the message says the way out
   */
  public static KeySpec of(String table, Schema schema) {
    Set<Integer> ids = schema.identifierFieldIds();
    if (ids.isEmpty()) {
      throw new UnsupportedTableException(
          ("Table %s has no primary key: its schema names no identifier fields. Set them with"
                  + " Spark's ALTER TABLE %s SET IDENTIFIER FIELDS <column, ...>, or create the"
                  + " table with a PRIMARY KEY.")
              .formatted(table, table));
    }
    List<KeyColumn> keyColumns = new ArrayList<>();
    List<Types.NestedField> fields = schema.columns();
    for (int pos = 0; pos < fields.size(); pos++) {
      if (ids.contains(fields.get(pos).fieldId())) {
        keyColumns.add(keyColumn(table, fields.get(pos), pos));
      }
    }
    requireTopLevel(table, schema, keyColumns);
    keyColumns.sort(Comparator.comparingInt(KeyColumn::fieldId));
    return new KeySpec(table, keyColumns);
  }

  private static void requireTopLevel(String table, Schema schema, List<KeyColumn> keyColumns) {
    Set<Integer> topLevel = keyColumns.stream().map(KeyColumn::fieldId).collect(Collectors.toSet());
    for (int id : schema.identifierFieldIds()) {
      if (!topLevel.contains(id)) {
        throw new UnsupportedTableException(
            ("Table %s has the nested column '%s' in its primary key, and Meru takes top-level"
                    + " columns only. Choose others with Spark's ALTER TABLE %s SET IDENTIFIER"
                    + " FIELDS <column, ...>.")
                .formatted(table, schema.findColumnName(id), table));
      }
    }
  }

  /**
   * Checks one key column; visible to tests, since Iceberg refuses some types before we see them.
   */
  static KeyColumn keyColumn(String table, Types.NestedField field, int pos) {
    return switch (field.type().typeId()) {
      case BOOLEAN,
          INTEGER,
          LONG,
          DECIMAL,
          DATE,
          TIME,
          TIMESTAMP,
          TIMESTAMP_NANO,
          STRING,
          UUID,
          FIXED,
          BINARY ->
          new KeyColumn(
              field.fieldId(),
              field.name(),
              field.type().asPrimitiveType(),
              pos,
              Conversions.toByteBuffer(field.type(), field.initialDefault()));
      default ->
          throw new UnsupportedTableException(
              ("Table %s has column '%s' of type %s in its primary key, and values of that type"
                      + " are no keys: they have no exact equality. Choose other columns with"
                      + " Spark's ALTER TABLE %s SET IDENTIFIER FIELDS <column, ...>, or store the"
                      + " value as a decimal or string.")
                  .formatted(table, field.name(), field.type(), table));
    };
  }

  private static boolean isLong(KeyColumn column) {
    return switch (column.type().typeId()) {
      case INTEGER, LONG, DATE, TIME, TIMESTAMP, TIMESTAMP_NANO -> true;
      default -> false;
    };
  }

  /** The high half of the XXH64 of, for instance, {@code "1:3,7"}. Part of the file format. */
  private static String fingerprint(List<KeyColumn> columns) {
    String text =
        columns.stream()
            .map(column -> Integer.toString(column.fieldId()))
            .collect(Collectors.joining(",", ENCODING_VERSION + ":", ""));
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return HexFormat.of().toHexDigits((int) (KeyHash.hash64(bytes, 0, bytes.length) >>> 32));
  }

  /** The table's name, for messages. */
  public String table() {
    return table;
  }

  /** The key columns in ascending field id. */
  public List<KeyColumn> columns() {
    return columns;
  }

  /** Whether every user key has exactly eight bytes: one column of an integral or temporal type. */
  public boolean isFixedLong() {
    return fixedLong;
  }

  /** Eight hexadecimal digits: a digest of field ids and encoding version. */
  public String fingerprint() {
    return fingerprint;
  }
}

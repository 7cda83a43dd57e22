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

package io.meru.commit;

import io.meru.error.UnsupportedTableException;
import java.util.Map;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/**
 * Notices a change of the table's schema that the rows being written do not survive: a column
 * dropped, retyped or made required, another key. New columns, renamed or reordered ones are no
 * concern: Iceberg knows columns by field id.
 */
final class SchemaGuard {
  private final String tableName;
  private final Schema written;

  /** The guard of a writer of rows of schema {@code written}. */
  SchemaGuard(String tableName, Schema written) {
    this.tableName = tableName;
    this.written = written;
  }

  /**
   * Checks the table's present schema and format.
   *
   * @throws UnsupportedTableException naming what has changed
   */
  void check(Table table) {
    TableRequirements.checkFormatVersion(table, tableName);
    Schema now = table.schema();
    if (now.schemaId() == written.schemaId()) {
      return;
    }
    if (!now.identifierFieldIds().equals(written.identifierFieldIds())) {
      throw new UnsupportedTableException(
          ("Table %s got another primary key while this job was writing: identifier fields were %s"
                  + " and are %s. Rows already written are sorted and made unique by the old key. Set"
                  + " the old key again, or start the job anew without its state.")
              .formatted(tableName, written.identifierFieldNames(), now.identifierFieldNames()));
    }
    checkFields(TypeUtil.indexById(written.asStruct()), TypeUtil.indexById(now.asStruct()), now);
  }

  private void checkFields(
      Map<Integer, Types.NestedField> before, Map<Integer, Types.NestedField> after, Schema now) {
    before.forEach(
        (id, field) -> {
          String name = written.findColumnName(id);
          if (!after.containsKey(id)) {
            throw new UnsupportedTableException(
                ("Column %s (field %d) of table %s was dropped while this job was writing it."
                        + " Restart the job with a query that no longer writes the column.")
                    .formatted(name, id, tableName));
          }
          Type type = after.get(id).type();
          if (!sameType(field.type(), type)) {
            throw new UnsupportedTableException(
                ("Column %s (field %d) of table %s changed from %s to %s while this job was writing"
                        + " it (schema %d). Restart the job, so that it writes the new type.")
                    .formatted(name, id, tableName, field.type(), type, now.schemaId()));
          }
          if (field.isOptional() && after.get(id).isRequired()) {
            throw new UnsupportedTableException(
                ("Column %s (field %d) of table %s was made required while this job was writing it,"
                        + " NULLs included (schema %d). Make it optional again, or restart the job:"
                        + " it then refuses NULLs, each with a message.")
                    .formatted(name, id, tableName, now.schemaId()));
          }
        });
  }

  /** Of nested types only the kind counts: their fields are looked at by themselves. */
  private static boolean sameType(Type before, Type after) {
    return before.isPrimitiveType() ? before.equals(after) : before.typeId() == after.typeId();
  }
}

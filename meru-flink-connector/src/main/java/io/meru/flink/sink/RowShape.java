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

package io.meru.flink.sink;

import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.data.RowPlan;
import io.meru.key.KeySpec;
import java.io.Serializable;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.Schema;

/**
 * The rows that arrive and the table's schema as it was when the job was made: what it takes to
 * compute a row's user key. Travels to the task managers.
 *
 * @param tableName for messages
 * @param schema the table's schema when the job was made
 * @param rowType type of the rows
 */
record RowShape(String tableName, Schema schema, RowType rowType) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The primary key. */
  KeySpec keySpec() {
    return KeySpec.of(tableName, schema);
  }

  /** An accessor of rows for this schema. */
  RowDataAccessor accessor() {
    return accessorFor(schema);
  }

  /**
   * An accessor of rows for the schema that the table has by now. Columns that were renamed since
   * the job was made are still the ones it writes.
   */
  RowDataAccessor accessorFor(Schema present) {
    Schema named = new PlannedNames(schema).of(present);
    return new RowDataAccessor(RowPlan.of(tableName, rowType, named));
  }
}

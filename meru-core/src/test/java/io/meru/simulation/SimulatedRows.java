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

package io.meru.simulation;

import static java.util.Objects.requireNonNull;

import io.meru.row.RowKind;
import io.meru.row.ValueAccessor;
import io.meru.testing.RecordAccessor;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a simulated table: a key, a value that no other row has, and a part by which the
 * table may be partitioned. Columns are known by field id, as others rename and move them.
 */
final class SimulatedRows {
  static final int KEY = 1;
  static final int VALUE = 2;
  static final int PART = 3;

  /**
   * One change of a key.
   *
   * @param row the row put, null for a delete
   */
  record Change(RowKind kind, long key, @Nullable Row row) {}

  /** What a row holds beside its key. */
  record Row(String value, int part) {}

  private SimulatedRows() {}

  /** A table whose key is a number, or a text. */
  static Schema schema(boolean textKey) {
    return new Schema(
        List.of(
            Types.NestedField.required(
                KEY, "id", textKey ? Types.StringType.get() : Types.LongType.get()),
            Types.NestedField.optional(VALUE, "value", Types.StringType.get()),
            Types.NestedField.optional(PART, "part", Types.IntegerType.get())),
        Set.of(KEY));
  }

  static PartitionSpec byPart(Schema schema) {
    return PartitionSpec.builderFor(schema).identity("part").build();
  }

  static PartitionSpec byKey(Schema schema) {
    return PartitionSpec.builderFor(schema).bucket("id", 2).build();
  }

  /** The change as a writer of {@code schema} gets it; a delete holds the key only. */
  static ValueAccessor accessor(Schema schema, Change change) {
    return RecordAccessor.of(schema.asStruct(), record(schema, change.key(), change.row()));
  }

  static Record record(Schema schema, long key, @Nullable Row row) {
    Record record = GenericRecord.create(schema);
    for (int pos = 0; pos < schema.columns().size(); pos++) {
      Types.NestedField column = schema.columns().get(pos);
      if (column.fieldId() == KEY) {
        record.set(pos, isText(column.type()) ? "key-" + key : (Object) key);
      } else if (column.fieldId() == VALUE && row != null) {
        record.set(pos, row.value());
      } else if (column.fieldId() == PART && row != null) {
        Object part =
            column.type().typeId() == Type.TypeID.LONG ? (Object) (long) row.part() : row.part();
        record.set(pos, part);
      }
    }
    return record;
  }

  static long key(Schema schema, Record record) {
    Object key = field(schema, record, KEY);
    return key instanceof Long number
        ? number
        : Long.parseLong(key.toString().substring("key-".length()));
  }

  static Row row(Schema schema, Record record) {
    return new Row(
        field(schema, record, VALUE).toString(), ((Number) field(schema, record, PART)).intValue());
  }

  private static Object field(Schema schema, Record record, int fieldId) {
    return requireNonNull(record.getField(schema.findColumnName(fieldId)));
  }

  private static boolean isText(Type type) {
    return type.typeId() == Type.TypeID.STRING;
  }
}

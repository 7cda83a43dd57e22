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

package io.meru.flink.table;

import io.meru.commit.TableRequirements;
import io.meru.flink.data.RowPlan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.catalog.UniqueConstraint;
import org.apache.flink.table.types.logical.RowType;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Types.NestedField;

/**
 * Whether Meru can write an existing table under a Flink table's definition. Looked at when the
 * statement is planned, so that a job that cannot work is never submitted.
 */
final class TableCheck {
  private final String name;
  private final Table table;
  private final ResolvedSchema declared;

  /**
   * A check of {@code table}.
   *
   * @param declared the definition's physical columns and primary key
   */
  TableCheck(String name, Table table, ResolvedSchema declared) {
    this.name = name;
    this.table = table;
    this.declared = declared;
  }

  /** Refuses the table, with what was found and the way out. */
  void check() {
    TableRequirements.check(table, name);
    checkKey();
    checkColumns();
  }

  private void checkKey() {
    Set<String> tableKey = new TreeSet<>(table.schema().identifierFieldNames());
    Set<String> declaredKey =
        new TreeSet<>(declared.getPrimaryKey().map(UniqueConstraint::getColumns).orElse(List.of()));
    if (!tableKey.equals(declaredKey)) {
      throw new ValidationException(
          ("Cannot write to table %s: PRIMARY KEY (%s) is declared, and the table's key (its"
                  + " identifier fields) is (%s). Declare PRIMARY KEY (%s) NOT ENFORCED.")
              .formatted(
                  name,
                  String.join(", ", declaredKey),
                  String.join(", ", tableKey),
                  String.join(", ", tableKey)));
    }
  }

  private void checkColumns() {
    RowPlan.of(name, (RowType) declared.toSinkRowDataType().getLogicalType(), table.schema());
    Set<String> declaredNames = new HashSet<>(declared.getColumnNames());
    List<String> missing = new ArrayList<>();
    for (NestedField field : table.schema().columns()) {
      if (!declaredNames.contains(field.name())) {
        missing.add(field.name() + " " + FlinkSchemaUtil.convert(field.type()).asSummaryString());
      }
    }
    if (!missing.isEmpty()) {
      throw new ValidationException(
          ("Cannot write to table %s: it has columns that are not declared, and an upsert, which"
                  + " replaces whole rows, would set them to NULL. Declare them too: %s.")
              .formatted(name, String.join(", ", missing)));
    }
  }
}

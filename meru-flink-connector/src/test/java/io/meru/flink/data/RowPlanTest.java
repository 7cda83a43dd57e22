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

package io.meru.flink.data;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.testing.RandomRecords;
import java.util.List;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BinaryType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.iceberg.Schema;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

class RowPlanTest {
  private static final Schema SCHEMA =
      new Schema(
          Types.NestedField.required(1, "id", Types.LongType.get()),
          Types.NestedField.optional(2, "name", Types.StringType.get()));

  @Test
  void theTablesOwnFlinkTypeFits() {
    Schema schema = new Schema(RandomRecords.everyType().fields());

    assertThatCode(() -> RowPlan.of("db.t", FlinkSchemaUtil.convert(schema), schema))
        .doesNotThrowAnyException();
  }

  @Test
  void aColumnThatOnlyTheRowHasIsRefused() {
    RowType rowType =
        RowType.of(
            new LogicalType[] {new BigIntType(), new VarCharType(9)}, new String[] {"id", "nam"});

    assertThatThrownBy(() -> RowPlan.of("db.t", rowType, SCHEMA))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot write to table db.t: the rows have a column 'nam' that the table does not have;"
                + " it has [id, name]");
  }

  @Test
  void aMissingRequiredColumnIsRefused() {
    RowType rowType = RowType.of(new LogicalType[] {new VarCharType(9)}, new String[] {"name"});

    assertThatThrownBy(() -> RowPlan.of("db.t", rowType, SCHEMA))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot write to table db.t: its required column 'id' is missing in the rows, which have"
                + " [name]");
  }

  @Test
  void nestedFieldsAreNamedInFull() {
    Schema schema =
        new Schema(
            Types.NestedField.optional(
                1,
                "m",
                Types.MapType.ofOptional(
                    2,
                    3,
                    Types.StringType.get(),
                    Types.StructType.of(
                        Types.NestedField.optional(4, "a", Types.IntegerType.get())))));
    RowType inner = RowType.of(new LogicalType[] {new VarCharType(3)}, new String[] {"a"});
    RowType rowType =
        RowType.of(
            new LogicalType[] {
              new org.apache.flink.table.types.logical.MapType(new VarCharType(5), inner)
            },
            new String[] {"m"});

    assertThatThrownBy(() -> RowPlan.of("db.t", rowType, schema))
        .hasMessage(
            "Cannot write to table db.t: column 'm.value.a' has type int and the rows have"
                + " VARCHAR(3), which does not fit");
  }

  @Test
  void typesThatDoNotFitAreRefused() {
    List<Mismatch> mismatches =
        List.of(
            new Mismatch(new BigIntType(), Types.IntegerType.get()),
            new Mismatch(new DecimalType(10, 2), Types.DecimalType.of(9, 2)),
            new Mismatch(new DecimalType(9, 1), Types.DecimalType.of(9, 2)),
            new Mismatch(new TimestampType(6), Types.TimestampType.withZone()),
            new Mismatch(new LocalZonedTimestampType(6), Types.TimestampType.withoutZone()),
            new Mismatch(new BinaryType(15), Types.UUIDType.get()),
            new Mismatch(new VarBinaryType(16), Types.FixedType.ofLength(16)),
            new Mismatch(new VarCharType(5), Types.ListType.ofOptional(2, Types.StringType.get())),
            new Mismatch(new IntType(), Types.StringType.get()),
            new Mismatch(new IntType(), Types.GeometryType.crs84()));

    for (Mismatch mismatch : mismatches) {
      RowType rowType = RowType.of(new LogicalType[] {mismatch.flink}, new String[] {"v"});
      Schema schema = new Schema(Types.NestedField.optional(1, "v", mismatch.iceberg));
      assertThatThrownBy(() -> RowPlan.of("db.t", rowType, schema))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Cannot write to table db.t: column 'v' has type %s and the rows have %s, which does not fit",
              mismatch.iceberg, mismatch.flink.asSummaryString());
    }
  }

  private record Mismatch(LogicalType flink, Type iceberg) {}
}

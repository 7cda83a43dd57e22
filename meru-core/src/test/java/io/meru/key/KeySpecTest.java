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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

class KeySpecTest {
  @Test
  void keyColumnsAreTheIdentifierFieldsInAscendingFieldId() {
    Schema schema =
        new Schema(
            List.of(
                Types.NestedField.optional(1, "note", Types.StringType.get()),
                Types.NestedField.required(7, "b", Types.StringType.get()),
                Types.NestedField.required(3, "a", Types.LongType.get())),
            Set.of(7, 3));
    KeySpec spec = KeySpec.of("db.t", schema);
    assertThat(spec.columns())
        .containsExactly(
            new KeyColumn(3, "a", Types.LongType.get(), 2, null),
            new KeyColumn(7, "b", Types.StringType.get(), 1, null));
    assertThat(spec.table()).isEqualTo("db.t");
    assertThat(spec.isFixedLong()).isFalse();
  }

  @Test
  void oneIntegralOrTemporalColumnIsAFixedLong() {
    for (Type.PrimitiveType type :
        List.of(
            Types.IntegerType.get(),
            Types.LongType.get(),
            Types.DateType.get(),
            Types.TimeType.get(),
            Types.TimestampType.withZone(),
            Types.TimestampNanoType.withoutZone())) {
      assertThat(of(type).isFixedLong()).as(type.toString()).isTrue();
    }
    for (Type.PrimitiveType type :
        List.of(
            Types.BooleanType.get(),
            Types.DecimalType.of(9, 0),
            Types.StringType.get(),
            Types.FixedType.ofLength(8),
            Types.UUIDType.get())) {
      assertThat(of(type).isFixedLong()).as(type.toString()).isFalse();
    }
  }

  /** Files carry the fingerprint, so its values may never change. */
  @Test
  void theFingerprintIsAFunctionOfTheFieldIds() {
    assertThat(of(Types.LongType.get()).fingerprint())
        .isEqualTo(of(Types.IntegerType.get()).fingerprint())
        .isEqualTo("d2350556");
    assertThat(two(1, 2).fingerprint()).isEqualTo(two(2, 1).fingerprint()).isEqualTo("024a354b");
    assertThat(two(1, 12).fingerprint()).isNotEqualTo(two(11, 2).fingerprint());
  }

  @Test
  void aTableWithoutIdentifierFieldsIsRefused() {
    Schema schema = new Schema(Types.NestedField.required(1, "id", Types.LongType.get()));
    assertThatThrownBy(() -> KeySpec.of("db.t", schema))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            "Table db.t has no primary key: its schema names no identifier fields. Set them with"
                + " Spark's ALTER TABLE db.t SET IDENTIFIER FIELDS <column, ...>, or create the"
                + " table with a PRIMARY KEY.");
  }

  @Test
  void aNestedKeyColumnIsRefused() {
    Schema schema =
        new Schema(
            List.of(
                Types.NestedField.required(
                    1,
                    "s",
                    Types.StructType.of(
                        Types.NestedField.required(2, "id", Types.LongType.get())))),
            Set.of(2));
    assertThatThrownBy(() -> KeySpec.of("db.t", schema))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessage(
            "Table db.t has the nested column 's.id' in its primary key, and Meru takes top-level"
                + " columns only. Choose others with Spark's ALTER TABLE db.t SET IDENTIFIER FIELDS"
                + " <column, ...>.");
  }

  /** Iceberg refuses such a schema itself today; should it stop to, Meru does. */
  @Test
  void floatingPointKeyColumnsAreRefused() {
    for (Type type : List.of(Types.FloatType.get(), Types.DoubleType.get())) {
      Types.NestedField field = Types.NestedField.required(1, "x", type);
      assertThatThrownBy(() -> KeySpec.keyColumn("db.t", field, 0))
          .isInstanceOf(UnsupportedTableException.class)
          .hasMessageStartingWith(
              "Table db.t has column 'x' of type %s in its primary key".formatted(type))
          .hasMessageContaining("store the value as a decimal or string");
    }
  }

  private static KeySpec of(Type.PrimitiveType type) {
    return KeySpec.of(
        "db.t", new Schema(List.of(Types.NestedField.required(1, "id", type)), Set.of(1)));
  }

  private static KeySpec two(int id1, int id2) {
    return KeySpec.of(
        "db.t",
        new Schema(
            List.of(
                Types.NestedField.required(id1, "a", Types.LongType.get()),
                Types.NestedField.required(id2, "b", Types.LongType.get())),
            Set.of(id1, id2)));
  }
}

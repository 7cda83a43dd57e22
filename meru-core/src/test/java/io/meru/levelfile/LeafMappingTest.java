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

package io.meru.levelfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.parquet.ParquetSchemaUtil;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;

class LeafMappingTest {
  @Test
  void aFileWithoutFieldIdsIsRefused() {
    assertRefused(Types.LongType.get(), "optional int64 c;", "its columns have no field ids");
  }

  @Test
  void listsOfTwoLevelsAreRefused() {
    assertRefused(
        Types.ListType.ofRequired(3, Types.LongType.get()),
        "optional group c (LIST) = 2 { repeated int64 element = 3; }",
        "column 'c' is stored as optional group c (LIST) = 2");
  }

  @Test
  void anElementUnderAnotherIdIsRefused() {
    assertRefused(
        Types.ListType.ofRequired(3, Types.LongType.get()),
        "optional group c (LIST) = 2 { repeated group list { required int64 element = 4; } }",
        "in column 'c' it has no field 3");
  }

  @Test
  void shreddedVariantsAreRefused() {
    assertRefused(
        Types.VariantType.get(),
        "optional group c = 2 { required binary metadata; optional binary value;"
            + " optional int64 typed_value; }",
        "column 'c' holds shredded variants");
  }

  @Test
  void timesInMillisecondsAreRefused() {
    assertRefused(
        Types.TimestampType.withoutZone(),
        "optional int64 c (TIMESTAMP(MILLIS,false)) = 2;",
        "it stores column 'c', of type timestamp, as");
    assertRefused(
        Types.TimestampType.withoutZone(),
        "optional int96 c = 2;",
        "it stores column 'c', of type timestamp, as");
  }

  @Test
  void aColumnThatWasRequiredHasOneLevelMoreNow() {
    assertThat(map(Types.LongType.get(), "required int64 c = 2;").levels()).containsExactly(1);
    assertThat(map(Types.LongType.get(), "optional int64 c = 2;").levels()).containsExactly(0, 1);
  }

  @Test
  void aListOfRequiredElementsHasOneLevelMoreWhenTheyAreOptionalNow() {
    LeafMapping mapping =
        map(
            Types.ListType.ofOptional(3, Types.LongType.get()),
            "required group c (LIST) = 2 { repeated group list { required int64 element = 3; } }");
    // an empty list, an element
    assertThat(mapping.levels()).containsExactly(1, 3);
  }

  @Test
  void anAbsentColumnOfAStructTakesItsLevelsFromTheOneBesideItThatRepeatsLeast() {
    LeafMapping mapping =
        map(
            Types.StructType.of(Types.NestedField.optional(9, "added", Types.LongType.get())),
            "optional group c = 2 { optional group l (LIST) = 3 { repeated group list {"
                + " optional int64 element = 4; } } optional int64 n = 5; }");
    assertThat(mapping.form()).isNull();
    assertThat(mapping.stored()).isNotNull();
    assertThat(mapping.stored().getPath()).containsExactly("c", "n");
    assertThat(mapping.repetitionLevel()).isZero();
    assertThat(mapping.presentLevel()).isEqualTo(1);
    assertThat(mapping.absentLevel()).isEqualTo(1);
  }

  private static LeafMapping map(Type type, String stored) {
    Schema schema = new Schema(Types.NestedField.optional(2, "c", type));
    MessageType file = MessageTypeParser.parseMessageType("message m { " + stored + " }");
    List<LeafColumn> columns = LeafColumn.of(schema, ParquetSchemaUtil.convert(schema, "table"));
    return LeafMapping.of("f", schema, columns, file).get(0);
  }

  private static void assertRefused(Type type, String stored, String why) {
    assertThatThrownBy(() -> map(type, stored))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageStartingWith("Cannot merge f: " + why);
  }
}

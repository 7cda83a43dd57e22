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

package io.meru.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.config.LevelOptions;
import io.meru.error.UnsupportedTableException;
import io.meru.testing.RandomRecords;
import io.meru.testing.Records;
import io.meru.version.DeletionVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

/**
 * Files that were written with an older schema, as Iceberg's reader sees them in the newer one,
 * must come out of a merge as they went in.
 */
class MergeEvolutionTest {
  private static final long SEED = Long.getLong("meru.seed", 20261129);
  private static final LevelOptions DEFAULTS = LevelOptions.LEVEL_0_DEFAULTS;
  private static final LevelOptions SMALL =
      new LevelOptions("zstd", 1, 30, 1000, 5000, false, 0.01);

  private static final Schema OLD =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.IntegerType.get()),
              Types.NestedField.optional(2, "count", Types.IntegerType.get()),
              Types.NestedField.optional(3, "ratio", Types.FloatType.get()),
              Types.NestedField.optional(4, "price", Types.DecimalType.of(9, 2)),
              Types.NestedField.optional(5, "total", Types.DecimalType.of(18, 2)),
              Types.NestedField.optional(6, "name", Types.StringType.get()),
              Types.NestedField.optional(7, "gone", Types.StringType.get()),
              Types.NestedField.required(13, "was_required", Types.IntegerType.get()),
              Types.NestedField.optional(14, "wide", Types.DecimalType.of(20, 2)),
              Types.NestedField.optional(
                  8,
                  "place",
                  Types.StructType.of(
                      Types.NestedField.optional(81, "x", Types.IntegerType.get()),
                      Types.NestedField.optional(
                          82, "tags", Types.ListType.ofOptional(83, Types.StringType.get())))),
              Types.NestedField.optional(
                  9,
                  "by_name",
                  Types.MapType.ofOptional(
                      91,
                      92,
                      Types.StringType.get(),
                      Types.StructType.of(
                          Types.NestedField.required(93, "v", Types.IntegerType.get())))),
              Types.NestedField.optional(
                  10,
                  "points",
                  Types.ListType.ofOptional(
                      101,
                      Types.StructType.of(
                          Types.NestedField.optional(102, "y", Types.FloatType.get())))),
              Types.NestedField.optional(
                  12,
                  "lists_only",
                  Types.StructType.of(
                      Types.NestedField.optional(
                          121,
                          "lists",
                          Types.ListType.ofOptional(
                              122, Types.ListType.ofOptional(124, Types.IntegerType.get())))))),
          Set.of(1));

  private static final Schema NEW =
      new Schema(
          List.of(
              Types.NestedField.optional(20, "added", Types.StringType.get()),
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(6, "renamed", Types.StringType.get()),
              Types.NestedField.optional(5, "total", Types.DecimalType.of(30, 2)),
              Types.NestedField.optional(4, "price", Types.DecimalType.of(18, 2)),
              Types.NestedField.optional(3, "ratio", Types.DoubleType.get()),
              Types.NestedField.optional(2, "count", Types.LongType.get()),
              Types.NestedField.optional(14, "wide", Types.DecimalType.of(38, 2)),
              withDefault(21, "text", Types.StringType.get(), Literal.of("none")),
              withDefault(22, "number", Types.LongType.get(), Literal.of(-5L)),
              withDefault(23, "flag", Types.BooleanType.get(), Literal.of(true)),
              withDefault(
                  24,
                  "much",
                  Types.DecimalType.of(38, 2),
                  Literal.of(new java.math.BigDecimal("-12.50"))),
              withDefault(
                  27,
                  "little",
                  Types.DecimalType.of(9, 1),
                  Literal.of(new java.math.BigDecimal("-0.5"))),
              withDefault(28, "double", Types.DoubleType.get(), Literal.of(2.5)),
              withDefault(29, "float", Types.FloatType.get(), Literal.of(-1.5f)),
              Types.NestedField.required("must")
                  .withId(30)
                  .ofType(Types.IntegerType.get())
                  .withInitialDefault(Literal.of(7))
                  .build(),
              Types.NestedField.optional(13, "was_required", Types.IntegerType.get()),
              Types.NestedField.optional(
                  25,
                  "new_struct",
                  Types.StructType.of(
                      Types.NestedField.optional(251, "a", Types.LongType.get()),
                      Types.NestedField.optional(
                          252, "b", Types.ListType.ofOptional(253, Types.StringType.get())))),
              Types.NestedField.optional(
                  26,
                  "new_map",
                  Types.MapType.ofOptional(261, 262, Types.StringType.get(), Types.LongType.get())),
              Types.NestedField.optional(
                  8,
                  "place",
                  Types.StructType.of(
                      Types.NestedField.optional(84, "z", Types.IntegerType.get()),
                      Types.NestedField.optional(
                          82, "tags", Types.ListType.ofOptional(83, Types.StringType.get())),
                      Types.NestedField.optional(81, "x", Types.LongType.get()),
                      withDefault(85, "unit", Types.StringType.get(), Literal.of("m")),
                      Types.NestedField.optional(
                          86, "more", Types.ListType.ofOptional(87, Types.LongType.get())))),
              Types.NestedField.optional(
                  9,
                  "by_name",
                  Types.MapType.ofOptional(
                      91,
                      92,
                      Types.StringType.get(),
                      Types.StructType.of(
                          Types.NestedField.required(93, "v", Types.LongType.get()),
                          withDefault(94, "w", Types.LongType.get(), Literal.of(9L)),
                          Types.NestedField.optional(95, "u", Types.StringType.get())))),
              Types.NestedField.optional(
                  10,
                  "points",
                  Types.ListType.ofOptional(
                      101,
                      Types.StructType.of(
                          Types.NestedField.optional(103, "x", Types.DoubleType.get()),
                          Types.NestedField.optional(102, "y", Types.DoubleType.get())))),
              Types.NestedField.optional(
                  12,
                  "lists_only",
                  Types.StructType.of(
                      Types.NestedField.optional(
                          121,
                          "lists",
                          Types.ListType.ofOptional(
                              122, Types.ListType.ofOptional(124, Types.IntegerType.get()))),
                      Types.NestedField.optional(123, "beside", Types.IntegerType.get()),
                      withDefault(125, "constant", Types.LongType.get(), Literal.of(3L))))),
          Set.of(1));

  private static Types.NestedField withDefault(int id, String name, Type type, Literal<?> value) {
    return Types.NestedField.optional(name)
        .withId(id)
        .ofType(type)
        .withInitialDefault(value)
        .build();
  }

  @Test
  void rowsOfOlderSchemasComeOutAsIcebergReadsThem() {
    for (int round = 0; round < 10; round++) {
      MergeTable table = new MergeTable(NEW);
      RandomRecords random = new RandomRecords(SEED + round);
      List<MergeInput> inputs =
          List.of(
              input(table, table.writeLevelFile(OLD, rows(random, OLD, 0), SMALL), 1),
              input(table, writeByIceberg(table, OLD, rows(random, OLD, 1)), 2),
              input(table, table.writeLevelFile(NEW, rows(random, NEW, 2), DEFAULTS), 3));
      List<String> expected = table.expected(inputs);

      for (LevelOptions options : List.of(DEFAULTS, SMALL)) {
        MergeResult result = table.merge(inputs, options, 1 << 30);
        assertThat(table.rows(result)).isEqualTo(expected);
      }
      for (MergeInput input : inputs) {
        assertThat(table.job(DEFAULTS).refusal(input.path(), input.fileSizeBytes())).isEmpty();
      }
    }
  }

  private static String writeByIceberg(MergeTable table, Schema schema, List<Record> rows) {
    return table.writeInOrder(schema, rows, Map.of("write.parquet.page-row-limit", "40"));
  }

  private static MergeInput input(MergeTable table, String path, int number) {
    return table.whole(path, 200, DeletionVector.of(0, 7, 8, 9, 150), number * 1000L, number);
  }

  /** Rows whose ids no other file of the test has. */
  private static List<Record> rows(RandomRecords random, Schema schema, int file) {
    int idAt = schema.columns().indexOf(schema.findField(1));
    boolean isLong = schema.findType(1).typeId() == Type.TypeID.LONG;
    List<Record> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Record row = random.nextRecord(schema.asStruct());
      int id = 3 * i + file;
      row.set(idAt, isLong ? (Object) (long) id : (Object) id);
      rows.add(row);
    }
    return rows;
  }

  @Test
  void aRequiredColumnThatAFileLacksIsRefused() {
    assertRefused(
        Types.NestedField.required(2, "added", Types.LongType.get()),
        "it lacks column 'added', which is required");
  }

  @Test
  void aColumnOfAnotherTypeIsRefused() {
    assertRefused(
        Types.NestedField.optional(3, "text", Types.LongType.get()),
        "it stores column 'text', of type long, as optional binary text (STRING) = 3");
    assertRefused(
        Types.NestedField.optional(3, "text", Types.ListType.ofOptional(4, Types.LongType.get())),
        "column 'text' is stored as optional binary text (STRING) = 3");
    assertRefused(
        Types.NestedField.optional(4, "amount", Types.DecimalType.of(20, 3)),
        "it stores column 'amount', of type decimal(20, 3), as");
    assertRefused(
        Types.NestedField.optional(5, "day", Types.TimestampType.withoutZone()),
        "it stores column 'day', of type timestamp, as");
  }

  private static void assertRefused(Types.NestedField column, String why) {
    Schema written =
        new Schema(
            List.of(
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.optional(3, "text", Types.StringType.get()),
                Types.NestedField.optional(4, "amount", Types.DecimalType.of(9, 2)),
                Types.NestedField.optional(5, "day", Types.DateType.get())),
            Set.of(1));
    MergeTable table =
        new MergeTable(new Schema(List.of(written.columns().get(0), column), Set.of(1)));
    String path =
        table.writeLevelFile(
            written, List.of(Records.of(written.asStruct(), 1L, "x", null, null)), DEFAULTS);

    assertThat(table.job(DEFAULTS).refusal(path, table.size(path)))
        .hasValueSatisfying(
            message ->
                assertThat(message)
                    .startsWith("Cannot merge " + path + ": " + why)
                    .contains("rewrite"));
    assertThatThrownBy(
            () ->
                table.merge(
                    List.of(table.whole(path, 1, DeletionVector.EMPTY, 0, 1)), DEFAULTS, 1 << 30))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aNullInAColumnThatHasBecomeRequiredIsRefused() {
    Types.NestedField id = Types.NestedField.required(1, "id", Types.LongType.get());
    Schema written =
        new Schema(
            List.of(id, Types.NestedField.optional(2, "text", Types.StringType.get())), Set.of(1));
    MergeTable table =
        new MergeTable(
            new Schema(
                List.of(id, Types.NestedField.required(2, "text", Types.StringType.get())),
                Set.of(1)));
    String full =
        table.writeLevelFile(written, List.of(Records.of(written.asStruct(), 1L, "x")), DEFAULTS);
    String holed =
        table.writeLevelFile(written, List.of(Records.of(written.asStruct(), 2L, null)), DEFAULTS);

    MergeInput first = table.whole(full, 1, DeletionVector.EMPTY, 0, 1);
    assertThat(table.rows(table.merge(List.of(first), DEFAULTS, 1 << 30))).hasSize(1);
    MergeInput second = table.whole(holed, 1, DeletionVector.EMPTY, 0, 1);
    assertThatThrownBy(() -> table.merge(List.of(first, second), DEFAULTS, 1 << 30))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("column 'text' of " + holed);
  }
}

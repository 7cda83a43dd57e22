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

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

class PlannedNamesTest {
  private static final Schema PLANNED =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "amount", Types.IntegerType.get()),
              Types.NestedField.optional(
                  3,
                  "lines",
                  Types.ListType.ofRequired(
                      4,
                      Types.StructType.of(
                          Types.NestedField.optional(5, "sku", Types.StringType.get())))),
              Types.NestedField.optional(
                  6,
                  "tags",
                  Types.MapType.ofOptional(
                      7,
                      8,
                      Types.StringType.get(),
                      Types.StructType.of(
                          Types.NestedField.required(9, "weight", Types.IntegerType.get()))))),
          Set.of(1));

  @Test
  void aSchemaThatDidNotChangeIsTheSame() {
    assertThat(new PlannedNames(PLANNED).of(PLANNED).sameSchema(PLANNED)).isTrue();
  }

  @Test
  void renamedColumnsHaveTheJobsNamesAndTheTablesOrderAndTypes() {
    Schema present =
        new Schema(
            List.of(
                Types.NestedField.optional(2, "total", Types.LongType.get()),
                Types.NestedField.required(1, "key", Types.LongType.get()),
                Types.NestedField.optional(10, "amount", Types.StringType.get()),
                Types.NestedField.optional(11, "note", Types.StringType.get()),
                Types.NestedField.optional(
                    3,
                    "items",
                    Types.ListType.ofRequired(
                        4,
                        Types.StructType.of(
                            Types.NestedField.optional(5, "article", Types.StringType.get())))),
                Types.NestedField.optional(
                    6,
                    "tags",
                    Types.MapType.ofOptional(
                        7,
                        8,
                        Types.StringType.get(),
                        Types.StructType.of(
                            Types.NestedField.required(9, "mass", Types.IntegerType.get()))))),
            Set.of(1));
    Schema expected =
        new Schema(
            List.of(
                Types.NestedField.optional(2, "amount", Types.LongType.get()),
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.optional(10, "amount (field 10)", Types.StringType.get()),
                Types.NestedField.optional(11, "note", Types.StringType.get()),
                Types.NestedField.optional(
                    3,
                    "lines",
                    Types.ListType.ofRequired(
                        4,
                        Types.StructType.of(
                            Types.NestedField.optional(5, "sku", Types.StringType.get())))),
                PLANNED.findField("tags")),
            Set.of(1));
    assertThat(new PlannedNames(PLANNED).of(present).sameSchema(expected)).isTrue();
  }
}

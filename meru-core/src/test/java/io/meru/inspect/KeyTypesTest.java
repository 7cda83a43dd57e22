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

package io.meru.inspect;

import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;
import static org.assertj.core.api.Assertions.assertThat;

import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.RandomRecords;
import io.meru.testing.Records;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables with keys of every type, from the engine and from Iceberg's own writer. */
class KeyTypesTest {
  private static final long SEED = 20261129;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "int",
        "long",
        "decimal(9, 2)",
        "decimal(38, 10)",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "timestamp_ns",
        "string",
        "uuid",
        "fixed[5]",
        "binary"
      })
  void rowsOfEveryKeyTypeAreWholeAndFound(String typeName) {
    Type type = Types.fromTypeName(typeName);
    Schema schema =
        new Schema(
            List.of(
                required(1, "k", type),
                required(2, "n", Types.IntegerType.get()),
                optional(3, "v", Types.StringType.get())),
            Set.of(1, 2));
    List<Record> rows = rows(schema, 300);
    try (EngineTable engine =
        EngineTable.create(
            folder.resolve("t").toUri().toString(), schema, PartitionSpec.unpartitioned(), 2)) {
      rows.subList(0, 200).forEach(row -> engine.put(row.get(0), row.get(1), "first"));
      engine.checkpoint();
      rows.subList(0, 50).forEach(row -> engine.put(row.get(0), row.get(1), "second"));
      engine.checkpoint();
      new ForeignWriter(engine.load()).append(rows.subList(200, 300));

      VerifyReport report = TableVerifier.verifyHead(engine.load(), "t");
      assertThat(report.findings()).as("seed %d", SEED).isEmpty();
      assertThat(report.liveRows()).isEqualTo(300);
      for (int i : new int[] {0, 49, 50, 199, 200, 299}) {
        List<String> key = List.of(RowText.of(rows.get(i).get(0)), RowText.of(rows.get(i).get(1)));
        KeyHistory history = KeyHistoryReader.read(engine.load(), "t", key);
        assertThat(history.head()).as("key %s, seed %d", key, SEED).hasSize(1);
        assertThat(List.copyOf(history.key().values())).isEqualTo(key);
      }
      assertThat(ShapeReader.read(engine.load(), "t").dataFiles())
          .allMatch(file -> file.keyMin().get(0) != null && file.keyMax().get(1) != null);
    }
  }

  private static List<Record> rows(Schema schema, int count) {
    RandomRecords random = new RandomRecords(SEED);
    List<Record> rows = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    while (rows.size() < count) {
      Record row = random.nextRecord(schema.asStruct());
      row.setField("n", rows.size() % 7 - 3);
      row.setField("v", "foreign");
      if (row.get(0) != null && keys.add(Records.text(row.get(0)) + row.get(1))) {
        rows.add(row);
      }
    }
    return rows;
  }
}

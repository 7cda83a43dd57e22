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

package io.meru;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.SimulatedJob.Change;
import io.meru.config.WriteOptions;
import io.meru.row.RowKind;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

/** A column with an initial default that joins the key of a table with data. */
class NewKeyColumnTest {
  private static final TableIdentifier NAME = TableIdentifier.of("db", "t");

  private final InMemoryCatalog catalog = new InMemoryCatalog();
  private final Random ids = new Random(1);

  @Test
  void rowsOfFilesWithoutTheColumnAreFoundByItsInitialDefault() throws IOException {
    Schema before =
        new Schema(
            List.of(
                Types.NestedField.required(1, "id", Types.LongType.get()),
                Types.NestedField.optional(2, "name", Types.StringType.get())),
            Set.of(1));
    catalog.initialize("mem", Map.of("warehouse", "mem://new-key-column"));
    catalog.createNamespace(Namespace.of("db"));
    Table table =
        catalog.createTable(
            NAME, before, PartitionSpec.unpartitioned(), Map.of("format-version", "3"));
    new ForeignWriter(table).append(List.of(record(table, 1L, "a"), record(table, 2L, "b")));
    run(table, put(table, 3L, "c"), put(table, 4L, "d"), put(table, 1L, "A"));

    table.refresh();
    table
        .updateSchema()
        .addRequiredColumn("tenant", Types.StringType.get(), "whose it is", Literal.of("main"))
        .setIdentifierFields("id", "tenant")
        .commit();

    assertThat(names(table)).containsExactlyInAnyOrder("A main", "b main", "c main", "d main");
    run(
        table,
        put(table, 1L, "AA", "main"),
        put(table, 2L, "other", "east"),
        put(table, 3L, "C", "main"),
        new Change(RowKind.DELETE, record(table, 4L, null, "main")));
    assertThat(names(table)).containsExactlyInAnyOrder("AA main", "b main", "other east", "C main");
    TableChecks.assertInvariants(table, table.currentSnapshot());
  }

  private void run(Table table, Change... changes) {
    SimulatedJob job =
        new SimulatedJob(
            () -> catalog.loadTable(NAME),
            WriteOptions.DEFAULTS,
            () -> new UUID(ids.nextLong(), ids.nextLong()),
            List.of(changes),
            2);
    job.read(changes.length);
    job.barrier();
    job.commitOldest();
    job.stop();
    table.refresh();
  }

  private static List<String> names(Table table) throws IOException {
    List<String> names = new ArrayList<>();
    try (CloseableIterable<Record> rows = IcebergGenerics.read(table).build()) {
      rows.forEach(row -> names.add(row.getField("name") + " " + row.getField("tenant")));
    }
    return names;
  }

  private static Change put(Table table, Object... values) {
    return new Change(RowKind.INSERT, record(table, values));
  }

  private static Record record(Table table, Object... values) {
    return Records.of(table.schema().asStruct(), values);
  }
}

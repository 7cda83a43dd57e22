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

import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.metrics.WriterMetrics;
import io.meru.row.RowKind;
import io.meru.testing.RecordAccessor;
import io.meru.testing.Records;
import io.meru.writer.LsmWriter;
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
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

class TableWritersTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "name", Types.StringType.get())),
          Set.of(1));

  private final List<Long> activeBytes = new ArrayList<>();
  private final List<Long> sealedBytes = new ArrayList<>();
  private final Random ids = new Random(1);

  private final WriterMetrics metrics =
      new WriterMetrics() {
        @Override
        public void activeBytes(long bytes) {
          activeBytes.add(bytes);
        }

        @Override
        public void sealedBytes(long bytes) {
          sealedBytes.add(bytes);
        }
      };

  @Test
  void memoryIsReportedAsItGrowsAndWhenABarrierHasEmptiedIt() {
    try (LsmWriter writer = open()) {
      write(writer, 20_000);
      assertThat(activeBytes).hasSizeGreaterThan(10).isSorted();
      assertThat(activeBytes.get(activeBytes.size() - 1)).isGreaterThan(20_000 * 40);
      assertThat(sealedBytes).isEmpty();
      long full = activeBytes.get(activeBytes.size() - 1);

      writer.barrier(1);
      assertThat(sealedBytes).hasSize(2).endsWith(0L);
      assertThat(sealedBytes.get(0)).isGreaterThan(20_000 * 40);
      assertThat(activeBytes.get(activeBytes.size() - 1)).isLessThan(full / 2);
    }
  }

  private LsmWriter open() {
    InMemoryCatalog catalog = new InMemoryCatalog();
    catalog.initialize("mem", Map.of("warehouse", "mem://writers"));
    catalog.createNamespace(Namespace.of("db"));
    Table table =
        catalog.createTable(
            TableIdentifier.of("db", "t"),
            SCHEMA,
            PartitionSpec.unpartitioned(),
            Map.of("format-version", "3"));
    return TableWriters.open(
        table,
        "db.t",
        HashRange.ALL,
        "sink",
        WriteOptions.DEFAULTS,
        Runnable::run,
        null,
        metrics,
        () -> 0,
        () -> new UUID(ids.nextLong(), ids.nextLong()));
  }

  private static void write(LsmWriter writer, int rows) {
    for (long id = 0; id < rows; id++) {
      writer.write(
          RowKind.INSERT,
          RecordAccessor.of(
              SCHEMA.asStruct(),
              Records.of(SCHEMA.asStruct(), id, "a name of forty characters, or some more")));
    }
  }
}

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

package io.meru.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.ThreadPools;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalTableTest {
  private static final TableIdentifier NAME = TableIdentifier.of("db", "t");
  private static final Schema SCHEMA =
      new Schema(List.of(Types.NestedField.required(1, "id", Types.LongType.get())));

  @TempDir Path warehouse;

  @Test
  void commitsWriteManifestsPastHadoopAndAllReadersFindThem() throws IOException {
    try (HadoopCatalog catalog =
        new HadoopCatalog(new Configuration(), warehouse.toUri().toString())) {
      Table table = catalog.createTable(NAME, SCHEMA);
      Table local = LocalTable.of(table);
      assertThat(local.name()).isEqualTo(table.name());
      assertThat(LocalTable.workers(local).submit(Thread::currentThread))
          .succeedsWithin(Duration.ZERO)
          .isSameAs(Thread.currentThread());
      new ForeignWriter(local).append(List.of(record(1L)));
      Transaction transaction = local.newTransaction();
      transaction.updateProperties().set("a", "b").commit();
      transaction.commitTransaction();
      new ForeignWriter(local).append(List.of(record(2L)));

      List<String> metadata = names(warehouse.resolve("db/t/metadata"));
      // Hadoop leaves a checksum beside each file that it writes
      assertThat(metadata).filteredOn(name -> name.endsWith(".avro")).hasSize(4);
      assertThat(metadata).noneMatch(name -> name.endsWith(".avro.crc"));
      assertThat(metadata).anyMatch(name -> name.endsWith(".metadata.json.crc"));
      Table loaded = catalog.loadTable(NAME);
      assertThat(loaded.properties()).containsEntry("a", "b");
      try (CloseableIterable<Record> rows = IcebergGenerics.read(loaded).build()) {
        assertThat(rows).extracting(row -> row.get(0)).containsExactlyInAnyOrder(1L, 2L);
      }
    }
  }

  @Test
  void aTableWithAnotherFileIoStaysAsItIs() {
    InMemoryCatalog catalog = new InMemoryCatalog();
    catalog.initialize("mem", Map.of("warehouse", "mem://local-table"));
    catalog.createNamespace(Namespace.of("db"));
    Table table = catalog.createTable(NAME, SCHEMA, PartitionSpec.unpartitioned(), Map.of());
    assertThat(LocalTable.of(table)).isSameAs(table);
    assertThat(LocalTable.workers(table)).isSameAs(ThreadPools.getWorkerPool());
  }

  private static Record record(long id) {
    return Records.of(SCHEMA.asStruct(), id);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }
}

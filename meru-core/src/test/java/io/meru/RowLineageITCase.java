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

import io.meru.config.LevelOptions;
import io.meru.config.WriteOptions;
import io.meru.row.RowKind;
import io.meru.testing.Records;
import io.meru.testing.SparkReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The row lineage of what Meru writes, as Iceberg's generic reader and Spark see it: which row a
 * row is, and which commit changed it last.
 */
class RowLineageITCase {
  private static final TableIdentifier NAME = TableIdentifier.of("db", "t");
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "v", Types.StringType.get())),
          Set.of(1));

  /** Every row is a flush of its own. */
  private static final WriteOptions ROW_BY_ROW =
      new WriteOptions(1, 2, 64L << 20, 64L << 20, LevelOptions.LEVEL_0_DEFAULTS);

  /** What lineage says of a row. */
  private record RowLineage(long rowId, long lastUpdated) {}

  @TempDir private Path warehouse;
  private final Random random = new Random(5);
  private final Supplier<UUID> ids = () -> new UUID(random.nextLong(), random.nextLong());
  private final List<SimulatedJob.Change> log = new ArrayList<>();
  private HadoopCatalog tables;
  private String catalog;
  private SimulatedJob job;

  @BeforeEach
  void createTable() {
    tables = new HadoopCatalog(new Configuration(), warehouse.toUri().toString());
    tables.createNamespace(Namespace.of("db"));
    tables.createTable(NAME, SCHEMA, PartitionSpec.unpartitioned(), Map.of("format-version", "3"));
    catalog = SparkReader.shared().hadoopCatalog(warehouse);
  }

  @AfterEach
  void stop() {
    job.stop();
  }

  @Test
  void anUpdateKeepsTheRowsIdAndSaysWhichCommitChangedIt() {
    start(WriteOptions.DEFAULTS, 2);
    put(1, 2, 3, 4, 5, 6, 7, 8);
    Map<Long, RowLineage> inserted = checkpoint();
    assertThat(inserted).hasSize(8);
    put(3, 5);
    Map<Long, RowLineage> updated = checkpoint();
    assertUpdated(inserted, updated, 3, 5);
    put(3, 6);
    Map<Long, RowLineage> again = checkpoint();
    assertUpdated(updated, again, 3, 6);
    job.restore(0, 3);
    put(1, 3, 5, 8);
    assertUpdated(again, checkpoint(), 1, 3, 5, 8);
  }

  @Test
  void aKeyThatWasDeletedStartsAnew() {
    start(WriteOptions.DEFAULTS, 1);
    put(1, 2);
    Map<Long, RowLineage> inserted = checkpoint();
    delete(RowKind.DELETE, 1);
    assertThat(checkpoint()).containsOnlyKeys(2L);
    put(1);
    Map<Long, RowLineage> again = checkpoint();
    assertThat(again.get(2L)).isEqualTo(inserted.get(2L));
    assertThat(again.get(1L).rowId()).isGreaterThan(1);
  }

  @Test
  void withinACheckpointAKeyThatIsPutAgainIsTheSameRowWhereverFlushesFall() {
    for (WriteOptions options : List.of(WriteOptions.DEFAULTS, ROW_BY_ROW)) {
      if (job != null) {
        job.stop();
      }
      start(options, 1);
      put(1, 2, 3);
      Map<Long, RowLineage> before = checkpoint();
      delete(RowKind.UPDATE_BEFORE, 1);
      put(1);
      delete(RowKind.DELETE, 2);
      put(2, 2);
      Map<Long, RowLineage> after = checkpoint();
      assertUpdated(before, after, 1, 2);
    }
  }

  @Test
  void rowsOfOtherWritersKeepTheirIds() {
    start(WriteOptions.DEFAULTS, 2);
    put(1, 2, 3, 4);
    checkpoint();
    SparkReader.shared()
        .query("insert into %s.db.t values (10, 'a'), (11, 'b')".formatted(catalog));
    Map<Long, RowLineage> before = lineages();
    SparkReader.shared().query("update %s.db.t set v = 'c' where id in (2, 11)".formatted(catalog));
    Map<Long, RowLineage> updatedBySpark = lineages();
    assertUpdated(before, updatedBySpark, 2, 11);
    put(2, 3, 10, 11);
    assertUpdated(updatedBySpark, checkpoint(), 2, 3, 10, 11);
  }

  private void assertUpdated(
      Map<Long, RowLineage> before, Map<Long, RowLineage> after, long... updated) {
    Map<Long, RowLineage> expected = new TreeMap<>(before);
    long now = tables.loadTable(NAME).currentSnapshot().sequenceNumber();
    for (long id : updated) {
      expected.computeIfPresent(id, (same, row) -> new RowLineage(row.rowId(), now));
    }
    assertThat(after).isEqualTo(expected);
  }

  private void start(WriteOptions options, int parallelism) {
    log.clear();
    job = new SimulatedJob(() -> tables.loadTable(NAME), options, ids, log, parallelism);
  }

  private void put(long... keys) {
    for (long key : keys) {
      change(RowKind.INSERT, key);
    }
  }

  private void delete(RowKind kind, long key) {
    change(kind, key);
  }

  private void change(RowKind kind, long key) {
    log.add(new SimulatedJob.Change(kind, Records.of(SCHEMA.asStruct(), key, "v" + log.size())));
    job.read(1);
  }

  private Map<Long, RowLineage> checkpoint() {
    job.barrier();
    while (job.pending() > 0) {
      job.commitOldest(); // after a restore, first what it recovered
    }
    return lineages();
  }

  /** By key, as both readers see it. */
  private Map<Long, RowLineage> lineages() {
    Table table = tables.loadTable(NAME);
    Schema projected =
        TypeUtil.join(
            table.schema(),
            new Schema(MetadataColumns.ROW_ID, MetadataColumns.LAST_UPDATED_SEQUENCE_NUMBER));
    Map<Long, RowLineage> byGenerics = new TreeMap<>();
    try (CloseableIterable<Record> rows = IcebergGenerics.read(table).project(projected).build()) {
      for (Record row : rows) {
        byGenerics.put(
            (Long) row.getField("id"),
            new RowLineage(
                (Long) row.getField("_row_id"),
                (Long) row.getField("_last_updated_sequence_number")));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<Long, RowLineage> bySpark = new TreeMap<>();
    SparkReader.shared()
        .query("select id, _row_id, _last_updated_sequence_number from %s.db.t".formatted(catalog))
        .rows()
        .forEach(
            row ->
                bySpark.put(
                    Long.parseLong(row.get(0)),
                    new RowLineage(Long.parseLong(row.get(1)), Long.parseLong(row.get(2)))));
    assertThat(bySpark).isEqualTo(byGenerics);
    return bySpark;
  }
}

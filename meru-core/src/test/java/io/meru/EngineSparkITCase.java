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

import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;
import static org.assertj.core.api.Assertions.assertThat;

import io.meru.config.WriteOptions;
import io.meru.row.RowKind;
import io.meru.testing.CanonicalRows;
import io.meru.testing.RandomRecords;
import io.meru.testing.SparkReader;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Spark as the judge of tables that simulated jobs have written: an engine that shares no code with
 * the writer's path but Iceberg's metadata. Agreement shows that what the simulation proves through
 * Iceberg's generic reader holds for users of Spark.
 */
class EngineSparkITCase {
  /**
   * All but time, timestamps in nanoseconds and variants, which Spark 4.0 lacks or prints as JSON.
   */
  private static final Schema SPARK_TYPES =
      new Schema(
          List.of(
              required(1, "id", Types.LongType.get()),
              optional(2, "flag", Types.BooleanType.get()),
              optional(3, "i", Types.IntegerType.get()),
              optional(4, "f", Types.FloatType.get()),
              optional(5, "d", Types.DoubleType.get()),
              optional(6, "small", Types.DecimalType.of(9, 2)),
              optional(7, "middle", Types.DecimalType.of(18, 4)),
              optional(8, "large", Types.DecimalType.of(38, 10)),
              optional(9, "day", Types.DateType.get()),
              optional(10, "ts", Types.TimestampType.withoutZone()),
              optional(11, "tz", Types.TimestampType.withZone()),
              optional(12, "s", Types.StringType.get()),
              optional(13, "u", Types.UUIDType.get()),
              optional(14, "fix", Types.FixedType.ofLength(5)),
              optional(15, "bin", Types.BinaryType.get()),
              optional(
                  16,
                  "nested",
                  Types.StructType.of(
                      optional(17, "n", Types.LongType.get()),
                      optional(18, "list", Types.ListType.ofOptional(19, Types.StringType.get())))),
              optional(
                  20,
                  "map",
                  Types.MapType.ofOptional(
                      21,
                      22,
                      Types.IntegerType.get(),
                      Types.ListType.ofRequired(23, Types.LongType.get())))),
          Set.of(1));

  @TempDir private Path warehouse;
  private HadoopCatalog tables;
  private String catalog;

  @BeforeEach
  void createCatalog() {
    tables = new HadoopCatalog(new Configuration(), warehouse.toUri().toString());
    tables.createNamespace(Namespace.of("db"));
    catalog = SparkReader.shared().hadoopCatalog(warehouse);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void sparkReadsWhatTheSimulationSays(long seed) {
    new SimulatedSchedule(seed, tables).run();

    Table table = tables.loadTable(SimulatedSchedule.NAME);
    SparkReader spark = SparkReader.shared();
    assertThat(spark.query("select * from " + catalog + ".db.t").sortedLines())
        .isEqualTo(CanonicalRows.of(table));
    String keys = String.join(", ", table.schema().identifierFieldNames());
    assertThat(
            spark
                .query(
                    "select count(*) from (select %s from %s.db.t group by %s having count(*) > 1)"
                        .formatted(keys, catalog, keys))
                .onlyLong())
        .isZero();
  }

  @Test
  void sparkReadsEqualValuesOfEveryTypeThatItKnows() {
    long seed = 7;
    RandomRecords records = new RandomRecords(seed);
    Schema schema = SPARK_TYPES;
    tables.createTable(
        SimulatedSchedule.NAME,
        schema,
        PartitionSpec.unpartitioned(),
        Map.of("format-version", "3"));
    Schema tableSchema = tables.loadTable(SimulatedSchedule.NAME).schema();
    List<SimulatedJob.Change> log = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Record row = records.nextRecord(tableSchema.asStruct());
      row.setField("id", (long) i % 200);
      row.setField("day", LocalDate.of(1900, 1, 1).plusDays(i * 311L));
      row.setField("ts", LocalDateTime.of(1969, 12, 31, 23, 59, 59, 999_999_000).plusHours(i));
      row.setField("tz", OffsetDateTime.of(2026, 1, 1, 0, 0, 0, i * 1_000, ZoneOffset.UTC));
      log.add(new SimulatedJob.Change(RowKind.INSERT, row));
    }
    Random ids = new Random(seed);
    SimulatedJob job =
        new SimulatedJob(
            () -> tables.loadTable(SimulatedSchedule.NAME),
            WriteOptions.DEFAULTS,
            () -> new UUID(ids.nextLong(), ids.nextLong()),
            log,
            2);
    job.read(250);
    job.barrier();
    job.commitOldest();
    job.read(50);
    job.barrier();
    job.commitOldest();
    job.stop();

    List<String> expected =
        job.model().values().stream().map(CanonicalRows::ofRow).sorted().toList();
    assertThat(CanonicalRows.of(tables.loadTable(SimulatedSchedule.NAME))).isEqualTo(expected);
    assertThat(SparkReader.shared().query("select * from " + catalog + ".db.t").sortedLines())
        .isEqualTo(expected);
  }
}

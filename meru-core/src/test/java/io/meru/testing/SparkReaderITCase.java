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

package io.meru.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.io.OutputFileFactory;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Agreement of Spark and Iceberg's generic reader on a table that neither Meru nor Spark wrote
 * shows that the readers which other tests take as judges see deletion vectors, and render equal
 * values alike.
 */
class SparkReaderITCase {
  private static final Schema SCHEMA =
      new Schema(
          Types.NestedField.required(1, "id", Types.LongType.get()),
          Types.NestedField.optional(2, "flag", Types.BooleanType.get()),
          Types.NestedField.optional(3, "i", Types.IntegerType.get()),
          Types.NestedField.optional(4, "f", Types.FloatType.get()),
          Types.NestedField.optional(5, "d", Types.DoubleType.get()),
          Types.NestedField.optional(6, "money", Types.DecimalType.of(20, 4)),
          Types.NestedField.optional(7, "day", Types.DateType.get()),
          Types.NestedField.optional(8, "ts", Types.TimestampType.withoutZone()),
          Types.NestedField.optional(9, "tz", Types.TimestampType.withZone()),
          Types.NestedField.optional(10, "s", Types.StringType.get()),
          Types.NestedField.optional(11, "u", Types.UUIDType.get()),
          Types.NestedField.optional(12, "fix", Types.FixedType.ofLength(3)),
          Types.NestedField.optional(13, "bin", Types.BinaryType.get()),
          Types.NestedField.optional(
              14,
              "point",
              Types.StructType.of(
                  Types.NestedField.optional(15, "x", Types.IntegerType.get()),
                  Types.NestedField.optional(16, "name", Types.StringType.get()))),
          Types.NestedField.optional(
              17, "list", Types.ListType.ofOptional(18, Types.LongType.get())),
          Types.NestedField.optional(
              19,
              "map",
              Types.MapType.ofOptional(20, 21, Types.StringType.get(), Types.DoubleType.get())));

  private static final TableIdentifier NAME = TableIdentifier.of("db", "t");

  @TempDir private Path warehouse;
  private Table table;
  private String catalog;

  @BeforeEach
  void createTable() {
    HadoopCatalog tables = new HadoopCatalog(new Configuration(), warehouse.toUri().toString());
    tables.createNamespace(Namespace.of("db"));
    table =
        tables.createTable(
            NAME, SCHEMA, PartitionSpec.unpartitioned(), Map.of("format-version", "3"));
    catalog = SparkReader.shared().hadoopCatalog(warehouse);
  }

  @Test
  void sparkSeesNoRowThatADeletionVectorCovers() throws IOException {
    DataFile file = append(List.of(row(0), row(1), row(2), row(3), row(4)));
    assertThat(ids()).isEqualTo(List.of("0", "1", "2", "3", "4"));

    deletePositions(file, 1, 3);

    assertThat(ids()).isEqualTo(List.of("0", "2", "4"));
    assertThat(SparkReader.shared().query("select * from " + catalog + ".db.t").sortedLines())
        .isEqualTo(CanonicalRows.of(table));
    assertThat(
            SparkReader.shared()
                .query("select count(*) from " + catalog + ".db.t where id < 4")
                .onlyLong())
        .isEqualTo(2);
  }

  @Test
  void sparkAndTheGenericReaderGiveEqualTextForEqualValues() throws IOException {
    append(List.of(row(7), fullRow(), GenericRecord.create(SCHEMA).copy(Map.of("id", -1L))));

    List<String> bySpark =
        SparkReader.shared().query("select * from " + catalog + ".db.t").sortedLines();

    assertThat(bySpark).isEqualTo(CanonicalRows.of(table));
    assertThat(bySpark)
        .contains(
            "9223372036854775807, true, -5, -0.0, NaN, -12.3400, 1969-12-31,"
                + " 2026-01-02T03:04:05.000006, 2026-01-02T01:04:05.000006Z, \"a \\\"b\\\" \\\\ ü\","
                + " \"00000000-0000-0001-0000-000000000002\", 0x00ff7f, 0x, (3, null),"
                + " [1, null, 3], {\"a\"=1.5, \"b\"=null}");
  }

  @Test
  void aFailedQueryCarriesSparksMessageAndTheNextOneWorks() {
    SparkReader spark = SparkReader.shared();

    assertThatThrownBy(() -> spark.query("select * from " + catalog + ".db.missing"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("TABLE_OR_VIEW_NOT_FOUND");
    assertThat(spark.query("select 1 + 1").onlyLong()).isEqualTo(2);
  }

  private List<String> ids() {
    return SparkReader.shared().query("select id from " + catalog + ".db.t").sortedLines();
  }

  private DataFile append(List<Record> rows) throws IOException {
    GenericFileWriterFactory writers =
        new GenericFileWriterFactory.Builder(table)
            .dataFileFormat(FileFormat.PARQUET)
            .dataSchema(table.schema()) // creation has given nested fields other ids
            .build();
    DataWriter<Record> writer =
        writers.newDataWriter(
            OutputFileFactory.builderFor(table, 0, 0).build().newOutputFile(), table.spec(), null);
    try (writer) {
      rows.forEach(writer::write);
    }
    table.newAppend().appendFile(writer.toDataFile()).commit();
    return writer.toDataFile();
  }

  private void deletePositions(DataFile file, long... positions) throws IOException {
    DVFileWriter writer =
        new BaseDVFileWriter(
            OutputFileFactory.builderFor(table, 1, 0).format(FileFormat.PUFFIN).build(),
            path -> null);
    try (writer) {
      for (long position : positions) {
        writer.delete(file.location(), position, table.spec(), null);
      }
    }
    RowDelta delta = table.newRowDelta();
    writer.result().deleteFiles().forEach(delta::addDeletes);
    delta.commit();
  }

  private static Record row(long id) {
    return GenericRecord.create(SCHEMA).copy(Map.of("id", id, "s", "row " + id));
  }

  private static Record fullRow() {
    GenericRecord row = GenericRecord.create(SCHEMA);
    row.setField("id", Long.MAX_VALUE);
    row.setField("flag", true);
    row.setField("i", -5);
    row.setField("f", -0.0f);
    row.setField("d", Double.NaN);
    row.setField("money", new BigDecimal("-12.3400"));
    row.setField("day", LocalDate.of(1969, 12, 31));
    row.setField("ts", LocalDateTime.of(2026, 1, 2, 3, 4, 5, 6_000));
    row.setField("tz", OffsetDateTime.of(2026, 1, 2, 3, 4, 5, 6_000, ZoneOffset.ofHours(2)));
    row.setField("s", "a \"b\" \\ ü");
    row.setField("u", new UUID(1, 2));
    row.setField("fix", new byte[] {0, (byte) 0xFF, 0x7F});
    row.setField("bin", ByteBuffer.allocate(0));
    GenericRecord point = GenericRecord.create(SCHEMA.findType("point").asStructType());
    point.setField("x", 3);
    row.setField("point", point);
    row.setField("list", java.util.Arrays.asList(1L, null, 3L));
    Map<String, Double> map = new java.util.HashMap<>();
    map.put("a", 1.5);
    map.put("b", null);
    row.setField("map", map);
    return row;
  }
}

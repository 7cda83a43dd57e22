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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import io.meru.inspect.KeyHistory.KeyAt;
import io.meru.inspect.KeyHistory.Place;
import io.meru.maintenance.DeleteRewrite;
import io.meru.maintenance.DeleteRewriteOptions;
import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.deletes.PositionDelete;
import org.apache.iceberg.deletes.PositionDeleteWriter;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptionKeyMetadata;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a key was, snapshot by snapshot. */
class KeyHistoryReaderTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              required(1, "id", Types.LongType.get()),
              required(2, "region", Types.StringType.get()),
              optional(3, "v", Types.StringType.get())),
          Set.of(1, 2));

  @TempDir Path folder;
  private EngineTable engine;

  @BeforeEach
  void writeTable() {
    engine =
        EngineTable.create(
            folder.resolve("t").toUri().toString(), SCHEMA, PartitionSpec.unpartitioned(), 4);
    for (long id = 0; id < 200; id++) {
      engine.put(id, "eu", "first").put(id, "us", "first");
    }
    engine.checkpoint();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private KeyHistory history(String... key) {
    return KeyHistoryReader.read(engine.load(), "t", List.of(key));
  }

  @Test
  void aKeyIsFollowedThroughUpdatesAndDeletes() {
    engine.put(7L, "eu", "second").checkpoint();
    engine.put(8L, "eu", "of another key").checkpoint();
    engine.delete(7L, "eu", null).checkpoint();
    engine.put(7L, "eu", "third").checkpoint();

    KeyHistory history = history("7", "eu");
    assertThat(history.key()).containsExactly(Map.entry("id", "7"), Map.entry("region", "eu"));
    assertThat(history.snapshots())
        .extracting(at -> at.places().stream().map(place -> place.row().get("v")).toList())
        .containsExactly(
            List.of(),
            List.of("first"),
            List.of("second"),
            List.of("second"),
            List.of(),
            List.of("third"));
    assertThat(history.snapshots())
        .extracting(KeyAt::changed)
        .containsExactly(false, true, true, false, true, true);
    assertThat(history.snapshots())
        .extracting(KeyAt::checkpointId)
        .containsExactly(null, 1L, 2L, 3L, 4L, 5L);
    assertThat(history.head()).isEqualTo(history.snapshots().get(5).places());
  }

  @Test
  void aPlaceSaysWhereTheRowIs() {
    Place place = history("7", "us").head().get(0);

    assertThat(place.path()).contains("meru-L0");
    assertThat(place.level()).isZero();
    assertThat(place.row())
        .containsExactly(Map.entry("id", "7"), Map.entry("region", "us"), Map.entry("v", "first"));
    TableShape.FileShape file =
        ShapeReader.read(engine.load(), "t").dataFiles().stream()
            .filter(candidate -> candidate.path().equals(place.path()))
            .findFirst()
            .orElseThrow();
    assertThat(place.position()).isBetween(0L, file.rows() - 1);
    assertThat(place.rowId()).isEqualTo(file.firstRowId() + place.position());
    assertThat(place.lastUpdatedSequenceNumber()).isEqualTo(file.dataSequenceNumber());
  }

  @Test
  void onlyFilesWhoseHashRangeHoldsTheKeyAreSearched() {
    assertThat(ShapeReader.read(engine.load(), "t").files()).isEqualTo(4);
    assertThat(history("7", "eu").candidateFiles()).isEqualTo(1);
  }

  @Test
  void rowsOfOtherWritersAreFoundToo() {
    new ForeignWriter(engine.load())
        .append(
            List.of(
                Records.of(SCHEMA.asStruct(), 1L, "eu", "again"),
                Records.of(SCHEMA.asStruct(), 7L, "eu", "again")));

    List<Place> places = history("7", "eu").head();
    assertThat(places).hasSize(2);
    assertThat(places)
        .filteredOn(place -> place.level() == null)
        .extracting(Place::position)
        .containsExactly(1L);
  }

  @Test
  void aRowThatAnotherWriterDeletedIsGone() {
    new ForeignWriter(engine.load()).delete(row -> row.getField("id").equals(7L));

    assertThat(history("7", "eu").head()).isEmpty();
    assertThat(history("8", "eu").head()).hasSize(1);
  }

  @Test
  void positionDeleteFilesOfFormatVersionTwoCount() throws IOException {
    String location = folder.resolve("v2").toUri().toString();
    Table table =
        new HadoopTables(new Configuration())
            .create(SCHEMA, PartitionSpec.unpartitioned(), Map.of("format-version", "2"), location);
    DataFile file =
        new ForeignWriter(table)
            .write(
                List.of(
                    Records.of(SCHEMA.asStruct(), 1L, "eu", "a"),
                    Records.of(SCHEMA.asStruct(), 2L, "eu", "b")))
            .get(0);
    table.newAppend().appendFile(file).commit();
    PositionDeleteWriter<Record> writer =
        new GenericFileWriterFactory.Builder(table)
            .deleteFileFormat(FileFormat.PARQUET)
            .build()
            .newPositionDeleteWriter(
                EncryptedFiles.encryptedOutput(
                    table.io().newOutputFile(location + "/data/positions.parquet"),
                    EncryptionKeyMetadata.EMPTY),
                table.spec(),
                null);
    try (writer) {
      writer.write(PositionDelete.<Record>create().set(file.location(), 0));
    }
    table.newRowDelta().addDeletes(writer.toDeleteFile()).commit();

    KeyHistory deleted = KeyHistoryReader.read(table, "t", List.of("1", "eu"));
    assertThat(deleted.snapshots()).extracting(at -> at.places().size()).containsExactly(1, 0);
    assertThat(KeyHistoryReader.read(table, "t", List.of("2", "eu")).head()).hasSize(1);
  }

  @Test
  void aStoredRowIdIsTheRows() throws IOException {
    Schema withId =
        new Schema(
            List.of(
                required(1, "id", Types.LongType.get()),
                required(2, "region", Types.StringType.get()),
                optional(3, "v", Types.StringType.get()),
                MetadataColumns.ROW_ID));
    Table table = engine.load();
    String location = table.locationProvider().newDataLocation("stored.parquet");
    FileAppender<Record> writer =
        Parquet.write(table.io().newOutputFile(location))
            .schema(withId)
            .createWriterFunc(GenericParquetWriter::create)
            .build();
    try (writer) {
      writer.add(Records.of(withId.asStruct(), 5000L, "eu", "stored", 42L));
      writer.add(Records.of(withId.asStruct(), 5001L, "eu", "new", null));
    }
    table
        .newAppend()
        .appendFile(
            DataFiles.builder(table.spec())
                .withPath(location)
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(writer.length())
                .withRecordCount(2)
                .build())
        .commit();

    assertThat(history("5000", "eu").head()).extracting(Place::rowId).containsExactly(42L);
    assertThat(history("5001", "eu").head()).extracting(Place::rowId).containsExactly(401L);
  }

  @Test
  void aKeyThatWasNeverThereHasNoPlaces() {
    KeyHistory history = history("12345", "eu");

    assertThat(history.head()).isEmpty();
    assertThat(history.snapshots()).allMatch(at -> at.places().isEmpty() && !at.changed());
  }

  @Test
  void anotherNumberOfValuesIsRefused() {
    assertThatThrownBy(() -> history("7"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "A key of table t has a value for each of (id long, region string), but 1 were given:"
                + " [7]");
  }

  @Test
  void equalityDeletesMakePlacesUnknownAndOfTheHeadAreRefused() throws Exception {
    Table table = engine.load();
    var writer =
        new GenericFileWriterFactory.Builder(table)
            .deleteFileFormat(FileFormat.PARQUET)
            .equalityDeleteRowSchema(SCHEMA.select("id"))
            .equalityFieldIds(new int[] {1})
            .build()
            .newEqualityDeleteWriter(
                EncryptedFiles.encryptedOutput(
                    table
                        .io()
                        .newOutputFile(table.locationProvider().newDataLocation("eq.parquet")),
                    EncryptionKeyMetadata.EMPTY),
                table.spec(),
                null);
    try (writer) {
      writer.write(Records.of(SCHEMA.select("id").asStruct(), 5L));
    }
    table.newRowDelta().addDeletes(writer.toDeleteFile()).commit();

    assertThatThrownBy(() -> history("7", "eu"))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("its head has equality deletes")
        .hasMessageContaining("meru rewrite-deletes");

    new DeleteRewrite(engine.load(), UUID::randomUUID).run(DeleteRewriteOptions.DEFAULTS);

    KeyHistory ofAnother = history("7", "eu");
    assertThat(ofAnother.head()).hasSize(1);
    assertThat(ofAnother.snapshots()).extracting(KeyAt::places).contains((List<Place>) null);
    assertThat(ofAnother.snapshots()).extracting(KeyAt::changed).containsOnlyOnce(true);
    KeyHistory ofADeletedOne = history("5", "eu");
    assertThat(ofADeletedOne.head()).isEmpty();
    assertThat(ofADeletedOne.snapshots().get(ofADeletedOne.snapshots().size() - 1).changed())
        .isTrue();
  }
}

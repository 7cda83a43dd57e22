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
import static org.assertj.core.groups.Tuple.tuple;

import io.meru.inspect.Finding.Severity;
import io.meru.key.HashRange;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import io.meru.version.LevelFileName;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.data.parquet.GenericParquetWriter;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.PositionDelete;
import org.apache.iceberg.deletes.PositionDeleteWriter;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptionKeyMetadata;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.io.OutputFileFactory;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.ContentFileUtil;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.io.LocalInputFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that the engine wrote is clean, and every kind of damage is found, each alone. */
class TableVerifierTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              required(1, "id", Types.LongType.get()), optional(2, "v", Types.StringType.get())),
          Set.of(1));

  @TempDir Path folder;
  private EngineTable engine;

  private long deletedRowId;

  @BeforeEach
  void writeTable() {
    engine =
        EngineTable.create(
            folder.resolve("t").toUri().toString(), SCHEMA, PartitionSpec.unpartitioned(), 2);
    for (long id = 0; id < 100; id++) {
      engine.put(id, "first");
    }
    engine.checkpoint();
    deletedRowId = rowIdOf(1);
    for (long id = 0; id < 100; id += 3) {
      engine.put(id, "second");
    }
    engine.delete(1L).checkpoint();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void aTableThatTheEngineWroteIsClean() {
    VerifyReport report = TableVerifier.verifyAllSnapshots(engine.load(), "t");

    assertThat(report.findings()).isEmpty();
    assertThat(report.isClean()).isTrue();
    assertThat(report.snapshots()).hasSize(3);
    assertThat(report.dataFiles()).isEqualTo(4);
    assertThat(report.vectors()).isEqualTo(2);
    assertThat(report.rows()).isEqualTo(134);
    assertThat(report.liveRows()).isEqualTo(99);
  }

  @Test
  void aTableWithoutSnapshotsIsClean() {
    String location = folder.resolve("empty").toUri().toString();
    Table empty =
        new HadoopTables(new Configuration())
            .create(SCHEMA, PartitionSpec.unpartitioned(), Map.of("format-version", "3"), location);

    assertThat(TableVerifier.verifyHead(empty, "t").isClean()).isTrue();
  }

  // rows

  @Test
  void aSecondLiveRowOfAKeyIsFound() {
    append(foreign(row(7, "twice"), row(1000, "new")));

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("one-row-per-key");
    assertThat(finding.expected()).isEqualTo("one live row of key 7");
    assertThat(finding.found()).startsWith("2 live rows: row ").contains("foreign-", "meru-L0");
    assertThat(finding.position()).isNotNull();
  }

  @Test
  void aRowThatAVectorCoversIsNoSecondOne() {
    append(foreign(row(7, "twice")));
    new ForeignWriter(engine.load()).delete(row -> row.getField("v").equals("twice"));

    assertThat(verify().findings()).isEmpty();
  }

  @Test
  void aSecondLiveRowIsFoundWhenTheHashesTakeManySlices() {
    append(foreign(row(7, "twice"), row(8, "twice"), row(9, "twice")));
    Table table = engine.load();

    VerifyReport report =
        TableVerifier.verify(
            table, "t", List.of(table.currentSnapshot()), new TableVerifier.Limits(10, 64));

    assertThat(report.findings())
        .extracting(Finding::invariant)
        .containsOnly("one-row-per-key")
        .hasSize(3);
  }

  @Test
  void onlyTheSnapshotsAskedForAreVerified() {
    append(foreign(row(7, "twice")));
    new ForeignWriter(engine.load()).delete(row -> row.getField("v").equals("twice"));

    VerifyReport report = TableVerifier.verifyAllSnapshots(engine.load(), "t");

    assertThat(report.findings()).extracting(Finding::invariant).containsExactly("one-row-per-key");
    assertThat(report.findings().get(0).snapshotId()).isEqualTo(report.snapshots().get(3));
  }

  @Test
  void findingsBeyondTheFirstHundredOfAnInvariantAreOnlyCounted() {
    Record[] twice = new Record[300];
    for (int i = 0; i < 150; i++) {
      twice[2 * i] = row(5000 + i, "a");
      twice[2 * i + 1] = row(5000 + i, "b");
    }
    append(foreign(twice));

    VerifyReport report = verify();
    assertThat(report.errors()).isEqualTo(150);
    assertThat(report.findings()).hasSize(100);
  }

  // files

  @Test
  void aFileListedTwiceIsFound() {
    DataFile file = foreign(row(1000, "new"));
    append(file);
    append(file);

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("file-listed-once");
    assertThat(finding.file()).isEqualTo(file.location());
  }

  @Test
  void aMissingFileIsFound() throws IOException {
    Files.delete(path(someLevelFile().location()));

    assertThat(onlyFinding().invariant()).isEqualTo("file-exists");
  }

  @Test
  void aTruncatedFileIsFound() throws IOException {
    DataFile file = someLevelFile();
    try (RandomAccessFile bytes = new RandomAccessFile(path(file.location()).toFile(), "rw")) {
      bytes.setLength(file.fileSizeInBytes() - 10);
    }

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("file-size");
    assertThat(finding.file()).isEqualTo(file.location());
    assertThat(finding.expected()).startsWith(file.fileSizeInBytes() + " bytes");
    assertThat(finding.found()).isEqualTo((file.fileSizeInBytes() - 10) + " bytes");
  }

  @Test
  void aFileWithoutAFooterIsFound() throws IOException {
    DataFile file = someLevelFile();
    overwrite(file.location(), file.fileSizeInBytes() - 4, new byte[4]);

    assertThat(onlyFinding().invariant()).isEqualTo("file-readable");
  }

  @Test
  void aDamagedKeyPageIsFound() throws IOException {
    overwrite(someLevelFile().location(), 4, new byte[40]);

    assertThat(onlyFinding().invariant()).isEqualTo("file-readable");
  }

  @Test
  void anotherRowCountThanTheManifestSaysIsFound() {
    DataFile file = foreign(row(1000, "new"), row(1001, "new"));
    append(DataFiles.builder(PartitionSpec.unpartitioned()).copy(file).withRecordCount(3).build());

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("row-count");
    assertThat(finding.expected()).startsWith("3 rows");
    assertThat(finding.found()).startsWith("2 rows");
  }

  // what level files say of themselves

  @Test
  void aPlantedLevelFileIsCleanUnlessDamaged() {
    append(new LevelFile(1000, 1001).write());

    assertThat(verify().findings()).isEmpty();
  }

  @Test
  void eachFooterKeyIsCompared() {
    for (Map.Entry<String, String> wrong :
        Map.of(
                "meru.format", "2",
                "meru.level", "2",
                "meru.hash-range", "0000-fffe",
                "meru.fingerprint", "00000000")
            .entrySet()) {
      LevelFile file = new LevelFile(1000, 1001);
      file.footer.put(wrong.getKey(), wrong.getValue());
      DataFile planted = file.write();
      append(planted);

      Finding finding = onlyFinding();
      assertThat(finding.invariant()).isEqualTo("footer");
      assertThat(finding.found()).isEqualTo(wrong.getKey() + " = " + wrong.getValue());
      engine.load().newDelete().deleteFile(planted).commit();
    }
  }

  @Test
  void aMissingFooterKeyIsFound() {
    LevelFile file = new LevelFile(1000, 1001);
    file.footer.remove("meru.level");
    append(file.write());

    assertThat(onlyFinding().found()).isEqualTo("no meru.level");
  }

  @Test
  void anotherFirstOrLastKeyThanTheFooterSaysIsFound() {
    LevelFile file = new LevelFile(1000, 1001);
    file.footer.put("meru.key-min", hex(1001));
    file.footer.put("meru.key-max", hex(1000));
    append(file.write());

    assertThat(verify().findings())
        .extracting(Finding::invariant, Finding::found)
        .containsExactly(
            tuple("key-range", "meru.key-min = " + hex(1001)),
            tuple("key-range", "meru.key-max = " + hex(1000)));
  }

  @Test
  void rowsOutOfOrderAreFound() {
    append(new LevelFile(1001, 1000).write());

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("key-order");
    assertThat(finding.position()).isEqualTo(1);
    assertThat(finding.expected()).isEqualTo("a key above 1001, the one before it");
    assertThat(finding.found()).isEqualTo("key 1000");
  }

  @Test
  void aKeyTwiceInALevelFileIsOutOfOrder() {
    append(new LevelFile(1000, 1000).write());

    assertThat(verify().findings())
        .extracting(Finding::invariant)
        .containsExactlyInAnyOrder("key-order", "one-row-per-key");
  }

  @Test
  void aHashOutsideTheFilesRangeIsFound() {
    int hash = hash(1000);
    LevelFile file = new LevelFile(1000);
    file.range(new HashRange(hash, hash + 1));
    append(file.write());
    assertThat(verify().findings()).isEmpty();

    LevelFile below = new LevelFile(1001);
    below.range(new HashRange(hash(1001) + 1, HashRange.SPACE));
    append(below.write());
    LevelFile above = new LevelFile(1002);
    above.range(new HashRange(0, hash(1002)));
    append(above.write());

    assertThat(verify().findings())
        .extracting(Finding::invariant)
        .containsExactly("hash-range", "hash-range");
  }

  @Test
  void nothingIsAssumedOfALevelFileThatIsSortedByAnotherKey() {
    LevelFile file = new LevelFile(1001, 1000);
    file.fingerprint("00000000");
    append(file.write());

    assertThat(verify().findings()).isEmpty();
  }

  @Test
  void aNullInAKeyOfALevelFileIsFound() {
    LevelFile file = new LevelFile(1000);
    file.schema =
        new Schema(
            optional(1, "id", Types.LongType.get()), optional(2, "v", Types.StringType.get()));
    file.rows.add(Records.of(file.schema.asStruct(), null, "no key"));
    append(file.write());

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("null-key");
    assertThat(finding.found()).isEqualTo("1 keys");
  }

  @Test
  void manifestBoundsThatDoNotBoundTheRowsAreFound() {
    append(withBounds(foreign(row(1000, "a"), row(1005, "b")), 1001, 1005));
    append(withBounds(foreign(row(2000, "a"), row(2005, "b")), 2000, 2004));
    append(withBounds(foreign(row(3000, "a"), row(3005, "b")), 3000, 3005));

    assertThat(verify().findings())
        .extracting(Finding::invariant, Finding::position, Finding::expected)
        .containsExactlyInAnyOrder(
            tuple("column-bounds", 0L, "column 'id' within the manifest's lower bound 1001"),
            tuple("column-bounds", 1L, "column 'id' within the manifest's upper bound 2004"));
  }

  // deletion vectors

  @Test
  void aSecondVectorOfAFileIsFound() {
    DataFile file = someLevelFile();
    addDeletes(vector(file.location(), 0));

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("one-vector-per-file");
    assertThat(finding.file()).isEqualTo(file.location());
  }

  @Test
  void aVectorOfAFileThatIsNotLiveIsAWarning() {
    addDeletes(vector("file:/somewhere/else.parquet", 0));

    VerifyReport report = verify();
    assertThat(report.isClean()).isTrue();
    assertThat(report.warnings()).isEqualTo(1);
    assertThat(report.findings())
        .extracting(Finding::invariant, Finding::severity)
        .containsExactly(tuple("vector-of-live-file", Severity.WARNING));
  }

  @Test
  void aPositionBeyondTheFileIsFound() {
    DataFile file = foreign(row(1000, "new"), row(1001, "new"));
    append(file);
    addDeletes(vector(file.location(), 0, 2));

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("vector-positions");
    assertThat(finding.position()).isEqualTo(2);
  }

  @Test
  void anotherCardinalityThanTheManifestSaysIsFound() {
    DataFile file = foreign(row(1000, "new"), row(1001, "new"));
    append(file);
    addDeletes(changed(vector(file.location(), 0), builder -> builder.withRecordCount(2)));

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("vector-cardinality");
    assertThat(finding.expected()).startsWith("2 positions");
    assertThat(finding.found()).startsWith("1 positions");
  }

  @Test
  void aVectorOfAnotherOffsetLengthOrFileIsFound() {
    DataFile file = foreign(row(1000, "new"), row(1001, "new"));
    append(file);
    DeleteFile vector = vector(file.location(), 0);
    Map<UnaryOperator<FileMetadata.Builder>, String> changes =
        Map.of(
            builder -> builder.withContentOffset(vector.contentOffset() + 1),
            "no deletion vector at offset",
            builder -> builder.withContentSizeInBytes(vector.contentSizeInBytes() - 1),
            vector.contentSizeInBytes() + " bytes at offset",
            builder -> builder.withReferencedDataFile(someLevelFileWithoutVector().location()),
            "the vector of " + file.location());
    changes.forEach(
        (change, found) -> {
          DeleteFile planted = changed(vector, change);
          addDeletes(planted);

          Finding finding = onlyFinding();
          assertThat(finding.invariant()).isEqualTo("vector-readable");
          assertThat(finding.found()).startsWith(found);
          engine.load().newRowDelta().removeDeletes(planted).commit();
        });
  }

  @Test
  void aDamagedVectorIsFound() throws IOException {
    DeleteFile vector = someVector();
    overwrite(
        vector.location(), vector.contentOffset() + vector.contentSizeInBytes() - 4, new byte[4]);

    Finding finding = onlyFinding(); // dead rows of the file do not pass for live ones
    assertThat(finding.invariant()).isEqualTo("vector-readable");
    assertThat(finding.found()).contains("Invalid CRC");
  }

  @Test
  void damageThatSeveralSnapshotsShareIsFoundOnce() throws IOException {
    DeleteFile vector = someVector();
    overwrite(
        vector.location(), vector.contentOffset() + vector.contentSizeInBytes() - 4, new byte[4]);
    DataFile file = someLevelFileWithoutVector();
    Files.delete(path(file.location()));
    append(foreign(row(1000, "new")));

    VerifyReport report = TableVerifier.verifyAllSnapshots(engine.load(), "t");
    assertThat(report.findings())
        .extracting(Finding::invariant)
        .containsExactlyInAnyOrder("vector-readable", "file-exists");
    assertThat(report.findings().get(0).snapshotId()).isEqualTo(report.snapshots().get(2));
  }

  @Test
  void aPuffinFileThatIsMissingOrTruncatedIsFound() throws IOException {
    DeleteFile vector = someVector();
    try (RandomAccessFile bytes = new RandomAccessFile(path(vector.location()).toFile(), "rw")) {
      bytes.setLength(vector.fileSizeInBytes() - 1);
    }
    Finding truncated = verify().findings().get(0);
    assertThat(truncated.invariant()).isEqualTo("file-size");
    assertThat(truncated.file()).isEqualTo(vector.location());

    Files.delete(path(vector.location()));
    Finding missing = verify().findings().get(0);
    assertThat(missing.invariant()).isEqualTo("file-exists");
    assertThat(missing.file()).isEqualTo(vector.location());
  }

  @Test
  void aPuffinFileWithoutAFooterIsFound() throws IOException {
    DeleteFile vector = someVector();
    overwrite(vector.location(), vector.fileSizeInBytes() - 4, new byte[4]);

    assertThat(verify().findings().get(0).invariant()).isEqualTo("vector-readable");
  }

  @Test
  void equalityDeletesAreFound() throws IOException {
    Table table = engine.load();
    var output = table.io().newOutputFile(newLocation("equality.parquet"));
    var writer =
        new GenericFileWriterFactory.Builder(table)
            .deleteFileFormat(FileFormat.PARQUET)
            .equalityDeleteRowSchema(SCHEMA.select("id"))
            .equalityFieldIds(new int[] {1})
            .build()
            .newEqualityDeleteWriter(
                EncryptedFiles.encryptedOutput(output, EncryptionKeyMetadata.EMPTY),
                table.spec(),
                null);
    try (writer) {
      writer.write(Records.of(SCHEMA.select("id").asStruct(), 5L));
    }
    engine
        .load()
        .newRowDelta()
        .addRows(foreign(row(5, "in place of the other")))
        .addDeletes(writer.toDeleteFile())
        .commit();

    Finding finding = onlyFinding(); // the row of key 5 that is deleted by value is no second one
    assertThat(finding.invariant()).isEqualTo("no-equality-deletes");
    assertThat(finding.severity()).isEqualTo(Severity.ERROR);
  }

  @Test
  void positionDeleteFilesAreAWarningAndCount() throws IOException {
    Table table = tableWithPositionDeletes();

    VerifyReport report = TableVerifier.verifyHead(table, "t");
    assertThat(report.findings())
        .extracting(Finding::invariant, Finding::severity)
        .containsExactly(tuple("no-position-delete-files", Severity.WARNING));
    assertThat(report.liveRows()).isEqualTo(2);
  }

  @Test
  void aPositionDeleteFileThatIsNoParquetFileIsFound() throws IOException {
    Table table = tableWithPositionDeletes();
    Path file = Path.of(URI.create(table.location() + "/data/positions.parquet"));
    Files.write(file, new byte[(int) Files.size(file)]);

    table
        .newAppend()
        .appendFile(new ForeignWriter(table).write(List.of(row(2, "a"))).get(0))
        .commit();
    List<Snapshot> withDelete =
        List.of(table.snapshot(table.currentSnapshot().parentId()), table.currentSnapshot());
    VerifyReport report =
        TableVerifier.verify(table, "t", withDelete, new TableVerifier.Limits(1000, 1000));
    assertThat(report.findings())
        .as("once, and no row that it deletes passes for a second one")
        .extracting(Finding::invariant, Finding::severity)
        .containsExactlyInAnyOrder(
            tuple("no-position-delete-files", Severity.WARNING),
            tuple("vector-readable", Severity.ERROR));
  }

  /** A table of format version 2, upgraded, with key 1 twice, once deleted. */
  private Table tableWithPositionDeletes() throws IOException {
    String location = folder.resolve("v2").toUri().toString();
    Table table =
        new HadoopTables(new Configuration())
            .create(SCHEMA, PartitionSpec.unpartitioned(), Map.of("format-version", "2"), location);
    DataFile file = new ForeignWriter(table).write(List.of(row(1, "a"), row(1, "b"))).get(0);
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
    DataFile other = new ForeignWriter(table).write(List.of(row(3, "a"))).get(0);
    table.newRowDelta().addRows(other).addDeletes(writer.toDeleteFile()).commit();
    table.updateProperties().set("format-version", "3").commit();
    return table;
  }

  // row ids

  @Test
  void aRowIdTwiceIsFound() {
    long taken = firstRowIdOfALiveRow();
    LevelFile file = new LevelFile(1000, 1001);
    file.storeRowIds(taken, null);
    append(file.write());

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("unique-row-id");
    assertThat(finding.expected()).isEqualTo("one live row with row id " + taken);
    assertThat(finding.found()).contains("row 0 of").contains("meru-L1").contains("meru-L0");
  }

  @Test
  void theRowIdOfADeadRowMayBeTakenOver() {
    LevelFile file = new LevelFile(1000, 1001);
    file.storeRowIds(deletedRowId, null);
    append(file.write());

    assertThat(verify().findings()).isEmpty();
  }

  @Test
  void aRowIdTwiceIsFoundWhenTheIdsTakeManySlices() {
    LevelFile file = new LevelFile(1000, 1001);
    file.storeRowIds(firstRowIdOfALiveRow(), null);
    append(file.write());
    Table table = engine.load();

    VerifyReport report =
        TableVerifier.verify(
            table, "t", List.of(table.currentSnapshot()), new TableVerifier.Limits(1000, 10));

    assertThat(report.findings()).extracting(Finding::invariant).containsExactly("unique-row-id");
  }

  @Test
  void aRowIdThatIsNotAssignedYetIsFound() {
    LevelFile file = new LevelFile(1000, 1001);
    file.storeRowIds(123_456_789L, null);
    append(file.write());

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("row-id-assigned");
    assertThat(finding.found()).isEqualTo("row id 123456789");
    assertThat(finding.position()).isZero();
  }

  @Test
  void rowIdsThatCannotBeReadAreFound() throws IOException {
    LevelFile file = new LevelFile(1000, 1001);
    file.storeRowIds(50_000L, 50_001L);
    DataFile planted = file.write();
    append(planted);
    long page = rowIdChunk(planted);
    overwrite(planted.location(), page, new byte[20]);

    assertThat(verify().findings())
        .extracting(Finding::invariant, Finding::expected)
        .contains(tuple("file-readable", "row ids that can be read"));
  }

  // metadata

  @Test
  void aMissingManifestIsFound() throws IOException {
    Table table = engine.load();
    String manifest = table.currentSnapshot().dataManifests(table.io()).get(0).path();
    Files.delete(path(manifest));

    Finding finding =
        verify().findings().stream()
            .filter(found -> found.severity() == Severity.ERROR)
            .findFirst()
            .orElseThrow();
    assertThat(finding.invariant()).isEqualTo("manifest-readable");
    assertThat(finding.file()).isEqualTo(manifest);
  }

  @Test
  void rowsOfTheOtherManifestsAreComparedWhereOneOfDataIsMissing() throws IOException {
    append(new LevelFile(1000, 1001).write());
    append(new LevelFile(1000).write());
    Table table = engine.load();
    String oldest =
        table.currentSnapshot().dataManifests(table.io()).stream()
            .min(Comparator.comparingLong(ManifestFile::sequenceNumber))
            .orElseThrow()
            .path();
    Files.delete(path(oldest));

    assertThat(verify().findings())
        .as("no vector is said to be of a file that is not live")
        .extracting(Finding::invariant)
        .containsExactlyInAnyOrder("manifest-readable", "one-row-per-key");
  }

  @Test
  void deadRowsDoNotPassForLiveOnesWhereAManifestOfDeletesIsMissing() throws IOException {
    Table table = engine.load();
    String manifest = table.currentSnapshot().deleteManifests(table.io()).get(0).path();
    Files.delete(path(manifest));

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("manifest-readable");
    assertThat(finding.file()).isEqualTo(manifest);
  }

  @Test
  void aMissingManifestListIsFound() throws IOException {
    String list = engine.load().currentSnapshot().manifestListLocation();
    Files.delete(path(list));

    Finding finding = onlyFinding();
    assertThat(finding.invariant()).isEqualTo("manifest-readable");
    assertThat(finding.file()).isEqualTo(list);
  }

  // composite keys

  @Test
  void boundsOfEachColumnOfACompositeKeyAreCompared() {
    Schema schema =
        new Schema(
            List.of(
                required(1, "name", Types.StringType.get()),
                required(2, "price", Types.DecimalType.of(20, 2)),
                required(3, "n", Types.IntegerType.get())),
            Set.of(1, 2, 3));
    String location = folder.resolve("composite").toUri().toString();
    try (EngineTable table =
        EngineTable.create(location, schema, PartitionSpec.unpartitioned(), 1)) {
      for (int i = 0; i < 50; i++) {
        table.put("a\0b" + i, new BigDecimal("-123456789012345.25"), i - 25);
        table.put("", new BigDecimal("0.00"), i - 25);
      }
      table.checkpoint();
      Table loaded = table.load();
      assertThat(TableVerifier.verifyHead(loaded, "t").findings()).isEmpty();

      DataFile file =
          new ForeignWriter(loaded)
              .write(List.of(Records.of(schema.asStruct(), "z", new BigDecimal("5.00"), 1000)))
              .get(0);
      Map<Integer, ByteBuffer> upper = new HashMap<>(file.upperBounds());
      upper.put(3, Conversions.toByteBuffer(Types.IntegerType.get(), 999));
      loaded
          .newAppend()
          .appendFile(
              DataFiles.builder(loaded.spec())
                  .copy(file)
                  .withMetrics(new Metrics(1L, null, null, null, null, file.lowerBounds(), upper))
                  .build())
          .commit();

      assertThat(TableVerifier.verifyHead(table.load(), "t").findings())
          .extracting(Finding::expected)
          .containsExactly("column 'n' within the manifest's upper bound 999");
    }
  }

  private VerifyReport verify() {
    return TableVerifier.verifyHead(engine.load(), "t");
  }

  private Finding onlyFinding() {
    VerifyReport report = verify();
    assertThat(report.findings()).hasSize(1);
    assertThat(report.isClean()).isFalse();
    return report.findings().get(0);
  }

  private static Record row(long id, String v) {
    return Records.of(SCHEMA.asStruct(), id, v);
  }

  private DataFile foreign(Record... rows) {
    return new ForeignWriter(engine.load()).write(List.of(rows)).get(0);
  }

  private void append(DataFile file) {
    engine.load().newAppend().appendFile(file).commit();
  }

  private void addDeletes(DeleteFile delete) {
    Table table = engine.load();
    table
        .newRowDelta()
        .validateFromSnapshot(table.currentSnapshot().snapshotId())
        .addDeletes(delete)
        .commit();
  }

  private static DataFile withBounds(DataFile file, long lower, long upper) {
    return DataFiles.builder(PartitionSpec.unpartitioned())
        .copy(file)
        .withMetrics(
            new Metrics(
                file.recordCount(),
                null,
                null,
                null,
                null,
                Map.of(1, Conversions.toByteBuffer(Types.LongType.get(), lower)),
                Map.of(1, Conversions.toByteBuffer(Types.LongType.get(), upper))))
        .build();
  }

  private SnapshotFiles files() {
    Table table = engine.load();
    Snapshot head = table.currentSnapshot();
    return new ManifestLists(table, KeySpec.of("t", table.schema()), file -> true, delete -> true)
        .read(head);
  }

  /** One with a vector. */
  private DataFile someLevelFile() {
    String path = someVector().referencedDataFile();
    return files().data().stream()
        .filter(file -> file.location().equals(path))
        .findFirst()
        .orElseThrow();
  }

  private DataFile someLevelFileWithoutVector() {
    List<String> covered = files().deletes().stream().map(DeleteFile::referencedDataFile).toList();
    return files().data().stream()
        .filter(file -> file.location().contains("meru-L0") && !covered.contains(file.location()))
        .findFirst()
        .orElseThrow();
  }

  private DeleteFile someVector() {
    return files().deletes().stream().filter(ContentFileUtil::isDV).findFirst().orElseThrow();
  }

  private long firstRowIdOfALiveRow() {
    return rowIdOf(2);
  }

  private long rowIdOf(long key) {
    Table table = engine.load();
    Schema withIds = TypeUtil.join(table.schema(), new Schema(MetadataColumns.ROW_ID));
    try (CloseableIterable<Record> rows =
        IcebergGenerics.read(table).project(withIds).where(Expressions.equal("id", key)).build()) {
      return (Long) rows.iterator().next().getField(MetadataColumns.ROW_ID.name());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the pages of the last column start. */
  private static long rowIdChunk(DataFile file) throws IOException {
    try (ParquetFileReader reader =
        ParquetFileReader.open(new LocalInputFile(path(file.location())))) {
      List<ColumnChunkMetaData> chunks = reader.getFooter().getBlocks().get(0).getColumns();
      return chunks.get(chunks.size() - 1).getStartingPos();
    }
  }

  private DeleteFile vector(String dataFile, long... positions) {
    Table table = engine.load();
    OutputFileFactory outputs =
        OutputFileFactory.builderFor(table, 1, 1)
            .operationId(UUID.randomUUID().toString())
            .format(FileFormat.PUFFIN)
            .build();
    BaseDVFileWriter writer = new BaseDVFileWriter(outputs, path -> null);
    try (writer) {
      for (long position : positions) {
        writer.delete(dataFile, position, table.spec(), null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.result().deleteFiles().get(0);
  }

  private static DeleteFile changed(DeleteFile delete, UnaryOperator<FileMetadata.Builder> change) {
    return change
        .apply(FileMetadata.deleteFileBuilder(PartitionSpec.unpartitioned()).copy(delete))
        .build();
  }

  private String newLocation(String name) {
    return engine.load().locationProvider().newDataLocation(name);
  }

  private static Path path(String location) {
    return Path.of(URI.create(location).getPath());
  }

  private static void overwrite(String location, long position, byte[] bytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path(location).toFile(), "rw")) {
      file.seek(position);
      file.write(bytes);
    }
  }

  private static String hex(long id) {
    return "%016x".formatted(id ^ Long.MIN_VALUE);
  }

  private static int hash(long id) {
    byte[] key = ByteBuffer.allocate(8).putLong(id ^ Long.MIN_VALUE).array();
    return KeyHash.hash16(KeyHash.hash64(key, 0, key.length));
  }

  /** A level-1 file that Iceberg's writer made, with a footer that may lie. */
  private final class LevelFile {
    private final List<Record> rows = new ArrayList<>();
    private final Map<String, String> footer = new HashMap<>();
    private Schema schema = SCHEMA;
    private HashRange range = HashRange.ALL;
    private String fingerprint = "";

    LevelFile(long... ids) {
      for (long id : ids) {
        rows.add(row(id, "planted"));
      }
      footer.put("meru.format", "1");
      footer.put("meru.level", "1");
      fingerprint(KeySpec.of("t", SCHEMA).fingerprint());
      footer.put("meru.key-min", hex(ids[0]));
      footer.put("meru.key-max", hex(ids[ids.length - 1]));
      range(HashRange.ALL);
    }

    void fingerprint(String newFingerprint) {
      fingerprint = newFingerprint;
      footer.put("meru.fingerprint", fingerprint);
    }

    void range(HashRange newRange) {
      range = newRange;
      footer.put("meru.hash-range", "%04x-%04x".formatted(range.start(), range.end() - 1));
    }

    void storeRowIds(Long... ids) {
      schema =
          new Schema(
              required(1, "id", Types.LongType.get()),
              optional(2, "v", Types.StringType.get()),
              MetadataColumns.ROW_ID);
      for (int i = 0; i < ids.length; i++) {
        Record plain = rows.get(i);
        rows.set(i, Records.of(schema.asStruct(), plain.get(0), plain.get(1), ids[i]));
      }
    }

    DataFile write() {
      String unique = UUID.randomUUID().toString().replace("-", "");
      String location =
          newLocation(
              new LevelFileName(1, range, fingerprint, EngineTable.SINK_ID, unique).format());
      try {
        Parquet.WriteBuilder file =
            Parquet.write(engine.load().io().newOutputFile(location))
                .schema(schema)
                .createWriterFunc(GenericParquetWriter::create);
        footer.forEach(file::meta);
        FileAppender<Record> writer = file.build();
        try (writer) {
          writer.addAll(rows);
        }
        return DataFiles.builder(PartitionSpec.unpartitioned())
            .withPath(location)
            .withFormat(FileFormat.PARQUET)
            .withFileSizeInBytes(writer.length())
            .withMetrics(new Metrics((long) rows.size(), null, null, null, null))
            .build();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

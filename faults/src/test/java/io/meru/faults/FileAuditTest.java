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

package io.meru.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.Table;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.io.OutputFileFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a table's files is found, and what is its own is not taken for an orphan. */
class FileAuditTest {
  @TempDir Path folder;

  private final Violations violations = new Violations();
  private FaultTable files;
  private Path data;
  private Path vectors;

  /** Two rows, one of them deleted by a vector; an older snapshot that is expired. */
  @BeforeEach
  void createTable() throws Exception {
    files = FaultTable.create(folder);
    Table table = files.load();
    DataFile file = OtherWriter.write(table, List.of(new Row(1, 1, "one"), new Row(2, 2, "two")));
    table.newAppend().appendFile(file).commit();
    DVFileWriter writer =
        new BaseDVFileWriter(
            OutputFileFactory.builderFor(table, 1, 1).format(FileFormat.PUFFIN).build(),
            dataFile -> null);
    writer.delete(file.location(), 0, table.spec(), null);
    writer.close();
    table.newRowDelta().addDeletes(writer.result().deleteFiles().get(0)).commit();
    table.expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
    data = only(".parquet");
    vectors = only(".puffin");
  }

  @AfterEach
  void closeTable() throws Exception {
    files.close();
  }

  @Test
  void aWholeTableIsFine() {
    assertFound();
    assertThat(audit().orphans()).isEmpty();
    assertThat(audit().metadataOrphans()).isEmpty();
  }

  @Test
  void aMissingFileIsFound() throws Exception {
    Files.delete(data);

    assertFound(data + " is named by a snapshot and missing");
  }

  @Test
  void missingVectorsAreFound() throws Exception {
    Files.delete(vectors);

    assertFound(vectors + " is named by a snapshot and missing");
  }

  @Test
  void aFileOfAnotherLengthIsFound() throws Exception {
    Files.write(data, new byte[1], StandardOpenOption.APPEND);

    assertFound(data + " has ");
  }

  @Test
  void vectorsOfAnotherLengthAreFound() throws Exception {
    Files.write(vectors, new byte[1], StandardOpenOption.APPEND);

    assertFound(vectors + " has ");
  }

  @Test
  void equalityDeletesAreFound() throws Exception {
    Path file = Files.write(files.data().resolve("deletes.parquet"), new byte[10]);
    Table table = files.load();
    table
        .newRowDelta()
        .addDeletes(
            FileMetadata.deleteFileBuilder(table.spec())
                .ofEqualityDeletes(1)
                .withPath(file.toUri().toString())
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(10)
                .withRecordCount(1)
                .build())
        .commit();

    assertFound(file + " has equality deletes");
  }

  @Test
  void whatNothingNamesIsAnOrphan() throws Exception {
    Path left = Files.createFile(files.data().resolve("left.parquet"));
    Path manifest = Files.createFile(files.metadata().resolve("left-m0.avro"));
    Path metadata = Files.createFile(files.metadata().resolve("left.metadata.json"));

    assertThat(audit().orphans()).containsExactly(left);
    assertThat(audit().metadataOrphans()).containsExactlyInAnyOrder(manifest, metadata);
  }

  private FileAudit audit() {
    return new FileAudit(files.load(), files);
  }

  private void assertFound(String... expected) {
    audit().checkLiveFiles(violations);
    assertThat(violations.all()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(violations.all().get(i)).startsWith(expected[i]);
    }
  }

  private Path only(String suffix) throws Exception {
    try (var all = Files.walk(files.data())) {
      List<Path> found = all.filter(path -> path.toString().endsWith(suffix)).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }
}

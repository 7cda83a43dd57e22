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

package io.meru.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableFilesTest {
  @TempDir Path folder;

  private final List<String> violations = new ArrayList<>();
  private Table table;
  private DataFile file;

  @BeforeEach
  void createTable() {
    table = TestCatalog.createTable(folder);
    file = ItemTable.write(table, List.of(new Item(1, 1, "north", 1, "payload")));
    table.newAppend().appendFile(file).commit();
  }

  @Test
  void aFileThatIsThereIsFine() {
    TableFiles files = TableFiles.of(table);
    files.check(violations);

    assertThat(violations).isEmpty();
    assertThat(files.count()).isEqualTo(1);
    assertThat(files.orphans()).isEmpty();
  }

  @Test
  void aMissingFileIsFound() throws Exception {
    Files.delete(path());

    TableFiles.of(table).check(violations);
    assertThat(violations).singleElement().asString().contains("and missing");
  }

  @Test
  void anotherLengthIsFound() throws Exception {
    Files.write(path(), new byte[] {1}, StandardOpenOption.APPEND);

    TableFiles.of(table).check(violations);
    assertThat(violations)
        .singleElement()
        .asString()
        .contains("has %d bytes".formatted(file.fileSizeInBytes() + 1));
  }

  @Test
  void equalityDeletesAreFound() {
    DataFile deletes = ItemTable.write(table, List.of(new Item(1, 2, "north", 1, "payload")));
    table
        .newRowDelta()
        .addDeletes(
            FileMetadata.deleteFileBuilder(table.spec())
                .ofEqualityDeletes(1)
                .withPath(deletes.location())
                .withFormat(deletes.format())
                .withFileSizeInBytes(deletes.fileSizeInBytes())
                .withRecordCount(1)
                .build())
        .commit();

    TableFiles.of(table).check(violations);
    assertThat(violations).singleElement().asString().contains("has equality deletes");
  }

  @Test
  void aFileThatNoSnapshotNamesIsAnOrphan() {
    DataFile orphan = ItemTable.write(table, List.of(new Item(1, 2, "north", 1, "payload")));

    assertThat(TableFiles.of(table).orphans())
        .singleElement()
        .asString()
        .endsWith(Path.of(URI.create(orphan.location())).getFileName().toString());
  }

  private Path path() {
    return Path.of(URI.create(file.location()));
  }
}

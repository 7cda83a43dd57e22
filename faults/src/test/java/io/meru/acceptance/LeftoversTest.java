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

import io.meru.audit.TableFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Table;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As many files as the failures of the suite can leave are no violation; one more is. */
class LeftoversTest {
  @TempDir Path folder;

  private final List<String> violations = new ArrayList<>();
  private Table table;

  @BeforeEach
  void createTable() {
    table = TestCatalog.createTable(folder);
    ItemTable.append(table, new Item(1, 1, "north", 1, "payload"));
  }

  /**
   * Two failures: two checkpoints of two writers in two partitions each, with two compactions, and
   * no vectors here.
   */
  @Test
  void theDataFolderHasRoomForTwoCheckpointsOfEachFailure() throws Exception {
    plant(48, "data/region=north/left-%d.parquet");
    check();
    assertThat(violations).isEmpty();

    plant(1, "data/one-more-%d.parquet");
    check();
    assertThat(violations)
        .singleElement()
        .asString()
        .startsWith("49 files in the data folder that nothing names, at most 48 expected: ");
  }

  /**
   * Two failures: a manifest and a list for each of two snapshots, and table metadata; and the
   * table metadata of races that the four attempts of the job can lose.
   */
  @Test
  void theMetadataFolderHasRoomForACommitOfEachFailureAndForLostRaces() throws Exception {
    plant(10 + 8, "metadata/left-%d.avro");
    check();
    assertThat(violations).isEmpty();

    plant(1, "metadata/one-more-%d.avro");
    check();
    assertThat(violations)
        .singleElement()
        .asString()
        .startsWith("19 files in the metadata folder that nothing names, at most 18 expected: ");
  }

  @Test
  void aFileBesideTheTwoFoldersIsOneTooMany() throws Exception {
    plant(1, "left-%d.tmp");
    check();
    assertThat(violations)
        .singleElement()
        .asString()
        .startsWith("1 files in the table's own folder that nothing names, at most 0 expected: ");
  }

  private void check() {
    Leftovers.of(TableFiles.of(table), new History(table, violations)).check(violations::add);
  }

  private void plant(int count, String name) throws Exception {
    for (int i = 0; i < count; i++) {
      Path file = folder.resolve("db/items").resolve(name.formatted(i));
      Files.createDirectories(file.getParent());
      Files.createFile(file);
    }
  }
}

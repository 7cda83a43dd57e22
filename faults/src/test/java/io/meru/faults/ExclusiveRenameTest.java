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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Hadoop's catalog needs of a storage to be atomic, and that a table shows who has it not. */
class ExclusiveRenameTest {
  private static final int RACES = 200;

  @TempDir Path folder;

  private final ExclusiveRename files = new ExclusiveRename();

  @BeforeEach
  void initialize() throws IOException {
    files.initialize(folder.toUri(), new Configuration());
  }

  @Test
  void theSecondRenameIsRefusedAndTheFirstOnesBytesStay() throws Exception {
    Path first = Files.writeString(folder.resolve("first"), "of the first");
    Path second = Files.writeString(folder.resolve("second"), "of the second");
    Path destination = folder.resolve("destination");

    assertThat(rename(first, destination)).isTrue();
    assertThat(rename(second, destination)).isFalse();

    assertThat(destination).hasContent("of the first");
    assertThat(first).doesNotExist();
    assertThat(second).hasContent("of the second");
  }

  @Test
  void oneOfTwoRenamesThatRaceIsRefused() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (int race = 0; race < RACES; race++) {
        Path destination = folder.resolve("destination-" + race);
        CyclicBarrier start = new CyclicBarrier(2);
        List<Future<Boolean>> renamed = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          Path source = Files.writeString(folder.resolve("source-" + i), "of source " + i);
          renamed.add(
              threads.submit(
                  () -> {
                    start.await();
                    return rename(source, destination);
                  }));
        }
        boolean first = renamed.get(0).get();
        assertThat(renamed.get(1).get()).isNotEqualTo(first);
        assertThat(destination).hasContent("of source " + (first ? 0 : 1));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aFolderIsRenamedAsEver() throws Exception {
    Path source = Files.createDirectory(folder.resolve("source"));
    Files.writeString(source.resolve("file"), "in it");

    assertThat(rename(source, folder.resolve("destination"))).isTrue();

    assertThat(folder.resolve("destination/file")).hasContent("in it");
    assertThat(source).doesNotExist();
  }

  @Test
  void aTableShowsWhoCommitsPastIt() throws Exception {
    try (FaultTable table = FaultTable.create(folder);
        HadoopCatalog past = new HadoopCatalog(new Configuration(), folder.toUri().toString())) {
      table.load().updateProperties().set("by", "the harness").commit();
      assertThat(table.checksums()).isEmpty();

      past.loadTable(table.name()).updateProperties().set("by", "another one").commit();
      assertThat(table.checksums()).isNotEmpty();
    }
  }

  private boolean rename(Path source, Path destination) throws IOException {
    return files.rename(hadoop(source), hadoop(destination));
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}

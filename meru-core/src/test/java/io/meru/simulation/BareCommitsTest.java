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

package io.meru.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.MemoryManifests;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.relocated.com.google.common.util.concurrent.MoreExecutors;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;

/**
 * Commits of Iceberg alone to the simulation's table: no engine, no rows, no data files, nothing
 * checked while they run. It says how much of a schedule is Iceberg's own part, whose every
 * snapshot is a commit like these or, for a claim, somewhat less; {@code
 * -Dmeru.simulation.bare=500} makes as many tables, each of as many commits as an average schedule
 * has.
 */
class BareCommitsTest {
  private static final int TABLES = 50;
  private static final int COMMITS = 21;
  private static final ExecutorService INLINE = MoreExecutors.newDirectExecutorService();

  private static final Schema SCHEMA =
      new Schema(
          Types.NestedField.required(1, "id", Types.LongType.get()),
          Types.NestedField.optional(2, "value", Types.StringType.get()));

  @Test
  void aTableHoldsWhatIcebergAloneHasCommitted() throws Exception {
    MemoryManifests.register();
    int tables = Integer.getInteger("meru.simulation.bare", TABLES);
    ForkJoinPool threads = new ForkJoinPool(SideBySide.THREADS);
    Clocks start = Clocks.start();
    int snapshots;
    try {
      snapshots =
          threads
              .submit(() -> IntStream.range(0, tables).parallel().map(BareCommitsTest::fill).sum())
              .get();
    } finally {
      threads.shutdown();
    }
    System.out.printf(
        "%d tables of %d commits of Iceberg alone in %s%n", tables, COMMITS, start.passed());
    assertThat(snapshots).isEqualTo(tables * COMMITS);
  }

  /** Makes a table, each commit of which adds a file and the vector of the one before it. */
  private static int fill(int seed) {
    FailingFiles files = new FailingFiles(new MemoryFiles(), true);
    MemoryTable memory = new MemoryTable(SCHEMA, PartitionSpec.unpartitioned(), files, seed);
    Table table = memory.load();
    for (int i = 0; i < COMMITS; i++) {
      RowDelta commit = table.newRowDelta().scanManifestsWith(INLINE).addRows(dataFile(i));
      if (i > 0) {
        commit.addDeletes(vector(i - 1));
      }
      commit.commit();
    }
    assertThat(memory.metadata().currentSnapshot().summary())
        .containsEntry("total-data-files", Integer.toString(COMMITS))
        .containsEntry("total-delete-files", Integer.toString(COMMITS - 1));
    return memory.metadata().snapshots().size();
  }

  private static DataFile dataFile(int i) {
    return DataFiles.builder(PartitionSpec.unpartitioned())
        .withPath(path(i))
        .withFormat("parquet")
        .withFileSizeInBytes(1_000)
        .withRecordCount(10)
        .build();
  }

  private static DeleteFile vector(int i) {
    return FileMetadata.deleteFileBuilder(PartitionSpec.unpartitioned())
        .ofPositionDeletes()
        .withFormat("puffin")
        .withPath("mem/t/data/vectors-%d.puffin".formatted(i))
        .withFileSizeInBytes(100)
        .withContentOffset(4)
        .withContentSizeInBytes(40)
        .withReferencedDataFile(path(i))
        .withRecordCount(1)
        .build();
  }

  private static String path(int i) {
    return "mem/t/data/%d.parquet".formatted(i);
  }
}

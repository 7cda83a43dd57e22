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

package io.meru.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.GenericStatisticsFile;
import org.apache.iceberg.ImmutableGenericPartitionStatisticsFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.ReachableFileUtil;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.DVFileWriter;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.io.OutputFileFactory;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a table's files is found, and what is its own is not taken for an orphan. */
class TableFilesTest {
  @TempDir Path folder;

  private final List<String> violations = new ArrayList<>();
  private Table table;
  private Path data;
  private Path vectors;

  /** A file with a row deleted by a vector, statistics; the older snapshot is expired. */
  @BeforeEach
  void createTable() throws Exception {
    table =
        new HadoopCatalog(new Configuration(), folder.toUri().toString())
            .createTable(
                TableIdentifier.of("db", "rows"),
                new Schema(Types.NestedField.required(1, "id", Types.LongType.get())),
                PartitionSpec.unpartitioned(),
                Map.of(TableProperties.FORMAT_VERSION, "3"));
    data = plant("data/rows.parquet");
    DataFile file =
        DataFiles.builder(table.spec())
            .withPath(data.toUri().toString())
            .withFileSizeInBytes(Files.size(data))
            .withRecordCount(2)
            .build();
    table.newAppend().appendFile(file).commit();
    DVFileWriter writer =
        new BaseDVFileWriter(
            OutputFileFactory.builderFor(table, 1, 1).format(FileFormat.PUFFIN).build(),
            dataFile -> null);
    writer.delete(file.location(), 0, table.spec(), null);
    writer.close();
    table.newRowDelta().addDeletes(writer.result().deleteFiles().get(0)).commit();
    vectors = only("data", ".puffin");
    table.expireSnapshots().expireOlderThan(Long.MAX_VALUE).retainLast(1).commit();
    addStatistics();
  }

  private void addStatistics() throws IOException {
    long snapshot = table.currentSnapshot().snapshotId();
    String statistics = plant("metadata/statistics.stats").toUri().toString();
    table
        .updateStatistics()
        .setStatistics(new GenericStatisticsFile(snapshot, statistics, 10, 4, List.of()))
        .commit();
    table
        .updatePartitionStatistics()
        .setPartitionStatistics(
            ImmutableGenericPartitionStatisticsFile.builder()
                .snapshotId(snapshot)
                .path(plant("metadata/partitions.stats").toUri().toString())
                .fileSizeInBytes(10)
                .build())
        .commit();
  }

  @Test
  void aWholeTableIsFine() {
    assertFound();
    TableFiles files = TableFiles.of(table);
    assertThat(files.named()).containsExactlyInAnyOrder(data.toUri().toString(), "file:" + vectors);
    assertThat(files.dataOrphans()).isEmpty();
    assertThat(files.metadataOrphans()).isEmpty();
    assertThat(files.strays()).isEmpty();
    assertThat(files.mostManifestsOfOneSnapshot()).isEqualTo(1);
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

    assertFound(data + " has 11 bytes, expected 10");
  }

  @Test
  void vectorsOfAnotherLengthAreFound() throws Exception {
    Files.write(vectors, new byte[1], StandardOpenOption.APPEND);

    assertFound(vectors + " has ");
  }

  @Test
  void equalityDeletesAreFound() throws Exception {
    Path file = plant("data/deletes.parquet");
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

  /** After the manifests were read, as a clean-up takes them. */
  @Test
  void aMissingFileOfTheMetadataIsFound() throws Exception {
    TableFiles files = TableFiles.of(table);
    List<String> named = new ArrayList<>(ReachableFileUtil.manifestListLocations(table));
    named.addAll(ReachableFileUtil.metadataFileLocations(table, false));
    named.addAll(ReachableFileUtil.statisticsFilesLocations(table));
    table.currentSnapshot().allManifests(table.io()).forEach(m -> named.add(m.path()));
    for (String location : named) {
      Files.delete(path(location));
    }

    files.check(violations::add);
    assertThat(violations).hasSameSizeAs(named).allMatch(found -> found.endsWith(" and missing"));
    assertThat(named).anyMatch(at -> at.endsWith("partitions.stats")).hasSizeGreaterThan(8);
  }

  @Test
  void whatNothingNamesIsAnOrphanOfItsFolder() throws Exception {
    Path left = plant("data/part=1/left.parquet");
    Path manifest = plant("metadata/left-m0.avro");
    Path metadata = plant("metadata/left.metadata.json");
    Path stray = plant("left.tmp");

    TableFiles files = TableFiles.of(table);
    assertThat(files.dataOrphans()).map(TableFilesTest::path).containsExactly(left);
    assertThat(files.metadataOrphans())
        .map(TableFilesTest::path)
        .containsExactlyInAnyOrder(manifest, metadata);
    assertThat(files.strays()).map(TableFilesTest::path).containsExactly(stray);
  }

  /** Its list of manifests, and its statistics. */
  @Test
  void whatAnExpiredSnapshotLeavesIsAnOrphan() {
    long expired = table.currentSnapshot().snapshotId();
    table.newAppend().commit();
    table.expireSnapshots().expireSnapshotId(expired).cleanExpiredFiles(false).commit();

    assertThat(TableFiles.of(table).metadataOrphans())
        .map(location -> path(location).getFileName().toString())
        .hasSize(3)
        .contains("statistics.stats", "partitions.stats")
        .anyMatch(name -> name.startsWith("snap-" + expired));
    assertFound();
  }

  private void assertFound(String... expected) {
    TableFiles.of(table)
        .check(violation -> violations.add(violation.replaceFirst("^file:/+", "/")));
    assertThat(violations).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(violations.get(i)).startsWith(expected[i]);
    }
  }

  /** A file of ten bytes. */
  private Path plant(String name) throws IOException {
    Path file = folder.resolve("db/rows").resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, new byte[10]);
  }

  private Path only(String below, String suffix) throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve("db/rows").resolve(below))) {
      List<Path> found = all.filter(path -> path.toString().endsWith(suffix)).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  private static Path path(String location) {
    return location.startsWith("file:")
        ? Path.of(URI.create(location).getPath())
        : Path.of(location);
  }
}

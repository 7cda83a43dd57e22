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

package io.meru.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import io.meru.io.LocationPath;
import io.meru.maintenance.OrphanOptions.Scope;
import io.meru.testing.ForeignWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.hadoop.HadoopTables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OrphanRemovalTest {
  private static final Clock CLOCK = Clock.systemUTC();

  @TempDir Path folder;

  private FolderTable table;
  private ForeignWriter writer;

  @BeforeEach
  void create() {
    table = new FolderTable(folder.resolve("t"));
    writer = new ForeignWriter(table.loadFast());
    append(0, 5);
  }

  private void append(long from, long to) {
    writer.append(records(from, to));
  }

  private static List<Record> records(long from, long to) {
    return LongStream.range(from, to).mapToObj(id -> FolderTable.row(id, "v" + id)).toList();
  }

  /** A file that no snapshot names, changed so long ago. */
  private Path plant(String path, Duration age) {
    try {
      Path file = folder.resolve("t").resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "planted");
      Files.setLastModifiedTime(file, FileTime.from(CLOCK.instant().minus(age)));
      return file;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** All that is there gets old. */
  private void age(Duration age) throws IOException {
    for (String file : table.all()) {
      Files.setLastModifiedTime(Path.of(file), FileTime.from(CLOCK.instant().minus(age)));
    }
  }

  private OrphanResult run(OrphanOptions options) {
    return new OrphanRemoval(table.load(), CLOCK).run(options);
  }

  /** The copy does not know what the original has written since, in the folder that both name. */
  @Test
  void aCopyOfATableWithoutCatalogDeletesNothing() throws IOException {
    Path original = folder.resolve("original");
    Path copy = folder.resolve("copy");
    HadoopTables tables = new HadoopTables(new Configuration());
    Table written =
        tables.create(
            FolderTable.SCHEMA,
            PartitionSpec.unpartitioned(),
            Map.of("format-version", "3"),
            original.toString());
    new ForeignWriter(written).append(records(0, 5));
    for (Path file : filesBelow(original)) {
      Path target = copy.resolve(original.relativize(file));
      Files.createDirectories(target.getParent());
      Files.copy(file, target);
    }
    new ForeignWriter(written).append(records(5, 10));
    for (Path file : filesBelow(original)) {
      Files.setLastModifiedTime(file, FileTime.from(CLOCK.instant().minus(Duration.ofDays(10))));
    }
    List<Path> before = filesBelow(original);

    OrphanRemoval removal = new OrphanRemoval(tables.load(copy.toString()), CLOCK);
    OrphanOptions options = OrphanOptions.DEFAULTS;
    assertThatThrownBy(() -> removal.run(options))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageContaining("This folder was copied or moved");
    assertThat(filesBelow(original)).isEqualTo(before);
    assertThat(new OrphanRemoval(tables.load(original.toString()), CLOCK).run(options).orphans())
        .isEmpty();
  }

  private static List<Path> filesBelow(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void whatNobodyNamesGoesOnceItIsOldEnough() throws IOException {
    age(Duration.ofDays(10));
    Path old = plant("data/a/old.parquet", Duration.ofDays(4));
    Path young = plant("data/young.parquet", Duration.ofDays(2));
    Path manifest = plant("metadata/b-m0.avro", Duration.ofDays(4));
    Set<String> needed = FolderTable.referenced(table.load());
    OrphanResult dry = new OrphanRemoval(table.load(), CLOCK).dryRun(OrphanOptions.DEFAULTS);
    assertThat(dry.orphans()).containsExactlyInAnyOrder(old.toString(), manifest.toString());
    assertThat(dry.orphanBytes()).isEqualTo(2 * "planted".length());
    assertThat(old).exists();
    OrphanResult result = run(OrphanOptions.DEFAULTS);
    assertThat(result.orphans()).isEqualTo(dry.orphans());
    assertThat(result.deletedFiles()).isEqualTo(2);
    assertThat(old).doesNotExist();
    assertThat(young).exists();
    assertThat(table.onDisk()).containsAll(needed).hasSize(needed.size() + 1);
  }

  @Test
  void aFileThatIsWrittenAndNotCommittedYetSurvivesAndCanBeCommitted() throws IOException {
    age(Duration.ofDays(10));
    List<DataFile> pending = writer.write(List.of(FolderTable.row(7, "pending")));
    run(OrphanOptions.DEFAULTS);
    commit(pending);
    Table loaded = table.load();
    assertThat(FolderTable.rows(loaded, loaded.currentSnapshot().snapshotId())).hasSize(6);
  }

  @Test
  void aFileThatIsCommittedWhileTheFoldersAreListedSurvives() throws IOException {
    List<DataFile> pending = writer.write(List.of(FolderTable.row(7, "pending")));
    age(Duration.ofDays(10)); // the file, too
    // the first look at the metadata is the one before the listing
    table.beforeRefresh(2, () -> commit(pending));
    OrphanResult result = run(OrphanOptions.DEFAULTS);
    assertThat(result.orphans()).isEmpty();
    Table loaded = table.load();
    assertThat(FolderTable.rows(loaded, loaded.currentSnapshot().snapshotId())).hasSize(6);
  }

  @Test
  void aFileThatIsCommittedWhileTheMetadataIsReadAgainSurvives() throws IOException {
    List<DataFile> pending = writer.write(List.of(FolderTable.row(7, "pending")));
    age(Duration.ofDays(10));
    table.beforeRefresh(2, () -> append(10, 11));
    table.beforeRefresh(3, () -> commit(pending));
    assertThat(run(OrphanOptions.DEFAULTS).orphans()).isEmpty();
  }

  private void commit(List<DataFile> files) {
    AppendFiles append = table.loadFast().newAppend();
    files.forEach(append::appendFile);
    append.commit();
  }

  @Test
  void aShortAgeHasToBeAllowed() {
    assertThatThrownBy(() -> OrphanOptions.DEFAULTS.withMinAge(Duration.ofHours(1), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a checkpoint that is not committed yet");
    Path file = plant("data/old.parquet", Duration.ofHours(2));
    run(OrphanOptions.DEFAULTS.withMinAge(Duration.ofHours(1), true));
    assertThat(file).doesNotExist();
  }

  @Test
  void metadataFilesOfTheLogStayAndOlderOnesGo() throws IOException {
    table.load().updateProperties().set("write.metadata.previous-versions-max", "2").commit();
    for (int i = 0; i < 5; i++) {
      append(100 + i, 101 + i);
    }
    age(Duration.ofDays(10));
    OrphanResult result = run(OrphanOptions.DEFAULTS);
    assertThat(result.orphans()).hasSize(5).allMatch(file -> file.endsWith(".metadata.json"));
    Set<String> left = new TreeSet<>(table.all());
    left.removeIf(file -> !file.endsWith(".metadata.json"));
    assertThat(left).hasSize(3); // the current one and two before it
  }

  @Test
  void whatAnotherTableHasBelowIsLeftAlone() throws IOException {
    age(Duration.ofDays(10));
    Path nested = plant("data/inner/data/file.parquet", Duration.ofDays(9));
    plant("data/inner/metadata/00001-x.metadata.json", Duration.ofDays(9));
    Path beside = plant("other/file.parquet", Duration.ofDays(9));
    Path hidden = plant("data/_temporary/.part", Duration.ofDays(9));
    Path orphan = plant("data/inner2/file.parquet", Duration.ofDays(9));
    assertThat(run(OrphanOptions.DEFAULTS).orphans()).containsExactly(orphan.toString());
    assertThat(nested).exists();
    assertThat(beside).exists();
    assertThat(hidden).exists();
  }

  @Test
  void aDataFolderOutsideTheTableIsListedOnlyIfItIsNamed() throws IOException {
    Path outside = folder.resolve("shared");
    table.load().updateProperties().set("write.data.path", outside.toString()).commit();
    writer = new ForeignWriter(table.loadFast());
    append(10, 12);
    age(Duration.ofDays(10));
    Path orphan = plant(outside.resolve("x.parquet").toString(), Duration.ofDays(9));
    OrphanResult result = run(OrphanOptions.DEFAULTS);
    assertThat(result.notListed()).containsExactly(outside.toString());
    assertThat(orphan).exists();
    OrphanOptions named =
        new OrphanOptions(Duration.ofDays(3), false, Scope.ALL, List.of(outside.toString()), 1000);
    assertThat(run(named).notListed()).isEmpty();
    assertThat(orphan).doesNotExist();
    Table loaded = table.load();
    assertThat(FolderTable.rows(loaded, loaded.currentSnapshot().snapshotId())).hasSize(7);
  }

  @Test
  void ownFilesAreKnownByTheirNames() throws IOException {
    age(Duration.ofDays(10));
    Path level =
        plant(
            "data/meru-L0-0000-7fff-5e1f00aa-orders-0f8fad5bd9cb469fa16570867728950e.parquet",
            Duration.ofDays(9));
    Path vectors = plant("data/meru-dv-abc-def-0.puffin", Duration.ofDays(9));
    Path list = plant("metadata/snap-1-1-x.avro", Duration.ofDays(9));
    Path foreign = plant("data/part-0.parquet", Duration.ofDays(9));
    OrphanOptions own = OrphanOptions.DEFAULTS.withScope(Scope.OWN);
    assertThat(run(own).orphans())
        .containsExactlyInAnyOrder(level.toString(), vectors.toString(), list.toString());
    assertThat(foreign).exists();

    Path metadata = plant("metadata/00099-left.metadata.json", Duration.ofDays(9));
    assertThat(run(own).orphans()).isEmpty();
    table
        .load()
        .updateProperties()
        .set("write.metadata.delete-after-commit.enabled", "true")
        .commit();
    assertThat(run(own).orphans()).containsExactly(metadata.toString());
  }

  @Test
  void aTableWhoseFilesMustNotBeDeletedIsRefused() {
    table.load().updateProperties().set("gc.enabled", "false").commit();
    assertThatThrownBy(() -> run(OrphanOptions.DEFAULTS))
        .isInstanceOf(ValidationException.class)
        .hasMessageContaining("gc.enabled=false");
  }

  @Test
  void aListingWithoutOneFileOfTheTableIsRefused() throws IOException {
    Path elsewhere = folder.resolve("elsewhere");
    plant(elsewhere.resolve("x.parquet").toString(), Duration.ofDays(9));
    age(Duration.ofDays(10));
    table
        .load()
        .updateProperties()
        .set("write.metadata.path", elsewhere.toString())
        .set("write.data.path", elsewhere.toString())
        .commit();
    OrphanOptions named =
        new OrphanOptions(
            Duration.ofDays(3), false, Scope.ALL, List.of(elsewhere.toString()), 1000);
    assertThatThrownBy(() -> run(named))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("none is among the");
  }

  @Test
  void oneFileHasManyNames() {
    for (String name :
        List.of(
            "s3://b/a/c",
            "s3a://other/a/c",
            "/a/c",
            "file:/a/c",
            "file:///a//c",
            "hdfs://n:1/a/c")) {
      assertThat(LocationPath.of(name)).isEqualTo("/a/c");
    }
    assertThat(LocationPath.of("mem/t/data/a:b")).isEqualTo("mem/t/data/a:b");
    assertThat(LocationPath.decoded("/a/x%20y%2")).isEqualTo("/a/x y%2");
    assertThat(LocationPath.isWithin("s3://b/t/data", "s3a://b/t/")).isTrue();
    assertThat(LocationPath.isWithin("s3://b/t2/data", "s3://b/t")).isFalse();
  }

  @Test
  void aSetOfPathsHoldsWhatWasAdded() {
    PathSet set = new PathSet();
    for (int i = 0; i < 10_000; i++) {
      set.add("/path/" + i);
      set.add("/path/" + i);
    }
    assertThat(set.size()).isEqualTo(10_000);
    for (int i = 0; i < 10_000; i++) {
      assertThat(set.mayContain("/path/" + i)).isTrue();
      assertThat(set.mayContain("/other/" + i)).isFalse();
    }
  }

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("meru.seeds", 6));
  }

  /** Random histories, with orphans among them and without expiry of files. */
  @ParameterizedTest
  @MethodSource("seeds")
  void afterwardsJustWhatIsNamedAndWhatIsYoungIsThere(long seed) throws IOException {
    Random random = new Random(seed);
    long nextId = 100;
    List<Path> orphans = new ArrayList<>();
    List<DataFile> pending = new ArrayList<>();
    for (int step = 0; step < 20; step++) {
      int kind = random.nextInt(6);
      if (kind <= 1) {
        append(nextId, nextId += 1 + random.nextInt(5));
      } else if (kind == 2) {
        int modulus = 2 + random.nextInt(9);
        writer.delete(row -> (long) row.getField("id") % modulus == 1);
      } else if (kind == 3) {
        writer.rewriteAll();
      } else if (kind == 4) {
        Table own = table.loadFast();
        own.expireSnapshots()
            .expireOlderThan(Long.MAX_VALUE)
            .retainLast(1 + random.nextInt(4))
            .cleanExpiredFiles(false)
            .commit();
      } else {
        orphans.add(plant("data/planted-" + step + ".parquet", Duration.ZERO));
      }
    }
    age(Duration.ofDays(4));
    pending.addAll(writer.write(List.of(FolderTable.row(nextId, "pending"))));
    Path young = plant("data/young.parquet", Duration.ofDays(1));
    Set<String> expected = new HashSet<>(FolderTable.referenced(table.load()));
    expected.add(young.toString());
    pending.forEach(file -> expected.add(Path.of(file.location()).toString()));
    OrphanResult result = run(OrphanOptions.DEFAULTS);
    assertThat(table.onDisk()).isEqualTo(new TreeSet<>(expected));
    assertThat(result.orphans())
        .containsAll(orphans.stream().map(Path::toString).toList())
        .hasSize(result.deletedFiles());
    assertThat(FolderTable.rowsBySnapshot(table.load())).isNotEmpty();
  }
}

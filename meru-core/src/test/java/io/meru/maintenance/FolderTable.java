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

import io.meru.commit.LocalTable;
import io.meru.io.TableFiles;
import io.meru.testing.Records;
import io.meru.testing.TableChecks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.types.Types;

/** A table in a folder, what its snapshots read and need, and what lies in the folder. */
final class FolderTable {
  static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "id", Types.LongType.get()),
              Types.NestedField.optional(2, "v", Types.StringType.get())),
          Set.of(1));

  private final String location;
  private final HadoopFileIO io = new HadoopFileIO(new Configuration());
  private TableMetadata current;
  private final Map<Integer, Runnable> beforeRefresh = new HashMap<>();
  private Runnable beforeRewriteCommits = () -> {};
  private int version;
  private int refreshes;

  FolderTable(Path folder) {
    this(folder, SCHEMA, PartitionSpec.unpartitioned(), "3");
  }

  FolderTable(Path folder, Schema schema, PartitionSpec spec, String formatVersion) {
    this.location = folder.toString();
    this.current =
        written(
            TableMetadata.newTableMetadata(
                schema,
                spec,
                location,
                Map.of(
                    "format-version",
                    formatVersion,
                    "commit.retry.min-wait-ms",
                    "1",
                    "commit.manifest.min-count-to-merge",
                    "3")));
  }

  /** A handle of its own, as another process would have. */
  Table load() {
    return new BaseTable(new Operations(), "db.t", report -> {});
  }

  /** The same for Iceberg's own writers, who would have Hadoop write their files slowly. */
  Table loadFast() {
    return LocalTable.of(load());
  }

  /** Has something happen right before the {@code count}-th refresh from now. */
  void beforeRefresh(int count, Runnable what) {
    beforeRefresh.put(refreshes + count, what);
  }

  /** Has something happen right before each commit of a rewrite of delete files. */
  void beforeRewriteCommits(Runnable what) {
    beforeRewriteCommits = what;
  }

  private static boolean isRewriteOfDeletes(TableMetadata metadata) {
    return metadata.currentSnapshot() != null
        && "rewrite-deletes".equals(metadata.currentSnapshot().summary().get("meru.job"));
  }

  private TableMetadata written(TableMetadata metadata) {
    String path =
        "%s/metadata/%05d-%s.metadata.json".formatted(location, version++, UUID.randomUUID());
    TableMetadataParser.write(metadata, TableFiles.output(io, path));
    return TableMetadataParser.read(TableFiles.input(io, path));
  }

  private final class Operations implements TableOperations {
    private TableMetadata seen = FolderTable.this.current;

    @Override
    public TableMetadata current() {
      return seen;
    }

    @Override
    public TableMetadata refresh() {
      Runnable before = beforeRefresh.remove(++refreshes);
      if (before != null) {
        before.run();
      }
      seen = FolderTable.this.current;
      return seen;
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      if (isRewriteOfDeletes(metadata)) {
        beforeRewriteCommits.run();
      }
      if (base != FolderTable.this.current) {
        throw new CommitFailedException("the table has moved on");
      }
      FolderTable.this.current = written(metadata);
      CatalogUtil.deleteRemovedMetadataFiles(io, base, FolderTable.this.current);
      refresh();
    }

    @Override
    public FileIO io() {
      return io;
    }

    @Override
    public String metadataFileLocation(String fileName) {
      return location + "/metadata/" + fileName;
    }

    @Override
    public LocationProvider locationProvider() {
      return LocationProviders.locationsFor(location, seen.properties());
    }
  }

  static Record row(long id, String v) {
    return Records.of(SCHEMA.asStruct(), id, v);
  }

  /** The rows of each snapshot, as sorted text. */
  static Map<Long, List<String>> rowsBySnapshot(Table table) {
    Map<Long, List<String>> rows = new HashMap<>();
    for (Snapshot snapshot : table.snapshots()) {
      rows.put(snapshot.snapshotId(), rows(table, snapshot.snapshotId()));
    }
    return rows;
  }

  static List<String> rows(Table table, long snapshotId) {
    return TableChecks.rows(table, snapshotId).stream()
        .map(Record::toString)
        .sorted(Comparator.naturalOrder())
        .toList();
  }

  /** What the snapshots of {@code table} need to be read. */
  static Set<String> referenced(Table table) {
    Set<String> files = new TreeSet<>();
    for (Snapshot snapshot : table.snapshots()) {
      files.add(snapshot.manifestListLocation());
      for (ManifestFile manifest : snapshot.allManifests(table.io())) {
        files.add(manifest.path());
        for (ContentFile<?> file : content(table, manifest)) {
          files.add(Path.of(file.location()).toString()); // some have two slashes in a row
        }
      }
    }
    return files;
  }

  private static List<ContentFile<?>> content(Table table, ManifestFile manifest) {
    List<ContentFile<?>> files = new ArrayList<>();
    try (var reader =
        switch (manifest.content()) {
          case DATA -> ManifestFiles.read(manifest, table.io(), table.specs());
          case DELETES -> ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs());
        }) {
      reader.forEach(file -> files.add((ContentFile<?>) file.copy()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  /** Everything in the folder but the table's metadata files and their checksums. */
  Set<String> onDisk() {
    Set<String> files = all();
    files.removeIf(
        file ->
            file.endsWith(".metadata.json")
                || file.endsWith(".crc")
                || file.endsWith("version-hint.text"));
    return files;
  }

  /** Every file in the folder. */
  Set<String> all() {
    try (Stream<Path> files = Files.walk(Path.of(location))) {
      return new TreeSet<>(files.filter(Files::isRegularFile).map(Path::toString).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

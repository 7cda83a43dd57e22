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

import io.meru.commit.Faults;
import io.meru.commit.FaultyOperations;
import io.meru.io.LocalFirstFileIO;
import java.util.Map;
import java.util.Random;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/**
 * A catalog of one v3 table: metadata as objects, files in memory, snapshot ids from a seed. Every
 * commit is shown to an observer right after it took effect, whatever its author is told.
 */
final class MemoryTable {
  static final String NAME = "db.t";

  private static final String LOCATION = "mem/t";
  private static final Map<String, String> PROPERTIES =
      Map.of("format-version", "3", "commit.retry.min-wait-ms", "0");

  /** Sees every state of the table. */
  interface Observer {
    void committed(TableMetadata metadata);
  }

  private final FailingFiles files;
  private final FileIO io;
  private final Random ids;
  private TableMetadata current;
  private int version;
  private Observer observer = metadata -> {};

  MemoryTable(Schema schema, PartitionSpec spec, FailingFiles files, long seed) {
    this.files = files;
    this.io = new LocalFirstFileIO(files); // for which commits need no pool of threads
    this.ids = new Random(seed);
    this.current = TableMetadata.newTableMetadata(schema, spec, LOCATION, PROPERTIES);
  }

  void observe(Observer newObserver) {
    observer = newObserver;
  }

  FailingFiles files() {
    return files;
  }

  TableMetadata metadata() {
    return current;
  }

  /** A handle of its own, as another process would have. */
  Table load() {
    return load(new Faults());
  }

  /** A handle whose catalog fails as {@code faults} says. */
  Table load(Faults faults) {
    return new BaseTable(new FaultyOperations(new Operations(), faults), NAME, report -> {});
  }

  private void swap(TableMetadata base, TableMetadata metadata) {
    if (base != current) {
      throw new CommitFailedException("the table has moved on");
    }
    version++;
    current =
        TableMetadata.buildFrom(metadata)
            .discardChanges()
            .withMetadataLocation("%s/metadata/v%d.metadata.json".formatted(LOCATION, version))
            .build();
    observer.committed(current);
  }

  private final class Operations implements TableOperations {
    private TableMetadata seen = MemoryTable.this.current;

    @Override
    public TableMetadata current() {
      return seen;
    }

    @Override
    public TableMetadata refresh() {
      seen = MemoryTable.this.current;
      return seen;
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      swap(base, metadata);
      seen = MemoryTable.this.current;
    }

    @Override
    public FileIO io() {
      return io;
    }

    @Override
    public String metadataFileLocation(String fileName) {
      return LOCATION + "/metadata/" + fileName;
    }

    @Override
    public LocationProvider locationProvider() {
      return LocationProviders.locationsFor(LOCATION, seen.properties());
    }

    @Override
    public long newSnapshotId() {
      return ids.nextLong() & Long.MAX_VALUE;
    }
  }
}

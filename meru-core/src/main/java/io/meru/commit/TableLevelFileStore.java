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

package io.meru.commit;

import io.meru.flush.LevelFileStore;
import io.meru.io.TableFiles;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.io.OutputFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts level files where the table's location provider wants them. Safe to use from many threads.
 */
public final class TableLevelFileStore implements LevelFileStore {
  private static final Logger LOG = LoggerFactory.getLogger(TableLevelFileStore.class);

  private final FileIO io;
  private final LocationProvider locations;
  private final PartitionSpec spec;

  /** Files of the present partition spec of {@code table}. */
  public TableLevelFileStore(Table table) {
    this(table, table.spec());
  }

  /** Files of {@code spec}, one of the table's. */
  public TableLevelFileStore(Table table, PartitionSpec spec) {
    this.io = table.io();
    this.locations = table.locationProvider();
    this.spec = spec;
  }

  @Override
  public OutputFile create(LevelFileName name, PartitionTuple partition) {
    return TableFiles.output(io, location(name.format(), partition));
  }

  @Override
  public void discard(String path) {
    try {
      TableFiles.delete(io, path);
    } catch (RuntimeException e) {
      LOG.warn("Cannot delete {}, which no commit names; orphan clean-up will", path, e);
    }
  }

  private String location(String fileName, PartitionTuple partition) {
    return spec.isPartitioned()
        ? locations.newDataLocation(
            spec, IcebergFiles.toPartition(spec.partitionType(), partition), fileName)
        : locations.newDataLocation(fileName);
  }
}

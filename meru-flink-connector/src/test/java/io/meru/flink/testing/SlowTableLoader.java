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

package io.meru.flink.testing;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.io.OutputFile;

/**
 * Loads a table whose data files take a while to be created, so that flushes hold up the writers
 * however fast the machine is.
 */
public final class SlowTableLoader implements TableLoader {
  private static final long serialVersionUID = 1L;

  private final TableLoader loader;
  private final long millis;

  /** Loads the table of {@code loader}; each data file takes {@code millis}. */
  public SlowTableLoader(TableLoader loader, long millis) {
    this.loader = loader;
    this.millis = millis;
  }

  @Override
  public void open() {
    loader.open();
  }

  @Override
  public boolean isOpen() {
    return loader.isOpen();
  }

  @Override
  public Table loadTable() {
    BaseTable table = (BaseTable) loader.loadTable();
    return new BaseTable(new Operations(table.operations(), millis), table.name());
  }

  @Override
  public TableLoader clone() {
    return new SlowTableLoader(loader.clone(), millis);
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }

  private record SlowFiles(FileIO io, long millis) implements FileIO {
    @Override
    public InputFile newInputFile(String location) {
      return io.newInputFile(location);
    }

    @Override
    public OutputFile newOutputFile(String location) {
      if (location.endsWith(".parquet")) {
        LockSupport.parkNanos(millis * 1_000_000);
      }
      return io.newOutputFile(location);
    }

    @Override
    public void deleteFile(String location) {
      io.deleteFile(location);
    }
  }

  private static final class Operations implements TableOperations {
    private final TableOperations operations;
    private final long millis;

    Operations(TableOperations operations, long millis) {
      this.operations = operations;
      this.millis = millis;
    }

    @Override
    public TableMetadata current() {
      return operations.current();
    }

    @Override
    public TableMetadata refresh() {
      return operations.refresh();
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      operations.commit(base, metadata);
    }

    @Override
    public FileIO io() {
      return new SlowFiles(operations.io(), millis);
    }

    @Override
    public String metadataFileLocation(String fileName) {
      return operations.metadataFileLocation(fileName);
    }

    @Override
    public LocationProvider locationProvider() {
      return operations.locationProvider();
    }

    @Override
    public TableOperations temp(TableMetadata uncommitted) {
      return operations.temp(uncommitted);
    }
  }
}

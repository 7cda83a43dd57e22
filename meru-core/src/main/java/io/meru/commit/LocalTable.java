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

import io.meru.io.LocalFirstFileIO;
import java.util.concurrent.ExecutorService;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.hadoop.HadoopFileIO;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.util.ThreadPools;

/**
 * Has a table's commits write their manifests without a process forked for each, which was most of
 * a commit's time, and sync them to disk, where they lie on the local file system.
 */
public final class LocalTable {
  private LocalTable() {}

  /** The same table; itself where Hadoop's file systems don't write its files. */
  public static Table of(Table table) {
    return table.getClass() == BaseTable.class && table.io() instanceof HadoopFileIO
        ? of((BaseTable) table)
        : table;
  }

  /**
   * What runs the steps of a commit that Iceberg takes side by side. Iceberg looks every 10 ms
   * whether its pool is done with one; reading and writing a manifest on the local file system
   * takes a tenth of that, so there the steps run one after the other on the committing thread.
   */
  public static ExecutorService workers(Table table) {
    return table.io() instanceof LocalFirstFileIO
        ? new DirectExecutor()
        : ThreadPools.getWorkerPool();
  }

  private static Table of(BaseTable table) {
    return new BaseTable(new LocalOperations(table.operations()), table.name(), table.reporter());
  }

  /** A table's operations with another {@code FileIO}. */
  private static final class LocalOperations extends ForwardingOperations {
    private final FileIO io;

    LocalOperations(TableOperations operations) {
      super(operations);
      this.io = new LocalFirstFileIO(operations.io());
    }

    @Override
    public FileIO io() {
      return io;
    }

    @Override
    public TableOperations temp(TableMetadata uncommitted) {
      return new LocalOperations(super.temp(uncommitted));
    }
  }
}

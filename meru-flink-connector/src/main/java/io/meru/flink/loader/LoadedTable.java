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

package io.meru.flink.loader;

import io.meru.commit.TableRequirements;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.flink.TableLoader;

/**
 * A table with the loader that opened it, closed together. Iceberg's {@link TableLoader} is the
 * serializable recipe; a loader serves one owner, so clone it before it is given here.
 */
public final class LoadedTable implements AutoCloseable {
  private final TableLoader loader;
  private final Table table;

  private LoadedTable(TableLoader loader, Table table) {
    this.loader = loader;
    this.table = table;
  }

  /** Opens {@code loader}, which the result then owns, and loads its table. */
  public static LoadedTable open(TableLoader loader) {
    WorkerThreads.start();
    loader.open();
    try {
      return new LoadedTable(loader, loader.loadTable());
    } catch (RuntimeException e) {
      closeAfter(loader, e);
      throw e;
    }
  }

  /** The table. */
  public Table table() {
    return table;
  }

  /** The table's name, for messages. */
  public String name() {
    return table.name();
  }

  /** The table's present schema. */
  public Schema schema() {
    return table.schema();
  }

  /** Checks that Meru can write to the table: {@link TableRequirements#check}. */
  public void checkWritable() {
    TableRequirements.check(table, name());
  }

  @Override
  public void close() {
    try {
      loader.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the catalog of table " + table.name(), e);
    }
  }

  private static void closeAfter(TableLoader loader, RuntimeException failure) {
    try {
      loader.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}

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

package io.meru.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.jspecify.annotations.Nullable;

/**
 * A table with the catalog that it came from.
 *
 * @param table the table
 * @param name its name, for people
 * @param catalog closed with it; null for a table without one
 */
record OpenTable(Table table, String name, @Nullable Catalog catalog) implements AutoCloseable {
  @Override
  public void close() {
    if (catalog != null) {
      close(catalog);
    } else {
      table.io().close();
    }
  }

  /** Closes {@code catalog}, if it is one of those that hold something. */
  static void close(Catalog catalog) {
    if (catalog instanceof Closeable closeable) {
      try {
        closeable.close();
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot close the catalog " + catalog.name(), e);
      }
    }
  }
}

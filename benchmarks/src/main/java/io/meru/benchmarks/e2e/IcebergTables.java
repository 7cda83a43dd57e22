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

package io.meru.benchmarks.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/** Iceberg tables of the comparison: one Hadoop catalog per directory, table {@code db.t}. */
public final class IcebergTables {
  static final TableIdentifier NAME =
      TableIdentifier.of(Namespace.of("db"), IcebergTableNames.TABLE);

  private IcebergTables() {}

  /** Opens table {@code name} under {@code directory}. */
  static Table load(Path directory, TableIdentifier name) {
    try (HadoopCatalog catalog = catalog(directory)) {
      return catalog.loadTable(name);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the catalog of " + directory, e);
    }
  }

  /** Creates a v3 table for rows of {@code workload}, unpartitioned. */
  static Table create(
      Path directory,
      TableIdentifier name,
      Workload workload,
      boolean withKey,
      Map<String, String> properties) {
    Map<String, String> all = new HashMap<>(properties);
    all.put("format-version", "3");
    try (HadoopCatalog catalog = catalog(directory)) {
      return catalog.createTable(
          name, schema(workload, withKey), PartitionSpec.unpartitioned(), all);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close the catalog of " + directory, e);
    }
  }

  /** Makes a table of the live data files of {@code db.t}, dead rows and all. */
  static void copyWithoutDeletes(Path directory, Workload workload) throws IOException {
    Table source = load(directory, NAME);
    TableIdentifier name = TableIdentifier.of(NAME.namespace(), IcebergTableNames.WITHOUT_VECTORS);
    AppendFiles append = create(directory, name, workload, false, Map.of()).newFastAppend();
    try (CloseableIterable<FileScanTask> tasks = source.newScan().planFiles()) {
      for (FileScanTask task : tasks) {
        append.appendFile(
            DataFiles.builder(source.spec()).copy(task.file()).withFirstRowId(null).build());
      }
    }
    append.commit();
  }

  /** How a sink finds {@code db.t}. */
  static TableLoader loader(Path directory) {
    CatalogLoader catalog =
        CatalogLoader.hadoop(
            "benchmark", new Configuration(), Map.of("warehouse", directory.toString()));
    return TableLoader.fromCatalog(catalog, NAME);
  }

  private static HadoopCatalog catalog(Path directory) {
    return new HadoopCatalog(new Configuration(), directory.toString());
  }

  /** The schema of rows of {@code workload}, whose key the id is, or nothing. */
  public static Schema schema(Workload workload, boolean withKey) {
    Type idType =
        switch (workload.keyType()) {
          case BIGINT -> Types.LongType.get();
          case UUID_STRING -> Types.StringType.get();
        };
    return new Schema(
        List.of(
            Types.NestedField.required(1, Rows.NAMES[Rows.ID], idType),
            Types.NestedField.optional(2, Rows.NAMES[Rows.CUSTOMER], Types.LongType.get()),
            Types.NestedField.optional(3, Rows.NAMES[Rows.STATUS], Types.StringType.get()),
            Types.NestedField.optional(
                4,
                Rows.NAMES[Rows.AMOUNT],
                Types.DecimalType.of(Rows.AMOUNT_PRECISION, Rows.AMOUNT_SCALE)),
            Types.NestedField.optional(
                5, Rows.NAMES[Rows.UPDATED_AT], Types.TimestampType.withoutZone()),
            Types.NestedField.optional(6, Rows.NAMES[Rows.NOTE], Types.StringType.get())),
        withKey ? Set.of(1) : Set.of());
  }
}

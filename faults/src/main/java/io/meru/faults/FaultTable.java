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

package io.meru.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.flink.CatalogLoader;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.hadoop.HadoopCatalog;

/** The table of one schedule, in a Hadoop catalog on the local disk. */
final class FaultTable implements AutoCloseable {
  private static final TableIdentifier NAME = TableIdentifier.of(Namespace.of("db"), "changes");

  private final Path warehouse;
  private final HadoopCatalog catalog;

  private FaultTable(Path warehouse, HadoopCatalog catalog) {
    this.warehouse = warehouse;
    this.catalog = catalog;
  }

  /** Creates the table, empty. */
  static FaultTable create(Path warehouse) {
    HadoopCatalog catalog = new HadoopCatalog(new Configuration(), warehouse.toUri().toString());
    catalog.createTable(
        NAME,
        Workload.SCHEMA,
        PartitionSpec.unpartitioned(),
        Map.of(TableProperties.FORMAT_VERSION, "3"));
    return new FaultTable(warehouse, catalog);
  }

  /** A handle of its own on the table as it is now. */
  Table load() {
    return catalog.loadTable(NAME);
  }

  /** For the job. */
  TableLoader loader() {
    return TableLoader.fromCatalog(
        CatalogLoader.hadoop(
            "faults",
            new Configuration(),
            Map.of(CatalogProperties.WAREHOUSE_LOCATION, warehouse.toUri().toString())),
        NAME);
  }

  /** Where the data files lie. */
  Path data() {
    return warehouse.resolve("db/changes/data");
  }

  /** Where metadata and manifests lie. */
  Path metadata() {
    return warehouse.resolve("db/changes/metadata");
  }

  @Override
  public void close() throws IOException {
    catalog.close();
  }
}

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

import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import java.util.List;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.hadoop.HadoopCatalog;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/**
 * A Hadoop catalog in which another writer appends a row of (number, "eu", "new") right before each
 * commit of a rewrite of deletes.
 */
public final class OvertakingCatalog extends HadoopCatalog {
  @Override
  protected TableOperations newTableOps(TableIdentifier identifier) {
    return new Operations(super.newTableOps(identifier), super.newTableOps(identifier));
  }

  private static final class Operations implements TableOperations {
    private final TableOperations operations;
    private final BaseTable others;
    private long rows;

    Operations(TableOperations operations, TableOperations others) {
      this.operations = operations;
      this.others = new BaseTable(others, "others");
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      if (metadata.currentSnapshot() != null
          && "rewrite-deletes".equals(metadata.currentSnapshot().summary().get("meru.job"))) {
        others.refresh();
        new ForeignWriter(others)
            .append(List.of(Records.of(others.schema().asStruct(), 10_000 + rows++, "eu", "new")));
      }
      operations.commit(base, metadata);
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
    public FileIO io() {
      return operations.io();
    }

    @Override
    public String metadataFileLocation(String fileName) {
      return operations.metadataFileLocation(fileName);
    }

    @Override
    public LocationProvider locationProvider() {
      return LocationProviders.locationsFor(current().location(), current().properties());
    }
  }
}

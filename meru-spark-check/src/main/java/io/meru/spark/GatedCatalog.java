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

package io.meru.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.jdbc.JdbcCatalog;

/**
 * A JDBC catalog that another process can stop in front of a commit: between what Spark has planned
 * and written, and the moment at which it takes effect. While the file that property {@code gate}
 * names exists, a commit makes a file of the same name with {@code .reached} behind it, and waits.
 */
public final class GatedCatalog extends JdbcCatalog {
  /** Catalog property: path of the file that is the closed gate. */
  static final String GATE = "gate";

  /** Catalog property: the catalog's name in the database, whatever Spark calls it. */
  static final String STORED_NAME = "stored-name";

  private static final long POLL_NANOS = 2_000_000;

  private Path gate = Path.of("");

  @Override
  public void initialize(String name, Map<String, String> properties) {
    gate = Path.of(properties.get(GATE));
    super.initialize(properties.get(STORED_NAME), properties);
  }

  @Override
  protected TableOperations newTableOps(TableIdentifier identifier) {
    return new Gated(super.newTableOps(identifier), gate);
  }

  private record Gated(TableOperations operations, Path gate) implements TableOperations {
    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      try {
        if (Files.exists(gate)) {
          Files.writeString(gate.resolveSibling(gate.getFileName() + ".reached"), "");
        }
        while (Files.exists(gate)) {
          LockSupport.parkNanos(POLL_NANOS);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot wait at gate " + gate, e);
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
    public EncryptionManager encryption() {
      return operations.encryption();
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

    @Override
    public long newSnapshotId() {
      return operations.newSnapshotId();
    }

    @Override
    public boolean requireStrictCleanup() {
      return operations.requireStrictCleanup();
    }
  }
}

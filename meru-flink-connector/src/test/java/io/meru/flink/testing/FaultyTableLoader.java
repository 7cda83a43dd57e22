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
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/**
 * Loads a table whose commits fail as a test has planned. Plans are kept in this process, so the
 * loader works where job and test share one: in a MiniCluster.
 */
public final class FaultyTableLoader implements TableLoader {
  /** What happens to one commit of a flush. */
  public enum Fault {
    /** Nothing. */
    NONE,
    /** The catalog can't be reached. */
    ERROR_BEFORE,
    /** The commit goes through, and then the process stumbles. */
    ERROR_AFTER,
    /** The commit goes through, and nobody knows. */
    UNKNOWN_AFTER,
    /** The commit is lost on its way, and nobody knows. */
    UNKNOWN_BEFORE,
    /** Another writer was faster. */
    CONFLICT
  }

  private static final long serialVersionUID = 1L;
  private static final Map<String, Queue<Fault>> PLANS = new ConcurrentHashMap<>();
  private static final Map<String, AtomicInteger> HIT = new ConcurrentHashMap<>();

  private final String location;
  private final String plan;
  private transient HadoopTables tables;

  private FaultyTableLoader(String location, String plan) {
    this.location = location;
    this.plan = plan;
  }

  /** Plans the faults of the next flush commits, in their order; after them all is well. */
  public static FaultyTableLoader of(TestTable table, Fault... faults) {
    String plan = UUID.randomUUID().toString();
    PLANS.put(plan, new ConcurrentLinkedQueue<>(List.of(faults)));
    HIT.put(plan, new AtomicInteger());
    return new FaultyTableLoader(table.location(), plan);
  }

  /** Faults planned and not met yet. */
  public int faultsLeft() {
    return PLANS.get(plan).size();
  }

  /** Faults met. */
  public int faultsMet() {
    return HIT.get(plan).get();
  }

  @Override
  public void open() {
    tables = new HadoopTables(new Configuration());
  }

  @Override
  public boolean isOpen() {
    return tables != null;
  }

  @Override
  public Table loadTable() {
    Table table = tables.load(location);
    return new BaseTable(new Faulty(((HasTableOperations) table).operations()), table.name());
  }

  @Override
  @SuppressWarnings("MissingSuperCall")
  public TableLoader clone() {
    return new FaultyTableLoader(location, plan);
  }

  @Override
  public void close() throws IOException {}

  private final class Faulty implements TableOperations {
    private final TableOperations real;

    Faulty(TableOperations real) {
      this.real = real;
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      Fault fault = isFlush(base, metadata) ? next() : Fault.NONE;
      switch (fault) {
        case ERROR_BEFORE -> throw new IllegalStateException("planned: the catalog is down");
        case CONFLICT -> throw new CommitFailedException("planned: another writer was faster");
        case UNKNOWN_BEFORE ->
            throw new CommitStateUnknownException(new IOException("planned: connection lost"));
        default -> real.commit(base, metadata);
      }
      if (fault == Fault.ERROR_AFTER) {
        throw new IllegalStateException("planned: stumbled after the commit");
      }
      if (fault == Fault.UNKNOWN_AFTER) {
        throw new CommitStateUnknownException(new IOException("planned: connection lost"));
      }
    }

    private Fault next() {
      Fault fault = PLANS.get(plan).poll();
      if (fault == null || fault == Fault.NONE) {
        return Fault.NONE;
      }
      HIT.get(plan).incrementAndGet();
      return fault;
    }

    private static boolean isFlush(TableMetadata base, TableMetadata metadata) {
      Snapshot head = metadata.currentSnapshot();
      return head != null
          && (base.currentSnapshot() == null
              || base.currentSnapshot().snapshotId() != head.snapshotId())
          && "flush".equals(head.summary().get("meru.job"));
    }

    @Override
    public TableMetadata current() {
      return real.current();
    }

    @Override
    public TableMetadata refresh() {
      return real.refresh();
    }

    @Override
    public FileIO io() {
      return real.io();
    }

    @Override
    public EncryptionManager encryption() {
      return real.encryption();
    }

    @Override
    public String metadataFileLocation(String fileName) {
      return real.metadataFileLocation(fileName);
    }

    @Override
    public LocationProvider locationProvider() {
      return real.locationProvider();
    }

    @Override
    public TableOperations temp(TableMetadata uncommittedMetadata) {
      return real.temp(uncommittedMetadata);
    }

    @Override
    public long newSnapshotId() {
      return real.newSnapshotId();
    }

    @Override
    public boolean requireStrictCleanup() {
      return real.requireStrictCleanup();
    }
  }
}

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

package io.meru.flink.foreign;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/**
 * Loads a job's table so that a test can stop the job between the plan of a commit, whose files are
 * all written, and the moment at which it takes effect; and counts how often each commit comes to
 * the catalog, which is once per plan. Job and test share a process.
 */
final class CommitTrap implements TableLoader {
  private static final long serialVersionUID = 1L;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Map<String, State> STATES = new ConcurrentHashMap<>();

  private final TableLoader loader;
  private final String id;

  private CommitTrap(TableLoader loader, String id) {
    this.loader = loader;
    this.id = id;
  }

  /** Loads what {@code loader} does. */
  static CommitTrap on(TableLoader loader) {
    String id = UUID.randomUUID().toString();
    STATES.put(id, new State());
    return new CommitTrap(loader, id);
  }

  /** Waits until a commit stands at the door; returns what it calls itself. */
  String await() throws InterruptedException {
    return state().awaitArrival(LIMIT);
  }

  /** Lets {@code count} commits through, one after the other, until the next one stands there. */
  void pass(int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      await();
      state().release();
      await();
    }
  }

  /** Lets all commits through. */
  void letAllPass() {
    state().setOpen(true);
  }

  /** Stops commits again. */
  void stopAll() {
    state().setOpen(false);
  }

  /** How often the commit came to the catalog, by commit id. */
  Map<String, Integer> tries() {
    return state().tries;
  }

  private State state() {
    return requireNonNull(STATES.get(id), "made by on()");
  }

  /** The door. A commit stops at its first try; what it tries again goes through. */
  private static final class State {
    private final Map<String, Integer> tries = new ConcurrentHashMap<>();
    private String waiting = "";
    private boolean open = true;

    private void come(String commitId) {
      if (tries.merge(commitId, 1, Integer::sum) == 1) {
        stop(commitId);
      }
    }

    private synchronized void stop(String commitId) {
      waiting = commitId;
      notifyAll();
      while (!open && waiting.equals(commitId)) {
        try {
          wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          open = true; // the job is being cancelled
        }
      }
      waiting = "";
    }

    private synchronized String awaitArrival(Duration limit) throws InterruptedException {
      long deadline = System.nanoTime() + limit.toNanos();
      while (waiting.isEmpty()) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new IllegalStateException("No checkpoint came to be committed within " + limit);
        }
        wait(left);
      }
      return waiting;
    }

    private synchronized void release() {
      waiting = "";
      notifyAll();
    }

    private synchronized void setOpen(boolean isOpen) {
      open = isOpen;
      notifyAll();
    }
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
    Table table = loader.loadTable();
    TableOperations real = ((HasTableOperations) table).operations();
    return new BaseTable(new Trapped(real, state()), table.name());
  }

  @Override
  @SuppressWarnings("MissingSuperCall")
  public TableLoader clone() {
    return new CommitTrap(loader.clone(), id);
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }

  private record Trapped(TableOperations real, State state) implements TableOperations {
    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
      Snapshot head = metadata.currentSnapshot();
      if (head != null && "flush".equals(head.summary().get("meru.job")) && isNew(head, base)) {
        state.come(requireNonNull(head.summary().get("meru.commit-id")));
      }
      real.commit(base, metadata);
    }

    private static boolean isNew(Snapshot head, TableMetadata base) {
      return base.currentSnapshot() == null
          || base.currentSnapshot().snapshotId() != head.snapshotId();
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
    public TableOperations temp(TableMetadata uncommitted) {
      return real.temp(uncommitted);
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

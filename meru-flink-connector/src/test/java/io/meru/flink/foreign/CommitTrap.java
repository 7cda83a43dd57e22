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
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
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
 * all written, and the moment at which it takes effect; and notes each time a commit comes to the
 * catalog, which is once per plan, on which version of the table it was planned. Job and test share
 * a process.
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

  /**
   * Has others be faster than the commit at the door, {@code count} times in a row: each time that
   * it stands there, {@code rival} commits before it may go on. Then it goes through, and must have
   * come just once more than others were faster.
   */
  void lose(int count, Rival rival) throws Exception {
    String commitId = await();
    state().setStops(count + 1);
    for (int i = 0; i < count; i++) {
      rival.commit();
      state().release();
      assertThat(await()).as("the commit that stands there again").isEqualTo(commitId);
    }
    pass(1);
    state().setStops(1);
    assertThat(tries(commitId))
        .as("tries of a commit that lost %d races", count)
        .isEqualTo(count + 1);
  }

  /** Has others be faster than the commit at the door for {@code count} times, and nothing more. */
  void loseForGood(int count, Rival rival) throws Exception {
    state().setStops(count);
    for (int i = 0; i < count; i++) {
      await();
      rival.commit();
      state().release();
    }
  }

  /** How often the commit came to the catalog. */
  int tries(String commitId) {
    return state().bases.getOrDefault(commitId, List.of()).size();
  }

  /** How often each commit came to the catalog, in ascending order. */
  List<Integer> tries() {
    return state().bases.values().stream().map(List::size).sorted().toList();
  }

  /** Races that commits lost so far. */
  int lostRaces() {
    return tries().stream().mapToInt(tries -> tries - 1).sum();
  }

  /**
   * A commit came again only when another's had come between: no two of its plans were made on the
   * same version of the table. So it cannot be tried more often than others commit, and once more.
   */
  void assertNoTryInVain() {
    state()
        .bases
        .forEach(
            (commitId, bases) ->
                assertThat(bases)
                    .as("versions that %s was planned on", commitId)
                    .doesNotHaveDuplicates());
  }

  private State state() {
    return requireNonNull(STATES.get(id), "made by on()");
  }

  /** Commits once, faster than the commit at the door. */
  interface Rival {
    /** Returns when it has. */
    void commit() throws Exception;
  }

  /** The door. A commit stops at its first try; what it tries again goes through, unless asked. */
  private static final class State {
    private final Map<String, List<String>> bases = new ConcurrentHashMap<>();
    private String waiting = "";
    private boolean open = true;
    private volatile int stops = 1;

    private void come(String commitId, String base) {
      List<String> ofCommit = bases.computeIfAbsent(commitId, id -> new CopyOnWriteArrayList<>());
      ofCommit.add(base);
      if (ofCommit.size() <= stops) {
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

    private void setStops(int count) {
      stops = count;
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
        state.come(
            requireNonNull(head.summary().get("meru.commit-id")), base.metadataFileLocation());
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

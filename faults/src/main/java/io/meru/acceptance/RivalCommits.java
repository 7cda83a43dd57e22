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

package io.meru.acceptance;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;

/**
 * What Meru's exactly-once rests on: of two that commit at the same moment, each with a connection
 * of its own, one wins and the other notices.
 */
final class RivalCommits {
  private static final int WRITERS = 2;
  private static final int COMMITS = 8;
  private static final int LIMIT_SECONDS = 120;

  private RivalCommits() {}

  /**
   * Has two writers append a row each at the same moment, again and again, and checks that no
   * commit took another's place.
   *
   * @param model a table of items, whose columns the new table gets
   */
  static void check(Lake lake, Catalog catalog, Table model, List<String> violations)
      throws Exception {
    TableIdentifier name = TableIdentifier.of(lake.database(), "rivals");
    catalog
        .buildTable(name, model.schema())
        .withPartitionSpec(model.spec())
        .withProperty(TableProperties.FORMAT_VERSION, "3")
        .withProperty(TableProperties.COMMIT_NUM_RETRIES, "100")
        .withProperty(TableProperties.COMMIT_MIN_RETRY_WAIT_MS, "10")
        .withProperty(TableProperties.COMMIT_MAX_RETRY_WAIT_MS, "100")
        .create();
    commitAtOnce(lake, name);
    Table table = catalog.loadTable(name);
    Set<Item> rows = new HashSet<>(ItemTable.read(table, table.currentSnapshot().snapshotId()));
    int snapshots = 0;
    for (Snapshot s = table.currentSnapshot(); s != null; snapshots++) {
      s = s.parentId() == null ? null : table.snapshot(s.parentId());
    }
    int expected = WRITERS * COMMITS;
    if (rows.size() != expected || snapshots != expected) {
      violations.add(
          "%d commits of two at once left %d rows and %d snapshots"
              .formatted(expected, rows.size(), snapshots));
    }
  }

  private static void commitAtOnce(Lake lake, TableIdentifier name) throws Exception {
    CyclicBarrier together = new CyclicBarrier(WRITERS);
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        int tenant = writer;
        writers.add(threads.submit(() -> commit(lake, name, tenant, together)));
      }
      for (Future<?> writer : writers) {
        writer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Void commit(Lake lake, TableIdentifier name, int tenant, CyclicBarrier together)
      throws Exception {
    try (OpenCatalog catalog = lake.open()) {
      for (long n = 0; n < COMMITS; n++) {
        Table table = catalog.load(name);
        together.await(LIMIT_SECONDS, TimeUnit.SECONDS);
        ItemTable.append(table, new Item(tenant, n, Changes.region(n), n, "rival"));
      }
    }
    return null;
  }
}

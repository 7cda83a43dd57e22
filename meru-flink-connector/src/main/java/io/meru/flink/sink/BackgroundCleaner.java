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

package io.meru.flink.sink;

import io.meru.commit.TableCommitter;
import io.meru.flink.loader.LoadedTable;
import io.meru.maintenance.CleanUpOptions;
import io.meru.maintenance.TableCleaner;
import io.meru.metrics.CleanUpMetrics;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.flink.TableLoader;
import org.apache.iceberg.util.PropertyUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link TableCleaner} with the one thread that it needs, which ends with it. */
final class BackgroundCleaner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BackgroundCleaner.class);

  /** How long a close waits for a request that is under way. */
  private static final int CLOSE_SECONDS = 10;

  private final TableCleaner cleaner;
  private final ExecutorService thread;

  private BackgroundCleaner(TableCleaner cleaner, ExecutorService thread) {
    this.cleaner = cleaner;
    this.thread = thread;
  }

  /** Starts the cleaner of the table that {@code committer} commits to. */
  static BackgroundCleaner start(
      LoadedTable table,
      TableLoader loader,
      TableCommitter committer,
      CleanUpOptions options,
      CleanUpMetrics metrics) {
    if (options.enabled() && !deletesOldMetadata(table.table().properties())) {
      LOG.warn(
          "Table {} keeps every metadata file, of which each checkpoint makes one. To have old ones"
              + " deleted, set its properties '{}'='true' and '{}'='20'.",
          table.name(),
          TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED,
          TableProperties.METADATA_PREVIOUS_VERSIONS_MAX);
    }
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "meru-clean-up-" + table.name());
              made.setDaemon(true);
              return made;
            });
    TableCleaner cleaner =
        new TableCleaner(
            table.table(),
            table.name(),
            options,
            committer::isNewestRun,
            () -> new Opened(LoadedTable.open(loader.clone())),
            metrics,
            Clock.systemUTC(),
            UUID::randomUUID,
            thread);
    return new BackgroundCleaner(cleaner, thread);
  }

  private static boolean deletesOldMetadata(Map<String, String> properties) {
    return PropertyUtil.propertyAsBoolean(
        properties,
        TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED,
        TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED_DEFAULT);
  }

  /** See {@link TableCleaner#checkpointDone}. */
  void checkpointDone(boolean committed) {
    cleaner.checkpointDone(committed);
  }

  @Override
  public void close() {
    cleaner.close();
    thread.shutdownNow();
    try {
      thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Opened(LoadedTable loaded) implements TableCleaner.OpenTable {
    @Override
    public Table table() {
      return loaded.table();
    }

    @Override
    public void close() {
      loaded.close();
    }
  }
}

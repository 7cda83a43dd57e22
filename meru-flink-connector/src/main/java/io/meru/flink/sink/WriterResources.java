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

import io.meru.flink.loader.LoadedTable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * What a writer has open: its table, the thread that flushes and the one that compacts.
 *
 * @param table the table
 * @param flushes one daemon thread
 * @param compactions one daemon thread, started when it is first needed
 */
record WriterResources(LoadedTable table, ExecutorService flushes, ExecutorService compactions)
    implements AutoCloseable {
  private static final long CLOSE_TIMEOUT_SECONDS = 30;

  /** Resources around {@code table}, which is closed with them. */
  static WriterResources of(LoadedTable table, String task) {
    return new WriterResources(
        table, newThread("meru-flush-" + task), newThread("meru-compaction-" + task));
  }

  private static ExecutorService newThread(String name) {
    ClassLoader userCode = Thread.currentThread().getContextClassLoader();
    return Executors.newSingleThreadExecutor(
        work -> {
          Thread thread = new Thread(work, name);
          thread.setDaemon(true);
          thread.setContextClassLoader(userCode);
          return thread;
        });
  }

  /** Stops flushes and compactions, waits for those that run, and closes the table after them. */
  @Override
  public void close() {
    flushes.shutdownNow();
    compactions.shutdownNow();
    try {
      flushes.awaitTermination(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
      compactions.awaitTermination(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      table.close();
    }
  }
}

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
 * What a writer has open: its table and the thread that flushes.
 *
 * @param table the table
 * @param flushes one daemon thread
 */
record WriterResources(LoadedTable table, ExecutorService flushes) implements AutoCloseable {
  private static final long CLOSE_TIMEOUT_SECONDS = 30;

  /** Resources around {@code table}, which is closed with them. */
  static WriterResources of(LoadedTable table, String threadName) {
    ClassLoader userCode = Thread.currentThread().getContextClassLoader();
    return new WriterResources(
        table,
        Executors.newSingleThreadExecutor(
            work -> {
              Thread thread = new Thread(work, threadName);
              thread.setDaemon(true);
              thread.setContextClassLoader(userCode);
              return thread;
            }));
  }

  /** Stops the flushes, waits for the one that runs, and closes the table after it. */
  @Override
  public void close() {
    flushes.shutdownNow();
    try {
      flushes.awaitTermination(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      table.close();
    }
  }
}

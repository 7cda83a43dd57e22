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

package io.meru.flink.loader;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.iceberg.util.ThreadPools;

/**
 * Starts the threads of Iceberg's pool before a job does.
 *
 * <p>The pool is shared by all jobs in a TaskManager that has Iceberg in Flink's {@code lib/}, and
 * lives as long as that. Its threads inherit the context class loader of whoever happens to need
 * them first: a job's, which Flink closes when that job is over. Every later job would then fail in
 * code that looks something up there, as the S3 client and Hadoop do ("Trying to access closed
 * classloader"). Threads started here have the class loader of Iceberg's own classes.
 */
final class WorkerThreads {
  private static final AtomicBoolean STARTED = new AtomicBoolean();

  private WorkerThreads() {}

  /** Starts them, unless it has been done. Those that others have started stay as they are. */
  static void start() {
    if (STARTED.compareAndSet(false, true)) {
      start(
          ThreadPools.getWorkerPool(),
          ThreadPools.WORKER_THREAD_POOL_SIZE,
          ThreadPools.class.getClassLoader());
    }
  }

  /** Makes a pool of fixed size start all of its threads: each task starts one until all are. */
  static void start(ExecutorService pool, int size, ClassLoader classLoader) {
    Thread current = Thread.currentThread();
    ClassLoader before = current.getContextClassLoader();
    current.setContextClassLoader(classLoader);
    try {
      for (int i = 0; i < size; i++) {
        pool.execute(() -> {});
      }
    } finally {
      current.setContextClassLoader(before);
    }
  }
}

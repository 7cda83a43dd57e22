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

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.util.ThreadPools;
import org.junit.jupiter.api.Test;

class WorkerThreadsTest {
  private static final int SIZE = 3;

  @Test
  void noThreadKeepsTheClassLoaderOfTheJobThatUsesThePoolFirst() throws Exception {
    ExecutorService pool = ThreadPools.newFixedThreadPool("test-pool", SIZE);
    ClassLoader own = ThreadPools.class.getClassLoader();
    Thread current = Thread.currentThread();
    ClassLoader before = current.getContextClassLoader();
    try (URLClassLoader jobs = new URLClassLoader(new URL[0], own)) {
      current.setContextClassLoader(jobs);

      WorkerThreads.start(pool, SIZE, own);

      assertThat(current.getContextClassLoader()).isSameAs(jobs);
      assertThat(classLoadersOf(pool)).containsExactly(own);
    } finally {
      current.setContextClassLoader(before);
      pool.shutdownNow();
    }
  }

  /** Those of all threads: each task holds one until all of them do. */
  private static Set<ClassLoader> classLoadersOf(ExecutorService pool) throws Exception {
    Set<ClassLoader> found = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(SIZE);
    for (int i = 0; i < SIZE; i++) {
      pool.execute(
          () -> {
            found.add(Thread.currentThread().getContextClassLoader());
            all.countDown();
            try {
              all.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
    }
    assertThat(all.await(60, TimeUnit.SECONDS)).as("the pool has all its threads").isTrue();
    return found;
  }
}

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

package io.meru.planted.memtable;

import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Reads time and chance on purpose, so that ArchitectureTest can show that it is seen. */
public final class Upper {
  /** Reads the clock. */
  public long clock() {
    return System.currentTimeMillis();
  }

  /** Draws an id. */
  public UUID id() {
    return UUID.randomUUID();
  }

  /** Makes a thread. */
  public Thread thread() {
    return new Thread(() -> {});
  }

  /** Makes an executor. */
  public ExecutorService executor() {
    return Executors.newSingleThreadExecutor();
  }

  /** Is allowed: it makes no thread. */
  public void interrupt() {
    Thread.currentThread().interrupt();
  }
}

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

package io.meru.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Waits for a moment of a commit, by the file that the committer makes then. */
final class CommitTrap implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final WatchService watch;
  private final Moment moment;

  private CommitTrap(WatchService watch, Moment moment) {
    this.watch = watch;
    this.moment = moment;
  }

  /** A moment of a commit. */
  enum Moment {
    /** A flush has begun to write its level-0 file. */
    FLUSH(true, name -> name.startsWith("meru-L0-")),
    /** The commit has begun to write its deletion vectors. */
    VECTORS(true, name -> name.endsWith(".puffin")),
    /** The commit has begun to write a manifest. */
    MANIFEST(false, name -> name.endsWith(".avro") && !name.startsWith("snap-")),
    /** The commit has begun to write the snapshot's list of manifests. */
    MANIFEST_LIST(false, name -> name.startsWith("snap-")),
    /** The commit has begun to write, or has renamed, the table's new metadata. */
    METADATA(false, name -> name.endsWith(".metadata.json"));

    private final boolean inData;
    private final Predicate<String> file;

    Moment(boolean inData, Predicate<String> file) {
      this.inData = inData;
      this.file = file;
    }
  }

  /** Looks out for {@code moment} from now on. */
  static CommitTrap set(FaultTable table, Moment moment) throws IOException {
    Path folder = moment.inData ? table.data() : table.metadata();
    WatchService watch = folder.getFileSystem().newWatchService();
    folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
    return new CommitTrap(watch, moment);
  }

  /**
   * Returns as soon as a commit comes to the moment. Not every commit does: one that replaces whole
   * files writes no vector. So in the end it returns at any moment.
   *
   * @return whether a commit came to the moment
   */
  boolean await() throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    WatchKey key = watch.poll(LIMIT.toNanos(), TimeUnit.NANOSECONDS);
    while (key != null) {
      for (WatchEvent<?> event : key.pollEvents()) {
        if (event.context() instanceof Path file && moment.file.test(file.toString())) {
          return true;
        }
      }
      key.reset();
      key = watch.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    watch.close();
  }
}

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.CommitFailedException;

/** What others do to the table meanwhile. */
final class ForeignFaults {
  private static final int APPENDS = 4;
  private static final int MAX_APPEND_TRIES = 10;
  private static final int EXPIRIES = 2;
  private static final int ROWS = 10;

  /** Longer than a checkpoint waits for its commit while no process is down. */
  private static final Duration ORPHAN_AGE = Duration.ofSeconds(10);

  private ForeignFaults() {}

  /** Appends rows of the very keys that the job writes most, each time within a commit of its. */
  static void appendHotKeys(Scene scene, Schedule.Step step) throws Exception {
    SplittableRandom random = new SplittableRandom(step.seed());
    int hot = Math.max(1, scene.schedule().keys() / 16);
    for (int i = 0; i < APPENDS; i++) {
      Table table = scene.table().load();
      List<Row> rows = new ArrayList<>();
      long first = random.nextInt(hot);
      for (long key = first; key < Math.min(hot, first + ROWS); key++) {
        scene.audit().othersKeys().add(key);
        rows.add(new Row(key, -1, "another writer's"));
      }
      DataFile file = OtherWriter.write(table, rows);
      scene.awaitMoment(step.moment());
      append(table, file);
    }
  }

  /** Again and again while the job is faster, each time with the retries of Iceberg. */
  private static void append(Table table, DataFile file) {
    for (int tries = 1; ; tries++) {
      try {
        table.newAppend().appendFile(file).commit();
        return;
      } catch (CommitFailedException e) {
        if (tries == MAX_APPEND_TRIES) {
          throw e;
        }
      }
    }
  }

  /**
   * Expires what has been checked, within commits of the job; then Spark does, and removes files;
   * then old files go that no snapshot names.
   */
  static void cleanUp(Scene scene, Schedule.Step step) throws Exception {
    for (int i = 0; i < EXPIRIES; i++) {
      Table table = scene.table().load();
      Instant checked = checkedUntil(scene, table);
      scene.awaitMoment(step.moment());
      table.expireSnapshots().expireOlderThan(checked.toEpochMilli()).retainLast(1).commit();
    }
    scene.sparkTable().expireOlderThan(checkedUntil(scene, scene.table().load()));
    Instant limit = Instant.now().minus(ORPHAN_AGE);
    scene.awaitMoment(step.moment());
    for (Path orphan : scene.table().dataOrphans()) {
      if (removeIfOlder(orphan, limit)) {
        scene.met().add("orphan removed by others");
      }
    }
  }

  /** Snapshots that the audit has not seen yet must stay. */
  private static Instant checkedUntil(Scene scene, Table table) {
    scene.audit().advance(table);
    return Instant.ofEpochMilli(table.currentSnapshot().timestampMillis());
  }

  private static boolean removeIfOlder(Path file, Instant limit) throws IOException {
    return Files.exists(file)
        && Files.getLastModifiedTime(file).toInstant().isBefore(limit)
        && Files.deleteIfExists(file);
  }
}

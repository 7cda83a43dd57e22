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

package io.meru.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.metrics.CleanUpMetrics;
import io.meru.testing.ForeignWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.apache.iceberg.Table;
import org.apache.iceberg.relocated.com.google.common.collect.Iterables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableCleanerTest {
  private static final Duration INTERVAL = Duration.ofMinutes(1);
  private static final RetentionOptions THREE =
      new RetentionOptions(Duration.ofHours(1), Duration.ZERO, 1, 3);

  @TempDir Path folder;

  private final Deque<Runnable> background = new ArrayDeque<>();
  private final Random chance = new Random(1);
  private final TestClock clock = new TestClock();
  private final Figures figures = new Figures();

  private FolderTable table;
  private ForeignWriter writer;
  private Predicate<Map<String, String>> newest = properties -> true;
  private RetentionOptions retention = THREE;
  private boolean openFails;
  private int written;

  @BeforeEach
  void create() {
    table = new FolderTable(folder.resolve("t"));
    writer = new ForeignWriter(table.loadFast());
  }

  private TableCleaner cleaner(Duration orphanInterval) {
    return new TableCleaner(
        table.load(),
        "db.t",
        new CleanUpOptions(
            true,
            INTERVAL,
            retention,
            orphanInterval,
            OrphanOptions.DEFAULTS.withScope(OrphanOptions.Scope.OWN)),
        properties -> newest.test(properties),
        this::open,
        figures,
        clock,
        () -> new UUID(chance.nextLong(), chance.nextLong()),
        background::add);
  }

  private TableCleaner.OpenTable open() {
    if (openFails) {
      throw new IllegalStateException("the catalog is down");
    }
    return new TableCleaner.OpenTable() {
      @Override
      public Table table() {
        return table.load();
      }

      @Override
      public void close() {}
    };
  }

  /** A commit: a new row, and the one before it deleted. */
  private void commit() {
    writer.append(List.of(FolderTable.row(written, "v")));
    long before = written - 1;
    writer.delete(row -> row.getField("id").equals(before));
    written++;
  }

  private void commits(int count) {
    for (int i = 0; i < count; i++) {
      commit();
    }
  }

  private void runBackground() {
    while (!background.isEmpty()) {
      background.remove().run();
    }
  }

  private int snapshots() {
    return Iterables.size(table.load().snapshots());
  }

  @Test
  void snapshotsAreExpiredOnceAnIntervalRightAfterACommit() {
    TableCleaner cleaner = cleaner(Duration.ZERO);
    commits(5);
    cleaner.checkpointDone(true);
    assertThat(snapshots()).isEqualTo(9);
    clock.pass(INTERVAL);
    cleaner.checkpointDone(false);
    assertThat(snapshots()).as("not without a commit").isEqualTo(9);
    cleaner.checkpointDone(true);
    assertThat(snapshots()).isEqualTo(3);
    runBackground();
    commits(1);
    cleaner.checkpointDone(true);
    assertThat(snapshots()).as("not before the interval has passed").isEqualTo(5);
    assertThat(figures.expired).isEqualTo(6);
    assertThat(figures.snapshots).isEqualTo(3);
    assertThat(figures.metadataBytes).isPositive();
  }

  @Test
  void filesOfASnapshotThatWasExpiredEarlyStayUntilItWouldHaveBeenOldEnough() {
    TableCleaner cleaner = cleaner(Duration.ZERO);
    commits(5);
    Set<String> before = table.onDisk();
    clock.pass(INTERVAL);
    cleaner.checkpointDone(true);
    runBackground();
    assertThat(table.onDisk()).isEqualTo(before);
    assertThat(figures.waiting).isPositive();
    clock.pass(Duration.ofMinutes(30));
    cleaner.checkpointDone(false);
    assertThat(background).isEmpty();
    clock.pass(Duration.ofMinutes(30));
    cleaner.checkpointDone(false);
    runBackground();
    assertThat(table.onDisk()).isEqualTo(FolderTable.referenced(table.load()));
    assertThat(figures.deleted).isPositive();
    assertThat(figures.waiting).isZero();
  }

  @Test
  void whileTheBackgroundIsBusyNothingMoreIsExpired() {
    TableCleaner cleaner = cleaner(Duration.ZERO);
    commits(3);
    clock.pass(INTERVAL);
    cleaner.checkpointDone(true);
    commits(3);
    clock.pass(INTERVAL);
    cleaner.checkpointDone(true);
    assertThat(snapshots()).isEqualTo(9);
    assertThat(background).hasSize(1);
    runBackground();
    cleaner.checkpointDone(true);
    assertThat(snapshots()).isEqualTo(3);
  }

  @Test
  void anotherJobsTurnIsNotTaken() {
    TableCleaner cleaner = cleaner(Duration.ZERO);
    newest = properties -> false;
    commits(5);
    clock.pass(INTERVAL);
    cleaner.checkpointDone(true);
    runBackground();
    assertThat(snapshots()).isEqualTo(9);
    assertThat(figures.failures).isZero();
  }

  @Test
  void orphansAreRemovedButNotWhatWaits() throws IOException {
    retention = new RetentionOptions(Duration.ofDays(30), Duration.ZERO, 1, 3);
    TableCleaner cleaner = cleaner(Duration.ofDays(1));
    commits(5);
    Set<String> before = table.onDisk();
    clock.pass(INTERVAL);
    cleaner.checkpointDone(true);
    runBackground();
    Path orphan = folder.resolve("t/metadata/snap-1-1-left.avro");
    Files.writeString(orphan, "left behind");
    for (String file : table.all()) {
      Files.setLastModifiedTime(
          Path.of(file), FileTime.from(clock.instant().minus(Duration.ofDays(4))));
    }
    clock.pass(Duration.ofDays(30).minus(INTERVAL)); // the commits came a little later
    cleaner.checkpointDone(false);
    background.remove().run();
    assertThat(orphan).doesNotExist();
    assertThat(table.onDisk()).isEqualTo(before);
    assertThat(figures.orphans).isEqualTo(1);
  }

  @Test
  void orphansAreLookedForOnceADayAfterTheFirstHour() {
    TableCleaner cleaner = cleaner(Duration.ofDays(1));
    commits(1);
    clock.pass(Duration.ofMinutes(59));
    cleaner.checkpointDone(false);
    runBackground();
    assertThat(figures.orphanRuns).isZero();
    for (int hour = 0; hour < 72; hour++) {
      clock.pass(Duration.ofHours(1));
      cleaner.checkpointDone(false);
      runBackground();
    }
    assertThat(figures.orphanRuns).isBetween(3, 4);
  }

  @Test
  void aFailureIsCountedAndLeavesTheRestToDo() {
    openFails = true;
    TableCleaner cleaner = cleaner(Duration.ofHours(1));
    commits(5);
    clock.pass(Duration.ofHours(2));
    cleaner.checkpointDone(true);
    runBackground();
    assertThat(figures.failures).isEqualTo(1);
    assertThat(snapshots()).isEqualTo(1); // all are older than an hour
    openFails = false;
    clock.pass(Duration.ofHours(2));
    cleaner.checkpointDone(false);
    runBackground();
    assertThat(figures.orphanRuns).isEqualTo(1);
  }

  @Test
  void afterItsCloseNothingIsDone() {
    TableCleaner cleaner = cleaner(Duration.ZERO);
    commits(5);
    clock.pass(Duration.ofHours(2));
    cleaner.checkpointDone(true);
    Set<String> before = table.onDisk();
    cleaner.close();
    runBackground();
    cleaner.checkpointDone(true);
    assertThat(table.onDisk()).isEqualTo(before);
    assertThat(background).isEmpty();
  }

  private static final class TestClock extends Clock {
    private Instant now = Instant.now();

    void pass(Duration duration) {
      now = now.plus(duration);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private static final class Figures implements CleanUpMetrics {
    private int expired;
    private int snapshots;
    private long metadataBytes;
    private int deleted;
    private int waiting;
    private int orphans;
    private int orphanRuns;
    private int failures;

    @Override
    public void expired(int count, long nanos) {
      expired += count;
    }

    @Override
    public void table(int count, long bytes) {
      snapshots = count;
      metadataBytes = bytes;
    }

    @Override
    public void deleted(int files, int failed, long nanos) {
      deleted += files;
    }

    @Override
    public void waiting(int files) {
      waiting = files;
    }

    @Override
    public void orphans(int found, int deletedOrphans, long nanos) {
      orphans += deletedOrphans;
      orphanRuns++;
    }

    @Override
    public void failed() {
      failures++;
    }
  }
}

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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.testing.ForeignWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.util.SnapshotUtil;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SnapshotExpiryTest {
  private static final RetentionOptions THREE = number(1, 3);

  @TempDir Path folder;

  private FolderTable table;
  private ForeignWriter writer;

  @BeforeEach
  void create() {
    table = new FolderTable(folder.resolve("t"));
    writer = new ForeignWriter(table.loadFast());
  }

  private static RetentionOptions number(int min, int max) {
    return new RetentionOptions(Duration.ofHours(1), Duration.ZERO, min, max);
  }

  /** Long after all that the test did, so that only numbers keep snapshots. */
  private static Clock later() {
    return Clock.offset(Clock.systemUTC(), Duration.ofDays(1));
  }

  private static Clock soon() {
    return Clock.offset(Clock.systemUTC(), Duration.ofSeconds(1));
  }

  private void append(long from, long to) {
    writer.append(
        LongStream.range(from, to).mapToObj(id -> FolderTable.row(id, "v" + id)).toList());
  }

  private void checkFolderHoldsWhatIsNeededAndNothingElse() {
    Table loaded = table.load();
    assertThat(table.onDisk()).isEqualTo(FolderTable.referenced(loaded));
  }

  @Test
  void theNumberBoundsWhatTheAgeWouldKeep() {
    for (int i = 0; i < 10; i++) {
      append(i, i + 1);
    }
    ExpiryResult result = new SnapshotExpiry(table.load(), soon()).run(THREE);
    assertThat(result.snapshots()).hasSize(7);
    assertThat(result.remaining()).isEqualTo(3);
    assertThat(table.load().snapshots()).hasSize(3);
    assertThat(result.deletedFiles()).isEqualTo(result.files().size()).isPositive();
    checkFolderHoldsWhatIsNeededAndNothingElse();
  }

  @Test
  void noneYoungerThanTheLeastTimeIsExpiredHoweverManyThereAre() {
    for (int i = 0; i < 10; i++) {
      append(i, i + 1);
    }
    RetentionOptions options =
        new RetentionOptions(Duration.ofHours(1), Duration.ofMinutes(5), 1, 3);
    assertThat(new SnapshotExpiry(table.load(), soon()).run(options).snapshots()).isEmpty();
    assertThat(table.load().snapshots()).hasSize(10);
  }

  @Test
  void theLastOnesStayHoweverOldTheyAre() {
    for (int i = 0; i < 10; i++) {
      append(i, i + 1);
    }
    new SnapshotExpiry(table.load(), later()).run(number(4, 8));
    assertThat(table.load().snapshots()).hasSize(4);
    checkFolderHoldsWhatIsNeededAndNothingElse();
  }

  @Test
  void ageIsMeasuredFromTheSnapshotsOwnTime() throws InterruptedException {
    append(0, 1);
    Thread.sleep(20);
    append(1, 2);
    Thread.sleep(20);
    append(2, 3);
    List<Snapshot> before = new ArrayList<>();
    table.load().snapshots().forEach(before::add);
    Instant now = Instant.ofEpochMilli(before.get(1).timestampMillis()).plus(Duration.ofHours(1));
    RetentionOptions hour = new RetentionOptions(Duration.ofHours(1), Duration.ZERO, 1, 100);
    ExpiryResult result =
        new SnapshotExpiry(table.load(), Clock.fixed(now, ZoneOffset.UTC)).run(hour);
    assertThat(result.snapshots()).containsExactly(before.get(0).snapshotId());
  }

  @Test
  void aDryRunNamesWhatARunThenDoesAndChangesNothing() {
    for (int i = 0; i < 6; i++) {
      append(i, i + 1);
      long deleted = i;
      writer.delete(row -> row.getField("id").equals(deleted));
    }
    Set<String> before = table.all();
    ExpiryResult dry = new SnapshotExpiry(table.load(), soon()).dryRun(THREE);
    assertThat(table.all()).isEqualTo(before);
    assertThat(dry.dryRun()).isTrue();
    assertThat(dry.deletedFiles()).isZero();
    ExpiryResult run = new SnapshotExpiry(table.load(), soon()).run(THREE);
    assertThat(dry.snapshots()).isEqualTo(run.snapshots());
    assertThat(dry.files()).containsExactlyInAnyOrderElementsOf(run.files());
    assertThat(dry.remaining()).isEqualTo(run.remaining());
  }

  @Test
  void aTableThatAsksForHistoryKeepsIt() {
    for (int i = 0; i < 10; i++) {
      append(i, i + 1);
    }
    table
        .load()
        .updateProperties()
        .set("history.expire.max-snapshot-age-ms", Long.toString(Duration.ofDays(7).toMillis()))
        .commit();
    RetentionOptions unset = RetentionOptions.UNSET;
    assertThat(new SnapshotExpiry(table.load(), later()).run(unset).snapshots()).isEmpty();
    Clock muchLater = Clock.offset(Clock.systemUTC(), Duration.ofDays(8));
    table.load().updateProperties().set("history.expire.min-snapshots-to-keep", "4").commit();
    assertThat(new SnapshotExpiry(table.load(), muchLater).run(unset).remaining()).isEqualTo(4);
  }

  @Test
  void defaultsKeepAHundredWithinTheHourAndTwentyBeyond() {
    for (int i = 0; i < 110; i++) {
      writer.append(List.of());
    }
    SnapshotExpiry inTenMinutes =
        new SnapshotExpiry(table.load(), Clock.offset(Clock.systemUTC(), Duration.ofMinutes(10)));
    assertThat(inTenMinutes.run(RetentionOptions.UNSET).remaining()).isEqualTo(100);
    assertThat(new SnapshotExpiry(table.load(), later()).run(RetentionOptions.UNSET).remaining())
        .isEqualTo(20);
  }

  /** What Iceberg's own incremental clean-up gets wrong. */
  @Test
  void aPuffinFileOfWhichOneVectorIsStillInUseStays() {
    append(0, 10);
    append(10, 20);
    writer.delete(row -> (long) row.getField("id") % 10 == 3); // one Puffin file, two vectors
    writer.delete(row -> row.getField("id").equals(4L)); // replaces the first of them
    append(20, 21);
    append(21, 22);
    Table loaded = table.load();
    List<String> rows = FolderTable.rows(loaded, loaded.currentSnapshot().snapshotId());
    ExpiryResult result = new SnapshotExpiry(table.load(), later()).run(number(1, 1));
    assertThat(result.snapshots()).hasSize(5);
    loaded = table.load();
    assertThat(FolderTable.rows(loaded, loaded.currentSnapshot().snapshotId())).isEqualTo(rows);
    checkFolderHoldsWhatIsNeededAndNothingElse();
  }

  @Test
  void onlyTheOneThatMayExpiresOnceAndWithoutAnotherTry() {
    append(0, 1);
    append(1, 2);
    SnapshotExpiry expiry = new SnapshotExpiry(table.load(), later());
    assertThatThrownBy(() -> expiry.expireOnce(number(1, 1), properties -> false))
        .isInstanceOf(ValidationException.class);
    assertThat(table.load().snapshots()).hasSize(2);
    assertThat(expiry.expireOnce(number(1, 1), properties -> true)).isPresent();
    assertThat(table.load().snapshots()).hasSize(1);
  }

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("meru.seeds", 6));
  }

  /** Random histories with tags, branches and rollbacks. */
  @ParameterizedTest
  @MethodSource("seeds")
  void whatMustStayReadsInFullAndWhatIsNotNeededGoes(long seed) {
    Random random = new Random(seed);
    boolean linear = seed % 3 == 0;
    Table own = table.loadFast();
    long nextId = 0;
    for (int step = 0; step < 30; step++) {
      own.refresh();
      int kind = random.nextInt(linear ? 5 : 9);
      if (kind <= 1 || own.currentSnapshot() == null) {
        append(nextId, nextId += 1 + random.nextInt(5));
      } else if (kind <= 3) {
        int modulus = 2 + random.nextInt(9);
        writer.delete(row -> (long) row.getField("id") % modulus == 1);
      } else if (kind == 4) {
        writer.rewriteAll();
      } else if (kind == 5) {
        own.manageSnapshots()
            .createTag("tag" + step, randomSnapshot(random, own).snapshotId())
            .commit();
      } else if (kind == 6) {
        String branch = "branch" + step;
        own.manageSnapshots()
            .createBranch(branch, randomSnapshot(random, own).snapshotId())
            .commit();
        var append = own.newAppend().toBranch(branch);
        writer.write(List.of(FolderTable.row(1_000_000 + step, "b"))).forEach(append::appendFile);
        append.commit();
      } else if (kind == 7) {
        List<Long> ancestors = SnapshotUtil.currentAncestorIds(own);
        own.manageSnapshots()
            .rollbackTo(ancestors.get(Math.min(ancestors.size() - 1, 1 + random.nextInt(2))))
            .commit();
      } else {
        expireAndCheck(random);
      }
    }
    expireAndCheck(random);
  }

  private static Snapshot randomSnapshot(Random random, Table table) {
    List<Snapshot> all = new ArrayList<>();
    table.snapshots().forEach(all::add);
    return all.get(random.nextInt(all.size()));
  }

  private void expireAndCheck(Random random) {
    Table before = table.load();
    Map<Long, List<String>> rows = FolderTable.rowsBySnapshot(before);
    int min = 1 + random.nextInt(4);
    int max = min + random.nextInt(4);
    boolean old = random.nextBoolean();
    Set<Long> mustStay = new HashSet<>();
    List<Long> main = SnapshotUtil.currentAncestorIds(before);
    mustStay.addAll(main.subList(0, Math.min(main.size(), old ? min : max)));
    Set<Long> mustGo = new HashSet<>(main);
    mustGo.removeAll(mustStay);
    before
        .refs()
        .forEach(
            (name, ref) -> {
              mustStay.add(ref.snapshotId());
              if (ref.isBranch() && !name.equals("main")) {
                // five days by default: everything the branch has
                SnapshotUtil.ancestorIdsBetween(ref.snapshotId(), null, before::snapshot)
                    .forEach(mustStay::add);
              }
            });
    mustGo.removeAll(mustStay);
    Set<Long> outside = new HashSet<>(rows.keySet());
    outside.removeAll(main);
    mustStay.addAll(outside);
    ExpiryResult result =
        new SnapshotExpiry(table.load(), old ? later() : soon()).run(number(min, max));
    assertThat(new HashSet<>(result.snapshots())).isEqualTo(mustGo);
    Table after = table.load();
    assertThat(FolderTable.rowsBySnapshot(after).keySet()).isEqualTo(mustStay);
    FolderTable.rowsBySnapshot(after)
        .forEach((id, found) -> assertThat(found).as("snapshot %s", id).isEqualTo(rows.get(id)));
    assertThat(table.onDisk()).isEqualTo(FolderTable.referenced(after));
  }
}

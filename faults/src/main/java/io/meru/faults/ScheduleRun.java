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

import io.meru.audit.TableFiles;
import io.meru.commit.CommitOptions;
import io.meru.servers.Await;
import io.meru.servers.Spark;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.iceberg.Table;

/** Runs one schedule on a cluster and checks what it leaves. */
final class ScheduleRun {
  private static final Duration CATCH_UP_LIMIT = Duration.ofMinutes(2);

  private final Schedule schedule;
  private final FlinkCluster cluster;
  private final RestCatalog rest;
  private final Spark spark;
  private final Met met;
  private final Path directory;
  private final Violations violations = new Violations();

  /**
   * @param directory of the table and the checkpoints; emptied first
   */
  ScheduleRun(
      Schedule schedule,
      FlinkCluster cluster,
      RestCatalog rest,
      Spark spark,
      Met met,
      Path directory) {
    this.schedule = schedule;
    this.cluster = cluster;
    this.rest = rest;
    this.spark = spark;
    this.met = met;
    this.directory = directory;
  }

  /** What came of it. What the harness itself could not do counts as a violation, too. */
  Outcome run() throws IOException, InterruptedException {
    Path warehouse = directory.resolve("warehouse");
    Folders.empty(directory);
    Optional<TableDisk> disk =
        schedule.has(FaultKind.FULL_DISK) ? TableDisk.mount(warehouse) : Optional.empty();
    try {
      return runOn(disk, warehouse);
    } finally {
      if (disk.isPresent()) {
        disk.get().close();
      }
    }
  }

  private Outcome runOn(Optional<TableDisk> disk, Path warehouse)
      throws IOException, InterruptedException {
    SnapshotAudit audit = new SnapshotAudit(schedule.workload(), !schedule.unaligned(), violations);
    long start = System.nanoTime();
    Orphans orphans = new Orphans(0, 0);
    int starts = 0;
    rest.reset(cluster.signals());
    try (FaultTable table = createTable(warehouse)) {
      JobControl job =
          new JobControl(
              cluster, table, schedule, directory, new SplittableRandom(schedule.seed()));
      SparkTable sparkTable = SparkTable.open(spark, "s" + schedule.seed(), table);
      Scene scene =
          new Scene(schedule, cluster, rest, disk, table, sparkTable, job, audit, violations, met);
      try {
        runSteps(scene);
        orphans = checkEnd(scene);
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        violations.add("Not run to its end: " + stackTrace(e));
        abandon(scene);
      }
      starts = job.starts();
    }
    return new Outcome(
        schedule,
        starts,
        audit.attempts(),
        audit.commits(),
        audit.compactions(),
        audit.changes(),
        audit.foreignCommits(),
        orphans.data(),
        orphans.metadata(),
        Duration.ofNanos(System.nanoTime() - start),
        violations.all());
  }

  /** Files that nothing names, in the table's two folders. */
  private record Orphans(int data, int metadata) {}

  private FaultTable createTable(Path warehouse) {
    return schedule.rest()
        ? FaultTable.create(rest, "db" + schedule.seed(), warehouse)
        : FaultTable.create(warehouse);
  }

  private void runSteps(Scene scene) throws Exception {
    scene.job().startFresh(schedule.changesPerSecond());
    for (Schedule.Step step : schedule.steps()) {
      scene.awaitCommits(step.commitsBefore());
      step.kind().inject(scene, step);
      scene.awaitCommits(1);
    }
    Await.until(
        "the job has repeated all changes",
        CATCH_UP_LIMIT,
        () -> {
          scene.auditNow();
          return scene.audit().marker().orElseThrow().n() >= scene.audit().highest();
        });
    scene.job().stop();
  }

  private Orphans checkEnd(Scene scene) throws IOException, InterruptedException {
    scene.auditNow();
    Table table = scene.table().load();
    scene.audit().checkEnd(table);
    checkSpark(scene, table);
    checkRenames(scene);
    TableFiles files = TableFiles.of(table);
    files.check(violations::add);
    List<String> orphans = files.dataOrphans();
    checkBounded(scene, orphans);
    List<String> metadataOrphans = files.metadataOrphans();
    checkMetadataBounded(scene, files, metadataOrphans);
    files.strays().forEach(stray -> violations.add(stray + " is in none of the table's folders"));
    orphans.forEach(table.io()::deleteFile);
    metadataOrphans.forEach(table.io()::deleteFile);
    // nothing of the table was among them: it opens, and each snapshot's files are there
    Table without = scene.table().load();
    scene.audit().checkEnd(without);
    TableFiles.of(without).check(violations::add);
    return new Orphans(orphans.size(), metadataOrphans.size());
  }

  /** Spark sees what Iceberg's generic reader sees. */
  private void checkSpark(Scene scene, Table table) throws IOException, InterruptedException {
    Model generic = new Model(schedule.workload());
    generic.reset(TableReader.rows(table, table.currentSnapshot().snapshotId()));
    String difference = generic.difference(scene.sparkTable().rows());
    if (!difference.isEmpty()) {
      violations.add("In Spark, " + difference);
    }
  }

  /** A lost commit says something only where no commit can replace another one. */
  private void checkRenames(Scene scene) throws IOException {
    if (schedule.rest()) {
      return; // its commits are in the catalog's database
    }
    for (Path checksum : scene.table().checksums()) {
      violations.add(checksum + " shows a commit that could have replaced another one");
    }
  }

  /**
   * An attempt that ends early leaves the files of its last checkpoint and of the one that it was
   * writing: a level-0 file per flush, the vectors of a commit, and what each writer has compacted.
   * Another writer's commit may leave the latter, too.
   */
  private void checkBounded(Scene scene, List<String> orphans) {
    int attempts =
        scene.audit().attempts()
            + scene.job().starts()
            + scene.job().restarts()
            + schedule.steps().size();
    int files = 3 * FlinkCluster.SLOTS + 3 + (schedule.compacts() ? 2 * FlinkCluster.SLOTS : 0);
    int compacted = schedule.compacts() ? scene.audit().foreignCommits() * FlinkCluster.SLOTS : 0;
    int bound = attempts * files + compacted;
    if (orphans.size() > bound) {
      violations.add("%d orphan files, at most %d expected".formatted(orphans.size(), bound));
    }
  }

  /**
   * A commit that does not come to its end leaves the table's metadata, and a list of manifests and
   * manifests for each snapshot that it has. So does each try whose end is not known, and the
   * metadata alone each that lost a race.
   */
  private void checkMetadataBounded(Scene scene, TableFiles files, List<String> orphans) {
    int commits = scene.audit().attempts() + scene.job().starts() + scene.job().restarts();
    for (Schedule.Step step : schedule.steps()) {
      commits += step.kind().needsRest() ? CommitOptions.DEFAULTS.maxAttempts() : 1;
    }
    int races = scene.audit().foreignCommits() + scene.audit().attempts();
    int snapshots = schedule.compacts() ? 2 : 1;
    int bound = commits * (1 + snapshots * (1 + files.mostManifestsOfOneSnapshot())) + 2 * races;
    if (orphans.size() > bound) {
      violations.add(
          "%d orphan files of metadata, at most %d expected".formatted(orphans.size(), bound));
    }
  }

  /** The cluster is needed for the next schedule. */
  private static void abandon(Scene scene) throws InterruptedException {
    try {
      scene.job().cancelAll();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      // its slots stay taken; the next schedule says so
    }
  }

  private static String stackTrace(Exception e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}

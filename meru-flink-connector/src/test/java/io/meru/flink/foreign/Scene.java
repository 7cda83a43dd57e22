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

package io.meru.flink.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.meru.flink.testing.Changes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.util.SnapshotUtil;

/** A job and a Spark on one table, and the audit of what they make of it together. */
final class Scene implements AutoCloseable {
  /**
   * What comes first if a checkpoint has dropped a file, with no live row left, that Spark needs.
   */
  private static final String FILE_IS_DROPPED = "Cannot commit, missing data files";

  /** The same for a statement that copies files. */
  private static final String FILE_TO_COPY_IS_DROPPED = "Missing required files to delete";

  private static final String SINK = "job";
  private static final int KEYS = 1_000;
  private static final int REASON_LENGTH = 120;
  private static final int MOST_CHECKPOINTS = 10;

  /** Each checkpoint is soon followed by a compaction. */
  private static final Map<String, String> EAGER_COMPACTION =
      Map.of(
          "compaction.level-trigger", "2",
          "compaction.target-file-size", "64 kb");

  /** How a statement is refused when what it has read is not there any more. */
  private static final String REFUSAL =
      "ValidationException|CommitFailed|Table metadata refresh is required";

  private final SharedTable table;
  private final GatedSpark spark;
  private final Changes changes;
  private final SplittableRandom random;
  private final Path savepoints;
  private final Map<String, String> options;
  private final boolean copiesFiles;
  private final SnapshotAudit audit;
  private final CommitTrap trap;
  private StreamingJob job;

  /**
   * Starts them; the table has some rows of another writer's and a few checkpoints. The job does
   * not compact, so that a file is there until another writer rewrites it or its last row goes.
   */
  Scene(Path folder, Map<String, String> properties, long seed) throws Exception {
    this(folder, properties, seed, StreamingJob.NO_COMPACTION);
  }

  /** The same with a job that merges its files all the time. */
  static Scene compacting(Path folder, Map<String, String> properties, long seed) throws Exception {
    return new Scene(folder, properties, seed, EAGER_COMPACTION);
  }

  private Scene(Path folder, Map<String, String> properties, long seed, Map<String, String> options)
      throws Exception {
    this.options = options;
    this.table = SharedTable.create(folder, properties);
    this.copiesFiles = "copy-on-write".equals(properties.get("write.delete.mode"));
    this.spark = new GatedSpark(table, folder);
    this.changes = new Changes(seed, KEYS);
    this.random = new SplittableRandom(seed);
    this.audit = new SnapshotAudit(Map.of(SINK, changes));
    this.trap = CommitTrap.on(table.loader());
    Statement others = Operation.INSERT_NEW_KEYS.next(view());
    assertThat(spark.run(others.sql())).isEmpty();
    audit.advance(table.load(), others);
    trap.stopAll();
    this.savepoints = folder.resolve("savepoints");
    this.job = StreamingJob.start(trap, changes, SINK, savepoints, null, options);
    trap.pass(4);
    audit.advance(table.load(), null);
  }

  SnapshotAudit audit() {
    return audit;
  }

  SharedTable table() {
    return table;
  }

  /** Has {@code operation} happen at {@code moment}; returns why it failed, if it did. */
  Optional<String> run(Operation operation, Moment moment) throws Exception {
    Optional<String> error =
        switch (moment) {
          case ANY -> atAnyTime(operation);
          case WITHIN_THE_JOBS_COMMIT -> withinTheJobsCommit(operation);
          case AROUND_THE_JOBS_COMMITS -> aroundTheJobsCommits(operation);
          case AROUND_A_COMPACTION -> aroundACompaction(operation);
        };
    System.out.printf(
        "%s, %s: %s%n", operation, moment, error.map(Scene::reason).orElse("committed"));
    return error;
  }

  /** Has a change happen between a commit's plan and its effect; the job goes on. */
  void changeWithinTheJobsCommit(Consumer<Table> change) throws Exception {
    String commitId = trap.await();
    change.accept(table.load());
    trap.pass(2);
    settle(Statement.unchanged("a change of the table"), Optional.empty());
    assertThat(trap.tries(commitId)).as("tries of the commit that met the change").isEqualTo(2);
  }

  /** Has Spark run a statement, on {@code %s}, between a commit's plan and its effect. */
  void runWithinTheJobsCommit(String sql) throws Exception {
    changeWithinTheJobsCommit(
        now -> assertThat(spark.run(sql.formatted(spark.table()))).as(sql).isEmpty());
  }

  /** Why Spark does not run a statement, on {@code %s}. */
  Optional<String> refusal(String sql) {
    return spark.run(sql.formatted(spark.table()));
  }

  /** Stops the job, starts it again from there, and returns the last change before that. */
  long restart() throws Exception {
    trap.letAllPass();
    String savepoint = job.stop();
    audit.advance(table.load(), null);
    long last = audit.marker(SINK);
    trap.stopAll();
    job = StreamingJob.start(trap, changes, SINK, savepoints, savepoint, options);
    trap.pass(2);
    audit.advance(table.load(), null);
    return last;
  }

  /** The failure that the job comes to when a change happens within its commit. */
  Throwable failureAfter(Consumer<Table> change) throws Exception {
    trap.await();
    change.accept(table.load());
    trap.letAllPass();
    return job.failure();
  }

  /**
   * Spark removes orphan files: one that nobody knows goes, all that the table names stay, and so
   * does what the job has written and not committed yet, since it is young.
   */
  void removeOrphansWithinTheJobsCommit() throws Exception {
    trap.await();
    Set<Path> named = TableFolder.namedFiles(table.load());
    Path orphan = Files.writeString(table.files().resolve("data/orphan.parquet"), "nobody's");
    TableFolder.age(named);
    TableFolder.age(Set.of(orphan));
    Optional<String> error =
        spark.run(
            "CALL %s.system.remove_orphan_files(table => 'db.t', older_than => TIMESTAMP '%s')"
                .formatted(spark.catalog(), LocalDate.now(ZoneOffset.UTC).minusDays(1)));
    assertThat(error).isEmpty();
    assertThat(orphan).doesNotExist();
    assertThat(named).allMatch(Files::exists);
    trap.pass(2);
    settle(Statement.unchanged("removal of orphan files"), error);
  }

  /** Spark's answer to a query of the table, which it calls {@code %s}. */
  List<String> query(String sql) {
    return spark.lines(sql.formatted(spark.table()));
  }

  private Optional<String> atAnyTime(Operation operation) throws Exception {
    trap.await();
    Statement statement = operation.next(view());
    trap.letAllPass();
    Thread.sleep(random.nextLong(StreamingJob.INTERVAL.toMillis()));
    Optional<String> error = spark.run(statement.sql());
    trap.stopAll();
    trap.await();
    settle(statement, error);
    error.ifPresent(text -> assertThat(text).containsPattern(REFUSAL));
    return error;
  }

  private Optional<String> withinTheJobsCommit(Operation operation) throws Exception {
    String commitId = trap.await();
    Statement statement = operation.next(view());
    String before = table.version();
    Optional<String> error = spark.run(statement.sql());
    assertThat(error).as("failure of the only one that commits").isEmpty();
    boolean changed = !table.version().equals(before);
    trap.pass(1);
    settle(statement, error);
    assertThat(trap.tries(commitId))
        .as("tries of the commit that met %s", operation)
        .isEqualTo(changed ? 2 : 1);
    return error;
  }

  private Optional<String> aroundTheJobsCommits(Operation operation) throws Exception {
    passUntil(
        "several manifests of deletes",
        now -> now.currentSnapshot().deleteManifests(now.io()).size() > 1);
    audit.advance(table.load(), null);
    Statement statement = operation.next(view());
    Table planned = table.load();
    Set<String> files = operation == Operation.DELETE_OTHERS_KEYS ? filesOf(statement) : Set.of();
    Future<Optional<String>> answer = spark.runUntilItsCommit(statement.sql());
    trap.pass(2);
    passUntil("a vector changed twice", now -> VectorChanges.between(planned, now).anyTwice());
    boolean touched = VectorChanges.between(planned, table.load()).touch(files);
    spark.openGate();
    Optional<String> error = answer.get();
    settle(statement, error);
    Optional<String> refusal = operation.refusal(copiesFiles, touched);
    if (refusal.isPresent()) {
      assertThat(error)
          .as("failure of %s", operation)
          .get(STRING)
          .containsAnyOf(refusal.get(), FILE_IS_DROPPED, FILE_TO_COPY_IS_DROPPED);
    } else {
      assertThat(error).as("failure of %s", operation).isEmpty();
    }
    return error;
  }

  private Optional<String> aroundACompaction(Operation operation) throws Exception {
    trap.await();
    audit.advance(table.load(), null);
    Statement statement = operation.next(view());
    Table planned = table.load();
    Future<Optional<String>> answer = spark.runUntilItsCommit(statement.sql());
    passUntil("a compaction of what is there", now -> hasCompacted(planned, now));
    spark.openGate();
    Optional<String> error = answer.get();
    settle(statement, error);
    error.ifPresent(text -> assertThat(text).containsPattern(REFUSAL));
    if (operation.refusal(copiesFiles, true).isEmpty()) {
      assertThat(error).as("failure of %s", operation).isEmpty();
    }
    return error;
  }

  /** Whether a compaction behind {@code planned} has taken a file that was there then. */
  private static boolean hasCompacted(Table planned, Table now) {
    Set<String> files = new HashSet<>();
    try (CloseableIterable<FileScanTask> tasks = planned.newScan().planFiles()) {
      tasks.forEach(task -> files.add(task.file().location()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot close a scan of " + planned, e);
    }
    for (Snapshot snapshot :
        SnapshotUtil.ancestorsBetween(
            now.currentSnapshot().snapshotId(),
            planned.currentSnapshot().snapshotId(),
            now::snapshot)) {
      if ("compaction".equals(snapshot.summary().get("meru.job"))) {
        for (DataFile file :
            SnapshotChanges.builderFor(now).snapshot(snapshot).build().removedDataFiles()) {
          if (files.contains(file.location())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** The data files that hold rows which a {@code DELETE} deletes. */
  private Set<String> filesOf(Statement delete) {
    String sql = delete.sql().replaceFirst("^DELETE", "SELECT DISTINCT _file");
    return spark.lines(sql).stream()
        .map(line -> line.substring(1, line.length() - 1)) // without quotation marks
        .collect(Collectors.toSet());
  }

  /** Lets the job commit, as often as needed, until the table is as the test wants it. */
  private void passUntil(String what, Predicate<Table> condition) throws InterruptedException {
    trap.await();
    for (int i = 0; !condition.test(table.load()); i++) {
      assertThat(i).as("checkpoints without %s", what).isLessThan(MOST_CHECKPOINTS);
      trap.pass(1);
    }
  }

  private void settle(Statement statement, Optional<String> error) throws Exception {
    long before = audit.othersCommits();
    audit.advance(table.load(), error.isEmpty() ? statement : null);
    if (error.isEmpty() && statement.changesRows()) {
      assertThat(audit.othersCommits() - before).as("commits of %s", statement.sql()).isEqualTo(1);
    }
    assertThat(job.isRunning()).as("the job goes on after %s", statement.sql()).isTrue();
  }

  /** Stops the job and checks what is left. */
  void finish() throws Exception {
    trap.letAllPass();
    job.stop();
    audit.advance(table.load(), null);
    assertThat(query("select id, amount, name from %s"))
        .isEqualTo(audit.state().all().stream().map(TableRow::inSpark).sorted().toList());
    trap.assertNoTryInVain();
    System.out.printf(
        "%d checkpoints, %d compactions, %d commits of others; the job's lost %d races%n",
        audit.checkpoints(), audit.compactions(), audit.othersCommits(), trap.lostRaces());
  }

  /** The exception, without the statement and the stack. */
  private static String reason(String error) {
    String message = error.substring(error.indexOf("}: ") + 3).lines().findFirst().orElse("");
    return "refused, " + message.substring(0, Math.min(REASON_LENGTH, message.length()));
  }

  private View view() {
    Table now = table.load();
    Instant time =
        now.currentSnapshot() == null
            ? Instant.EPOCH
            : Instant.ofEpochMilli(now.currentSnapshot().timestampMillis());
    return new View(
        audit.state(),
        changes,
        audit.marker(SINK),
        time,
        now.schema().columns().size() - Changes.SCHEMA.columns().size(),
        spark.catalog(),
        spark.table(),
        random);
  }

  @Override
  public void close() throws IOException {
    try (table;
        spark) {
      trap.letAllPass();
      job.cancel();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("Cannot cancel the job", e);
    }
  }
}

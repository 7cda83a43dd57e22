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

package io.meru.commit;

import static java.util.Objects.requireNonNull;

import io.meru.commit.CompactionPlanner.Compactions;
import io.meru.commit.LiveFiles.LiveFile;
import io.meru.error.CommitConflictException;
import io.meru.error.CorruptFileException;
import io.meru.error.FencedException;
import io.meru.error.ForkRefusedException;
import io.meru.io.TableFiles;
import io.meru.key.KeySpec;
import io.meru.levelfile.KeyFileOpener;
import io.meru.levelfile.ParquetKeyFileOpener;
import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import io.meru.resolve.Resolver;
import io.meru.version.AddedFile;
import io.meru.version.VersionEdit;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns committables into snapshots, exactly once. Used by one thread at a time.
 *
 * <p>Each try plans on the head of a fresh transaction and commits onto exactly that parent, in one
 * transaction with the commit memory. Whatever comes between, the next try plans anew.
 */
public final class TableCommitter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TableCommitter.class);

  private final Table table;
  private final ExecutorService workers;
  private final String tableName;
  private final CommitOptions options;
  private final CommitMetrics metrics;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final SchemaGuard schemaGuard;
  private final CommitAttempts attempts;
  private final VectorWriter vectorWriter;
  private final SnapshotUpdates updates;
  private Head head;
  private final History history = new History();
  private final Planner planner;
  private final WrittenFiles writtenFiles;
  private final CompactionPlanner compactionPlanner;
  private final KeySpec keySpec;
  private final Map<String, String> propertiesAtStart;
  private final Map<String, Long> watermarks = new HashMap<>();
  private @Nullable Reresolver reresolver;
  private @Nullable OwnClaim ownClaim;

  /** The sink id for which this committer claimed the table, and how. */
  private record OwnClaim(String sinkId, Claim claim) {}

  /** What became of a committable. */
  public enum Outcome {
    /** One snapshot now holds it. */
    COMMITTED,
    /** An earlier attempt had committed it; nothing was done. */
    ALREADY_COMMITTED,
    /** It changes nothing, and no snapshot was made. */
    EMPTY
  }

  /**
   * A committer that has not yet claimed the table. Make it when the run starts: it takes what
   * {@code table} says of claims for the state of things at that time.
   *
   * @param table loaded table; the committer refreshes it
   * @param tableName for messages
   * @param clock for durations
   * @param ids source of the claim's owner and of file names
   */
  public TableCommitter(
      Table table,
      String tableName,
      CommitOptions options,
      CommitMetrics metrics,
      Clock clock,
      Supplier<UUID> ids) {
    this.table = LocalTable.of(table);
    this.workers = LocalTable.workers(this.table);
    this.propertiesAtStart = table.properties();
    this.tableName = tableName;
    this.options = options;
    this.metrics = metrics;
    this.clock = clock;
    this.ids = ids;
    this.keySpec = KeySpec.of(tableName, table.schema());
    this.attempts = new CommitAttempts(this.table, tableName, options, metrics, clock, ids);
    this.schemaGuard = new SchemaGuard(tableName, table.schema());
    this.vectorWriter = new VectorWriter(this.table);
    this.updates = new SnapshotUpdates(workers);
    this.head = new Head(this.table, keySpec, new VectorCache(options.vectorCacheBytes()));
    this.planner = new Planner(this.table, keySpec, history, this::reresolver, metrics);
    this.writtenFiles = new WrittenFiles(this.table.io(), workers);
    this.compactionPlanner = new CompactionPlanner(this.table, keySpec, writtenFiles);
  }

  /**
   * Makes this committer's run the newest of the sink: no other that has claimed the table before
   * can commit any more. Call it at the start of a run, before its first rows. Later calls do
   * nothing.
   *
   * @throws CommitConflictException if another run has claimed the table since this committer was
   *     made, so that either may be the newer one: start the run again, if it is still wanted
   */
  public void claim(String sinkId) {
    if (ownClaim == null) {
      ClaimJob job = new ClaimJob(sinkId, ids.get().toString());
      attempts.untilSettled("the claim of sink " + sinkId, job);
    }
  }

  /**
   * Commits {@code committable}, after a claim of its sink if there was none yet.
   *
   * <p>A run that was forked from another one's savepoint and has a sink id of its own may recover
   * committables of the other's sink id. They are committed under the run's own claim, if they are
   * not in the table yet; the other sink's claim stays as it is.
   *
   * @throws FencedException if a newer run has claimed the table
   * @throws ForkRefusedException if the committable is another sink's, which may have abandoned it
   * @throws io.meru.error.UnsupportedTableException if the table changed in a way that stops the
   *     job: equality deletes, a dropped or retyped column, another key, a lower format version
   * @throws CommitConflictException if every attempt lost its race
   * @throws CommitStateUnknownException if it cannot be found out whether the commit went through;
   *     nothing has been deleted
   */
  public Outcome commit(Committable committable) {
    CommitMemory.checkRunId(committable.runId());
    claim(committable.sinkId());
    if (!options.emptyCheckpoints()
        && committable.edits().stream().allMatch(VersionEdit::isEmpty)) {
      return Outcome.EMPTY;
    }
    Commit commit = new Commit(committable);
    attempts.untilSettled("checkpoint " + committable.checkpointId(), commit);
    return commit.outcome;
  }

  @Override
  public void close() {
    if (reresolver != null) {
      reresolver.close();
      reresolver = null;
    }
  }

  /** Made when it is needed: most committers never resolve. */
  private Reresolver reresolver() {
    if (reresolver == null) {
      KeyFileOpener keyFiles =
          new ParquetKeyFileOpener(
              keySpec, (path, length) -> TableFiles.input(table.io(), path, length));
      Resolver resolver =
          Resolver.ofPositions(keySpec, keyFiles, options.resolverCacheBytes(), WriterMetrics.NONE);
      reresolver = new Reresolver(resolver, keyFiles);
    }
    return reresolver;
  }

  private boolean isFenced() {
    return ownClaim != null && !isNewest(table.properties());
  }

  private OwnClaim ownClaim() {
    return requireNonNull(ownClaim, "the table is claimed before the first commit");
  }

  /**
   * Whether, by these properties of the table, this committer has claimed it and no newer run has:
   * only then may it do what a fenced run must not.
   */
  public boolean isNewestRun(Map<String, String> properties) {
    return ownClaim != null && isNewest(properties);
  }

  /** Whether this committer's run is the newest of its sink. */
  private boolean isNewest(Map<String, String> properties) {
    return Claim.find(properties, ownClaim().sinkId()).equals(Optional.of(ownClaim().claim()));
  }

  /** Refuses to go on when the newest claim of the sink id is another run's. */
  private void checkClaim(Map<String, String> properties) {
    if (!isNewest(properties)) {
      OwnClaim own = ownClaim();
      Claim newest = Claim.find(properties, own.sinkId()).orElse(null);
      throw new FencedException(
          ("This job may no longer write to table %s as sink '%s': it claimed the table with"
                  + " generation %d, and a newer run has claimed it with generation %s. If both jobs"
                  + " are to go on (one was forked from a savepoint of the other), give one of them a"
                  + " new sink-id; else stop this one.")
              .formatted(
                  tableName,
                  own.sinkId(),
                  own.claim().generation(),
                  newest == null ? "none (the property is gone)" : newest.generation()));
    }
  }

  private ExactParent onExactly(
      long parentId, String commitId, Transaction transaction, Check check) {
    return new ExactParent(parentId, commitId, () -> check.holds(transaction.table().properties()));
  }

  private interface Check {
    boolean holds(Map<String, String> properties);
  }

  /** The id of the snapshot that a transaction makes. */
  private static long newSnapshotId(Transaction transaction) {
    return transaction.table().currentSnapshot().snapshotId();
  }

  /** Commits an empty snapshot that makes this committer the sink's newest. */
  private final class ClaimJob implements CommitAttempts.Job {
    private final String sinkId;
    private final String owner;

    ClaimJob(String sinkId, String owner) {
      this.sinkId = sinkId;
      this.owner = owner;
    }

    @Override
    public void tryOnce() {
      Transaction transaction = attempts.newTransaction();
      Map<String, String> properties = transaction.table().properties();
      Claim newest = Claim.find(properties, sinkId).orElse(null);
      if (newest == null || !newest.owner().equals(owner)) {
        checkNoneClaimedSinceStart(properties);
        newest = new Claim(highestGeneration(properties) + 1, owner);
        commit(transaction, newest);
      }
      ownClaim = new OwnClaim(sinkId, newest);
    }

    /** A run that slept between its start and its claim must not take it from its successor. */
    private void checkNoneClaimedSinceStart(Map<String, String> properties) {
      long atStart = Claim.generation(propertiesAtStart, sinkId);
      long now = Claim.generation(properties, sinkId);
      if (now > atStart) {
        throw new CommitConflictException(
            ("Cannot claim table %s for sink '%s': another run has claimed it with generation %d"
                    + " while this one was starting, when the newest was %d. If this job is the one"
                    + " that is to go on, let it start again.")
                .formatted(tableName, sinkId, now, atStart),
            null);
      }
    }

    @Override
    public boolean mayGoOn() {
      return !isFenced();
    }

    @Override
    public boolean isDone() {
      return false; // a claim without its committer is superseded by the next
    }

    @Override
    public void discard() {}

    private long highestGeneration(Map<String, String> properties) {
      return Math.max(
          Claim.generation(properties, sinkId), CommitMemory.highestGeneration(properties, sinkId));
    }

    private void commit(Transaction transaction, Claim claim) {
      long parentId = Head.id(transaction.table().currentSnapshot());
      AppendFiles append = transaction.newFastAppend().scanManifestsWith(workers);
      append.set(MeruProperties.COMMIT_ID, owner);
      append.set(MeruProperties.JOB, MeruProperties.JOB_CLAIM);
      append.set(MeruProperties.SINK_ID, sinkId);
      append.set(MeruProperties.GENERATION, Long.toString(claim.generation()));
      append.validateWith(
          onExactly(
              parentId,
              owner,
              transaction,
              properties -> highestGeneration(properties) < claim.generation()));
      append.commit();
      UpdateProperties update = transaction.updateProperties();
      update.set(MeruProperties.claim(sinkId), claim.format());
      attempts.endTurn(update, transaction.table().properties());
      update.commit();
      transaction.commitTransaction();
      head.advance(parentId, newSnapshotId(transaction));
      LOG.info(
          "Claimed table {} for sink {} with generation {}", tableName, sinkId, claim.generation());
    }
  }

  /** Commits one committable. */
  private final class Commit implements CommitAttempts.Job {
    private final Committable committable;
    private final String commitId;
    private final Instant start = clock.instant();
    private final List<String> leftovers = new ArrayList<>();
    private boolean stateUnknown;
    private Outcome outcome = Outcome.EMPTY;

    Commit(Committable committable) {
      this.committable = committable;
      this.commitId = CommitId.of(committable);
    }

    @Override
    public void tryOnce() {
      Transaction transaction = attempts.newTransaction();
      Map<String, String> properties = transaction.table().properties();
      if (CommitMemory.holds(properties, committable)) {
        outcome = stateUnknown ? Outcome.COMMITTED : Outcome.ALREADY_COMMITTED;
        LOG.info(
            "Checkpoint {} of run {} is in table {} already",
            committable.checkpointId(),
            committable.runId(),
            tableName);
        return;
      }
      discard();
      checkClaim(properties);
      schemaGuard.check(transaction.table());
      Snapshot parent = transaction.table().currentSnapshot();
      head.moveTo(parent);
      if (head.holdsFileOf(committable)) {
        // its memory is gone, but a file's name is never used twice
        outcome = Outcome.ALREADY_COMMITTED;
        return;
      }
      Optional<CommitMemory.Entry> memory = memory(properties);
      Planner.Knowledge knowledge = planner.knowledge(committable, parent, memory);
      Compactions compactions = compactionPlanner.plan(committable, head, knowledge);
      Runnable fork = () -> memory.ifPresent(entry -> checkNotAbandoned(properties, entry));
      try {
        commit(transaction, parent, knowledge, compactions, fork);
      } catch (CommitStateUnknownException e) {
        leftovers.clear(); // the commit may refer to it
        stateUnknown = true;
        throw e;
      } catch (IllegalArgumentException e) {
        throw attempts.lostRaceOr(e, Head.id(parent));
      }
    }

    /**
     * Makes a snapshot of the compactions, if there are any, then one of the rest, in one commit.
     */
    private void commit(
        Transaction transaction,
        @Nullable Snapshot parent,
        Planner.Knowledge knowledge,
        Compactions compactions,
        Runnable checkFork) {
      Head next = head;
      Plan moves = compactions.plan();
      List<DeleteFile> moveVectors = List.of();
      if (!moves.isEmpty()) {
        checkFork.run();
        next = head.fork();
        moveVectors = vectorWriter.write(moves, commitId, ids.get(), leftovers::add);
        compaction(transaction, compactions, moveVectors, parent).commit();
        next.advance(moves, moveVectors, newSnapshotId(transaction));
      }
      Plan plan = planner.plan(committable, next, knowledge);
      if (!plan.isEmpty() || !compactions.dropped().isEmpty()) {
        checkFork.run();
      } else if (moves.isEmpty() && !options.emptyCheckpoints() && !leavesATrace()) {
        // its stillborn files stay: nothing remembers it, so that a restore plans it again, and may
        // have to read their keys
        return;
      }
      boolean hasSnapshot = moves.isEmpty() || parts(compactions) > 1;
      List<DeleteFile> vectors = List.of();
      if (hasSnapshot) {
        checkFilesExist(plan);
        vectors = vectorWriter.write(plan, commitId, ids.get(), leftovers::add);
        Snapshot onto = moves.isEmpty() ? parent : transaction.table().currentSnapshot();
        snapshot(transaction, plan, vectors, onto, compactions).commit();
      }
      remember(transaction.updateProperties(), transaction.table().properties(), knowledge)
          .commit();
      transaction.commitTransaction();
      leftovers.clear();
      if (hasSnapshot) {
        next.advance(plan, vectors, newSnapshotId(transaction));
      }
      head = next;
      history.advance(committable.runId(), Head.id(parent), head.snapshotId());
      deleteQuietly(plan.stillborn()); // not before: another try may have to read their keys
      deleteQuietly(moves.stillborn());
      report(plan, concat(moveVectors, vectors), head.snapshotId());
      reportCompactions(compactions, moveVectors);
      outcome = Outcome.COMMITTED;
    }

    @Override
    public boolean mayGoOn() {
      return !isFenced();
    }

    @Override
    public boolean isDone() {
      boolean done = CommitMemory.holds(table.properties(), committable);
      if (done) {
        outcome = Outcome.COMMITTED;
      }
      return done;
    }

    @Override
    public void discard() {
      deleteQuietly(leftovers);
      leftovers.clear();
    }

    /** Files of flushes: the rows in them are nowhere else. */
    private void checkFilesExist(Plan plan) {
      for (WrittenFiles.Lost lost :
          writtenFiles.lostOf(plan.added().stream().map(LiveFile::file).toList())) {
        throw new CorruptFileException(
            ("Cannot commit checkpoint %d to table %s: its data file %s %s. An orphan clean-up may"
                    + " have removed it before it was committed. Start the job again from an older"
                    + " checkpoint, so that the source repeats the rows.")
                .formatted(committable.checkpointId(), tableName, lost.file().path(), lost.what()),
            lost.cause());
      }
    }

    /**
     * Whether there must be a snapshot although nothing changes: rows that the writers deleted had
     * been deleted by others. From now on the writers take them for deleted, and would leave them
     * alone if a rollback of the others' commits brought them back; by a snapshot that is gone with
     * those commits it is found out that they don't know any more.
     */
    private boolean leavesATrace() {
      Set<String> added = new HashSet<>();
      for (VersionEdit edit : committable.edits()) {
        edit.added().forEach(file -> added.add(file.file().path()));
      }
      return committable.sinkId().equals(ownClaim().sinkId())
          && committable.edits().stream()
              .anyMatch(edit -> !added.containsAll(edit.deletions().keySet()));
    }

    /** Snapshots of the commit. What a compaction goes before is settled before either is made. */
    private int parts(Compactions compactions) {
      boolean hasChanges = committable.edits().stream().anyMatch(Commit::hasChanges);
      return compactions.plan().isEmpty() || !(hasChanges || !compactions.dropped().isEmpty())
          ? 1
          : 2;
    }

    private static boolean hasChanges(VersionEdit edit) {
      return !edit.added().isEmpty()
          || !edit.deletions().isEmpty()
          || edit.pureDeletes().size() > 0;
    }

    private SnapshotUpdate<?> snapshot(
        Transaction transaction,
        Plan plan,
        List<DeleteFile> vectors,
        @Nullable Snapshot parent,
        Compactions compactions) {
      SnapshotUpdate<?> update =
          plan.isEmpty()
              ? emptySnapshot(transaction, plan)
              : updates.rowDelta(transaction, plan, vectors, parent, onlyOn(plan, transaction));
      Map<String, String> properties = transaction.table().properties();
      summary(MeruProperties.JOB_FLUSH, properties, parent).forEach(update::set);
      int parts = parts(compactions);
      update.set(MeruProperties.PART, Integer.toString(parts - 1));
      update.set(MeruProperties.PARTS, Integer.toString(parts));
      if (plan.torn()) {
        update.set(MeruProperties.TORN, "true");
      }
      if (!compactions.dropped().isEmpty()) {
        update.set(MeruProperties.DROPPED_COMPACTIONS, CommitId.shortIds(compactions.dropped()));
      }
      if (changes() > 0) {
        long first = Sequence.next(properties);
        update.set(MeruProperties.FIRST_SEQ, Long.toString(first));
        update.set(MeruProperties.LAST_SEQ, Long.toString(first + changes() - 1));
      }
      return update;
    }

    /** A replacement, which readers of changes pass over, where Iceberg can express it as one. */
    private SnapshotUpdate<?> compaction(
        Transaction transaction,
        Compactions compactions,
        List<DeleteFile> vectors,
        @Nullable Snapshot parent) {
      Plan plan = compactions.plan();
      SnapshotUpdate<?> update =
          plan.isReplacement() && !compactions.partial()
              ? updates.replacement(transaction, plan, vectors, parent, onlyOn(plan, transaction))
              : updates.rowDelta(transaction, plan, vectors, parent, onlyOn(plan, transaction));
      summary(MeruProperties.JOB_COMPACTION, transaction.table().properties(), parent)
          .forEach(update::set);
      if (plan.torn()) {
        update.set(MeruProperties.TORN, "true");
      }
      update.set(MeruProperties.PART, "0");
      update.set(MeruProperties.PARTS, Integer.toString(parts(compactions)));
      return update;
    }

    /** An append, which those who read the table's appends as a stream pass over. */
    private AppendFiles emptySnapshot(Transaction transaction, Plan plan) {
      AppendFiles append = transaction.newFastAppend().scanManifestsWith(workers);
      append.validateWith(onlyOn(plan, transaction));
      return append;
    }

    private ExactParent onlyOn(Plan plan, Transaction transaction) {
      return onExactly(plan.parentId(), commitId, transaction, this::mayCommit);
    }

    private Optional<CommitMemory.Entry> memory(Map<String, String> properties) {
      return CommitMemory.find(properties, committable.sinkId(), committable.runId());
    }

    /**
     * What a fork recovers of the job that it came from, that job has not committed. If it has
     * started again since, it may have gone back to before the savepoint, and have newer rows in
     * the table.
     */
    private void checkNotAbandoned(Map<String, String> properties, CommitMemory.Entry memory) {
      String sinkId = committable.sinkId();
      long newest = Claim.generation(properties, sinkId);
      if (!sinkId.equals(ownClaim().sinkId()) && memory.generation() < newest) {
        throw new ForkRefusedException(
            ("Cannot commit checkpoint %d of sink '%s' to table %s: the job was forked from it, but"
                    + " sink '%s' has started again since, with generation %d after %d, and has not"
                    + " committed it; it may have gone back to an older checkpoint. If it is about to"
                    + " commit it, start this job again then; else fork from a newer savepoint.")
                .formatted(
                    committable.checkpointId(),
                    sinkId,
                    tableName,
                    sinkId,
                    newest,
                    memory.generation()));
      }
    }

    private boolean mayCommit(Map<String, String> properties) {
      return !CommitMemory.holds(properties, committable) && isNewest(properties);
    }

    private Map<String, String> summary(
        String job, Map<String, String> properties, @Nullable Snapshot parent) {
      Map<String, String> summary = new HashMap<>(options.summary());
      summary.put(MeruProperties.COMMIT_ID, commitId);
      summary.put(MeruProperties.JOB, job);
      summary.put(MeruProperties.SINK_ID, committable.sinkId());
      summary.put(MeruProperties.RUN_ID, committable.runId());
      summary.put(MeruProperties.EDITS, CommitId.shortIds(committable.edits()));
      summary.put(MeruProperties.CHECKPOINT_ID, Long.toString(committable.checkpointId()));
      summary.put(MeruProperties.FLINK_CHECKPOINT_ID, Long.toString(committable.checkpointId()));
      summary.put(MeruProperties.FLINK_OPERATOR_ID, committable.sinkId());
      summary.put(MeruProperties.GENERATION, Long.toString(generation(properties)));
      watermark(parent).ifPresent(ms -> summary.put(MeruProperties.WATERMARK, Long.toString(ms)));
      return summary;
    }

    private UpdateProperties remember(
        UpdateProperties update, Map<String, String> properties, Planner.Knowledge knowledge) {
      String sinkId = committable.sinkId();
      String runId = committable.runId();
      CommitMemory.Entry entry =
          new CommitMemory.Entry(
              memory(properties).map(CommitMemory.Entry::generation).orElse(generation(properties)),
              committable.checkpointId(),
              knowledge.tornAt());
      update.set(MeruProperties.committed(sinkId, runId), CommitMemory.format(entry));
      update.set(MeruProperties.NEXT_SEQ, Long.toString(Sequence.next(properties) + changes()));
      CommitMemory.expired(properties, sinkId, runId).forEach(update::remove);
      attempts.endTurn(update, properties);
      return update;
    }

    /** Of the committable's own sink, which may be another than the one that was claimed. */
    private long generation(Map<String, String> properties) {
      return Claim.generation(properties, committable.sinkId());
    }

    /** Rows put and keys deleted. */
    private long changes() {
      long changes = 0;
      for (VersionEdit edit : committable.edits()) {
        changes += edit.pureDeletes().size();
        for (AddedFile added : edit.added()) {
          changes += added.file().recordCount();
        }
      }
      return changes;
    }

    /** The highest watermark that the sink had so far; it never goes back. */
    private OptionalLong watermark(@Nullable Snapshot parent) {
      long before =
          watermarks.computeIfAbsent(
              committable.sinkId(), sinkId -> Sequence.lastWatermark(table, parent, sinkId));
      long now = Math.max(before, committable.watermark());
      watermarks.put(committable.sinkId(), now);
      return now == Committable.NO_WATERMARK ? OptionalLong.empty() : OptionalLong.of(now);
    }

    private static List<DeleteFile> concat(List<DeleteFile> first, List<DeleteFile> second) {
      return Stream.concat(first.stream(), second.stream()).toList();
    }

    /** What the commit changed, with the {@code vectors} of both its snapshots. */
    private void report(Plan plan, List<DeleteFile> vectors, long snapshotId) {
      Collection<DataFile> added = plan.addedStats();
      long records = added.stream().mapToLong(DataFile::recordCount).sum();
      long bytes = added.stream().mapToLong(DataFile::fileSizeInBytes).sum();
      long vectorBytes = vectors.stream().mapToLong(DeleteFile::contentSizeInBytes).sum();
      Duration duration = Duration.between(start, clock.instant());
      metrics.committed(
          added.size(),
          records,
          bytes,
          plan.newPositions(),
          vectors.size(),
          vectorBytes,
          plan.dropped().size(),
          duration.toNanos());
      LOG.info(
          "Committed checkpoint {} of run {} to table {} as snapshot {} (commit {}): {} files with {}"
              + " rows in {} bytes, {} positions deleted, {} deletion vectors in {} bytes, {} files"
              + " dropped, {} ms",
          committable.checkpointId(),
          committable.runId(),
          tableName,
          snapshotId,
          commitId,
          added.size(),
          records,
          bytes,
          plan.newPositions(),
          vectors.size(),
          vectorBytes,
          plan.dropped().size(),
          duration.toMillis());
    }

    private void reportCompactions(Compactions compactions, List<DeleteFile> vectors) {
      Plan plan = compactions.plan();
      if (!compactions.dropped().isEmpty()) {
        metrics.compactionsDropped(compactions.dropped().size());
        LOG.warn(
            "Dropped the compactions of {} writers in checkpoint {} of run {} of table {}: others"
                + " changed their inputs, or removed an output",
            compactions.dropped().size(),
            committable.checkpointId(),
            committable.runId(),
            tableName);
      }
      if (!plan.isEmpty()) {
        long bytes = plan.addedStats().stream().mapToLong(DataFile::fileSizeInBytes).sum();
        metrics.compactionsCommitted(plan.dropped().size(), plan.added().size(), bytes);
        LOG.info(
            "Committed compactions of checkpoint {} of run {} to table {}: {} files removed, {} files"
                + " of {} bytes added, {} deletion vectors",
            committable.checkpointId(),
            committable.runId(),
            tableName,
            plan.dropped().size(),
            plan.added().size(),
            bytes,
            vectors.size());
      }
    }

    private void deleteQuietly(List<String> paths) {
      for (String path : paths) {
        try {
          table.io().deleteFile(path);
        } catch (RuntimeException e) {
          LOG.warn("Cannot delete {}, which table {} does not refer to", path, tableName, e);
        }
      }
    }
  }
}

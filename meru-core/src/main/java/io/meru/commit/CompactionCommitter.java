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

import io.meru.compaction.MergeResult;
import io.meru.compaction.PositionMap;
import io.meru.error.CommitConflictException;
import io.meru.error.UnsupportedTableException;
import io.meru.io.TableFiles;
import io.meru.key.KeySpec;
import io.meru.metrics.CommitMetrics;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits compactions that are nobody's checkpoint: those of a process beside the jobs that write
 * the table. It needs no claim, since it changes no row. What others deleted of the inputs while
 * they were merged is deleted in the outputs, so that a job that commits all the time costs it no
 * more than another plan. Used by one thread at a time.
 */
public final class CompactionCommitter {
  private static final Logger LOG = LoggerFactory.getLogger(CompactionCommitter.class);

  /** Of the rows that the merges took, so many must be live in their outputs at the commit. */
  private static final double MIN_LIVE_SHARE = 0.5;

  /**
   * A merge that is done.
   *
   * @param inputs as they were when it began, in the order of the merge's inputs
   */
  public record Merge(List<LiveFile> inputs, MergeResult result) {}

  private final Table table;
  private final String tableName;
  private final KeySpec keySpec;
  private final SchemaGuard schemaGuard;
  private final CommitAttempts attempts;
  private final Supplier<UUID> ids;
  private final WrittenFiles writtenFiles;
  private final VectorWriter vectorWriter;
  private final SnapshotUpdates updates;
  private final Head head;

  /**
   * A committer of compactions of {@code table}, which it refreshes.
   *
   * @param clock tells why Iceberg refuses a commit, if it is the clock
   * @param ids source of commit ids and file names
   */
  public CompactionCommitter(
      Table table, String tableName, CommitOptions options, Clock clock, Supplier<UUID> ids) {
    this.table = LocalTable.of(table);
    this.tableName = tableName;
    this.keySpec = KeySpec.of(tableName, table.schema());
    this.schemaGuard = new SchemaGuard(tableName, table.schema());
    this.attempts =
        new CommitAttempts(this.table, tableName, options, CommitMetrics.NONE, clock, ids);
    this.ids = ids;
    this.writtenFiles = new WrittenFiles(this.table.io(), LocalTable.workers(this.table));
    this.vectorWriter = new VectorWriter(this.table);
    this.updates = new SnapshotUpdates(LocalTable.workers(this.table));
    this.head = new Head(this.table, keySpec, new VectorCache(options.vectorCacheBytes()));
  }

  /**
   * The table as it is now.
   *
   * @throws io.meru.error.UnsupportedTableException if it has files that Meru cannot update
   */
  public Version load() {
    table.refresh();
    schemaGuard.check(table);
    head.moveTo(table.currentSnapshot());
    return head.version(head.files());
  }

  /**
   * Puts the outputs of {@code merges} in their inputs' place, in one snapshot. The merges together
   * took every row that was live in any of their inputs, each once.
   *
   * @return whether it did; if not, others have deleted or rewritten most of what the merges took,
   *     or an output is lost, and the outputs are deleted
   * @throws UnsupportedTableException if the table's schema has changed in a way that the outputs
   *     do not survive; they are deleted
   * @throws CommitConflictException if every attempt lost its race; the outputs are deleted
   * @throws CommitStateUnknownException if it cannot be found out whether the commit went through;
   *     nothing is deleted
   */
  public boolean commit(List<Merge> merges) {
    checkRows(merges);
    Commit commit = new Commit(merges, ids.get().toString());
    try {
      attempts.untilSettled("a compaction", commit);
    } catch (UnsupportedTableException e) {
      commit.discard();
      throw e;
    }
    return commit.done;
  }

  private static void checkRows(List<Merge> merges) {
    Map<String, Long> liveRows = new HashMap<>();
    long rows = 0;
    for (Merge merge : merges) {
      merge.inputs().forEach(input -> liveRows.put(input.file().path(), input.liveCount()));
      rows += merge.result().rows();
    }
    long live = liveRows.values().stream().mapToLong(Long::longValue).sum();
    if (rows != live) {
      throw new IllegalArgumentException(
          "Merges must take all %d live rows of their inputs but took %d".formatted(live, rows));
    }
  }

  private final class Commit implements CommitAttempts.Job {
    private final List<Merge> merges;
    private final String commitId;
    private final Map<String, LiveFile> inputs = new LinkedHashMap<>();
    private final List<String> leftovers = new ArrayList<>();
    private boolean stateUnknown;
    private boolean done;

    Commit(List<Merge> merges, String commitId) {
      this.merges = merges;
      this.commitId = commitId;
      for (Merge merge : merges) {
        merge.inputs().forEach(input -> inputs.put(input.file().path(), input));
      }
    }

    @Override
    public void tryOnce() {
      Transaction transaction = attempts.newTransaction();
      if (stateUnknown && isDone()) {
        return;
      }
      discardVectors();
      schemaGuard.check(transaction.table());
      Snapshot parent = transaction.table().currentSnapshot();
      head.moveTo(parent);
      Plan plan = plan();
      if (!isWorthIt(plan) || hasLostOutput(plan)) {
        discard();
        return;
      }
      tryCommit(transaction, plan, requireNonNull(parent));
      done = true;
      leftovers.clear();
      plan.stillborn().forEach(this::delete);
    }

    /** Whether it puts files in the place of others, with a good part of the rows that it took. */
    private boolean isWorthIt(Plan plan) {
      long rows = 0;
      for (Merge merge : merges) {
        rows += merge.result().rows();
      }
      long dead = 0;
      for (Plan.Vector vector : plan.vectors().values()) {
        dead += vector.moved() ? 0 : vector.merged().cardinality();
      }
      long added = plan.added().stream().mapToLong(file -> file.file().recordCount()).sum();
      boolean worth = !plan.dropped().isEmpty() && MIN_LIVE_SHARE * rows <= added - dead;
      if (!worth) {
        LOG.info(
            "Dropping a compaction of table {}: of {} rows that it took, {} are left in its files,"
                + " since others deleted or rewrote them meanwhile",
            tableName,
            rows,
            added - dead);
      }
      return worth;
    }

    /** An orphan clean-up may have removed what no snapshot named. */
    private boolean hasLostOutput(Plan plan) {
      List<WrittenFiles.Lost> lost =
          writtenFiles.lostOf(plan.added().stream().map(LiveFiles.LiveFile::file).toList());
      for (WrittenFiles.Lost file : lost) {
        LOG.warn(
            "Dropping a compaction of table {}: its file {} {}",
            tableName,
            file.file().path(),
            file.what());
      }
      return !lost.isEmpty();
    }

    private void tryCommit(Transaction transaction, Plan plan, Snapshot parent) {
      try {
        commit(transaction, plan, parent);
      } catch (CommitStateUnknownException e) {
        leftovers.clear(); // the commit may refer to them
        stateUnknown = true;
        throw e;
      } catch (IllegalArgumentException e) {
        throw attempts.lostRaceOr(e, parent.snapshotId());
      }
    }

    private void commit(Transaction transaction, Plan plan, Snapshot parent) {
      List<DeleteFile> vectors = vectorWriter.write(plan, commitId, ids.get(), leftovers::add);
      ExactParent onlyOn = new ExactParent(plan.parentId(), commitId, () -> true);
      SnapshotUpdate<?> update =
          plan.isReplacement()
              ? updates.replacement(transaction, plan, vectors, parent, onlyOn)
              : updates.rowDelta(transaction, plan, vectors, parent, onlyOn);
      update.set(MeruProperties.COMMIT_ID, commitId);
      update.set(MeruProperties.JOB, MeruProperties.JOB_COMPACTION);
      update.commit();
      Map<String, String> properties = transaction.table().properties();
      if (properties.containsKey(MeruProperties.TURN)) {
        UpdateProperties ofTurn = transaction.updateProperties();
        attempts.endTurn(ofTurn, properties);
        ofTurn.commit();
      }
      transaction.commitTransaction();
      head.advance(
          plan, vectors, requireNonNull(transaction.table().currentSnapshot()).snapshotId());
    }

    /**
     * What takes the place of what. An input that is gone has its rows elsewhere, or none that is
     * live; one of which rows came back stays. Neither has rows in the outputs then.
     */
    private Plan plan() {
      PlanBuilder builder = new PlanBuilder(table, head);
      Map<String, DeletionVector> late = new HashMap<>();
      for (LiveFile input : inputs.values()) {
        String path = input.file().path();
        LiveFiles.LiveFile now = head.file(path);
        DeletionVector deleted = now == null ? DeletionVector.EMPTY : head.deleted(now);
        if (now != null && input.deleted().andNot(deleted).isEmpty()) {
          late.put(path, deleted.andNot(input.deleted()));
          builder.drop(now);
        }
      }
      Map<String, DeletionVector> dead = dead(late);
      for (Merge merge : merges) {
        for (AddedFile output : merge.result().added()) {
          LevelFileKeys.check(keySpec, output.file());
          builder.add(output, dead.getOrDefault(output.file().path(), DeletionVector.EMPTY));
        }
      }
      return builder.build(false);
    }

    /**
     * What is deleted of each output.
     *
     * @param late of each input that it replaces
     */
    private Map<String, DeletionVector> dead(Map<String, DeletionVector> late) {
      Map<String, DeletionVector> dead = new HashMap<>();
      for (Merge merge : merges) {
        for (int i = 0; i < merge.inputs().size(); i++) {
          PositionMap positions = merge.result().positions().get(i);
          DeletionVector lateOfInput = late.get(merge.inputs().get(i).file().path());
          positions
              .translate(lateOfInput == null ? positions.moved() : lateOfInput)
              .forEach((path, found) -> dead.merge(path, found, DeletionVector::or));
        }
      }
      return dead;
    }

    @Override
    public boolean isDone() {
      for (Snapshot snapshot : table.snapshots()) {
        done |= commitId.equals(snapshot.summary().get(MeruProperties.COMMIT_ID));
      }
      return done;
    }

    @Override
    public void discard() {
      discardVectors();
      if (stateUnknown) {
        return; // a snapshot that has expired since may have been ours: orphan removal knows better
      }
      for (Merge merge : merges) {
        merge.result().added().forEach(output -> delete(output.file().path()));
      }
    }

    private void discardVectors() {
      leftovers.forEach(this::delete);
      leftovers.clear();
    }

    private void delete(String path) {
      try {
        TableFiles.delete(table.io(), path);
      } catch (RuntimeException e) {
        LOG.warn("Cannot delete {}, which table {} does not refer to", path, tableName, e);
      }
    }
  }
}

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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotChanges;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.jspecify.annotations.Nullable;
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
   * @param base the snapshot that the inputs were read from
   * @return whether it did; if not, others moved rows of the inputs elsewhere, or brought deleted
   *     ones back, and the outputs are deleted
   * @throws UnsupportedTableException if the table's schema has changed in a way that the outputs
   *     do not survive; they are deleted
   * @throws CommitConflictException if every attempt lost its race; the outputs are deleted
   * @throws CommitStateUnknownException if it cannot be found out whether the commit went through;
   *     nothing is deleted
   */
  public boolean commit(long base, List<Merge> merges) {
    checkRows(merges);
    Commit commit = new Commit(base, merges, ids.get().toString());
    attempts.untilSettled("a compaction", commit);
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
    private final long base;
    private final List<Merge> merges;
    private final String commitId;
    private final Map<String, LiveFile> inputs = new LinkedHashMap<>();
    private final List<String> leftovers = new ArrayList<>();
    private boolean stateUnknown;
    private boolean done;

    Commit(long base, List<Merge> merges, String commitId) {
      this.base = base;
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
      checkSchema(transaction.table());
      Snapshot parent = requireNonNull(transaction.table().currentSnapshot());
      head.moveTo(parent);
      Map<String, DeletionVector> late = lateDeletions(parent);
      if (late == null) {
        discard();
        return;
      }
      Plan plan = plan(late);
      if (!plan.isEmpty()) {
        tryCommit(transaction, plan, parent);
      }
      done = true;
      leftovers.clear();
      plan.stillborn().forEach(this::delete);
    }

    private void checkSchema(Table now) {
      try {
        schemaGuard.check(now);
      } catch (UnsupportedTableException e) {
        discard();
        throw e;
      }
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

    /** What was deleted of each input since the merge; null if rows moved or came back. */
    private @Nullable Map<String, DeletionVector> lateDeletions(Snapshot parent) {
      Map<String, DeletionVector> late = new HashMap<>();
      Set<String> gone = new HashSet<>();
      for (LiveFile input : inputs.values()) {
        String path = input.file().path();
        LiveFiles.LiveFile now = head.file(path);
        if (now == null) {
          gone.add(path);
          continue;
        }
        DeletionVector deleted = head.deleted(now);
        if (!input.deleted().andNot(deleted).isEmpty()) {
          LOG.info("Dropping a compaction of table {}: rows of {} came back", tableName, path);
          return null;
        }
        late.put(path, deleted.andNot(input.deleted()));
      }
      if (!gone.isEmpty() && !haveDied(gone, parent)) {
        LOG.info("Dropping a compaction of table {}: others rewrote {}", tableName, gone);
        return null;
      }
      return late;
    }

    /**
     * Whether a checkpoint removed these files, which it does when none of their rows is live, and
     * nobody else.
     */
    private boolean haveDied(Set<String> gone, Snapshot parent) {
      Set<String> left = new HashSet<>(gone);
      Snapshot snapshot = parent;
      while (snapshot != null && snapshot.snapshotId() != base) {
        if (MeruProperties.JOB_FLUSH.equals(snapshot.summary().get(MeruProperties.JOB))) {
          SnapshotChanges.builderFor(table)
              .snapshot(snapshot)
              .build()
              .removedDataFiles()
              .forEach(file -> left.remove(file.location()));
        }
        Long parentId = snapshot.parentId();
        snapshot = parentId == null ? null : table.snapshot(parentId);
      }
      return snapshot != null && left.isEmpty();
    }

    private Plan plan(Map<String, DeletionVector> late) {
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
      PlanBuilder builder = new PlanBuilder(table, head);
      for (Merge merge : merges) {
        for (AddedFile output : merge.result().added()) {
          LevelFileKeys.check(keySpec, output.file());
          builder.add(output, dead.getOrDefault(output.file().path(), DeletionVector.EMPTY));
        }
      }
      for (String path : inputs.keySet()) {
        LiveFiles.LiveFile live = head.file(path);
        if (live != null) {
          builder.drop(live);
        }
      }
      return builder.build(false);
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

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

package io.meru.simulation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.meru.commit.Committable;
import io.meru.commit.MeruProperties;
import io.meru.commit.TableCommitter.Outcome;
import io.meru.simulation.SimulatedRows.Change;
import io.meru.simulation.SnapshotReader.LiveFile;
import io.meru.simulation.Subtask.Changed;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Knows what every snapshot must hold: what its parent held, and the changes of just one checkpoint
 * or of whoever else made it. Looks at each commit at the moment at which it takes effect.
 *
 * <p>Held besides: no checkpoint is in two snapshots, none is answered for that is in none, and
 * only the attempt that claimed last commits.
 */
final class Oracle implements MemoryTable.Observer {
  private record CheckpointName(String sinkId, String runId, long checkpointId) {
    static CheckpointName of(Committable committable) {
      return new CheckpointName(
          committable.sinkId(), committable.runId(), committable.checkpointId());
    }
  }

  private final SnapshotReader reader;
  private final Map<CheckpointName, Map<Long, Changed>> announced = new HashMap<>();
  private final Set<CheckpointName> committed = new HashSet<>();
  private final Set<CheckpointName> withoutEffect = new HashSet<>();
  private final Set<CheckpointName> compacted = new HashSet<>();
  private final Set<String> runsThatCommitted = new HashSet<>();
  private final Map<String, Map<Long, Integer>> lastPositions = new HashMap<>();
  private final Map<String, Attempt> claimants = new HashMap<>();
  private final Map<String, Long> generations = new HashMap<>();
  private final Map<Long, TableModel> models = new HashMap<>();
  private final LineageCheck lineage = new LineageCheck();
  private final StaleReads staleReads;
  private final Deque<Attempt> acting = new ArrayDeque<>();
  private @Nullable UnaryOperator<TableModel> othersEffect;
  private @Nullable Throwable violation;
  private TableMetadata metadata;
  private int snapshots;
  private int starts;

  Oracle(SnapshotReader reader, StaleReads staleReads, TableMetadata metadata) {
    this.reader = reader;
    this.staleReads = staleReads;
    this.metadata = metadata;
  }

  /** A checkpoint holds these changes, whenever it may be committed. */
  void announce(Committable committable, Map<Long, Changed> changes) {
    announced.put(CheckpointName.of(committable), changes);
  }

  /** Runs a commit of {@code attempt}. */
  <T> T during(Attempt attempt, Supplier<T> commit) {
    acting.push(attempt);
    try {
      return commit.get();
    } finally {
      acting.pop();
    }
  }

  /** Runs a change of somebody else, with this effect on the rows. */
  void during(UnaryOperator<TableModel> effect, Runnable change) {
    othersEffect = effect;
    try {
      change.run();
    } finally {
      othersEffect = null;
    }
  }

  /** The committer of {@code attempt} has answered. */
  void answered(Attempt attempt, Committable committable, Outcome outcome) {
    CheckpointName name = CheckpointName.of(committable);
    switch (outcome) {
      case COMMITTED -> {
        if (compacted.contains(name) && !committed.contains(name)) {
          committedWithoutEffect(attempt, name); // but for its compactions
        }
        assertThat(committed).as("said to be committed").contains(name);
      }
      case ALREADY_COMMITTED ->
          assertThat(committed.contains(name) || withoutEffect.contains(name))
              .as("%s is said to be in the table", name)
              .isTrue();
      case EMPTY -> {
        Map<Long, Changed> changes = requireNonNull(announced.get(name));
        assertThat(head().with(changes)).as("%s is said to change nothing", name).isEqualTo(head());
        withoutEffect.add(name);
        remember(attempt, name, changes);
      }
    }
  }

  private void committedWithoutEffect(Attempt attempt, CheckpointName name) {
    Map<Long, Changed> changes = requireNonNull(announced.get(name));
    assertThat(head().with(changes)).as("%s changed nothing but files", name).isEqualTo(head());
    committed.add(name);
    remember(attempt, name, changes);
  }

  /** Whether {@code attempt} made its sink's newest claim. */
  boolean isNewestClaimant(Attempt attempt) {
    return attempt == claimants.get(attempt.sinkId());
  }

  /** Whether a snapshot holds {@code committable}. */
  boolean isCommitted(Committable committable) {
    return committed.contains(CheckpointName.of(committable));
  }

  /** Whether {@code runId} made the newest claim of {@code sinkId}. */
  boolean isNewestRun(String sinkId, String runId) {
    return requireNonNull(claimants.get(sinkId)).runId().equals(runId);
  }

  /** Whether {@code attempt} is in the middle of a commit. */
  boolean isActing(Attempt attempt) {
    return acting.contains(attempt);
  }

  /** The number of the attempt that starts now. */
  int start() {
    return ++starts;
  }

  /** Generation of the sink's newest claim, 0 before the first. */
  long generation(String sinkId) {
    return generations.getOrDefault(sinkId, 0L);
  }

  /** A new job of this sink starts behind these changes. */
  void forked(String sinkId, List<Change> inherited) {
    lastPositions.put(sinkId, positions(inherited));
  }

  /** Throws what was found wrong, whoever may have caught it since. */
  void check() {
    if (violation != null) {
      throw new AssertionError("Violation", violation);
    }
  }

  /** Every file of the head is still there. */
  void checkHead() {
    if (metadata.currentSnapshot() != null) {
      assertThat(TableModel.of(headFiles())).isEqualTo(head());
    }
  }

  /** For each key, the last change that {@code sinkId} committed is the last in {@code source}. */
  void checkComplete(String sinkId, List<Change> source) {
    assertThat(lastPositions.getOrDefault(sinkId, Map.of()))
        .as("last committed position by key of %s", sinkId)
        .isEqualTo(positions(source));
  }

  private static Map<Long, Integer> positions(List<Change> changes) {
    Map<Long, Integer> last = new HashMap<>();
    for (int position = 0; position < changes.size(); position++) {
      last.put(changes.get(position).key(), position);
    }
    return last;
  }

  /** What the head must hold. */
  TableModel head() {
    return model(metadata.currentSnapshot());
  }

  /** The head's files; none for an empty table. */
  List<LiveFile> headFiles() {
    Snapshot head = metadata.currentSnapshot();
    return head == null ? List.of() : reader.read(metadata, head);
  }

  /** Row ids that had to be kept so far, and were. */
  int keptRowIds() {
    return lineage.kept();
  }

  /** Snapshots checked so far. */
  int snapshots() {
    return snapshots;
  }

  @Override
  public void committed(TableMetadata newMetadata) {
    metadata = newMetadata;
    Snapshot head = newMetadata.currentSnapshot();
    if (head == null || models.containsKey(head.snapshotId())) {
      return; // no new snapshot: a change of schema or properties, an expiry, a rollback
    }
    try {
      Long parent = head.parentId();
      if (parent != null && !models.containsKey(parent)) {
        check(newMetadata, newMetadata.snapshot(parent)); // of the same commit
      }
      check(newMetadata, head);
    } catch (RuntimeException | AssertionError e) {
      violation = violation == null ? e : violation;
      throw e;
    }
  }

  /** The checkpoint in a snapshot; null if there is none. */
  private static @Nullable CheckpointName nameOf(Snapshot snapshot) {
    Map<String, String> summary = snapshot.summary();
    String checkpointId = summary.get(MeruProperties.CHECKPOINT_ID);
    return checkpointId == null
        ? null
        : new CheckpointName(
            summary.get(MeruProperties.SINK_ID),
            summary.get(MeruProperties.RUN_ID),
            Long.parseLong(checkpointId));
  }

  private void check(TableMetadata newMetadata, Snapshot snapshot) {
    TableModel before =
        snapshot.parentId() == null
            ? TableModel.EMPTY
            : requireNonNull(models.get(snapshot.parentId()));
    TableModel expected = after(before, snapshot);
    models.put(snapshot.snapshotId(), expected);
    List<LiveFile> files = reader.read(newMetadata, snapshot);
    assertThat(TableModel.of(files))
        .as("rows of snapshot %s %s", snapshot.snapshotId(), snapshot.summary())
        .isEqualTo(expected);
    staleReads.committed(snapshot.snapshotId(), files);
    lineage.check(newMetadata, snapshot, files, announced.get(nameOf(snapshot)));
    snapshots++;
  }

  private TableModel model(@Nullable Snapshot snapshot) {
    return snapshot == null
        ? TableModel.EMPTY
        : requireNonNull(models.get(snapshot.snapshotId()), "every snapshot was seen");
  }

  private TableModel after(TableModel before, Snapshot snapshot) {
    Map<String, String> summary = snapshot.summary();
    String job = summary.get(MeruProperties.JOB);
    if (job == null) {
      return requireNonNull(othersEffect, "a change that nobody announced").apply(before);
    }
    if (job.equals(MeruProperties.JOB_COMPACTION) && nameOf(snapshot) == null) {
      return before; // nobody's checkpoint: a compaction of the table
    }
    String sinkId = summary.get(MeruProperties.SINK_ID);
    long generation = Long.parseLong(summary.get(MeruProperties.GENERATION));
    if (job.equals(MeruProperties.JOB_CLAIM)) {
      assertThat(generation).isGreaterThan(generations.getOrDefault(sinkId, 0L));
      generations.put(sinkId, generation);
      Attempt claimant = requireNonNull(acting.peek());
      Attempt last = claimants.put(sinkId, claimant);
      assertThat(last == null || last.startedBefore(claimant))
          .as("a run claims before those that started after it")
          .isTrue();
      return before;
    }
    Attempt committer = requireNonNull(acting.peek());
    assertThat(isNewestClaimant(committer)).as("the newest claimant commits").isTrue();
    assertThat(generation).isEqualTo(generations.get(sinkId));
    CheckpointName name = requireNonNull(nameOf(snapshot));
    if (job.equals(MeruProperties.JOB_COMPACTION)) {
      assertThat(compacted.add(name)).as("%s is compacted once", name).isTrue();
      return before;
    }
    assertThat(committed.add(name)).as("%s is committed once", name).isTrue();
    Map<Long, Changed> changes = requireNonNull(announced.get(name));
    TableModel after = before.with(changes);
    if (committer.runId().equals(name.runId())) {
      runsThatCommitted.add(name.runId());
    } else if (!committer.sinkId().equals(sinkId)) {
      // of a run that had not committed itself, the table does not know when it was
      assertThat(
              isNewestRun(sinkId, name.runId())
                  || !runsThatCommitted.contains(name.runId())
                  || after.equals(before))
          .as("a fork commits only what the job it came from cannot have abandoned")
          .isTrue();
    }
    remember(committer, name, changes);
    return after;
  }

  /** What a fork commits of the job that it came from may be old news to that job. */
  private void remember(Attempt committer, CheckpointName name, Map<Long, Changed> changes) {
    boolean isOwn = committer.sinkId().equals(name.sinkId());
    Map<Long, Integer> positions =
        lastPositions.computeIfAbsent(name.sinkId(), sinkId -> new HashMap<>());
    changes.forEach(
        (key, changed) ->
            positions.merge(
                key, changed.position(), (old, now) -> isOwn ? now : Math.max(old, now)));
  }
}

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

import io.meru.TableWriters;
import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.commit.CommittableCodec;
import io.meru.commit.Faults;
import io.meru.commit.TableCommitter;
import io.meru.config.WriteOptions;
import io.meru.key.HashRange;
import io.meru.key.KeyEncoder;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.metrics.CommitMetrics;
import io.meru.metrics.WriterMetrics;
import io.meru.row.ByteBuilder;
import io.meru.row.RowKind;
import io.meru.simulation.SimulatedRows.Change;
import io.meru.simulation.StaleReads.Look;
import io.meru.simulation.Subtask.Ack;
import io.meru.simulation.Subtask.Changed;
import io.meru.simulation.Subtask.Sent;
import io.meru.version.VersionEdit;
import io.meru.writer.VersionSource;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/**
 * One run of a job, from a start or restore to its end: subtasks, a committer, and the checkpoints
 * on their way from barrier to commit. Whether it is the newest of its job, it does not know.
 */
final class Attempt {
  private static final Clock STOPPED = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);

  /** What stays the same from attempt to attempt of a schedule. */
  record Setup(
      MemoryTable table,
      Oracle oracle,
      StaleReads staleReads,
      WriteOptions writeOptions,
      CommitOptions commitOptions,
      Supplier<UUID> ids,
      UnaryOperator<VersionSource> versions,
      WriterMetrics metrics) {}

  /**
   * What the job's sink is called.
   *
   * @param isOption whether the job's options say so; if not, a restored attempt learns it from its
   *     state only
   */
  record Name(String sinkId, boolean isOption) {}

  /**
   * What a restore needs.
   *
   * @param position where the source stood at the barrier
   * @param inFlight sent before, and overtaken by the barrier
   * @param pending committables not known committed, as bytes
   */
  record Checkpoint(long id, int position, List<Sent> inFlight, List<byte[]> pending) {
    static final Checkpoint NONE = new Checkpoint(0, 0, List.of(), List.of());
  }

  /** A checkpoint whose barriers are under way. */
  private static final class Barriers {
    final long checkpointId;
    final int position;
    final List<VersionEdit> edits = new ArrayList<>();
    final Map<Long, Changed> changes = new HashMap<>();
    final List<Sent> inFlight = new ArrayList<>();

    Barriers(long checkpointId, int position) {
      this.checkpointId = checkpointId;
      this.position = position;
    }

    void add(Ack ack) {
      byte[] bytes = CommittableCodec.encodeEdit(ack.edit());
      edits.add(CommittableCodec.decodeEdit(CommittableCodec.VERSION, bytes));
      changes.putAll(ack.changes());
      inFlight.addAll(ack.inFlight());
    }
  }

  private final Name name;
  private final Setup setup;
  private final List<Change> source;
  private final String runId;
  private final int start;
  private final long generationAtStart;
  private final Schema schema;
  private final KeyEncoder keyEncoder;
  private final ByteBuilder key = new ByteBuilder(64);
  private final List<Subtask> subtasks = new ArrayList<>();
  private final Faults faults = new Faults();
  private final TableCommitter committer;
  private final Deque<Barriers> barriers = new ArrayDeque<>();
  private final Deque<Checkpoint> aligned = new ArrayDeque<>();
  private final Deque<byte[]> notCompleted = new ArrayDeque<>();
  private final Deque<byte[]> completed = new ArrayDeque<>();
  private final List<Committable> openAtStart;
  private int position;
  private long checkpointId;
  private int recovered;
  private long clockNanos;
  private boolean claimed;

  /** Starts from {@code from} with {@code parallelism} subtasks. */
  Attempt(Name name, Setup setup, List<Change> source, Checkpoint from, int parallelism) {
    this.name = name;
    this.setup = setup;
    this.source = source;
    this.runId = setup.ids().get().toString();
    this.start = setup.oracle().start();
    this.generationAtStart = setup.oracle().generation(name.sinkId());
    Table table = setup.table().load();
    this.schema = table.schema();
    this.keyEncoder = new KeyEncoder(KeySpec.of(MemoryTable.NAME, schema));
    for (int i = 0; i < parallelism; i++) {
      subtasks.add(open(HashRange.ofSubtask(i, parallelism)));
    }
    this.committer =
        new TableCommitter(
            setup.table().load(faults),
            MemoryTable.NAME,
            setup.commitOptions(),
            CommitMetrics.NONE,
            STOPPED,
            setup.ids());
    this.position = from.position();
    this.checkpointId = from.id();
    this.completed.addAll(from.pending());
    this.recovered = from.pending().size();
    this.openAtStart =
        from.pending().stream()
            .map(bytes -> CommittableCodec.decode(CommittableCodec.VERSION, bytes))
            .filter(committable -> !setup.oracle().isCommitted(committable))
            .toList();
    from.inFlight().forEach(this::send);
  }

  String sinkId() {
    return name.sinkId();
  }

  String runId() {
    return runId;
  }

  /** The changes that this attempt does not have to send, in their order. */
  List<Change> inherited() {
    return source.subList(0, position);
  }

  Schema schema() {
    return schema;
  }

  Faults faults() {
    return faults;
  }

  int parallelism() {
    return subtasks.size();
  }

  boolean isAtEnd() {
    return position == source.size();
  }

  /**
   * Whether a checkpoint that it started with, and that was in no snapshot then, is in one now:
   * then it has changed the table, also without a checkpoint of its own.
   */
  boolean hasCommittedRecovered() {
    return openAtStart.stream().anyMatch(setup.oracle()::isCommitted);
  }

  /** The source sends its next changes. */
  void emit(int count) {
    for (int i = 0; i < count && position < source.size(); i++) {
      send(new Sent(position, source.get(position)));
      position++;
    }
  }

  /**
   * The source sends a barrier to all subtasks, once the committer has claimed the table and
   * committed what it recovered: before that it does not run, and there are no checkpoints.
   */
  void trigger() {
    if (!claimed || recovered > 0) {
      return;
    }
    checkpointId++;
    barriers.addLast(new Barriers(checkpointId, position));
    subtasks.forEach(subtask -> subtask.sendBarrier(checkpointId));
  }

  /** Subtask {@code i} takes its next element. */
  void deliver(int i) {
    take(subtasks.get(i).deliver());
  }

  /** The next barrier on its way to subtask {@code i} overtakes what is before it. */
  void deliverBarrierFirst(int i) {
    take(subtasks.get(i).deliverBarrierFirst());
  }

  void deliverAll() {
    for (int i = 0; i < subtasks.size(); i++) {
      while (subtasks.get(i).waiting() > 0) {
        deliver(i);
      }
    }
  }

  /** Subtask {@code i} runs one flush. */
  void flush(int i) {
    subtasks.get(i).flush();
  }

  /** Subtask {@code i} runs the compaction that it has started. */
  void compact(int i) {
    subtasks.get(i).compact();
  }

  /** Checkpoints that all subtasks have passed, and nobody has called complete. */
  int aligned() {
    return aligned.size();
  }

  /** The {@code count} oldest of them are complete; returns the newest of these. */
  Checkpoint complete(int count) {
    Checkpoint newest = Checkpoint.NONE;
    for (int i = 0; i < count; i++) {
      newest = aligned.removeFirst();
      completed.addLast(notCompleted.removeFirst());
    }
    return newest;
  }

  /** Whether the committer has something to do. */
  boolean hasCommits() {
    return mustClaim() || !completed.isEmpty();
  }

  /** The committer claims the table if that comes first, else it commits the oldest committable. */
  String commit() {
    if (mustClaim()) {
      setup
          .oracle()
          .during(
              this,
              () -> {
                committer.claim(name.sinkId());
                return true;
              });
      claimed = true;
      return "CLAIMED";
    }
    return commitOldest().name();
  }

  boolean startedBefore(Attempt other) {
    return start < other.start;
  }

  /** Whether another run has claimed the sink before this one could, but after its start. */
  boolean isOvertaken() {
    return !claimed && setup.oracle().generation(name.sinkId()) > generationAtStart;
  }

  /**
   * Whether what comes next is a checkpoint of the job that this one was forked from, and that job
   * has started again since it made it, and not committed it.
   */
  boolean mayBeRefused() {
    if (completed.isEmpty()) {
      return false;
    }
    Committable next = CommittableCodec.decode(CommittableCodec.VERSION, completed.getFirst());
    return !next.sinkId().equals(name.sinkId())
        && !setup.oracle().isNewestRun(next.sinkId(), next.runId())
        && !setup.oracle().isCommitted(next);
  }

  private boolean mustClaim() {
    return !claimed && (name.isOption() || recovered == 0);
  }

  private TableCommitter.Outcome commitOldest() {
    Committable committable =
        CommittableCodec.decode(CommittableCodec.VERSION, completed.getFirst());
    Look start = setup.staleReads().look(Look.NONE);
    TableCommitter.Outcome outcome =
        setup
            .oracle()
            .during(
                this,
                () -> setup.staleReads().call(() -> start, () -> committer.commit(committable)));
    claimed = true;
    setup.oracle().answered(this, committable, outcome);
    completed.removeFirst();
    recovered = Math.max(0, recovered - 1);
    return outcome;
  }

  /** Ends in good order: subtasks are cancelled, the committer is closed. */
  void close() {
    subtasks.forEach(Subtask::close);
    committer.close();
  }

  /** Time passes whenever somebody asks for it. */
  private long tick() {
    clockNanos += TimeUnit.MILLISECONDS.toNanos(1);
    return clockNanos;
  }

  private Subtask open(HashRange range) {
    return new Subtask(
        schema,
        setup.writeOptions().maxSealed(),
        setup.staleReads(),
        (flushes, compactions, watched) ->
            TableWriters.open(
                setup.table().load(),
                MemoryTable.NAME,
                range,
                name.sinkId(),
                setup.writeOptions(),
                flushes,
                compactions,
                setup.metrics(),
                this::tick,
                setup.ids(),
                source -> watched.apply(setup.versions().apply(source))));
  }

  private void send(Sent sent) {
    key.reset();
    keyEncoder.encode(SimulatedRows.accessor(schema, sent.change()), RowKind.INSERT, key);
    int hash = KeyHash.hash16(KeyHash.hash64(key.array(), 0, key.size()));
    subtasks.get(HashRange.subtaskOf(hash, subtasks.size())).send(sent);
  }

  private void take(@Nullable Ack ack) {
    if (ack == null) {
      return;
    }
    for (Barriers open : barriers) {
      if (open.checkpointId == ack.checkpointId()) {
        open.add(ack);
      }
    }
    while (!barriers.isEmpty() && barriers.getFirst().edits.size() == subtasks.size()) {
      aligned(barriers.removeFirst());
    }
  }

  /** Every subtask has passed the barrier: the state that a restore would find. */
  private void aligned(Barriers done) {
    Committable committable =
        new Committable(
            name.sinkId(),
            runId,
            done.checkpointId,
            Committable.NO_WATERMARK,
            List.copyOf(done.edits));
    setup.oracle().announce(committable, done.changes);
    notCompleted.addLast(CommittableCodec.encode(committable));
    List<byte[]> pending = new ArrayList<>(completed);
    pending.addAll(notCompleted);
    aligned.addLast(
        new Checkpoint(
            done.checkpointId, done.position, List.copyOf(done.inFlight), List.copyOf(pending)));
  }
}

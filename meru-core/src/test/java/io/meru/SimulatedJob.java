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

package io.meru;

import io.meru.commit.CommitOptions;
import io.meru.commit.Committable;
import io.meru.commit.CommittableCodec;
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
import io.meru.testing.RecordAccessor;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.Table;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;

/**
 * A job without Flink: a replayable log of changes, writers over the hash space, barriers,
 * checkpoint state as bytes, one committer. All runs on the calling thread and every id comes from
 * a seed, so that a failing seed replays.
 */
final class SimulatedJob {
  /** One change of the log. A delete's record holds the key columns only. */
  record Change(RowKind kind, Record row) {}

  /** What a restore needs: where the source stood, and the committables not known committed. */
  record Checkpoint(long id, int logPosition, List<Pending> pending) {}

  /** A committable as it lies in checkpoint state, and how far into the log it reaches. */
  record Pending(byte[] committable, int logPosition) {}

  private final Supplier<Table> loader;
  private final WriteOptions options;
  private final Supplier<UUID> ids;
  private final List<Change> log;
  private final KeySpec keySpec;
  private final KeyEncoder keyEncoder;
  private final ByteBuilder key = new ByteBuilder(64);
  private final Types.StructType type;

  private final List<LsmWriter> writers = new ArrayList<>();
  private final List<Checkpoint> checkpoints = new ArrayList<>();
  private final List<Pending> pending = new ArrayList<>();
  private TableCommitter committer;
  private String runId;
  private long checkpointId;
  private int position;
  private int furthestCommitted;
  private int furthestTouched;

  SimulatedJob(
      Supplier<Table> loader,
      WriteOptions options,
      Supplier<UUID> ids,
      List<Change> log,
      int parallelism) {
    this.loader = loader;
    this.options = options;
    this.ids = ids;
    this.log = log;
    Table table = loader.get();
    this.keySpec = KeySpec.of("t", table.schema());
    this.keyEncoder = new KeyEncoder(keySpec);
    this.type = table.schema().asStruct();
    start(parallelism);
  }

  /** Reads the next {@code count} changes of the log. */
  void read(int count) {
    for (int i = 0; i < count && position < log.size(); i++) {
      Change change = log.get(position++);
      writerOf(change.row()).write(change.kind(), RecordAccessor.of(type, change.row()));
    }
  }

  boolean atEnd() {
    return position == log.size();
  }

  /** A barrier passes all writers; the committable goes into checkpoint state as bytes. */
  void barrier() {
    checkpointId++;
    List<VersionEdit> edits = new ArrayList<>();
    for (LsmWriter writer : writers) {
      byte[] bytes = CommittableCodec.encodeEdit(writer.barrier(checkpointId));
      edits.add(CommittableCodec.decodeEdit(CommittableCodec.VERSION, bytes));
    }
    Committable committable =
        new Committable("sink", runId, checkpointId, Committable.NO_WATERMARK, edits);
    pending.add(new Pending(CommittableCodec.encode(committable), position));
    checkpoints.add(new Checkpoint(checkpointId, position, List.copyOf(pending)));
  }

  int pending() {
    return pending.size();
  }

  /** The oldest pending committable is committed. */
  TableCommitter.Outcome commitOldest() {
    Pending oldest = pending.get(0);
    TableCommitter.Outcome outcome =
        committer.commit(CommittableCodec.decode(CommittableCodec.VERSION, oldest.committable()));
    pending.remove(0);
    furthestCommitted = Math.max(furthestCommitted, oldest.logPosition());
    furthestTouched = Math.max(furthestTouched, furthestCommitted);
    return outcome;
  }

  /** Number of checkpoints that can be restored. */
  int checkpoints() {
    return checkpoints.size();
  }

  /** The attempt dies; a new one starts from the {@code back}-th newest checkpoint. */
  void restore(int back, int parallelism) {
    stop();
    for (int i = 0; i < back; i++) {
      checkpoints.remove(checkpoints.size() - 1);
    }
    pending.clear();
    position = 0;
    checkpointId = 0;
    if (!checkpoints.isEmpty()) {
      Checkpoint checkpoint = lastCheckpoint();
      pending.addAll(checkpoint.pending());
      position = checkpoint.logPosition();
      checkpointId = checkpoint.id();
    }
    start(parallelism);
  }

  /** Whether the table must hold just what the log says up to the last barrier. */
  boolean isSettled() {
    return pending.isEmpty()
        && !checkpoints.isEmpty()
        && lastCheckpoint().logPosition() >= furthestTouched;
  }

  /** The rows by key after the changes up to the last barrier. */
  Map<List<Object>, Record> model() {
    Map<List<Object>, Record> model = new HashMap<>();
    for (Change change : log.subList(0, lastCheckpoint().logPosition())) {
      if (change.kind().isPut()) {
        model.put(keyOf(change.row()), change.row());
      } else {
        model.remove(keyOf(change.row()));
      }
    }
    return model;
  }

  /**
   * A change of a committable that is still pending; null if there is none. Whoever touches its key
   * now is overruled by the commit, or by the replay after a restore.
   */
  Change someUncommittedChange(int random) {
    int from = furthestCommitted;
    int to = pending.isEmpty() ? from : lastCheckpoint().logPosition();
    if (from >= to) {
      return null;
    }
    furthestTouched = Math.max(furthestTouched, to);
    return log.get(from + random % (to - from));
  }

  List<Object> keyOf(Record row) {
    List<Object> values = new ArrayList<>();
    keySpec.columns().forEach(column -> values.add(row.get(column.pos())));
    return values;
  }

  void stop() {
    writers.forEach(LsmWriter::close);
    writers.clear();
    committer.close();
  }

  private void start(int parallelism) {
    runId = ids.get().toString();
    for (int subtask = 0; subtask < parallelism; subtask++) {
      writers.add(
          TableWriters.open(
              loader.get(),
              "t",
              HashRange.ofSubtask(subtask, parallelism),
              "sink",
              options,
              Runnable::run,
              Runnable::run,
              WriterMetrics.NONE,
              () -> 0L,
              ids));
    }
    committer =
        new TableCommitter(
            loader.get(), "t", CommitOptions.DEFAULTS, CommitMetrics.NONE, Clock.systemUTC(), ids);
    committer.claim("sink");
  }

  private Checkpoint lastCheckpoint() {
    return checkpoints.get(checkpoints.size() - 1);
  }

  private LsmWriter writerOf(Record row) {
    key.reset();
    keyEncoder.encode(RecordAccessor.of(type, row), RowKind.INSERT, key);
    int hash = KeyHash.hash16(KeyHash.hash64(key.array(), 0, key.size()));
    return writers.get(HashRange.subtaskOf(hash, writers.size()));
  }
}

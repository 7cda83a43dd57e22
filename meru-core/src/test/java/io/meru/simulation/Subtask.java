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

import io.meru.simulation.SimulatedRows.Change;
import io.meru.simulation.SimulatedRows.Row;
import io.meru.simulation.StaleReads.Look;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import io.meru.writer.VersionSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.apache.iceberg.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One subtask of a sink: a channel with what the source sent, a writer, and flushes that wait until
 * the scheduler runs them.
 */
final class Subtask {
  /** What a channel carries: a change, or the barrier of a checkpoint. */
  private sealed interface Element {}

  /** A change and its position in the source. */
  record Sent(int position, Change change) implements Element {}

  private record Barrier(long checkpointId) implements Element {}

  /**
   * The last change of a key before a barrier.
   *
   * @param row null for a delete
   * @param seenHead the head of the table that its writer had seen when it flushed the change
   */
  record Changed(int position, @Nullable Row row, long seenHead) {}

  /**
   * What a subtask hands out at a barrier.
   *
   * @param inFlight sent before the barrier, which overtook it
   */
  record Ack(
      long checkpointId, VersionEdit edit, Map<Long, Changed> changes, List<Sent> inFlight) {}

  private final Schema schema;
  private final int maxSealed;
  private final StaleReads staleReads;
  private final LsmWriter writer;
  private final Deque<Element> channel = new ArrayDeque<>();
  private final Deque<Runnable> flushes = new ArrayDeque<>();
  private final Deque<Runnable> compactions = new ArrayDeque<>();
  private Map<Long, Changed> written = new HashMap<>();
  private boolean flushesAtOnce;
  private Look look = Look.NONE;

  /**
   * A subtask with an empty channel.
   *
   * @param schema of the rows that the job was planned with
   * @param opener makes the writer
   */
  Subtask(Schema schema, int maxSealed, StaleReads staleReads, Opener opener) {
    this.schema = schema;
    this.maxSealed = maxSealed;
    this.staleReads = staleReads;
    this.writer = opener.open(this::flushLater, this::compactLater, this::watched);
  }

  /**
   * Makes a writer that works on the executors, and looks at the table through what it is given.
   */
  interface Opener {
    LsmWriter open(Executor flushes, Executor compactions, UnaryOperator<VersionSource> versions);
  }

  private VersionSource watched(VersionSource source) {
    return new VersionSource() {
      @Override
      public Version load() {
        Version version = source.load();
        look = staleReads.look(look);
        return version;
      }

      @Override
      public Poll poll(long seenSnapshotId, SortedMap<Long, VersionEdit> pending) {
        Poll poll = source.poll(seenSnapshotId, pending);
        look = staleReads.look(look);
        return poll;
      }
    };
  }

  void send(Sent sent) {
    channel.addLast(sent);
  }

  void sendBarrier(long checkpointId) {
    channel.addLast(new Barrier(checkpointId));
  }

  int waiting() {
    return channel.size();
  }

  /** Takes the channel's next element; returns what a barrier has handed out. */
  @Nullable Ack deliver() {
    Element next = channel.pollFirst();
    if (next instanceof Barrier barrier) {
      return pass(barrier, List.of());
    }
    if (next instanceof Sent sent) {
      judged(() -> write(sent));
    }
    return null;
  }

  /** The channel's first barrier overtakes all before it; null if there is none. */
  @Nullable Ack deliverBarrierFirst() {
    List<Sent> overtaken = new ArrayList<>();
    for (Element element : channel) {
      if (element instanceof Barrier barrier) {
        channel.remove(barrier);
        return pass(barrier, overtaken);
      }
      overtaken.add((Sent) element);
    }
    return null;
  }

  /** Runs the oldest flush that waits. */
  void flush() {
    Runnable flush = flushes.pollFirst();
    if (flush != null) {
      judged(flush);
    }
  }

  /** Runs the compaction that waits; what it has written is installed by a flush step. */
  void compact() {
    Runnable compaction = compactions.pollFirst();
    if (compaction != null) {
      compaction.run();
    }
  }

  /** Ends as a cancelled task does. */
  void close() {
    while (!flushes.isEmpty() || !compactions.isEmpty()) {
      flush();
      compact(); // a writer that is closed waits for both
    }
    writer.close();
  }

  private void write(Sent sent) {
    while (flushes.size() >= maxSealed) {
      flush(); // the writer would wait for it
    }
    Change change = sent.change();
    writer.write(change.kind(), SimulatedRows.accessor(schema, change));
    written.put(change.key(), new Changed(sent.position(), change.row(), Version.NO_SNAPSHOT));
  }

  private Ack pass(Barrier barrier, List<Sent> overtaken) {
    while (!flushes.isEmpty()) {
      flush();
    }
    flushesAtOnce = true;
    try {
      VersionEdit edit = staleReads.call(() -> look, () -> writer.barrier(barrier.checkpointId()));
      Map<Long, Changed> changes = written;
      changes.replaceAll(
          (key, changed) -> new Changed(changed.position(), changed.row(), look.head()));
      written = new HashMap<>();
      return new Ack(barrier.checkpointId(), edit, changes, overtaken);
    } finally {
      flushesAtOnce = false;
    }
  }

  /** What this writer reads meanwhile must have been there when it last looked, or come since. */
  private void judged(Runnable action) {
    staleReads.run(() -> look, action);
  }

  /** A merge works on what its writer saw when it picked the inputs. */
  private void compactLater(Runnable compaction) {
    Look picked = look;
    compactions.addLast(() -> staleReads.run(() -> picked, compaction));
  }

  private void flushLater(Runnable flush) {
    if (flushesAtOnce) {
      flush.run();
    } else {
      flushes.addLast(flush);
    }
  }
}

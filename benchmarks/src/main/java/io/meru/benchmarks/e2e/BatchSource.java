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

package io.meru.benchmarks.e2e;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Sends a workload's batches as {@link BatchGate} opens them, one lane per subtask. It keeps no
 * state: a job that starts again says with which batch.
 */
final class BatchSource implements Source<RowData, BatchSource.NoSplit, BatchSource.NoState> {
  private static final long serialVersionUID = 1L;

  /** Rows between two looks at the mailbox. */
  private static final int ROWS_PER_POLL = 64;

  /** Readers know their part by their index. */
  record NoSplit() implements SourceSplit {
    @Override
    public String splitId() {
      return "none";
    }
  }

  /** The enumerator has nothing to hand out. */
  record NoState() {}

  private final Workload workload;
  private final int firstBatch;

  BatchSource(Workload workload, int firstBatch) {
    this.workload = workload;
    this.firstBatch = firstBatch;
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SourceReader<RowData, NoSplit> createReader(SourceReaderContext context) {
    if (context.currentParallelism() != workload.lanes()) {
      throw new IllegalStateException(
          "The source runs with parallelism %d but the workload has %d lanes"
              .formatted(context.currentParallelism(), workload.lanes()));
    }
    return new Reader(workload, context.getIndexOfSubtask(), firstBatch, BatchGate.current());
  }

  @Override
  public SplitEnumerator<NoSplit, NoState> createEnumerator(
      SplitEnumeratorContext<NoSplit> context) {
    return new Enumerator();
  }

  @Override
  public SplitEnumerator<NoSplit, NoState> restoreEnumerator(
      SplitEnumeratorContext<NoSplit> context, NoState state) {
    return new Enumerator();
  }

  @Override
  public SimpleVersionedSerializer<NoSplit> getSplitSerializer() {
    return new EmptySerializer<>(new NoSplit());
  }

  @Override
  public SimpleVersionedSerializer<NoState> getEnumeratorCheckpointSerializer() {
    return new EmptySerializer<>(new NoState());
  }

  private static final class Reader implements SourceReader<RowData, NoSplit> {
    private final Workload workload;
    private final Rows rows;
    private final BatchGate gate;
    private final int lane;
    private int batch;
    private int next;
    private int end;

    Reader(Workload workload, int lane, int firstBatch, BatchGate gate) {
      this.workload = workload;
      this.rows = new Rows(workload);
      this.gate = gate;
      this.lane = lane;
      begin(firstBatch);
    }

    private void begin(int place) {
      batch = place;
      next = workload.firstOperation(workload.batchAt(place)) + lane;
      end = workload.firstOperation(workload.batchAt(place) + 1);
    }

    @Override
    public void start() {}

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) {
      if (!gate.isOpen(batch)) {
        return InputStatus.NOTHING_AVAILABLE;
      }
      for (int i = 0; i < ROWS_PER_POLL && next < end; i++) {
        output.collect(rows.row(next));
        next += workload.lanes();
      }
      if (next < end) {
        return InputStatus.MORE_AVAILABLE;
      }
      begin(batch + 1);
      gate.sent();
      return InputStatus.NOTHING_AVAILABLE;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return gate.whenOpen(batch);
    }

    @Override
    public List<NoSplit> snapshotState(long checkpointId) {
      return List.of();
    }

    @Override
    public void addSplits(List<NoSplit> splits) {}

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() {}
  }

  private static final class Enumerator implements SplitEnumerator<NoSplit, NoState> {
    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtask, @Nullable String requesterHostname) {}

    @Override
    public void addSplitsBack(List<NoSplit> splits, int subtask) {}

    @Override
    public void addReader(int subtask) {}

    @Override
    public NoState snapshotState(long checkpointId) {
      return new NoState();
    }

    @Override
    public void close() {}
  }

  /** Writes nothing and reads the one value there is. */
  private static final class EmptySerializer<T> implements SimpleVersionedSerializer<T> {
    private final T value;

    EmptySerializer(T value) {
      this.value = value;
    }

    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(T ignored) {
      return new byte[0];
    }

    @Override
    public T deserialize(int version, byte[] bytes) {
      return value;
    }
  }
}

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

package io.meru.flink.sink;

import io.meru.commit.Committable;
import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.data.RowKinds;
import io.meru.version.VersionEdit;
import io.meru.writer.LsmWriter;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.RowData;

/**
 * One subtask's writer: hands rows to the {@link LsmWriter} of its hash range and, at a barrier,
 * the edit that they amount to.
 *
 * @param <T> the stream's record type
 */
final class MeruSinkWriter<T>
    implements StatefulSinkWriter<T, MeruWriterState>, CommittingSinkWriter<T, MeruWriteResult> {
  private final RowDataConverter<T> converter;
  private final RowDataAccessor accessor;
  private final LsmWriter writer;
  private final CheckpointIds checkpointIds;
  private final List<MeruWriterState> state;
  private final String sinkId;
  private final Counter errors;
  private final WriterResources resources;

  private long watermark = Committable.NO_WATERMARK;
  private boolean handedOutChanges;

  MeruSinkWriter(
      RowDataConverter<T> converter,
      RowDataAccessor accessor,
      LsmWriter writer,
      CheckpointIds checkpointIds,
      String sinkId,
      int stateCopies,
      Counter errors,
      WriterResources resources) {
    this.converter = converter;
    this.accessor = accessor;
    this.writer = writer;
    this.checkpointIds = checkpointIds;
    this.sinkId = sinkId;
    this.state = Collections.nCopies(stateCopies, new MeruWriterState(sinkId));
    this.errors = errors;
    this.resources = resources;
  }

  @Override
  public void write(T element, Context context) {
    try {
      RowData row = converter.convert(element);
      writer.write(RowKinds.of(row.getRowKind()), accessor.wrap(row));
    } catch (RuntimeException e) {
      errors.inc();
      throw Failures.classified(e);
    }
  }

  @Override
  public void writeWatermark(Watermark newWatermark) {
    watermark = newWatermark.getTimestamp();
  }

  /** Nothing: {@link #prepareCommit}, which Flink calls next, flushes and hands out in one step. */
  @Override
  public void flush(boolean endOfInput) {}

  @Override
  public Collection<MeruWriteResult> prepareCommit() {
    try {
      VersionEdit edit = writer.barrier(checkpointIds.next());
      handedOutChanges = !edit.isEmpty();
      return List.of(new MeruWriteResult(sinkId, watermark, edit));
    } catch (RuntimeException e) {
      throw Failures.classified(e);
    }
  }

  /**
   * The sink's name, in as many copies as it takes for every writer to get one at any later
   * parallelism: Flink deals the list out in turn.
   */
  @Override
  public List<MeruWriterState> snapshotState(long checkpointId) {
    if (handedOutChanges) {
      checkpointIds.named(checkpointId);
    } else {
      checkpointIds.namedEmpty(checkpointId);
    }
    return state;
  }

  @Override
  public void close() {
    try {
      writer.close();
    } finally {
      resources.close();
    }
  }
}

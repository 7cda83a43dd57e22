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

import io.meru.TableWriters;
import io.meru.error.UnsupportedTableException;
import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.loader.LoadedTable;
import io.meru.key.HashRange;
import io.meru.key.KeyColumn;
import io.meru.key.KeySpec;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/**
 * Opens a subtask's writer: the place where table, thread, clock, ids and metrics are made and put
 * together.
 *
 * @param <T> the stream's record type
 */
final class MeruWriterFactory<T> {
  private final RowDataConverter<T> converter;
  private final RowShape shape;
  private final SinkSettings settings;

  MeruWriterFactory(RowDataConverter<T> converter, RowShape shape, SinkSettings settings) {
    this.converter = converter;
    this.shape = shape;
    this.settings = settings;
  }

  /** Opens the table, checks it anew, and starts the writer. */
  MeruSinkWriter<T> open(String sinkId, WriterInitContext context) {
    LoadedTable table = LoadedTable.open(settings.loader().clone());
    WriterResources resources =
        WriterResources.of(table, context.getTaskInfo().getTaskNameWithSubtasks());
    try {
      table.checkWritable();
      return open(sinkId, context, resources);
    } catch (RuntimeException e) {
      resources.close();
      throw Failures.classified(e);
    }
  }

  private MeruSinkWriter<T> open(
      String sinkId, WriterInitContext context, WriterResources resources) {
    LoadedTable table = resources.table();
    checkKeyIsAsPlanned(table);
    TaskInfo task = context.getTaskInfo();
    CheckpointIds checkpointIds = new CheckpointIds(context.getRestoredCheckpointId().orElse(0));
    return new MeruSinkWriter<>(
        converter,
        accessorFor(table),
        TableWriters.open(
            table.table(),
            table.name(),
            HashRange.ofSubtask(task.getIndexOfThisSubtask(), task.getNumberOfParallelSubtasks()),
            sinkId,
            settings.writeOptions(),
            resources.flushes(),
            resources.compactions(),
            new FlinkWriterMetrics(context.metricGroup()),
            System::nanoTime,
            UUID::randomUUID,
            checkpointIds::translating),
        checkpointIds,
        sinkId,
        stateCopies(task),
        context.metricGroup().getNumRecordsSendErrorsCounter(),
        resources);
  }

  /** The table's key, which must still be the one by which rows are routed. */
  private void checkKeyIsAsPlanned(LoadedTable table) {
    KeySpec planned = shape.keySpec();
    KeySpec present = KeySpec.of(table.name(), table.schema());
    if (!present.fingerprint().equals(planned.fingerprint())) {
      throw new UnsupportedTableException(
          ("Cannot write to table %s: its primary key was %s when the job was made and is %s now."
                  + " Start the job again from a savepoint, so that it is planned with the new key.")
              .formatted(table.name(), columns(planned), columns(present)));
    }
  }

  private static String columns(KeySpec key) {
    return key.columns().stream().map(KeyColumn::name).collect(Collectors.joining(", ", "(", ")"));
  }

  /** A restart would meet the same table: the job has to be planned anew. */
  private RowDataAccessor accessorFor(LoadedTable table) {
    try {
      return shape.accessorFor(table.schema());
    } catch (IllegalArgumentException e) {
      throw new UnsupportedTableException(
          ("Cannot write to table %s: its columns changed since the job was made: %s Start the job"
                  + " again from a savepoint, so that it is planned with the new columns.")
              .formatted(table.name(), e.getMessage()));
    }
  }

  private static int stateCopies(TaskInfo task) {
    int writers = task.getNumberOfParallelSubtasks();
    return Math.max(1, (task.getMaxNumberOfParallelSubtasks() + writers - 1) / writers);
  }
}

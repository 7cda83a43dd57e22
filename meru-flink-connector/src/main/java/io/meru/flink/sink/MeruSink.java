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
import io.meru.flink.data.BinaryLayout;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessageTypeInfo;
import org.apache.flink.streaming.api.connector.sink2.SupportsPreCommitTopology;
import org.apache.flink.streaming.api.connector.sink2.SupportsPreWriteTopology;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.transformations.PartitionTransformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.Row;

/**
 * Writes a stream of upserts and deletes to an Iceberg v3 table, so that after every checkpoint any
 * reader sees one row per key.
 *
 * <pre>{@code
 * stream.sinkTo(MeruSink.forRowData(rowType).tableLoader(loader).build()).uid("orders-sink");
 * }</pre>
 *
 * <p>The parts: rows are routed to the writer that owns their key ({@link HashRangePartitioner}),
 * each writer buffers, resolves and writes files ({@link MeruSinkWriter}), one aggregator makes one
 * committable of a checkpoint ({@link CommittableAggregator}), one committer makes it a snapshot
 * ({@link MeruCommitter}).
 *
 * @param <T> the stream's record type
 */
public final class MeruSink<T>
    implements Sink<T>,
        SupportsWriterState<T, MeruWriterState>,
        SupportsCommitter<Committable>,
        SupportsPreWriteTopology<T>,
        SupportsPreCommitTopology<MeruWriteResult, Committable> {
  private static final long serialVersionUID = 1L;

  private static final String AGGREGATOR_NAME = "Aggregator";

  private final RowDataConverter<T> converter;
  private final RowShape shape;
  private final SinkSettings settings;

  MeruSink(RowDataConverter<T> converter, RowShape shape, SinkSettings settings) {
    this.converter = converter;
    this.shape = shape;
    this.settings = settings;
  }

  /** A sink for rows with the table's columns in their order. */
  public static MeruSinkBuilder<RowData> forRowData() {
    return new MeruSinkBuilder<>(new Identity(), null);
  }

  /** A sink for rows of {@code rowType}; see {@link MeruSinkBuilder#rowType}. */
  public static MeruSinkBuilder<RowData> forRowData(RowType rowType) {
    return new MeruSinkBuilder<>(new Identity(), rowType);
  }

  /** A sink for {@link Row}s of {@code rowType}, a row of the stream's columns. */
  public static MeruSinkBuilder<Row> forRow(DataType rowType) {
    return new MeruSinkBuilder<>(
        new ExternalRowConverter(rowType), (RowType) rowType.getLogicalType());
  }

  /** A sink for any records, which {@code converter} turns into rows of {@code rowType}. */
  public static <T> MeruSinkBuilder<T> builderFor(RowDataConverter<T> converter, RowType rowType) {
    return new MeruSinkBuilder<>(converter, rowType);
  }

  /** The table's name. */
  public String tableName() {
    return shape.tableName();
  }

  @Override
  public DataStream<T> addPreWriteTopology(DataStream<T> rows) {
    BatchParallelism.makeExplicit(rows.getExecutionEnvironment(), this);
    TypeInformation<T> routedType =
        converter instanceof Identity // others might keep a record
            ? PassingRowType.of(rows.getType())
            : rows.getType();
    RowType binaryType = null;
    if (routedType instanceof PassingRowType passing) {
      binaryType = passing.rowType();
      BinaryLayout.check(tableName(), binaryType, shape.rowType());
    }
    PartitionTransformation<T> routed =
        new PartitionTransformation<>(
            rows.getTransformation(), new HashRangePartitioner<>(converter, shape, binaryType));
    routed.setOutputType(routedType);
    return new DataStream<>(rows.getExecutionEnvironment(), routed);
  }

  @Override
  public StatefulSinkWriter<T, MeruWriterState> createWriter(WriterInitContext context) {
    return restoreWriter(context, List.of());
  }

  @Override
  public StatefulSinkWriter<T, MeruWriterState> restoreWriter(
      WriterInitContext context, Collection<MeruWriterState> recovered) {
    return new MeruWriterFactory<>(converter, shape, settings)
        .open(settings.sinkId(recovered), context);
  }

  @Override
  public DataStream<CommittableMessage<Committable>> addPreCommitTopology(
      DataStream<CommittableMessage<MeruWriteResult>> results) {
    return results
        .global()
        .transform(
            AGGREGATOR_NAME,
            CommittableMessageTypeInfo.of(MeruCommittableSerializer::new),
            new CommittableAggregator())
        .setParallelism(1)
        .setMaxParallelism(1)
        .global(); // to the committer's first subtask: commits have an order
  }

  @Override
  public Committer<Committable> createCommitter(CommitterInitContext context) {
    return MeruCommitter.open(
        context.getTaskInfo().getIndexOfThisSubtask(),
        settings.loader().clone(),
        settings.sinkIdAtStart(context.getRestoredCheckpointId().isPresent()),
        settings.commitOptions(context.getJobInfo().getJobId().toHexString()),
        settings.cleanUpOptions(),
        new FlinkCommitMetrics(context.metricGroup()),
        new FlinkCleanUpMetrics(context.metricGroup()));
  }

  @Override
  public SimpleVersionedSerializer<MeruWriterState> getWriterStateSerializer() {
    return new MeruWriterStateSerializer();
  }

  @Override
  public SimpleVersionedSerializer<MeruWriteResult> getWriteResultSerializer() {
    return new MeruWriteResultSerializer();
  }

  @Override
  public SimpleVersionedSerializer<Committable> getCommittableSerializer() {
    return new MeruCommittableSerializer();
  }

  /** Rows that need no conversion. */
  private static final class Identity implements RowDataConverter<RowData> {
    private static final long serialVersionUID = 1L;

    @Override
    public RowData convert(RowData row) {
      return row;
    }
  }
}

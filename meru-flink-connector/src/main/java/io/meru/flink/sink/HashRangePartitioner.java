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

import io.meru.flink.data.BinaryRows;
import io.meru.flink.data.RowDataAccessor;
import io.meru.flink.data.RowKinds;
import io.meru.key.HashRange;
import io.meru.key.KeyEncoder;
import io.meru.key.KeyHash;
import io.meru.row.ByteBuilder;
import java.util.Objects;
import org.apache.flink.runtime.io.network.api.writer.SubtaskStateMapper;
import org.apache.flink.runtime.plugable.SerializationDelegate;
import org.apache.flink.streaming.runtime.partitioner.StreamPartitioner;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Sends each row to the writer that owns its key's hash. A partitioner of our own, since Flink
 * refuses unaligned checkpoints behind {@code partitionCustom}.
 *
 * <p>Where records are rows in Flink's internal format, choosing the channel also puts the row in
 * binary format in the place of the one about to be serialized, so that Flink's serializer, which
 * boxes each value on its way there, finds the work done. That relies on Flink's record writer
 * serializing a record after it has chosen its channel; if it did otherwise, nothing but the gain
 * would be lost.
 *
 * <p>After a rescale under unaligned checkpoints, in-flight rows of the old channels are restored.
 * {@link SubtaskStateMapper#FULL} hands the rows of every old channel to every new writer, and
 * Flink then lets each writer keep those that {@link #selectChannel} sends to it: every row is
 * restored once, at its key's present owner. {@code RANGE} would read less, but it places its
 * borders by key groups, which round otherwise than hash ranges do, and would lose rows at a
 * border.
 *
 * @param <T> the stream's record type
 */
final class HashRangePartitioner<T> extends StreamPartitioner<T> {
  private static final long serialVersionUID = 1L;

  private final RowDataConverter<T> converter;
  private final RowShape shape;
  private final @Nullable RowType binaryType;

  // scratch space, from setup on

  @SuppressWarnings("NullAway.Init")
  private transient KeyHasher hasher;

  private transient @Nullable OutgoingRow outgoing;

  /**
   * Routes records as {@code shape} says.
   *
   * @param binaryType type of the records if they are rows in Flink's internal format, which cross
   *     the network in its binary format; null for others, which cross by their own serializer
   */
  HashRangePartitioner(
      RowDataConverter<T> converter, RowShape shape, @Nullable RowType binaryType) {
    this.converter = converter;
    this.shape = shape;
    this.binaryType = binaryType;
  }

  /**
   * Makes the scratch space. Not when the first row comes: a first time in the path of every row
   * costs its compiled code.
   */
  @Override
  public void setup(int numberOfChannels) {
    super.setup(numberOfChannels);
    if (hasher == null) {
      hasher = new KeyHasher(shape);
      outgoing = binaryType == null ? null : new OutgoingRow(binaryType);
    }
  }

  @Override
  public int selectChannel(SerializationDelegate<StreamRecord<T>> record) {
    RowData row = converter.convert(record.getInstance().getValue());
    if (outgoing != null) {
      row = outgoing.put(row, record);
    }
    return HashRange.subtaskOf(hasher.hash16(row), numberOfChannels);
  }

  /**
   * A copy, with the scratch space of this one if that is set up: a restore under unaligned
   * checkpoints makes one per pair of old and present subtasks, all for its own thread.
   */
  @Override
  public StreamPartitioner<T> copy() {
    HashRangePartitioner<T> copy = new HashRangePartitioner<>(converter, shape, binaryType);
    copy.hasher = hasher;
    copy.outgoing = outgoing;
    return copy;
  }

  @Override
  public SubtaskStateMapper getDownstreamSubtaskStateMapper() {
    return SubtaskStateMapper.FULL;
  }

  @Override
  public boolean isPointwise() {
    return false;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return super.equals(other)
        && other instanceof HashRangePartitioner<?> that
        && converter.equals(that.converter)
        && Objects.equals(binaryType, that.binaryType)
        && shape.tableName().equals(that.shape.tableName())
        && shape.rowType().equals(that.shape.rowType());
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), binaryType, shape.tableName(), shape.rowType());
  }

  @Override
  public String toString() {
    return "MERU_HASH_RANGE";
  }

  /** Computes the hash of a row's user key. */
  private static final class KeyHasher {
    private final RowDataAccessor accessor;
    private final KeyEncoder encoder;
    private final ByteBuilder key = new ByteBuilder(64);

    KeyHasher(RowShape shape) {
      this.accessor = shape.accessor();
      this.encoder = new KeyEncoder(shape.keySpec());
    }

    int hash16(RowData row) {
      key.reset();
      encoder.encode(accessor.wrap(row), RowKinds.of(row.getRowKind()), key);
      return KeyHash.hash16(KeyHash.hash64(key.array(), 0, key.size()));
    }
  }

  /**
   * Takes the place of the row about to be serialized. The upstream operator's own record, which
   * may go to others too, stays as it is.
   */
  private static final class OutgoingRow {
    private final BinaryRows rows;
    private final StreamRecord<RowData> record = new StreamRecord<>(new BinaryRowData(0));

    OutgoingRow(RowType type) {
      this.rows = new BinaryRows(type);
    }

    @SuppressWarnings("unchecked") // T is RowData where rows cross in binary format
    <T> RowData put(RowData row, SerializationDelegate<StreamRecord<T>> delegate) {
      RowData binary = rows.of(row);
      if (binary != row) {
        StreamRecord<T> incoming = delegate.getInstance();
        if (incoming.hasTimestamp()) {
          record.replace(binary, incoming.getTimestamp());
        } else {
          record.replace(binary);
          record.eraseTimestamp();
        }
        delegate.setInstance((StreamRecord<T>) record);
      }
      return binary;
    }
  }
}

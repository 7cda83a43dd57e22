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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.NullKeyException;
import io.meru.flink.testing.FlinkRows;
import io.meru.key.HashRange;
import io.meru.key.KeyEncoder;
import io.meru.key.KeyHash;
import io.meru.key.KeySpec;
import io.meru.row.ByteBuilder;
import io.meru.row.RowKind;
import io.meru.testing.RecordAccessor;
import io.meru.testing.Records;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.flink.runtime.plugable.SerializationDelegate;
import org.apache.flink.streaming.runtime.partitioner.StreamPartitioner;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.util.InstantiationUtil;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashRangePartitionerTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              Types.NestedField.required(1, "region", Types.StringType.get()),
              Types.NestedField.optional(2, "amount", Types.IntegerType.get()),
              Types.NestedField.required(3, "id", Types.LongType.get())),
          Set.of(1, 3));
  private static final RowType ROW_TYPE =
      RowType.of(
          new LogicalType[] {new BigIntType(), new VarCharType(10), new IntType()},
          new String[] {"id", "region", "amount"});

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 128})
  void rowsGoToTheOwnerOfTheirHash(int parallelism) throws Exception {
    StreamPartitioner<RowData> partitioner = InstantiationUtil.clone(partitioner());
    partitioner.setup(parallelism);

    for (long id = 0; id < 1000; id++) {
      RowData generic = row(id, "r" + id % 5);
      int owner = partitioner.selectChannel(delegate(generic));

      assertThat(HashRange.ofSubtask(owner, parallelism).contains(hash16(id, "r" + id % 5)))
          .isTrue();
      assertThat(partitioner.selectChannel(delegate(FlinkRows.binary(ROW_TYPE, generic))))
          .isEqualTo(owner);
    }
  }

  @Test
  void afterARescaleEveryInFlightRowIsRestoredOnceAtItsPresentOwner() {
    for (int before : List.of(1, 2, 4, 300)) {
      for (int after : List.of(1, 3, 4, 301)) {
        StreamPartitioner<RowData> old = partitioner();
        old.setup(before);
        for (long id = 0; id < 200; id++) {
          int oldChannel = old.selectChannel(delegate(row(id, "r")));
          assertThat(restoredAt(id, oldChannel, before, after))
              .containsExactly(HashRange.subtaskOf(hash16(id, "r"), after));
        }
      }
    }
  }

  @Test
  void unalignedCheckpointsAreSupported() {
    assertThat(partitioner().isSupportsUnalignedCheckpoint()).isTrue();
    assertThat(partitioner().getDownstreamSubtaskStateMapper().isAmbiguous()).isTrue();
  }

  @Test
  void copiesHaveTheirOwnNumberOfChannels() {
    StreamPartitioner<RowData> first = partitioner();
    first.setup(4);
    StreamPartitioner<RowData> second = first.copy();
    second.setup(1);

    assertThat(second).isNotSameAs(first);
    assertThat(second.selectChannel(delegate(row(1, "a")))).isZero();
  }

  @Test
  void rowsLeaveInBinaryFormatAndTheRecordStaysAsItIs() {
    StreamPartitioner<RowData> partitioner = partitioner();
    partitioner.setup(2);
    RowData row = row(1, "a");
    row.setRowKind(org.apache.flink.types.RowKind.UPDATE_AFTER);
    for (StreamRecord<RowData> record :
        List.of(new StreamRecord<>(row, 17L), new StreamRecord<>(row))) {
      SerializationDelegate<StreamRecord<RowData>> delegate = new SerializationDelegate<>(null);
      delegate.setInstance(record);

      partitioner.selectChannel(delegate);

      assertThat(record.getValue()).isSameAs(row);
      StreamRecord<RowData> outgoing = delegate.getInstance();
      assertThat(outgoing.getValue()).isEqualTo(FlinkRows.binary(ROW_TYPE, row));
      assertThat(outgoing.hasTimestamp()).isEqualTo(record.hasTimestamp());
      assertThat(outgoing.getTimestamp()).isEqualTo(record.getTimestamp());
    }
  }

  @Test
  void otherRecordsLeaveAsTheyAre() {
    StreamPartitioner<RowData> partitioner =
        new HashRangePartitioner<>(row -> row, new RowShape("db.t", SCHEMA, ROW_TYPE), null);
    partitioner.setup(2);
    SerializationDelegate<StreamRecord<RowData>> delegate = delegate(row(1, "a"));
    StreamRecord<RowData> record = delegate.getInstance();

    partitioner.selectChannel(delegate);

    assertThat(delegate.getInstance()).isSameAs(record);
    assertThat(record.getValue()).isInstanceOf(GenericRowData.class);
  }

  @Test
  void aNullKeyIsRefusedWithTableColumnAndKind() {
    StreamPartitioner<RowData> partitioner = partitioner();
    partitioner.setup(2);
    RowData row =
        GenericRowData.ofKind(
            org.apache.flink.types.RowKind.DELETE, null, StringData.fromString("r"), 1);

    assertThatThrownBy(() -> partitioner.selectChannel(delegate(row)))
        .isInstanceOf(NullKeyException.class)
        .hasMessageContaining("Cannot write a -D row to table db.t: key column 'id' is NULL");
  }

  /** The new subtasks that keep a row of {@code oldChannel}, as Flink's recovery does it. */
  private static List<Integer> restoredAt(long id, int oldChannel, int before, int after) {
    StreamPartitioner<RowData> filter = partitioner().copy();
    filter.setup(after);
    List<Integer> keepers = new ArrayList<>();
    for (int subtask = 0; subtask < after; subtask++) {
      int[] read = filter.getDownstreamSubtaskStateMapper().getOldSubtasks(subtask, before, after);
      if (Arrays.stream(read).anyMatch(channel -> channel == oldChannel)
          && filter.selectChannel(delegate(row(id, "r"))) == subtask) {
        keepers.add(subtask);
      }
    }
    return keepers;
  }

  private static HashRangePartitioner<RowData> partitioner() {
    return new HashRangePartitioner<>(row -> row, new RowShape("db.t", SCHEMA, ROW_TYPE), ROW_TYPE);
  }

  private static RowData row(long id, String region) {
    return GenericRowData.of(id, StringData.fromString(region), 5);
  }

  private static int hash16(long id, String region) {
    ByteBuilder key = new ByteBuilder(16);
    new KeyEncoder(KeySpec.of("db.t", SCHEMA))
        .encode(
            RecordAccessor.of(SCHEMA.asStruct(), Records.of(SCHEMA.asStruct(), region, null, id)),
            RowKind.INSERT,
            key);
    return KeyHash.hash16(KeyHash.hash64(key.array(), 0, key.size()));
  }

  private static SerializationDelegate<StreamRecord<RowData>> delegate(RowData row) {
    SerializationDelegate<StreamRecord<RowData>> delegate = new SerializationDelegate<>(null);
    delegate.setInstance(new StreamRecord<>(row));
    return delegate;
  }
}

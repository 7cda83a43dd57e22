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

import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.ExternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;

class PassingRowTypeTest {
  private static final RowType ROW_TYPE =
      RowType.of(
          new LogicalType[] {new BigIntType(), new VarCharType(VarCharType.MAX_LENGTH)},
          new String[] {"id", "name"});
  private static final TypeInformation<RowData> INTERNAL = InternalTypeInfo.of(ROW_TYPE);

  @Test
  void rowsAreReadOneIntoTheOther() throws Exception {
    TypeSerializer<RowData> writing = serializer(INTERNAL);
    TypeSerializer<RowData> reading = serializer(PassingRowType.of(INTERNAL));
    DataOutputSerializer bytes = new DataOutputSerializer(64);
    List<Integer> lengths = List.of(3, 200, 0, 7, 1000, 8);
    for (int length : lengths) {
      writing.serialize(row(length), bytes);
    }

    DataInputDeserializer source = new DataInputDeserializer(bytes.getCopyOfBuffer());
    RowData first = null;
    for (int length : lengths) {
      RowData row = reading.deserialize(source);

      first = first == null ? row : first;
      assertThat(row).isSameAs(first);
      assertThat(row.getRowKind()).isEqualTo(RowKind.UPDATE_AFTER);
      assertThat(row.getLong(0)).isEqualTo(length);
      assertThat(row.getString(1)).hasToString("x".repeat(length));
    }
  }

  @Test
  void duplicatesAndClonesShareNoRow() throws Exception {
    TypeSerializer<RowData> first = serializer(PassingRowType.of(INTERNAL));
    DataOutputSerializer bytes = new DataOutputSerializer(64);
    first.serialize(row(5), bytes);
    RowData row = first.deserialize(new DataInputDeserializer(bytes.getCopyOfBuffer()));

    for (TypeSerializer<RowData> other :
        List.of(first.duplicate(), InstantiationUtil.clone(first))) {
      RowData same = other.deserialize(new DataInputDeserializer(bytes.getCopyOfBuffer()));
      assertThat(same).isNotSameAs(row).isEqualTo(row);
    }
  }

  @Test
  void otherFormatsStayAsTheyAre() {
    TypeInformation<RowData> external =
        ExternalTypeInfo.of(
            TypeConversions.fromLogicalToDataType(ROW_TYPE).bridgedTo(RowData.class));

    assertThat(PassingRowType.of(external)).isSameAs(external);
    assertThat(PassingRowType.of(INTERNAL))
        .isEqualTo(PassingRowType.of(InternalTypeInfo.of(ROW_TYPE)))
        .isNotEqualTo(INTERNAL);
  }

  private static TypeSerializer<RowData> serializer(TypeInformation<RowData> type) {
    return type.createSerializer(new SerializerConfigImpl());
  }

  private static RowData row(int length) {
    return GenericRowData.ofKind(
        RowKind.UPDATE_AFTER, (long) length, StringData.fromString("x".repeat(length)));
  }
}

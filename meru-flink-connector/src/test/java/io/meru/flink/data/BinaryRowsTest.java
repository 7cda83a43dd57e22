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

package io.meru.flink.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.flink.testing.FlinkRows;
import io.meru.testing.RandomRecords;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.NullType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;
import org.apache.iceberg.Schema;
import org.apache.iceberg.flink.FlinkSchemaUtil;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BinaryRowsTest {
  private static final RowType TWO_STRINGS =
      RowType.of(
          new LogicalType[] {
            new VarCharType(VarCharType.MAX_LENGTH), new VarCharType(VarCharType.MAX_LENGTH)
          },
          new String[] {"first", "second"});

  @ParameterizedTest
  @EnumSource(RowKind.class)
  void theBytesAreThoseOfFlinksSerializer(RowKind kind) {
    Types.StructType type = RandomRecords.everyType();
    List<RowType.RowField> fields =
        new ArrayList<>(FlinkSchemaUtil.convert(new Schema(type.fields())).getFields());
    fields.removeIf(field -> field.getType() instanceof NullType); // Flink can't serialize it
    RowType rowType = new RowType(fields);
    RandomRecords random = new RandomRecords(7 + kind.ordinal());
    BinaryRows rows = new BinaryRows(rowType);

    for (int i = 0; i < 300; i++) {
      GenericRowData row = FlinkRows.generic(type, rowType, kind, random.nextRecord(type));

      assertThat(bytes(rows.of(row))).isEqualTo(bytes(FlinkRows.binary(rowType, row)));
    }
  }

  @Test
  void stringsOfAllLengthsAndForms() {
    BinaryRows rows = new BinaryRows(TWO_STRINGS);
    for (int length = 0; length < 3000; length += 1 + length / 10) {
      String string = "\u00e9".repeat(length / 2) + "x".repeat(length % 2);
      byte[] utf8 = string.getBytes(StandardCharsets.UTF_8);
      GenericRowData row =
          GenericRowData.of(
              StringData.fromString(string), BinaryStringData.fromBytes(utf8, 0, utf8.length));
      BinaryRowData expected = FlinkRows.binary(TWO_STRINGS, row);
      assertThat(bytes(rows.of(row))).isEqualTo(bytes(expected));

      GenericRowData spread = GenericRowData.of(null, inPieces(utf8));
      assertThat(bytes(rows.of(spread)))
          .isEqualTo(bytes(FlinkRows.binary(TWO_STRINGS, GenericRowData.of(null, utf8(utf8)))));
    }
  }

  @Test
  void rowsInBinaryFormatPass() {
    BinaryRowData row =
        FlinkRows.binary(TWO_STRINGS, GenericRowData.of(null, StringData.fromString("a")));

    assertThat(new BinaryRows(TWO_STRINGS).of(row)).isSameAs(row);
  }

  private static StringData utf8(byte[] bytes) {
    return StringData.fromBytes(bytes);
  }

  /** The string in segments of three bytes, from the second byte of the first on. */
  private static StringData inPieces(byte[] bytes) {
    int size = 3;
    MemorySegment[] segments = new MemorySegment[(bytes.length + 1) / size + 1];
    for (int i = 0; i < segments.length; i++) {
      byte[] piece = new byte[size];
      for (int j = 0; j < size; j++) {
        int at = i * size + j - 1;
        piece[j] = at >= 0 && at < bytes.length ? bytes[at] : 0;
      }
      segments[i] = MemorySegmentFactory.wrap(piece);
    }
    return BinaryStringData.fromAddress(segments, 1, bytes.length);
  }

  private static byte[] bytes(BinaryRowData row) {
    byte[] bytes = new byte[row.getSizeInBytes()];
    row.getSegments()[0].get(row.getOffset(), bytes, 0, bytes.length);
    return bytes;
  }
}

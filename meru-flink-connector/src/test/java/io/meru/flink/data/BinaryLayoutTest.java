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

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarCharType;
import org.junit.jupiter.api.Test;

class BinaryLayoutTest {
  @Test
  void typesWithOtherBytesAreRefused() {
    assertRefused(new IntType(), new BigIntType());
    assertRefused(new VarCharType(10), new BigIntType());
    assertRefused(new TimestampType(3), new TimestampType(6));
    assertRefused(new DecimalType(10, 2), new DecimalType(20, 2));
    assertRefused(new DecimalType(10, 2), new DecimalType(10, 3));
    assertRefused(new ArrayType(new IntType()), new ArrayType(new BigIntType()));
    assertRefused(
        new MapType(new IntType(), new IntType()), new MapType(new IntType(), new BigIntType()));
    assertRefused(row(new IntType(), row(new IntType())), row(new IntType(), row(new CharType(1))));
    assertRefused(row(new IntType()), row(new IntType(), new IntType()));
  }

  @Test
  void namesNullabilityAndLengthsDoNotCount() {
    RowType stream =
        RowType.of(
            new LogicalType[] {new BigIntType(false), new CharType(3), new TimestampType(6)},
            new String[] {"f0", "f1", "f2"});
    RowType expected =
        RowType.of(
            new LogicalType[] {
              new BigIntType(), new VarCharType(VarCharType.MAX_LENGTH), new TimestampType(6)
            },
            new String[] {"id", "name", "at"});

    assertThatCode(() -> BinaryLayout.check("db.t", stream, expected)).doesNotThrowAnyException();
  }

  @Test
  void theMessageNamesTableColumnAndTypes() {
    RowType stream =
        RowType.of(new LogicalType[] {new IntType(), new IntType()}, new String[] {"id", "amount"});
    RowType expected =
        RowType.of(
            new LogicalType[] {new IntType(), new BigIntType()}, new String[] {"id", "amount"});

    assertThatThrownBy(() -> BinaryLayout.check("db.t", stream, expected))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("to table db.t")
        .hasMessageContaining(
            "column 2 is 'amount' of type INT in the stream, and the sink expects 'amount' of type"
                + " BIGINT there")
        .hasMessageContaining("MeruSink.forRowData(rowType)");
    assertThatThrownBy(() -> BinaryLayout.check("db.t", row(new IntType()), expected))
        .hasMessageContaining("the stream has 1 columns and the sink expects 2");
  }

  private static void assertRefused(LogicalType stream, LogicalType expected) {
    assertThatThrownBy(() -> BinaryLayout.check("db.t", row(stream), row(expected)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> BinaryLayout.check("db.t", row(expected), row(stream)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatCode(() -> BinaryLayout.check("db.t", row(stream), row(stream)))
        .doesNotThrowAnyException();
  }

  private static RowType row(LogicalType... types) {
    return RowType.of(
        types, IntStream.range(0, types.length).mapToObj(i -> "c" + i).toArray(String[]::new));
  }
}

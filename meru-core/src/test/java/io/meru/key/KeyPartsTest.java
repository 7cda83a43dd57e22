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

package io.meru.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.row.ByteBuilder;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Parts tell by themselves where they end. */
class KeyPartsTest {
  @ParameterizedTest
  @MethodSource("values")
  void aPartEndsWhereTheNextOneStarts(Type type, Object value) {
    ByteBuilder key = new ByteBuilder(64);
    KeyParts.appendLong(key, 5);
    KeyParts.appendSerialized(key, type, Conversions.toByteBuffer(type, value));
    int end = key.size();
    KeyParts.appendBinary(key, new byte[] {0, 0, -1}, 0, 3);

    assertThat(KeyParts.end(type, key.array(), Long.BYTES)).isEqualTo(end);
  }

  static Stream<Arguments> values() {
    return Stream.of(
        Arguments.of(Types.BooleanType.get(), true),
        Arguments.of(Types.IntegerType.get(), -1),
        Arguments.of(Types.LongType.get(), 0L),
        Arguments.of(Types.DateType.get(), 20_000),
        Arguments.of(Types.TimeType.get(), 1L),
        Arguments.of(Types.TimestampType.withZone(), -1L),
        Arguments.of(Types.TimestampNanoType.withoutZone(), 1L),
        Arguments.of(Types.DecimalType.of(38, 2), new BigDecimal("0.00")),
        Arguments.of(Types.DecimalType.of(38, 2), new BigDecimal("-0.01")),
        Arguments.of(Types.DecimalType.of(38, 2), new BigDecimal("-123456789012345678.90")),
        Arguments.of(Types.DecimalType.of(38, 0), new BigDecimal("9".repeat(38))),
        Arguments.of(Types.UUIDType.get(), new UUID(0, 0)),
        Arguments.of(Types.FixedType.ofLength(3), ByteBuffer.wrap(new byte[] {0, 0, 0})),
        Arguments.of(Types.StringType.get(), ""),
        Arguments.of(Types.StringType.get(), "a\0\0b\0"),
        Arguments.of(Types.BinaryType.get(), ByteBuffer.wrap(new byte[] {0, -1, 0, 0})));
  }
}

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

package io.meru.inspect;

import static org.apache.iceberg.types.Types.NestedField.required;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.key.KeySpec;
import java.util.List;
import java.util.Set;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys as people write them. */
class KeyTextTest {
  @ParameterizedTest
  @CsvSource({
    "boolean, true, true",
    "boolean, FALSE, false",
    "int, -5, -5",
    "long, 9223372036854775807, 9223372036854775807",
    "'decimal(10, 2)', 12.5, 12.50",
    "'decimal(30, 0)', -123456789012345678901234567890, -123456789012345678901234567890",
    "date, 2026-01-31, 2026-01-31",
    "time, 12:30:15.000001, 12:30:15.000001",
    "timestamp, 2026-01-31 12:30:15, 2026-01-31T12:30:15",
    "timestamptz, 2026-01-31T12:30:15+02:00, 2026-01-31T10:30:15Z",
    "timestamp_ns, 2026-01-31T12:30:15.000000001, 2026-01-31T12:30:15.000000001",
    "uuid, 0f8fad5b-d9cb-469f-a165-70867728950e, 0f8fad5b-d9cb-469f-a165-70867728950e",
    "'fixed[3]', 0x01ff00, 0x01ff00",
    "binary, 0x0001, 0x0001",
    "binary, 0x, 0x",
    "string, a b, a b"
  })
  void valuesOfEveryTypeAreReadAndWritten(String type, String text, String canonical) {
    KeySpec spec = spec(type);
    byte[] key = KeyText.toKey(spec, List.of(text));

    assertThat(KeyText.ofKey(spec, key, 0, key.length)).containsExactly(canonical);
    assertThat(KeyText.toKey(spec, List.of(canonical))).isEqualTo(key);
  }

  @ParameterizedTest
  @CsvSource({
    "boolean, yes",
    "int, 2147483648",
    "long, seven",
    "'decimal(10, 2)', 1.001",
    "'decimal(4, 2)', 100.00",
    "date, 31.1.2026",
    "timestamp, yesterday",
    "uuid, 1234",
    "'fixed[3]', 0x01",
    "binary, 01"
  })
  void whatIsNoValueOfTheColumnIsRefused(String type, String text) {
    assertThatThrownBy(() -> KeyText.toKey(spec(type), List.of(text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'%s' is no value of key column 'k' of table t".formatted(text));
  }

  @Test
  void columnsFollowOneAnotherInKeyOrder() {
    KeySpec spec =
        KeySpec.of(
            "t",
            new Schema(
                List.of(
                    required(2, "b", Types.StringType.get()),
                    required(1, "a", Types.IntegerType.get())),
                Set.of(1, 2)));
    byte[] key = KeyText.toKey(spec, List.of("7", "x"));

    assertThat(KeyText.ofKey(spec, key, 0, key.length)).containsExactly("7", "x");
  }

  private static KeySpec spec(String type) {
    Type parsed = Types.fromTypeName(type);
    return KeySpec.of("t", new Schema(List.of(required(1, "k", parsed)), Set.of(1)));
  }
}

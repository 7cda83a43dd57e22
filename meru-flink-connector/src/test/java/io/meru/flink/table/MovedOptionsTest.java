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

package io.meru.flink.table;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MovedOptionsTest {
  @ParameterizedTest
  @CsvSource({
    "upsert-enabled, true",
    "write.upsert.enabled, TRUE",
    "overwrite-enabled, false",
    "distribution-mode, none",
    "distribution-mode, hash",
    "distribution-mode, range",
    "write-format, parquet",
    "write.format.default, PARQUET",
    "branch, main",
    "use-dynamic-iceberg-sink, false",
    "target-file-size-bytes, 134217728",
    "table-refresh-interval, 10 min",
    "flink-maintenance.rewrite.enabled, false",
    "flink-maintenance.lock.type, jdbc"
  })
  void optionsWithoutEffectOnTheTablesContentAreAccepted(String key, String value) {
    assertThatCode(() -> MovedOptions.check(Map.of(key, value))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "upsert-enabled|false|a Meru table has one row per key, so every write is an upsert. Remove the option, or stay with 'connector'='iceberg' for a table that takes duplicates.",
        "write.upsert.enabled|false|a Meru table has one row per key, so every write is an upsert. Remove the option, or stay with 'connector'='iceberg' for a table that takes duplicates.",
        "overwrite-enabled|true|a Meru sink replaces rows by key and never whole partitions. Remove the option, and delete what must go with another engine first.",
        "write-format|orc|Meru's data files are Parquet. Remove the option.",
        "write.format.default|avro|Meru's data files are Parquet. Remove the option.",
        "branch|audit|Meru writes to the main branch only. Remove the option, or stay with 'connector'='iceberg' for another branch.",
        "use-dynamic-iceberg-sink|true|a Meru sink writes one table. Declare one table per target.",
        "dynamic-record-generator-impl|a.B|a Meru sink writes one table. Declare one table per target.",
        "compaction-enabled|true|Meru's sink runs no maintenance of Iceberg's. Remove the option: Meru compacts ('compaction.enabled') and cleans up ('clean-up.enabled') by itself.",
        "flink-maintenance.rewrite.enabled|true|Meru's sink runs no maintenance of Iceberg's. Remove the option: Meru compacts ('compaction.enabled') and cleans up ('clean-up.enabled') by itself."
      })
  void optionsThatWouldMeanSomethingElseAreRefused(String key, String value, String reason) {
    assertThatThrownBy(() -> MovedOptions.check(Map.of(key, value)))
        .isInstanceOf(ValidationException.class)
        .hasMessage(
            "Option '%s'='%s' cannot be kept with connector 'meru': %s"
                .formatted(key, value, reason));
  }
}

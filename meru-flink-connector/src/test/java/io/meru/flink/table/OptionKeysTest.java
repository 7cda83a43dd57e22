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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.flink.sink.MeruSinkOptions;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.api.ValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionKeysTest {
  private final OptionKeys keys = new OptionKeys(MeruSinkOptions.all());

  @Test
  void everyOptionOfTheSinkIsKnown() {
    for (ConfigOption<?> option : MeruSinkOptions.all()) {
      assertThatCode(() -> keys.check(Set.of(option.key()), Set.of())).doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connector",
        "catalog-name",
        "catalog-type",
        "catalog-impl",
        "catalog-database",
        "catalog-table",
        "warehouse",
        "uri",
        "location",
        "io-impl",
        "s3.endpoint",
        "s3.path-style-access",
        "client.region",
        "hadoop.fs.defaultFS",
        "header.X-Iceberg-Access-Delegation",
        "rest.auth.type",
        "oauth2-server-uri",
        "jdbc.user",
        "format-version",
        "write.parquet.compression-codec",
        "write.metadata.metrics.column.a",
        "commit.retry.num-retries",
        "history.expire.max-snapshot-age-ms",
        "upsert-enabled",
        "write-parallelism",
        "sink.parallelism",
        "scan.parallelism",
        "compression-codec",
        "streaming",
        "monitor-interval",
        "snapshot-id",
        "as-of-timestamp",
        "flink-maintenance.lock.type",
        "catalog-property.anything"
      })
  void keysOfIcebergsConnectorAndCatalogsAreKnown(String key) {
    assertThatCode(() -> keys.check(Set.of(key), Set.of())).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "write-paralelism, write-parallelism",
    "upsert-enable, upsert-enabled",
    "catalog_name, catalog-name",
    "warehous, warehouse",
    "snapshotid, snapshot-id",
    "compression_codec, compression-codec",
    "formatversion, format-version"
  })
  void aMisspeltKeyFailsWithTheNearestKnownOne(String key, String nearest) {
    assertThatThrownBy(() -> keys.check(Set.of(key), Set.of()))
        .isInstanceOf(ValidationException.class)
        .hasMessage(
            "Unknown option '%s' for connector 'meru'. Did you mean '%s'? A property that only the catalog knows is written 'catalog-property.%s'."
                .formatted(key, nearest, key));
  }

  @Test
  void aKeyLikeNoOtherFailsWithoutAGuess() {
    assertThatThrownBy(() -> keys.check(Set.of("zzzzzzzzzzzz"), Set.of()))
        .hasMessage(
            "Unknown option 'zzzzzzzzzzzz' for connector 'meru'. A property that only the catalog knows is written 'catalog-property.zzzzzzzzzzzz'.");
  }

  @Test
  void everyUnknownKeyIsNamed() {
    assertThatThrownBy(() -> keys.check(Set.of("qqqqqqqqqq", "zzzzzzzzzz"), Set.of()))
        .hasMessageContaining("'qqqqqqqqqq'")
        .hasMessageContaining("'zzzzzzzzzz'");
  }

  @Test
  void propertiesThatTheTableHasAreKnown() {
    assertThatCode(() -> keys.check(Set.of("team.owner"), Set.of("team.owner")))
        .doesNotThrowAnyException();
  }

  @Test
  void theCatalogGetsItsKeysAndNoOthers() {
    assertThat(
            OptionKeys.catalogProperties(
                Map.of(
                    "connector", "meru",
                    "catalog-name", "lake",
                    "warehouse", "/w",
                    "s3.endpoint", "http://s3",
                    "catalog-property.odd", "1",
                    "write.parquet.compression-codec", "zstd",
                    "write-parallelism", "2")))
        .isEqualTo(Map.of("warehouse", "/w", "s3.endpoint", "http://s3", "odd", "1"));
  }

  @Test
  void aNewTableGetsTablePropertiesAndNoOptionsOfTheSink() {
    assertThat(
            keys.tableProperties(
                Map.of(
                    "connector", "meru",
                    "warehouse", "/w",
                    "write.parquet.compression-codec", "zstd",
                    "commit.retry.num-retries", "9",
                    "commit.max-attempts", "3",
                    "write-parallelism", "2")))
        .isEqualTo(
            Map.of("write.parquet.compression-codec", "zstd", "commit.retry.num-retries", "9"));
  }
}

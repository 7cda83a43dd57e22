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

import io.meru.flink.sink.MeruSinkOptions;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigurationUtils;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/options.md} is made from the code. To write it anew: {@code mvn -pl
 * meru-flink-connector -am test -Dtest=OptionsDocTest -Dmeru.docs.write=true
 * -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class OptionsDocTest {
  private static final Path DOC = Path.of("..", "docs", "options.md");

  @Test
  void theDocumentSaysWhatTheCodeDoes() throws IOException {
    String expected = document();
    if (Boolean.getBoolean("meru.docs.write")) {
      Files.writeString(DOC, expected);
    }
    assertThat(Files.readString(DOC))
        .as("docs/options.md is out of date; run this test with -Dmeru.docs.write=true")
        .isEqualTo(expected);
  }

  @Test
  void everyDeclaredOptionIsListed() throws IllegalAccessException {
    assertThat(declaredIn(MeruSinkOptions.class))
        .containsExactlyInAnyOrderElementsOf(MeruSinkOptions.all());
    assertThat(new MeruDynamicTableFactory().optionalOptions())
        .containsAll(declaredIn(MeruConnectorOptions.class))
        .containsAll(MeruSinkOptions.all());
  }

  @Test
  void everyOptionIsDescribed() {
    assertThat(MeruSinkOptions.all())
        .allSatisfy(option -> assertThat(description(option)).hasSizeGreaterThan(40));
  }

  private static List<ConfigOption<?>> declaredIn(Class<?> type) throws IllegalAccessException {
    List<ConfigOption<?>> options = new ArrayList<>();
    for (Field field : type.getFields()) {
      if (field.getType() == ConfigOption.class) {
        options.add((ConfigOption<?>) field.get(null));
      }
    }
    return options;
  }

  private static String document() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # Options

        <!-- Made from the code by OptionsDocTest, which says how to write it anew. -->

        Options go into the `WITH` clause of a table, into a hint
        (`INSERT INTO t /*+ OPTIONS('write-parallelism'='8') */ ...`), or, those of the sink, into
        `MeruSink`'s builder with `set(key, value)`. A key that nobody declares fails the job.

        ## The sink

        """);
    table(text, MeruSinkOptions.all());
    text.append(
        """

        In SQL some have a second name, so that definitions move from other connectors:

        | name | stands for |
        |---|---|
        """);
    new TreeMap<>(SinkOptions.OTHER_NAMES)
        .forEach((name, option) -> text.append("| `%s` | `%s` |\n".formatted(name, option.key())));
    text.append(
        """

        Heap of one writer, at most: (1 + `write-buffer.max-sealed`) x `write-buffer.size` +
        `resolver.cache-size` + `pending-edit.max-bytes`, a row group while it is written and, unless the
        key is one integer, date, time or timestamp, the keys of the sealed buffers once more; beside
        it what [compaction](operations.md#compaction-and-clean-up) takes.

        ## Where the table lies (SQL)

        """);
    table(
        text,
        List.of(
            MeruConnectorOptions.CATALOG_NAME,
            MeruConnectorOptions.CATALOG_TYPE,
            MeruConnectorOptions.CATALOG_IMPL,
            MeruConnectorOptions.CATALOG_DATABASE,
            MeruConnectorOptions.CATALOG_TABLE,
            MeruConnectorOptions.WAREHOUSE,
            MeruConnectorOptions.URI,
            MeruConnectorOptions.LOCATION));
    text.append(
        """

        Further properties of the catalog are handed to it: `io-impl`, `s3.*`, `client.*`, `rest.*`,
        `header.*`, `oauth2-server-uri`, `credential`, `token`, `jdbc.*`, `hive-conf-dir`,
        `base-namespace`, `cache-enabled` and the like. One that only your catalog knows is written
        `catalog-property.<name>`.

        ## The table (SQL)

        Keys that begin with `write.`, `read.`, `commit.`, `history.`, `gc.`, `compatibility.` or
        `engine.`, and `format-version` (3), become properties of the table when it is created.
        These are set unless the definition says otherwise:

        | property | value |
        |---|---|
        """);
    new TreeMap<>(TableCreator.DEFAULT_PROPERTIES)
        .forEach((name, value) -> text.append("| `%s` | `%s` |\n".formatted(name, value)));
    text.append(
        """

        ## Reading (SQL)

        `SELECT` is done by Iceberg's Flink source and takes its options under its names:
        """);
    text.append(
        String.join(",\n", OptionKeys.READ.stream().sorted().map("`%s`"::formatted).toList()));
    text.append(".\n");
    return text.toString();
  }

  private static void table(StringBuilder text, List<ConfigOption<?>> options) {
    text.append("| option | default | meaning and price |\n|---|---|---|\n");
    for (ConfigOption<?> option : options) {
      text.append(
          "| `%s` | %s | %s |\n"
              .formatted(option.key(), defaultValue(option), description(option)));
    }
  }

  private static String defaultValue(ConfigOption<?> option) {
    return option.hasDefaultValue()
        ? "`" + ConfigurationUtils.convertValue(option.defaultValue(), String.class) + "`"
        : "none";
  }

  private static String description(ConfigOption<?> option) {
    return new HtmlFormatter().format(option.description()).replace("|", "\\|");
  }
}

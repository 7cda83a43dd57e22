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

package io.meru.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** Figures and columns. */
class TextTest {
  @Test
  void bytesHaveTwoDigitsOrMoreAndAUnit() {
    assertThat(Units.bytes(0)).isEqualTo("0 B");
    assertThat(Units.bytes(1023)).isEqualTo("1023 B");
    assertThat(Units.bytes(1536)).isEqualTo("1.5 KiB");
    assertThat(Units.bytes(20 << 20)).isEqualTo("20 MiB");
    assertThat(Units.bytes(5L << 40)).isEqualTo("5.0 TiB");
  }

  @Test
  void otherFiguresAreReadable() {
    assertThat(Units.count(1_234_567)).isEqualTo("1,234,567");
    assertThat(Units.share(0.123)).isEqualTo("12.3 %");
    assertThat(Units.time(0)).isEqualTo("1970-01-01 00:00:00Z");
    assertThat(Units.hashRange(0, 0x7fff)).isEqualTo("0000-7fff");
    assertThat(Units.hashRange(null, null)).isEqualTo("-");
    assertThat(Units.level(3)).isEqualTo("L3");
    assertThat(Units.level(null)).isEqualTo("foreign");
    assertThat(Units.many(1, "file")).isEqualTo("1 file");
    assertThat(Units.many(2000, "file")).isEqualTo("2,000 files");
    assertThat(Units.fileName("file:/a/b.parquet")).isEqualTo("b.parquet");
  }

  @Test
  void columnsAreAlignedAndNothingIsCut() {
    TextTable table =
        new TextTable("NAME", ">N", "LAST").row("a", "1", "x").row("longer name", "1,000", "");

    assertThat(print(table, 0))
        .isEqualTo(
            """
              NAME             N  LAST
              a                1  x
              longer name  1,000
            """);
    assertThat(print(table, 1))
        .isEqualTo(
            """
              NAME  N  LAST
              a     1  x
              ... and 1 more; --limit 0 shows all
            """);
  }

  @Test
  void valuesOfFactsStandBelowEachOther() {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    new Facts().add("Table", "orders").add("Not listed", "a").print(out);
    new Facts().print(out);
    out.flush();
    assertThat(text.toString().replace(System.lineSeparator(), "\n"))
        .isEqualTo("Table       orders\nNot listed  a\n");
  }

  private static String print(TextTable table, int limit) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    table.print(out, limit);
    out.flush();
    return text.toString().replace(System.lineSeparator(), "\n");
  }
}

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

package io.meru.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrintedOptionsTest {
  @TempDir Path folder;

  private PrintedOptions printed;

  @BeforeEach
  void print() throws Exception {
    Path guide = folder.resolve("guide.md");
    Files.writeString(
        guide,
        """
        -- rest
        'catalog-type' = 'rest',
        'uri' = 'http://catalog:8181',

        -- local
        'warehouse' = 'file:///lake',
        """);
    printed = PrintedOptions.in(guide);
  }

  @Test
  void aBlockIsTakenWithOtherPlaces() {
    assertThat(printed.of("rest", Map.of("uri", "http://127.0.0.1:1")))
        .isEqualTo(Map.of("catalog-type", "rest", "uri", "http://127.0.0.1:1"));
  }

  @Test
  void anOptionThatIsNotPrintedIsNotMadeUp() {
    assertThatThrownBy(() -> printed.of("local", Map.of("uri", "x")))
        .hasMessageContaining("does not print option 'uri' for 'local'");
  }

  @Test
  void aBlockThatIsNotPrintedIsAnError() {
    assertThatThrownBy(() -> printed.of("hive", Map.of()))
        .hasMessageContaining("prints no options for 'hive'");
  }
}

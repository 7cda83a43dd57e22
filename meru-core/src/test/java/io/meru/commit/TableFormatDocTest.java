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

package io.meru.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.key.HashRange;
import io.meru.levelfile.FooterKeys;
import io.meru.version.LevelFileName;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds docs/table-format.md against the code: every name that Meru writes stands there. */
class TableFormatDocTest {
  private static final Path PAGE = Path.of("..", "docs", "table-format.md");

  @Test
  void everyFooterKeyStandsOnThePage() throws Exception {
    assertThat(page()).contains(constants(FooterKeys.class));
  }

  @Test
  void everySnapshotAndTablePropertyStandsOnThePage() throws Exception {
    assertThat(page())
        .contains(constants(MeruProperties.class))
        .contains(MeruProperties.claim("<sink-id>"))
        .contains(MeruProperties.committed("<sink-id>", "<run-id>"));
  }

  @Test
  void theExampleOfAFileNameIsOne() throws IOException {
    Matcher example = Pattern.compile("meru-L0-\\S+\\.parquet").matcher(page());
    assertThat(example.find()).isTrue();
    LevelFileName name = LevelFileName.parse(example.group()).orElseThrow();
    assertThat(name.hashRange()).isEqualTo(HashRange.ofSubtask(0, 2));
    assertThat(name.sinkId()).isEqualTo("orders");
    assertThat(name.format()).isEqualTo(example.group());
  }

  @Test
  void theVersionsOnThePageAreThePresentOnes() throws IOException {
    assertThat(page())
        .contains("| `meru.format` | version of these keys: " + FooterKeys.FORMAT_VERSION + " |")
        .contains("| committable | " + CommittableCodec.VERSION + " |");
  }

  private static String page() throws IOException {
    return Files.readString(PAGE);
  }

  private static List<String> constants(Class<?> names) throws IllegalAccessException {
    List<String> values = new ArrayList<>();
    for (Field field : names.getDeclaredFields()) {
      if (Modifier.isPublic(field.getModifiers()) && field.getType() == String.class) {
        String value = (String) field.get(null);
        if (value.contains(".")) {
          values.add("`" + value + "`");
        }
      }
    }
    assertThat(values).hasSizeGreaterThan(5);
    return values;
  }
}

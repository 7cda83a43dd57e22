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

package io.meru.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.key.HashRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LevelFileNameTest {
  private static final String UNIQUE = "0f8fad5bd9cb469fa16570867728950e";
  private static final String NAME = "meru-L0-0000-7fff-5e1f00aa-orders-" + UNIQUE + ".parquet";

  @Test
  void formats_as_documented() {
    assertThat(name(0, new HashRange(0, 0x8000), "orders").format()).isEqualTo(NAME);
  }

  @Test
  void parses_what_it_formats_in_any_folder() {
    for (String folder : new String[] {"", "/", "s3://b/t/data/", "file:/tmp/a-b/p=1/"}) {
      for (int level : new int[] {0, 1, 9, 10, 99}) {
        for (HashRange range :
            new HashRange[] {HashRange.ALL, new HashRange(7, 8), new HashRange(0xfffe, 0x10000)}) {
          LevelFileName name = name(level, range, "A.b_9");
          assertThat(LevelFileName.parse(folder + name.format())).contains(name);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "00000-0-data.parquet",
        "xmeru-L0-0000-7fff-5e1f00aa-orders-" + UNIQUE + ".parquet",
        "meru-L-1-0000-7fff-5e1f00aa-orders-" + UNIQUE + ".parquet",
        "meru-L00-0000-7fff-5e1f00aa-orders-" + UNIQUE + ".parquet",
        "meru-L100-0000-7fff-5e1f00aa-orders-" + UNIQUE + ".parquet",
        "meru-L0-000-7fff-5e1f00aa-orders-" + UNIQUE + ".parquet",
        "meru-L0-0000-7FFF-5e1f00aa-orders-" + UNIQUE + ".parquet",
        "meru-L0-8000-7fff-5e1f00aa-orders-" + UNIQUE + ".parquet",
        "meru-L0-0000-7fff-5e1f00a-orders-" + UNIQUE + ".parquet",
        "meru-L0-0000-7fff-5e1f00aa--" + UNIQUE + ".parquet",
        "meru-L0-0000-7fff-5e1f00aa-or-ders-" + UNIQUE + ".parquet",
        "meru-L0-0000-7fff-5e1f00aa-ord\u00e9rs-" + UNIQUE + ".parquet",
        "meru-L0-0000-7fff-5e1f00aa-orders-" + UNIQUE + "0.parquet",
        "meru-L0-0000-7fff-5e1f00aa-orders-" + UNIQUE + ".parquet\n",
        "meru-L0-0000-7fff-5e1f00aa-orders-" + UNIQUE + ".orc",
        NAME + "/part-0.parquet"
      })
  void anything_else_is_foreign(String path) {
    assertThat(LevelFileName.parse(path)).isEmpty();
  }

  @Test
  void refuses_parts_that_could_not_be_read_back() {
    assertThatThrownBy(() -> name(0, HashRange.ALL, "my-sink"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Sink id must consist of letters, digits, dots and underscores but was 'my-sink'");
    assertThatThrownBy(() -> name(0, HashRange.ALL, ""))
        .hasMessage("Sink id must consist of letters, digits, dots and underscores but was ''");
    assertThatThrownBy(() -> name(100, HashRange.ALL, "s"))
        .hasMessage("Level must be from 0 to 99 but was 100");
    assertThatThrownBy(() -> new LevelFileName(0, HashRange.ALL, "5E1F00AA", "s", UNIQUE))
        .hasMessage(
            "Fingerprint must consist of eight lower-case hexadecimal digits but was '5E1F00AA'");
    assertThatThrownBy(() -> new LevelFileName(0, HashRange.ALL, "5e1f00aa", "s", "1"))
        .hasMessage("Unique part must consist of 32 lower-case hexadecimal digits but was '1'");
  }

  private static LevelFileName name(int level, HashRange range, String sinkId) {
    return new LevelFileName(level, range, "5e1f00aa", sinkId, UNIQUE);
  }
}

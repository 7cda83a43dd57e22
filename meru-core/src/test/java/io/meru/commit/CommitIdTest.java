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

import io.meru.key.KeyList;
import io.meru.version.VersionEdit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CommitIdTest {
  private static final VersionEdit ONE = edit(1);
  private static final VersionEdit TWO = edit(2);

  @Test
  void idIsTheSameWhoeverAggregatesInWhateverOrder() {
    assertThat(id("run", 7, ONE, TWO)).isEqualTo(id("run", 7, TWO, ONE)).matches("[0-9a-f]{32}");
  }

  @Test
  void idNamesRunCheckpointAndEdits() {
    assertThat(
            List.of(
                id("run", 7, ONE, TWO),
                id("run", 7, ONE),
                id("run", 8, ONE, TWO),
                id("other", 7, ONE, TWO),
                id("run7", 7, ONE, TWO)))
        .doesNotHaveDuplicates();
  }

  @Test
  void idNeverChanges() {
    assertThat(id("run", 7, ONE)).isEqualTo("18ff70843d96efe83992968bdcae0f3a");
  }

  private static String id(String runId, long checkpointId, VersionEdit... edits) {
    return CommitId.of(
        new Committable("sink", runId, checkpointId, Committable.NO_WATERMARK, List.of(edits)));
  }

  private static VersionEdit edit(long id) {
    return new VersionEdit(new UUID(0, id), -1, List.of(), Map.of(), KeyList.EMPTY);
  }
}

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

package io.meru.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.version.DeletionVector;
import io.meru.version.Lineage;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version.LiveFile;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputHeapTest {
  private static final long MIB = 1 << 20;

  @Test
  void aFileOfCommonRowsTakesFourPages() {
    assertThat(InputHeap.fitting(files(300, 100 * MIB, 1_000_000), 128 * MIB)).isEqualTo(32);
    assertThat(InputHeap.fitting(files(20, 100 * MIB, 1_000_000), 128 * MIB)).isEqualTo(20);
  }

  @Test
  void aFileOfRowsThatAreLargerThanAPageTakesFourRows() {
    assertThat(InputHeap.fitting(files(300, 100 * MIB, 25), 128 * MIB)).isEqualTo(8);
  }

  @Test
  void twoFilesFitInAnyCase() {
    assertThat(InputHeap.fitting(files(9, 100 * MIB, 1), 128 * MIB)).isEqualTo(2);
  }

  @Test
  void aMergeTakesASixteenthOfTheHeap() {
    assertThat(InputHeap.limitBytes(64 * MIB)).as("four files").isEqualTo(16 * MIB);
    assertThat(InputHeap.limitBytes(512 * MIB)).isEqualTo(32 * MIB);
    assertThat(InputHeap.limitBytes(2048 * MIB)).isEqualTo(128 * MIB);
    assertThat(InputHeap.limitBytes(Long.MAX_VALUE)).isEqualTo(128 * MIB);
  }

  private static List<LiveFile> files(int count, long bytes, long rows) {
    TableFile file = new TableFile("a", bytes, rows, PartitionTuple.unpartitioned(0), null, 0, -1);
    return Collections.nCopies(count, new LiveFile(file, DeletionVector.EMPTY, Lineage.UNSEEN));
  }
}

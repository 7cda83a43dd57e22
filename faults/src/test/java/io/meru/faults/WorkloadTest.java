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

package io.meru.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;

class WorkloadTest {
  private final Workload workload = new Workload(3, 100);

  @Test
  void aChangeIsAFunctionOfSeedAndNumber() {
    Workload same = new Workload(3, 100);
    Workload other = new Workload(4, 100);

    assertThat(workload.change(17)).isEqualTo(same.change(17));
    assertThat(workload.payload(17)).isEqualTo(same.payload(17));
    assertThat(LongStream.range(0, 20).mapToObj(workload::change))
        .isNotEqualTo(LongStream.range(0, 20).mapToObj(other::change).toList());
  }

  @Test
  void everyKindOfChangeAndEveryKeyComes() {
    Set<RowKind> kinds = new HashSet<>();
    Set<Long> keys = new HashSet<>();
    LongStream.range(0, 5_000)
        .mapToObj(workload::change)
        .forEach(
            change -> {
              kinds.add(change.kind());
              keys.add(change.key());
            });

    assertThat(kinds)
        .containsExactlyInAnyOrder(RowKind.INSERT, RowKind.UPDATE_AFTER, RowKind.DELETE);
    assertThat(keys).hasSize(100).allMatch(key -> key >= 0 && key < 100);
  }
}

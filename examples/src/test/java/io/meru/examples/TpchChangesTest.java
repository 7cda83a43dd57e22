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

package io.meru.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TpchChangesTest {
  private static final double SCALE_FACTOR = 0.001;
  private static final int ROUNDS = 5;

  @Test
  void theLoadIsTpchsOrdersTable() {
    Change first = new TpchChanges(TpchTable.ORDERS, SCALE_FACTOR, 0).next();

    assertThat(first.kind()).isEqualTo(RowKind.INSERT);
    assertThat(first.values()[0]).isEqualTo(1L);
    assertThat(first.values()[4]).isEqualTo(LocalDate.of(1996, 1, 2));
    assertThat(first.values()[3]).isInstanceOf(BigDecimal.class);
    assertThat(Oracle.after(TpchTable.ORDERS, changes(TpchTable.ORDERS, 0)).contents().rows())
        .isEqualTo(1_500);
  }

  @Test
  void everyLineOfTheLoadIsThere() {
    assertThat(Oracle.after(TpchTable.LINEITEM, changes(TpchTable.LINEITEM, 0)).contents().rows())
        .isEqualTo(6_005); // TPC-H's own number at this scale
  }

  @ParameterizedTest
  @EnumSource(TpchTable.class)
  void eachRoundInsertsUpdatesAndDeletes(TpchTable table) {
    Map<RowKind, Integer> kinds = new HashMap<>();
    long loaded = Oracle.after(table, changes(table, 0)).changes();
    Iterator<Change> all = changes(table, ROUNDS);
    for (long i = 0; i < loaded; i++) {
      all.next();
    }
    all.forEachRemaining(change -> kinds.merge(change.kind(), 1, Integer::sum));

    assertThat(kinds.keySet())
        .containsExactlyInAnyOrder(RowKind.INSERT, RowKind.UPDATE_AFTER, RowKind.DELETE);
    assertThat(kinds.get(RowKind.UPDATE_AFTER))
        .isGreaterThan(5 * kinds.get(RowKind.DELETE))
        .isLessThan(20 * kinds.get(RowKind.DELETE));
  }

  @ParameterizedTest
  @EnumSource(TpchTable.class)
  void aReplayFromAnyPlaceGivesTheSameRows(TpchTable table) {
    ChangeSource fromStart = new ChangeSource(table, SCALE_FACTOR, ROUNDS, ChangeSource.NEVER);
    long count = Oracle.after(table, changes(table, ROUNDS)).changes();
    RowData[] rows = new RowData[(int) count];
    for (int i = 0; i < count; i++) {
      rows[i] = fromStart.map((long) i);
    }

    for (int start = 0; start < count; start += 997) {
      assertThat(
              new ChangeSource(table, SCALE_FACTOR, ROUNDS, ChangeSource.NEVER).map((long) start))
          .isEqualTo(rows[start]);
    }
  }

  private static Iterator<Change> changes(TpchTable table, int rounds) {
    return new TpchChanges(table, SCALE_FACTOR, rounds);
  }
}

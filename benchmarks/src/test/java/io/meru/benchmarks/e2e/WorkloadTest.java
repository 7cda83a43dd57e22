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

package io.meru.benchmarks.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.UUID;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorkloadTest {
  private static final Workload SKEWED = workload(Workload.KeyType.BIGINT, true, 10);

  private static Workload workload(Workload.KeyType type, boolean skewed, int deletePercent) {
    return new Workload("test", type, 20_000, 4, 5, 10_000, skewed, deletePercent, 2);
  }

  @Test
  void theLoadPutsEveryKeyOnce() {
    BitSet keys = new BitSet();
    for (int n = 0; n < SKEWED.keys(); n++) {
      keys.set(SKEWED.keyIndex(n));
      assertThat(SKEWED.isDelete(n)).isFalse();
    }
    assertThat(keys.cardinality()).isEqualTo(SKEWED.keys());
    assertThat(SKEWED.firstOperation(SKEWED.loadCommits())).isEqualTo(SKEWED.keys());
  }

  @Test
  void anOperationTouchesKeysOfItsOwnLaneAlone() {
    for (int n = 0; n < SKEWED.firstOperation(SKEWED.batches()); n++) {
      assertThat(SKEWED.keyIndex(n) % SKEWED.lanes()).isEqualTo(n % SKEWED.lanes());
      assertThat(SKEWED.keyIndex(n)).isBetween(0, SKEWED.keys() - 1);
    }
  }

  @Test
  void skewMeansThatHalfOfTheUpdatesHitFewKeys() {
    assertThat(hottestTenthsShare(SKEWED)).isGreaterThan(0.6);
    assertThat(hottestTenthsShare(workload(Workload.KeyType.BIGINT, false, 0))).isLessThan(0.3);
  }

  private static double hottestTenthsShare(Workload workload) {
    int[] hits = new int[workload.keys()];
    int end = workload.firstOperation(workload.batches());
    for (int n = workload.keys(); n < end; n++) {
      hits[workload.keyIndex(n)]++;
    }
    java.util.Arrays.sort(hits);
    long hot = 0;
    for (int i = hits.length * 9 / 10; i < hits.length; i++) {
      hot += hits[i];
    }
    return (double) hot / (end - workload.keys());
  }

  @Test
  void aTenthOfTheUpdatesAreDeletes() {
    int deletes = 0;
    int end = SKEWED.firstOperation(SKEWED.batches());
    for (int n = SKEWED.keys(); n < end; n++) {
      deletes += SKEWED.isDelete(n) ? 1 : 0;
    }
    assertThat(deletes / (double) (end - SKEWED.keys())).isBetween(0.09, 0.11);
  }

  @ParameterizedTest
  @EnumSource
  void aVerifierFindsTheRowsOfEveryKeyTypeRight(Workload.KeyType type) {
    Workload workload = workload(type, true, 10);
    Verifier.Outcome outcome = verify(workload, workload.expectedVersions(workload.batches()));
    assertThat(outcome.isRight()).as("%s", outcome).isTrue();
    assertThat(outcome.rows()).isLessThan(workload.keys()).isGreaterThan(workload.keys() / 2);
  }

  @Test
  void aVerifierSeesAStaleVersionAMissingKeyAndADoubledOne() {
    int[] versions = SKEWED.expectedVersions(SKEWED.batches());
    int updated = 0;
    while (versions[updated] < SKEWED.keys()) {
      updated++;
    }
    int fresh = versions[updated];
    versions[updated] = updated; // as the load wrote it
    assertThat(verify(SKEWED, versions))
        .returns(1L, Verifier.Outcome::wrong)
        .returns(1L, Verifier.Outcome::missing);
    versions[updated] = fresh;
    Verifier verifier = new Verifier(SKEWED, SKEWED.batches(), false);
    show(SKEWED, verifier, fresh);
    show(SKEWED, verifier, fresh);
    assertThat(verifier.outcome().duplicates()).isEqualTo(1);
  }

  private static Verifier.Outcome verify(Workload workload, int[] versions) {
    Verifier verifier = new Verifier(workload, workload.batches(), false);
    for (int version : versions) {
      if (version >= 0) {
        show(workload, verifier, version);
      }
    }
    return verifier.outcome();
  }

  private static void show(Workload workload, Verifier verifier, int operation) {
    RowData row = new Rows(workload).row(operation);
    int index =
        workload.keyType() == Workload.KeyType.BIGINT
            ? verifier.keyIndex(row.getLong(Rows.ID))
            : verifier.keyIndex(row.getString(Rows.ID).toBytes());
    verifier.row(
        index, row.getLong(Rows.CUSTOMER), row.getTimestamp(Rows.UPDATED_AT, 6).getMillisecond());
  }

  @Test
  void rowsLookAsTheyShould() {
    RowData row = new Rows(SKEWED).row(17);
    assertThat(row.getRowKind()).isEqualTo(RowKind.INSERT);
    assertThat(row.getString(Rows.NOTE).toString()).hasSize(40).matches("[0-o]+");
    assertThat(row.getLong(Rows.ID)).isBetween(0L, (1L << 40) - 1);
  }

  @Test
  void stringKeysAreUuids() {
    String text = new String(Rows.uuid(4711), StandardCharsets.US_ASCII);
    assertThat(UUID.fromString(text)).hasToString(text);
  }

  @Test
  void batchesThatDoNotDivideAreRefused() {
    assertThatThrownBy(() -> new Workload("odd", Workload.KeyType.BIGINT, 10, 4, 1, 2, false, 0, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Workload odd: 10 keys in 4 commits and 2 rows per commit do not divide by 2 lanes");
  }

  @Test
  void aRunWithoutEndSendsTheUpdatesAgainAfterTheLast() {
    assertThat(SKEWED.batchAt(8)).isEqualTo(8);
    assertThat(SKEWED.batchAt(9)).isEqualTo(4);
    assertThat(SKEWED.batchAt(13)).isEqualTo(8);
    assertThat(SKEWED.batchAt(14)).isEqualTo(4);
    assertThat(SKEWED.operations(14)).isEqualTo(20_000 + 10 * 10_000);
    assertThat(SKEWED.operations(3)).isEqualTo(15_000);
  }

  @Test
  void theNewestOperationOfAKeyIsExpectedAfterUpdatesBeganAnew() {
    int[] expected = new int[SKEWED.keys()];
    int places = 16;
    for (int place = 0; place < places; place++) {
      int batch = SKEWED.batchAt(place);
      for (int n = SKEWED.firstOperation(batch); n < SKEWED.firstOperation(batch + 1); n++) {
        expected[SKEWED.keyIndex(n)] = SKEWED.isDelete(n) ? -1 : n;
      }
    }
    assertThat(SKEWED.expectedVersions(places)).isEqualTo(expected);
    assertThat(expected).isNotEqualTo(SKEWED.expectedVersions(SKEWED.batches()));
  }
}

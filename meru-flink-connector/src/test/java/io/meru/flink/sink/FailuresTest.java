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

package io.meru.flink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.error.CommitConflictException;
import io.meru.error.FencedException;
import io.meru.error.ForkRefusedException;
import io.meru.error.UnsupportedTableException;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.Test;

class FailuresTest {
  @Test
  void aFencedRunMustNotComeBack() {
    FencedException fenced = new FencedException("a newer run has claimed the table");

    assertThat(Failures.classified(fenced))
        .isInstanceOf(SuppressRestartsException.class)
        .hasCause(fenced);
  }

  @Test
  void aRefusedForkMustNotClaimTheTableAgainAndAgain() {
    ForkRefusedException refused = new ForkRefusedException("the first job has started again");

    assertThat(Failures.classified(refused))
        .isInstanceOf(SuppressRestartsException.class)
        .hasCause(refused);
  }

  @Test
  void whatNeedsAPersonIsFoundBelowAFailedFlush() {
    RuntimeException flush =
        new IllegalStateException("a flush failed", new UnsupportedTableException("no key"));

    assertThat(Failures.classified(flush)).isInstanceOf(SuppressRestartsException.class);
  }

  @Test
  void everythingElseIsWorthARestart() {
    CommitConflictException conflict = new CommitConflictException("20 lost races", null);

    assertThat(Failures.classified(conflict)).isSameAs(conflict);
  }
}

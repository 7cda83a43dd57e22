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

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class BatchGateTest {
  private final BatchGate gate = new BatchGate(2, 5);

  @Test
  void theDriverOpensOneBatchAtATime() throws InterruptedException {
    gate.openNext();
    assertThat(gate.isOpen(5)).isTrue();
    assertThat(gate.isOpen(6)).isFalse();
    gate.sent();
    assertThat(gate.awaitSent(1)).isFalse();
    gate.sent();
    assertThat(gate.awaitSent(1)).isTrue();
  }

  @Test
  void aFreeReaderWaitsWhereItWouldBeTooFarAhead() {
    CompletableFuture<Void> third = gate.whenOpen(7);
    gate.openAhead(2);
    assertThat(gate.isOpen(6)).isTrue();
    assertThat(gate.isOpen(7)).isFalse();
    CompletableFuture<Void> waiting = gate.whenOpen(7);
    gate.sent(); // one reader's part of batch 5
    assertThat(gate.isOpen(7)).isFalse();
    gate.sent(); // the other's
    assertThat(gate.isOpen(7)).isTrue();
    assertThat(third).isCompleted(); // whoever is woken looks again
    assertThat(waiting).isCompleted();
    assertThat(gate.sentBatches()).isEqualTo(6);
  }

  @Test
  void whatIsOpenWhenTheDriverStopsIsStillSent() throws InterruptedException {
    gate.openAhead(2);
    assertThat(gate.stop()).isEqualTo(7);
    for (int part = 0; part < 4; part++) {
      assertThat(gate.awaitSent(1)).isFalse();
      gate.sent();
    }
    assertThat(gate.awaitSent(1)).isTrue();
    assertThat(gate.isOpen(7)).isFalse();
  }
}

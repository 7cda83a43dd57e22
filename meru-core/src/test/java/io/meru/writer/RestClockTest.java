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

package io.meru.writer;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.version.PartitionTuple;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestClockTest {
  private static final PartitionTuple A = partition(1);
  private static final PartitionTuple B = partition(2);

  /** The clock of a virtual machine may be anywhere, and overflow. */
  private static final long START = Long.MAX_VALUE - 5;

  private static PartitionTuple partition(int value) {
    return new PartitionTuple(0, List.of(ByteBuffer.wrap(new byte[] {(byte) value})));
  }

  @Test
  void whatWasNeverChangedCountsFromTheStart() {
    RestClock clock = new RestClock(10, START);
    clock.advance(START + 9);
    assertThat(clock.isAtRest(A)).isFalse();
    clock.advance(START + 10);
    assertThat(clock.isAtRest(A)).isTrue();
  }

  @Test
  void aChangeEndsTheRestOfItsPartitionAlone() {
    RestClock clock = new RestClock(10, START);
    clock.changed(A, START + 2);
    clock.changed(A, START + 8);
    clock.advance(START + 17);
    assertThat(clock.isAtRest(A)).isFalse();
    assertThat(clock.isAtRest(B)).isTrue();
    clock.advance(START + 18);
    assertThat(clock.isAtRest(A)).isTrue();
    clock.changed(A, START + 20);
    assertThat(clock.isAtRest(A)).as("at once").isFalse();
  }

  @Test
  void withoutATimeNothingIsEverAtRest() {
    RestClock clock = new RestClock(0, START);
    clock.changed(A, START);
    clock.advance(START + 1_000_000);
    assertThat(clock.isAtRest(A)).isFalse();
    assertThat(clock.isAtRest(B)).isFalse();
  }
}

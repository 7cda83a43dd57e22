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
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ThrottleTest {
  private static final long MB = 1_000_000;
  private static final long MILLIS = 1_000_000;

  private final AtomicBoolean isUrgent = new AtomicBoolean();
  private final AtomicBoolean isClosed = new AtomicBoolean();

  private Throttle of(long maxBytesPerSecond) {
    return new Throttle(maxBytesPerSecond, System::nanoTime, isUrgent::get, isClosed::get);
  }

  @Test
  void aMergeKeepsToItsRate() {
    long start = System.nanoTime();
    Throttle throttle = of(10 * MB);
    throttle.progress(MB, 0);
    throttle.progress(MB, MB);
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(199 * MILLIS);
  }

  @Test
  void whileSomebodyWaitsThereIsNoLimitAndNothingToMakeUpForLater() {
    Throttle throttle = of(1);
    isUrgent.set(true);
    throttle.progress(1000 * MB, 1000 * MB); // would take years
    isUrgent.set(false);
    throttle.progress(1000 * MB, 1000 * MB);
  }

  @Test
  void whoComesToWaitFreesAMergeThatSleeps() throws InterruptedException {
    Throttle throttle = of(1);
    Thread merge = new Thread(() -> throttle.progress(MB, 0));
    merge.start();
    while (merge.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    isUrgent.set(true);
    merge.join();
  }

  @Test
  void aMergeWhoseHostIsClosedEnds() {
    Throttle throttle = of(0);
    throttle.progress(MB, MB);
    isClosed.set(true);
    assertThatThrownBy(() -> throttle.progress(MB, MB)).isInstanceOf(CancellationException.class);
  }
}

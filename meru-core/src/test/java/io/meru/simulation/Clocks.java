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

package io.meru.simulation;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * A moment, or what has passed since one, by the clock and by the processors.
 *
 * @param processors time of all threads of this JVM, its compiler's and collector's among them;
 *     other work on the machine is not in it
 */
record Clocks(Duration time, Duration processors) {
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** Now. */
  static Clocks start() {
    return new Clocks(
        Duration.ofNanos(System.nanoTime()), Duration.ofNanos(SYSTEM.getProcessCpuTime()));
  }

  /** From this moment to now. */
  Clocks passed() {
    Clocks now = start();
    return new Clocks(now.time.minus(time), now.processors.minus(processors));
  }

  @Override
  public String toString() {
    return "%d ms, %d ms of processor time".formatted(time.toMillis(), processors.toMillis());
  }
}

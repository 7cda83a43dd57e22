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

import java.util.Optional;

/** The heap that the quickstart needs, so that it says so at the start instead of running out. */
final class HeapNeed {
  /** Flink, the writers and Iceberg. */
  private static final long BASE_MB = 1000;

  /** Per scale factor: 1,200 MB are the map's, which has 7.5 million keys at factor 1. */
  private static final long MB_PER_SCALE_FACTOR = 1700;

  /** Some collectors keep a part of the heap to themselves. */
  private static final double USABLE = 0.88;

  private HeapNeed() {}

  /**
   * What to tell the user if a heap of {@code maxBytes} is too small for {@code scaleFactor}; empty
   * if it is large enough.
   */
  static Optional<String> shortage(double scaleFactor, long maxBytes) {
    long needed = BASE_MB + Math.round(MB_PER_SCALE_FACTOR * scaleFactor);
    long present = maxBytes >> 20;
    return needed * USABLE <= present
        ? Optional.empty()
        : Optional.of(
            ("Scale factor %s takes a heap of %d MB, and this JVM has %d MB. Give it more:"
                    + " QUICKSTART_HEAP=%dm ./quickstart %s")
                .formatted(scaleFactor, needed, present, needed, scaleFactor));
  }
}

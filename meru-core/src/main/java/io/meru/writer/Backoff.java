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

/** Counts the starts to leave out: none after the first failure, then 1, 3, 7, up to 1,023. */
final class Backoff {
  private static final int MAX_SHIFT = 10;

  private int failures;
  private int toSkip;

  void failed() {
    toSkip = (1 << Math.min(failures, MAX_SHIFT)) - 1;
    failures++;
  }

  void succeeded() {
    failures = 0;
    toSkip = 0;
  }

  /** Must be asked once for each start. */
  boolean isOver() {
    if (toSkip > 0) {
      toSkip--;
      return false;
    }
    return true;
  }
}

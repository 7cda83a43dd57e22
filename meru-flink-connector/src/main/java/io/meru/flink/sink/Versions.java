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

import java.io.IOException;

/** Versions of what lies in checkpoints. */
final class Versions {
  private Versions() {}

  /** Refuses versions that this program does not know. */
  static void check(String what, int found, int newest) throws IOException {
    if (found < 1 || found > newest) {
      throw new IOException(
          "Cannot read the %s of version %d: this version of Meru knows 1 to %d. Restore the job with the version that wrote it, or a newer one."
              .formatted(what, found, newest));
    }
  }
}

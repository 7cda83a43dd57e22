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

package io.meru.levelfile;

/**
 * How a host slows a merge down or ends it. Called by the merging thread, every few hundred rows.
 */
@FunctionalInterface
public interface MergeControl {
  /** Lets a merge run on. */
  MergeControl NONE = (bytesRead, bytesWritten) -> {};

  /**
   * May wait, and may throw what ends the merge: its outputs are then discarded, and the exception
   * reaches the merge's caller.
   *
   * @param bytesRead bytes of the inputs read so far
   * @param bytesWritten bytes of the outputs written so far
   */
  void progress(long bytesRead, long bytesWritten);
}

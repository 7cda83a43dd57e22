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

package io.meru.faults;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where each of two jobs is that give one table the same changes, both from the same state, each
 * under a sink id of its own. They overwrite each other's rows, old ones over new ones, too; each
 * of them alone gives its changes in their order.
 */
final class Fork {
  /** The marker of a table without any change. */
  static final Marker NOTHING = new Marker("", 0, -1);

  private final Marker start;
  private final Map<String, Marker> bySink = new HashMap<>();
  private boolean ended;

  /**
   * @param start the newest marker before
   */
  Fork(@Nullable Marker start) {
    this.start = start == null ? NOTHING : start;
  }

  /** The newest marker of {@code sinkId}, or that before the fork. */
  Marker before(String sinkId) {
    return bySink.getOrDefault(sinkId, start);
  }

  void advance(String sinkId, Marker marker) {
    bySink.put(sinkId, marker);
  }

  /** Only {@code sinkId} goes on; returns its marker. */
  Marker end(String sinkId) {
    ended = true;
    return before(sinkId);
  }

  boolean hasEnded() {
    return ended;
  }
}

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

package io.meru.inspect;

import io.meru.inspect.Finding.Severity;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects findings: all are counted, the first of each invariant are kept. */
final class Findings {
  /** A damaged table may break an invariant at every row. */
  static final int KEPT_PER_INVARIANT = 100;

  private final List<Finding> kept = new ArrayList<>();
  private final Map<Invariant, Long> counts = new EnumMap<>(Invariant.class);
  private long errors;
  private long warnings;
  private long snapshotId;

  /** Findings from here on were first seen in {@code newSnapshotId}. */
  void startSnapshot(long newSnapshotId) {
    snapshotId = newSnapshotId;
  }

  void error(
      Invariant invariant,
      @Nullable String file,
      @Nullable Long position,
      String expected,
      String found) {
    errors++;
    add(Severity.ERROR, invariant, file, position, expected, found);
  }

  void warning(
      Invariant invariant,
      @Nullable String file,
      @Nullable Long position,
      String expected,
      String found) {
    warnings++;
    add(Severity.WARNING, invariant, file, position, expected, found);
  }

  private void add(
      Severity severity,
      Invariant invariant,
      @Nullable String file,
      @Nullable Long position,
      String expected,
      String found) {
    if (counts.merge(invariant, 1L, Long::sum) <= KEPT_PER_INVARIANT) {
      kept.add(
          new Finding(severity, invariant.label(), snapshotId, file, position, expected, found));
    }
  }

  List<Finding> kept() {
    return List.copyOf(kept);
  }

  long errors() {
    return errors;
  }

  long warnings() {
    return warnings;
  }
}

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

package io.meru.commit;

import java.util.Map;
import java.util.Optional;

/**
 * Who may commit for a sink id: the newest claim. A table property holds it as {@code
 * generation:owner}.
 *
 * @param generation one above the highest seen when the claim was made, so that claims are ordered
 * @param owner random, so that no two claims are alike
 */
record Claim(long generation, String owner) {
  /** The newest claim of {@code sinkId}; empty before the first. */
  static Optional<Claim> find(Map<String, String> properties, String sinkId) {
    String key = MeruProperties.claim(sinkId);
    String value = properties.get(key);
    return value == null ? Optional.empty() : Optional.of(parse(key, value));
  }

  /** Generation of the newest claim, 0 before the first. */
  static long generation(Map<String, String> properties, String sinkId) {
    return find(properties, sinkId).map(Claim::generation).orElse(0L);
  }

  /** The property's value. */
  String format() {
    return generation + ":" + owner;
  }

  private static Claim parse(String key, String value) {
    int colon = value.indexOf(':');
    try {
      return new Claim(Long.parseLong(value.substring(0, colon)), value.substring(colon + 1));
    } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
      throw new IllegalStateException(
          ("Table property %s is '%s', expected generation:owner. Put back the value it had before"
                  + " someone changed it, or remove it while no job writes with this sink id.")
              .formatted(key, value),
          e);
    }
  }
}

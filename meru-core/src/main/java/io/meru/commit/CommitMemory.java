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

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a table property remembers of each run: the highest checkpoint id committed, so that none is
 * committed twice. It outlives snapshots. The value is {@code generation:checkpoint}, with {@code
 * :torn-checkpoint} behind it once commits of the run were found rolled back, or an expiry hid
 * whether they were: what the run's writers believed to be in the table was then not all there.
 * Only a writer that has loaded the table with that checkpoint in it knows what is.
 */
final class CommitMemory {
  /** Entries kept per sink. A run is one start or restore of a job, so this lasts for years. */
  static final int MAX_ENTRIES = 1000;

  /** No checkpoint has this id. */
  static final long NOT_TORN = 0;

  private static final Pattern RUN_ID = Pattern.compile("[A-Za-z0-9_-]+");
  private static final Pattern VALUE =
      Pattern.compile("(\\d{1,18}):(\\d{1,18})(:torn(?:-(\\d{1,18}))?)?");

  private CommitMemory() {}

  /**
   * What is remembered of one run.
   *
   * @param generation of the sink's newest claim when the run committed first; a higher one now
   *     says that the sink has been started again since
   * @param checkpointId the highest committed
   * @param tornAt the checkpoint at whose commit the last one of the run was found rolled back, or
   *     not found, the newest if there were several; {@link #NOT_TORN} if there was none
   */
  record Entry(long generation, long checkpointId, long tornAt) {
    boolean torn() {
      return tornAt != NOT_TORN;
    }

    private String format() {
      return generation + ":" + checkpointId + (torn() ? ":torn-" + tornAt : "");
    }
  }

  /** What {@code properties} remember of the run; empty before its first commit. */
  static Optional<Entry> find(Map<String, String> properties, String sinkId, String runId) {
    String key = MeruProperties.committed(sinkId, runId);
    String value = properties.get(key);
    return value == null ? Optional.empty() : Optional.of(parse(key, value));
  }

  /** Whether {@code committable}'s checkpoint, or a later one of its run, is in the table. */
  static boolean holds(Map<String, String> properties, Committable committable) {
    return find(properties, committable.sinkId(), committable.runId())
        .map(entry -> committable.checkpointId() <= entry.checkpointId())
        .orElse(false);
  }

  /** Refuses ids that would make two sinks' entries look alike. */
  static void checkRunId(String runId) {
    if (!RUN_ID.matcher(runId).matches()) {
      throw new IllegalArgumentException(
          "Run id must consist of letters, digits, _ and - but was '%s'".formatted(runId));
    }
  }

  /** The property value that remembers {@code entry}. */
  static String format(Entry entry) {
    return entry.format();
  }

  /**
   * The properties to drop before another run's entry is added: the oldest ones beyond the limit.
   */
  static List<String> expired(Map<String, String> properties, String sinkId, String runId) {
    List<String> others = new ArrayList<>(keys(properties, sinkId));
    others.remove(MeruProperties.committed(sinkId, runId));
    int surplus = others.size() + 1 - MAX_ENTRIES;
    if (surplus <= 0) {
      return List.of();
    }
    others.sort(
        Comparator.comparingLong((String key) -> entry(properties, key).generation())
            .thenComparing(Comparator.naturalOrder()));
    return others.subList(0, surplus);
  }

  /** The highest generation under which a run of the sink committed first, 0 when none did. */
  static long highestGeneration(Map<String, String> properties, String sinkId) {
    return keys(properties, sinkId).stream()
        .mapToLong(key -> entry(properties, key).generation())
        .max()
        .orElse(0);
  }

  private static Entry entry(Map<String, String> properties, String key) {
    return parse(key, requireNonNull(properties.get(key)));
  }

  private static List<String> keys(Map<String, String> properties, String sinkId) {
    String prefix = MeruProperties.committedPrefix(sinkId);
    return properties.keySet().stream()
        // the rest has no dot: else it is an entry of a sink whose id goes on with one
        .filter(key -> key.startsWith(prefix) && key.indexOf('.', prefix.length()) < 0)
        .toList();
  }

  private static Entry parse(String key, String value) {
    Matcher matcher = VALUE.matcher(value);
    if (!matcher.matches()) {
      throw new IllegalStateException(
          ("Table property %s is '%s', expected generation:checkpoint. It tells Meru what is"
                  + " committed already: put back the value it had before someone changed it.")
              .formatted(key, value));
    }
    long checkpointId = Long.parseLong(matcher.group(2));
    long tornAt = NOT_TORN;
    if (matcher.group(3) != null) {
      // an older version does not say at which
      tornAt = matcher.group(4) == null ? checkpointId : Long.parseLong(matcher.group(4));
    }
    return new Entry(Long.parseLong(matcher.group(1)), checkpointId, tornAt);
  }
}

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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.commit.CommitOptions;
import io.meru.config.WriteOptions;
import io.meru.maintenance.CleanUpOptions;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.junit.jupiter.api.Test;

class MeruSinkOptionsTest {
  /** A value for each option that is not its default. */
  private static final Map<String, String> OTHER_VALUES =
      Map.ofEntries(
          Map.entry("write-buffer.size", "1mb"),
          Map.entry("write-buffer.max-sealed", "5"),
          Map.entry("resolver.cache-size", "2mb"),
          Map.entry("pending-edit.max-bytes", "3mb"),
          Map.entry("level0.compression-codec", "snappy"),
          Map.entry("level0.compression-level", "7"),
          Map.entry("level0.page-row-limit", "99"),
          Map.entry("level0.page-size", "4kb"),
          Map.entry("level0.row-group-size", "5mb"),
          Map.entry("bloom-filter.enabled", "true"),
          Map.entry("bloom-filter.fpp", "0.5"),
          Map.entry("compaction.enabled", "false"),
          Map.entry("compaction.level-trigger", "3"),
          Map.entry("compaction.deleted-ratio", "0.25"),
          Map.entry("compaction.target-file-size", "9mb"),
          Map.entry("compaction.max-size", "8mb"),
          Map.entry("compaction.slowdown-trigger", "21"),
          Map.entry("compaction.stop-trigger", "37"),
          Map.entry("compaction.max-stall", "61 s"),
          Map.entry("compaction.max-rate", "6mb"),
          Map.entry("compaction.rest-after", "62 s"),
          Map.entry("level1.compression-codec", "snappy"),
          Map.entry("level1.compression-level", "7"),
          Map.entry("level1.page-row-limit", "99"),
          Map.entry("level1.page-size", "4kb"),
          Map.entry("level1.row-group-size", "5mb"),
          Map.entry("commit.max-attempts", "3"),
          Map.entry("commit.min-backoff", "1s"),
          Map.entry("commit.max-backoff", "9s"),
          Map.entry("commit.vector-cache-size", "6mb"),
          Map.entry("commit.resolver-cache-size", "7mb"),
          Map.entry("commit.empty-checkpoints", "true"),
          Map.entry("clean-up.enabled", "false"),
          Map.entry("clean-up.interval", "2min"),
          Map.entry("snapshot.time-retained", "2h"),
          Map.entry("snapshot.min-time-retained", "3min"),
          Map.entry("snapshot.num-retained.min", "7"),
          Map.entry("snapshot.num-retained.max", "77"),
          Map.entry("orphan-removal.interval", "0s"),
          Map.entry("orphan-removal.min-age", "9d"));

  /** Options of the job's graph, which {@code MeruSinkBuilder} reads itself. */
  private static final Set<String> GRAPH_OPTIONS =
      Set.of("sink-id", "write-parallelism", "uid-suffix");

  @Test
  void defaultsAreTheCores() {
    assertThat(writeOptions(Map.of())).isEqualTo(WriteOptions.DEFAULTS);
    assertThat(commitOptions(Map.of())).isEqualTo(CommitOptions.DEFAULTS);
    assertThat(cleanUpOptions(Map.of())).isEqualTo(CleanUpOptions.DEFAULTS);
  }

  @Test
  void everyOptionIsRead() {
    for (ConfigOption<?> option : MeruSinkOptions.all()) {
      if (GRAPH_OPTIONS.contains(option.key())) {
        continue;
      }
      Map<String, String> one = Map.of(option.key(), OTHER_VALUES.get(option.key()));
      boolean changesWriter = !writeOptions(one).equals(WriteOptions.DEFAULTS);
      boolean changesCommitter = !commitOptions(one).equals(CommitOptions.DEFAULTS);
      boolean changesCleaner = !cleanUpOptions(one).equals(CleanUpOptions.DEFAULTS);
      assertThat(List.of(changesWriter, changesCommitter, changesCleaner))
          .as(option.key())
          .containsOnlyOnce(true);
    }
  }

  @Test
  void aShortTimeOfRestIsNotTakenForNever() {
    assertThat(restAfterMillis("100 ns")).isEqualTo(1);
    assertThat(restAfterMillis("1999 micro")).isEqualTo(1);
    assertThat(restAfterMillis("0 s")).isZero();
  }

  private static long restAfterMillis(String value) {
    return writeOptions(Map.of("compaction.rest-after", value)).compaction().restAfterMillis();
  }

  @Test
  void aWriteBufferOfLessThanAMebibyteIsRefused() {
    assertThat(writeOptions(Map.of("write-buffer.size", "1024kb")).writeBufferBytes())
        .isEqualTo(1 << 20);
    assertThatThrownBy(() -> writeOptions(Map.of("write-buffer.size", "1023kb")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Option 'write-buffer.size' must be at least 1 mb but was 1023 kb: a writer flushes a full"
                + " buffer to a file of its own, and these files would hold a few rows each. Leave"
                + " it out for 64 mb.");
  }

  @Test
  void everyDeclaredOptionIsListed() {
    List<Object> declared =
        Arrays.stream(MeruSinkOptions.class.getFields())
            .filter(field -> Modifier.isStatic(field.getModifiers()))
            .filter(field -> field.getType() == ConfigOption.class)
            .map(MeruSinkOptionsTest::valueOf)
            .collect(Collectors.toList());
    assertThat(MeruSinkOptions.all()).hasSameElementsAs((List) declared);
  }

  @Test
  void anUnknownKeyIsRefused() {
    assertThatThrownBy(() -> MeruSinkOptions.checkKeys(Map.of("write-bufer.size", "1mb")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "Unknown options of the Meru sink: [write-bufer.size]. It has these: [")
        .hasMessageContaining("write-buffer.size");
  }

  private static Object valueOf(Field field) {
    try {
      return field.get(null);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static WriteOptions writeOptions(Map<String, String> options) {
    return MeruSinkOptions.writeOptions(MeruSinkOptions.configuration(options));
  }

  private static CommitOptions commitOptions(Map<String, String> options) {
    return MeruSinkOptions.commitOptions(MeruSinkOptions.configuration(options), Map.of());
  }

  private static CleanUpOptions cleanUpOptions(Map<String, String> options) {
    return MeruSinkOptions.cleanUpOptions(MeruSinkOptions.configuration(options));
  }
}

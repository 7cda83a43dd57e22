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

import static io.meru.commit.TableCommitter.Outcome.COMMITTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.metrics.CommitMetrics;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.TableOperations;
import org.junit.jupiter.api.Test;

/** The clock goes back between two commits, or is behind that of another machine. */
class ClockCheckTest {
  private static final String SINK = "orders";

  private final TestTable test = new TestTable(1);
  private final NaiveWriter writer = new NaiveWriter(test, SINK);

  @Test
  void aClockThatIsBehindByLessThanAMinuteChangesNothing() {
    try (TableCommitter committer = committer(Clock.systemUTC())) {
      writer.flush(Map.of(1L, "a"));
      committer.commit(committable(1));
      postdate(Duration.ofSeconds(40));

      writer.flush(Map.of(1L, "b"));
      Committable second = committable(2);
      assertThat(committer.commit(second)).isEqualTo(COMMITTED);
      assertThat(committer.commit(second)).isEqualTo(TableCommitter.Outcome.ALREADY_COMMITTED);
      writer.flush(Map.of(2L, "c"));
      assertThat(committer.commit(committable(3))).isEqualTo(COMMITTED);
    }
    assertThat(test.rows()).isEqualTo(Map.of(1L, List.of("b"), 2L, List.of("c")));
    assertThat(test.load().history().get(2).timestampMillis())
        .as("the clock did go back")
        .isLessThan(test.load().history().get(1).timestampMillis());
    test.checkSnapshots();
  }

  @Test
  void icebergRefusesCommitsThatAreMoreThanAMinuteOlder() {
    test.appendForeign(Map.of(9L, "z"));
    postdate(Duration.ofMinutes(10));

    assertThatThrownBy(() -> test.appendForeign(Map.of(8L, "y")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("[BUG] Expected sorted snapshot log entries.");
  }

  @Test
  void aClockFurtherBehindStopsTheCommitUntilItIsSet() {
    writer.flush(Map.of(1L, "a"));
    try (TableCommitter committer = committer(Clock.systemUTC())) {
      committer.commit(committable(1));
    }
    postdate(Duration.ofMinutes(10));
    Instant lastChange = Instant.ofEpochMilli(lastUpdated());
    Instant now = lastChange.minus(Duration.ofMinutes(2));
    writer.flush(Map.of(1L, "b"));
    Committable pending = committable(2);

    try (TableCommitter behind = committer(Clock.fixed(now, ZoneOffset.UTC))) {
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThatThrownBy(() -> behind.commit(pending))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(
                "Cannot commit the claim of sink orders to table db.t: this machine's clock says %s,"
                    + " but the table was last changed at %s, and Iceberg takes no commit that is"
                    + " more than a minute older. Set the clocks of all machines that commit to the"
                    + " table. Nothing is lost: the commit goes through at the first restart of the"
                    + " job after %s by this clock.",
                now, lastChange, lastChange.minusSeconds(60));
      }
    }
    assertThat(lastUpdated()).isEqualTo(lastChange.toEpochMilli());
    assertThat(test.rows()).isEqualTo(Map.of(1L, List.of("a")));

    postdate(Duration.ofMinutes(-10)); // as if that time had gone by
    try (TableCommitter restarted = committer(Clock.systemUTC())) {
      assertThat(restarted.commit(pending)).isEqualTo(COMMITTED);
    }
    assertThat(test.rows()).isEqualTo(Map.of(1L, List.of("b")));
    test.checkSnapshots();
  }

  @Test
  void aRunningCommitterStopsAndGoesOnLikewise() {
    try (TableCommitter committer = committer(Clock.systemUTC())) {
      writer.flush(Map.of(1L, "a", 2L, "b"));
      committer.commit(committable(1));
      postdate(Duration.ofMinutes(10));
      long before = lastUpdated();
      writer.flush(Map.of(1L, "c"));
      Committable pending = committable(2);

      assertThatThrownBy(() -> committer.commit(pending))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("Cannot commit checkpoint 2 to table db.t: this machine's clock")
          .hasCauseInstanceOf(IllegalArgumentException.class);
      assertThat(lastUpdated()).isEqualTo(before);

      postdate(Duration.ofMinutes(-10));
      assertThat(committer.commit(pending)).isEqualTo(COMMITTED);
    }
    assertThat(test.rows()).isEqualTo(Map.of(1L, List.of("c"), 2L, List.of("b")));
  }

  /** Has every time in the table's metadata said so much later. */
  private void postdate(Duration by) {
    TableOperations operations = ((HasTableOperations) test.load()).operations();
    TableMetadata base = operations.current();
    String json =
        Pattern.compile("(\"(?:timestamp-ms|last-updated-ms)\":)(\\d+)")
            .matcher(TableMetadataParser.toJson(base))
            .replaceAll(match -> match.group(1) + (Long.parseLong(match.group(2)) + by.toMillis()));
    operations.commit(base, TableMetadataParser.fromJson(json));
  }

  private long lastUpdated() {
    Table table = test.load();
    return ((HasTableOperations) table).operations().current().lastUpdatedMillis();
  }

  private TableCommitter committer(Clock clock) {
    return new TableCommitter(
        test.load(), TestTable.NAME, CommitOptions.DEFAULTS, CommitMetrics.NONE, clock, test.ids());
  }

  private Committable committable(long checkpointId) {
    return new Committable(
        SINK,
        "run-1",
        checkpointId,
        Committable.NO_WATERMARK,
        List.of(writer.barrier(checkpointId)));
  }
}

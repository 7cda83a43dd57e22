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
import static org.assertj.core.api.Assertions.entry;

import io.meru.version.Lineage;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import io.meru.writer.VersionSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CheckpointIdsTest {
  private final CheckpointIds ids = new CheckpointIds(5);
  private final Table table = new Table();
  private final VersionSource translating = ids.translating(table);

  @Test
  void provisionalIdsAscendAndAreNeverAboveTheTrueOnes() {
    assertThat(ids.next()).isEqualTo(6);
    ids.named(9); // 6 to 8 were given up before they reached the writer
    assertThat(ids.next()).isEqualTo(10);
    ids.named(10);
    assertThat(ids.next()).isEqualTo(11);
    assertThat(ids.next()).isEqualTo(12);
  }

  @Test
  void theTableIsAskedForTrueIdsAndAnswersInProvisionalOnes() {
    ids.next();
    ids.named(9);
    ids.next();
    ids.named(12);
    table.committedThrough = 9;

    VersionSource.Poll poll = translating.poll(77, pending(6L, 10L));

    assertThat(table.asked).containsExactly(entry(9L, Edits.empty(6)), entry(12L, Edits.empty(10)));
    assertThat(poll.committedThrough()).isEqualTo(6);
    assertThat(poll.headSnapshotId()).isEqualTo(78);
    assertThat(poll.onlyOwn()).isTrue();
    assertThat(poll.lineages()).containsOnly(entry("file", new Lineage(3, 4)));
    assertThat(poll.dropped()).containsExactly("dead");
  }

  @Test
  void nothingCommittedStaysNothing() {
    ids.next();
    ids.named(9);
    table.committedThrough = -1;

    assertThat(translating.poll(77, pending(6L)).committedThrough()).isEqualTo(-1);
  }

  @Test
  void editsWithoutATrueIdAreNotAskedFor() {
    ids.next();

    translating.poll(77, pending(6L));

    assertThat(table.asked).isEmpty();
  }

  @Test
  void laterIdsAreStillKnownAfterEarlierOnesAreCommitted() {
    ids.next();
    ids.named(9);
    ids.next();
    ids.named(12);
    table.committedThrough = 9;
    translating.poll(77, pending(6L, 10L));
    table.committedThrough = 12;

    assertThat(translating.poll(78, pending(10L)).committedThrough()).isEqualTo(10);
    assertThat(table.asked).containsOnlyKeys(12L);
  }

  /** Edits whose ids are the provisional checkpoint ids. */
  private static SortedMap<Long, VersionEdit> pending(long... provisionalIds) {
    SortedMap<Long, VersionEdit> pending = new TreeMap<>();
    for (long id : provisionalIds) {
      pending.put(id, Edits.empty(id));
    }
    return pending;
  }

  private static final class Table implements VersionSource {
    private long committedThrough = -1;
    private SortedMap<Long, VersionEdit> asked = new TreeMap<>();

    @Override
    public Version load() {
      return Version.of(Version.NO_SNAPSHOT, List.of());
    }

    @Override
    public Poll poll(long seenSnapshotId, SortedMap<Long, VersionEdit> pending) {
      asked = pending;
      return new Poll(
          seenSnapshotId + 1,
          true,
          committedThrough,
          Map.of("file", new Lineage(3, 4)),
          Set.of("dead"));
    }
  }
}

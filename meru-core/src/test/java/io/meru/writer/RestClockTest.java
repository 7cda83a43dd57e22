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

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.key.KeyList;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import io.meru.version.VersionEdit;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.iceberg.Metrics;
import org.junit.jupiter.api.Test;

class RestClockTest {
  private static final PartitionTuple A = partition(1);
  private static final PartitionTuple B = partition(2);
  private static final PartitionTuple C = partition(3);

  /** The clock of a virtual machine may be anywhere, and overflow. */
  private static long at(long nanos) {
    return Long.MAX_VALUE - 5 + nanos;
  }

  private static PartitionTuple partition(int value) {
    return new PartitionTuple(0, List.of(ByteBuffer.wrap(new byte[] {(byte) value})));
  }

  @Test
  void whatWasNeverChangedCountsFromTheStart() {
    RestClock clock = new RestClock(10, at(0));
    clock.advance(at(9));
    assertThat(clock.isAnyAtRest()).isFalse();
    assertThat(clock.isAtRest(A)).isFalse();
    clock.advance(at(10));
    assertThat(clock.isAnyAtRest()).isTrue();
    assertThat(clock.isAtRest(A)).isTrue();
  }

  @Test
  void aChangeEndsTheRestOfItsPartitionAlone() {
    RestClock clock = new RestClock(10, at(0));
    clock.advance(at(2));
    change(clock, A);
    clock.advance(at(8));
    change(clock, A);
    clock.advance(at(17));
    assertThat(clock.isAtRest(A)).isFalse();
    assertThat(clock.isAtRest(B)).isTrue();
    clock.advance(at(18));
    assertThat(clock.isAtRest(A)).isTrue();
    change(clock, A);
    assertThat(clock.isAtRest(A)).as("at once").isFalse();
  }

  @Test
  void aRestIsLongAfterTwelveTimesAsMuch() {
    RestClock clock = new RestClock(10, at(0));
    clock.advance(at(5));
    change(clock, A);
    clock.advance(at(120));
    assertThat(clock.isAtLongRest(A)).isFalse();
    assertThat(clock.isAtLongRest(B)).isTrue();
    clock.advance(at(125));
    assertThat(clock.isAtLongRest(A)).isTrue();
    change(clock, A);
    assertThat(clock.isAtLongRest(A)).isFalse();
  }

  @Test
  void whatIsLeftAloneIsNotAtRestForAWhileThoughItsRestGoesOn() {
    RestClock clock = new RestClock(10, at(0));
    clock.advance(at(115));
    clock.leaveAlone(A);
    assertThat(clock.isAtRest(A)).isFalse();
    assertThat(clock.isAtRest(B)).isTrue();
    clock.advance(at(124));
    assertThat(clock.isAtLongRest(A)).isFalse();
    clock.advance(at(125));
    assertThat(clock.isAtLongRest(A)).isTrue();
  }

  @Test
  void whatAFlushAddsAndDeletesIsChanged() {
    RestClock clock = new RestClock(10, at(0));
    LiveFile inB = file("b", B, 0);
    Version before = Version.of(1, List.of(file("c", C, 0), inB));
    clock.advance(at(10));
    clock.changed(
        edit(List.of(new AddedFile(file("a", A, 0).file(), new Metrics(), List.of(), 0)), "b"),
        before);
    assertThat(clock.isAtRest(A)).isFalse();
    assertThat(clock.isAtRest(B)).isFalse();
    assertThat(clock.isAtRest(C)).isTrue();
  }

  @Test
  void whatOthersAddDeleteOrRemoveIsChanged() {
    LiveFile same = file("same", A, 2);
    List<LiveFile> before = List.of(same, file("b", B, 1));
    assertThat(afterOthers(before, before)).isEmpty();
    assertThat(afterOthers(before, List.of(same, file("b", B, 2)))).containsExactly(B);
    assertThat(afterOthers(before, List.of(same))).containsExactly(B);
    assertThat(afterOthers(List.of(same), before)).containsExactly(B);
  }

  /** The partitions whose rest has ended. */
  private static List<PartitionTuple> afterOthers(List<LiveFile> before, List<LiveFile> after) {
    RestClock clock = new RestClock(10, at(0));
    clock.advance(at(10));
    clock.changedByOthers(Version.of(1, before), Version.of(2, after));
    return Stream.of(A, B).filter(partition -> !clock.isAtRest(partition)).toList();
  }

  @Test
  void withoutATimeNothingIsEverAtRest() {
    RestClock clock = new RestClock(0, at(0));
    change(clock, A);
    clock.advance(at(1_000_000));
    assertThat(clock.isAnyAtRest()).isFalse();
    assertThat(clock.isAtRest(A)).isFalse();
    assertThat(clock.isAtLongRest(B)).isFalse();
  }

  @Test
  void aTimeBeyondTheClockIsNever() {
    RestClock clock = new RestClock(Long.MAX_VALUE, at(0));
    change(clock, A);
    clock.advance(at(1_000_000));
    assertThat(clock.isAtRest(A)).isFalse();
    assertThat(clock.isAtRest(B)).isFalse();
  }

  private static void change(RestClock clock, PartitionTuple partition) {
    LiveFile live = file("f", partition, 0);
    clock.changed(edit(List.of(), "f"), Version.of(1, List.of(live)));
  }

  private static VersionEdit edit(List<AddedFile> added, String deleted) {
    return new VersionEdit(
        new UUID(0, 1), 1, added, Map.of(deleted, DeletionVector.of(0)), KeyList.EMPTY);
  }

  private static LiveFile file(String path, PartitionTuple partition, int deleted) {
    return new LiveFile(
        new TableFile(path, 100, 10, partition, null, 0, -1),
        DeletionVector.of(LongStream.range(0, deleted).toArray()));
  }
}

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
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.iceberg.Metrics;
import org.junit.jupiter.api.Test;

class PendingEditTest {
  private static final int MIB = 1 << 20;

  /** With metrics mode "full" the bounds of a file are whole values. */
  @Test
  void theBoundsOfAddedFilesCount() {
    PendingEdit pending = new PendingEdit();
    pending.add(adds(bounds(16)));
    assertThat(pending.memoryBytes()).isLessThan(5_000);

    pending.add(adds(bounds(MIB)));
    assertThat(pending.memoryBytes()).isBetween(2L * MIB, 2L * MIB + 10_000);
  }

  @Test
  void filesWithoutMetricsCount() {
    PendingEdit pending = new PendingEdit();
    pending.add(adds(new Metrics(1L)));
    assertThat(pending.memoryBytes()).isBetween(500L, 2_000L);
  }

  private static Metrics bounds(int bytes) {
    Map<Integer, Long> one = Map.of(1, 1L);
    return new Metrics(
        1L,
        one,
        one,
        one,
        Map.of(),
        Map.of(1, ByteBuffer.allocate(bytes)),
        Map.of(1, ByteBuffer.allocate(bytes)));
  }

  private static VersionEdit adds(Metrics metrics) {
    TableFile file = new TableFile("file", 1, 1, new PartitionTuple(0, List.of()), null, 0, -1);
    return new VersionEdit(
        new UUID(0, 1),
        Version.NO_SNAPSHOT,
        List.of(new AddedFile(file, metrics, List.of(4L), 0)),
        Map.of(),
        KeyList.EMPTY);
  }
}

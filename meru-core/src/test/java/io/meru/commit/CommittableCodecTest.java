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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.CorruptFileException;
import io.meru.version.AddedFile;
import io.meru.version.Compaction;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.VersionEdit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.iceberg.Metrics;
import org.junit.jupiter.api.Test;

class CommittableCodecTest {
  private static final String FOLDER = "s3://bucket/db/t/data/region=eu/";
  private static final String FIRST =
      FOLDER + "meru-L0-0000-7fff-5e1f00aa-orders-0f8fad5bd9cb469fa16570867728950e.parquet";
  private static final String SECOND =
      FOLDER + "meru-L0-8000-ffff-5e1f00aa-orders-1f8fad5bd9cb469fa16570867728950e.parquet";

  @Test
  void bytesOfVersion1StayReadable() throws IOException {
    assertSame(CommittableCodec.decode(1, stored()), sample());
  }

  @Test
  void bytesOfVersion2StayReadable() throws IOException {
    assertSame(CommittableCodec.decode(2, stored("committable-v2.bin")), withCompactions());
  }

  @Test
  void version2IsWrittenAsItAlwaysWas() throws IOException {
    assertThat(CommittableCodec.encode(withCompactions())).isEqualTo(stored("committable-v2.bin"));
  }

  @Test
  void editsAloneComeBackAsTheyWere() {
    for (VersionEdit edit : withCompactions().edits()) {
      byte[] bytes = CommittableCodec.encodeEdit(edit);
      VersionEdit read = CommittableCodec.decodeEdit(CommittableCodec.VERSION, bytes);
      assertSame(read, edit);
      assertThat(CommittableCodec.encodeEdit(read)).isEqualTo(bytes);
    }
  }

  @Test
  void orderOfMapsDoesNotMatter() {
    VersionEdit edit = sample().edits().get(0);
    Map<String, DeletionVector> reversed = new LinkedHashMap<>();
    edit.deletions().keySet().stream()
        .sorted((a, b) -> b.compareTo(a))
        .forEach(path -> reversed.put(path, edit.deletions().get(path)));
    VersionEdit other =
        new VersionEdit(
            edit.id(), edit.baseSnapshotId(), edit.added(), reversed, edit.pureDeletes());
    assertThat(CommittableCodec.encodeEdit(other)).isEqualTo(CommittableCodec.encodeEdit(edit));
  }

  @Test
  void anUnknownVersionIsRefused() throws IOException {
    byte[] bytes = stored();
    assertThatThrownBy(() -> CommittableCodec.decode(3, bytes))
        .isInstanceOf(CorruptFileException.class)
        .hasMessage(
            "Cannot read a committable of version 3: this release knows versions 1 to 2. Restore with"
                + " the release that wrote the checkpoint, or a later one.");
  }

  @Test
  void everyTruncationIsNoticed() throws IOException {
    byte[] bytes = stored("committable-v2.bin");
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> CommittableCodec.decode(2, cut))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageStartingWith(
              "Cannot read a committable of version 2: its %d bytes are damaged near byte "
                  .formatted(length));
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> CommittableCodec.decode(2, longer))
        .isInstanceOf(CorruptFileException.class)
        .hasRootCauseMessage("1 bytes are left over");
  }

  @Test
  void damagedBytesGiveAnErrorOrAValueButNothingElse() throws IOException {
    byte[] bytes = stored("committable-v2.bin");
    long seed = 20261122;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = bytes.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      decodeOrRefuse(damaged);
      byte[] garbage = new byte[random.nextInt(200)];
      random.nextBytes(garbage);
      decodeOrRefuse(garbage);
    }
  }

  private static void decodeOrRefuse(byte[] bytes) {
    try {
      assertThat(CommittableCodec.decode(2, bytes)).isNotNull();
    } catch (CorruptFileException e) {
      assertThat(e).hasMessageContaining("are damaged near byte");
    }
  }

  private static byte[] stored() throws IOException {
    return stored("committable-v1.bin");
  }

  private static byte[] stored(String name) throws IOException {
    try (InputStream in = CommittableCodecTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  /** The sample, and what version 1 did not have. */
  static Committable withCompactions() {
    Committable sample = sample();
    VersionEdit edit = sample.edits().get(0);
    Compaction compaction =
        new Compaction(
            List.of(FOLDER + "c.parquet", FOLDER + "d.parquet"),
            77L,
            Map.of(FOLDER + "e.parquet", DeletionVector.of(3, 4, 5)),
            List.of(edit.added().get(1)),
            Map.of(SECOND, DeletionVector.of(1)));
    VersionEdit compacting =
        new VersionEdit(
            edit.id(),
            edit.baseSnapshotId(),
            edit.added().subList(0, 1),
            edit.deletions(),
            edit.pureDeletes(),
            List.of(compaction));
    return new Committable(
        sample.sinkId(),
        sample.runId(),
        sample.checkpointId(),
        sample.watermark(),
        List.of(compacting, sample.edits().get(1)));
  }

  static Committable sample() {
    Map<Integer, Long> sizes = new HashMap<>(Map.of(2, 17L, 1, 4_711L));
    Map<Integer, ByteBuffer> lower =
        new HashMap<>(Map.of(2, bytes(0x61), 1, bytes(0, 0, 0, 0, 0, 0, 0, 0)));
    Metrics metrics =
        new Metrics(
            100L, sizes, Map.of(1, 100L, 2, 100L), Map.of(1, 0L, 2, 3L), null, lower, Map.of());
    AddedFile first =
        new AddedFile(
            new TableFile(
                FIRST,
                5_000_000_000L,
                100,
                new PartitionTuple(3, Arrays.asList(bytes(0x65, 0x75), null)),
                LevelFileName.parse(FIRST).orElseThrow(),
                0,
                -1),
            metrics,
            List.of(4L, 1L << 40),
            1);
    AddedFile second =
        new AddedFile(
            new TableFile(
                SECOND,
                777,
                2,
                PartitionTuple.unpartitioned(0),
                LevelFileName.parse(SECOND).orElseThrow(),
                17,
                1L << 63),
            new Metrics(2L, null, null, null, null, null, null),
            List.of(4L),
            0);
    Map<String, DeletionVector> deletions = new LinkedHashMap<>();
    deletions.put(FOLDER + "b.parquet", DeletionVector.of(0, 1, 2, 70_000, Integer.MAX_VALUE));
    deletions.put(FOLDER + "a.parquet", DeletionVector.of(5));
    deletions.put(FIRST, DeletionVector.of(99));
    return new Committable(
        "orders",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        42,
        1_700_000_000_000L,
        List.of(
            new VersionEdit(
                new UUID(1, -1),
                8_412_345_678_901_234_567L,
                List.of(first, second),
                deletions,
                TestTable.keyList(List.of(-3L, 0L, 7L))),
            new VersionEdit(
                new UUID(2, 5), -1, List.of(), Map.of(), TestTable.keyList(List.of()))));
  }

  private static void assertSame(Committable read, Committable expected) {
    assertThat(read.sinkId()).isEqualTo(expected.sinkId());
    assertThat(read.runId()).isEqualTo(expected.runId());
    assertThat(read.checkpointId()).isEqualTo(expected.checkpointId());
    assertThat(read.watermark()).isEqualTo(expected.watermark());
    assertThat(read.edits()).hasSameSizeAs(expected.edits());
    for (int i = 0; i < read.edits().size(); i++) {
      assertSame(read.edits().get(i), expected.edits().get(i));
    }
  }

  private static void assertSame(VersionEdit read, VersionEdit expected) {
    assertThat(read.id()).isEqualTo(expected.id());
    assertThat(read.baseSnapshotId()).isEqualTo(expected.baseSnapshotId());
    assertThat(read.deletions()).isEqualTo(expected.deletions());
    assertThat(read.pureDeletes().serialize()).isEqualTo(expected.pureDeletes().serialize());
    assertSame(read.added(), expected.added());
    assertThat(read.compactions()).hasSameSizeAs(expected.compactions());
    for (int i = 0; i < read.compactions().size(); i++) {
      Compaction compaction = read.compactions().get(i);
      Compaction other = expected.compactions().get(i);
      assertThat(compaction.replaced()).isEqualTo(other.replaced());
      assertThat(compaction.moved()).isEqualTo(other.moved());
      assertThat(compaction.deleted()).isEqualTo(other.deleted());
      assertSame(compaction.outputs(), other.outputs());
    }
  }

  private static void assertSame(List<AddedFile> read, List<AddedFile> expected) {
    assertThat(read).hasSameSizeAs(expected);
    for (int i = 0; i < read.size(); i++) {
      AddedFile file = read.get(i);
      AddedFile other = expected.get(i);
      assertThat(file.file()).isEqualTo(other.file());
      assertThat(file.splitOffsets()).isEqualTo(other.splitOffsets());
      assertThat(file.sortOrderId()).isEqualTo(other.sortOrderId());
      assertThat(file.metrics())
          .usingRecursiveComparison()
          .ignoringCollectionOrder()
          .isEqualTo(other.metrics());
    }
  }

  private static ByteBuffer bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteBuffer.wrap(bytes);
  }
}

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

import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meru.error.UnsupportedTableException;
import io.meru.inspect.TableShape.FileShape;
import io.meru.inspect.TableShape.LevelShape;
import io.meru.inspect.TableShape.PartitionShape;
import io.meru.inspect.TableShape.RunShape;
import io.meru.inspect.TableShape.SinkShape;
import io.meru.inspect.TableShape.SizeBucket;
import io.meru.inspect.TableShape.SnapshotShape;
import io.meru.testing.EngineTable;
import io.meru.testing.ForeignWriter;
import io.meru.testing.Records;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shape of a table, figure by figure, against what was written into it. */
class ShapeReaderTest {
  private static final Schema SCHEMA =
      new Schema(
          List.of(
              required(1, "id", Types.LongType.get()),
              optional(2, "v", Types.StringType.get()),
              required(3, "region", Types.StringType.get())),
          Set.of(1));

  @TempDir Path folder;
  private EngineTable engine;

  @BeforeEach
  void writeTable() {
    PartitionSpec spec = PartitionSpec.builderFor(SCHEMA).identity("region").build();
    engine = EngineTable.create(folder.resolve("t").toUri().toString(), SCHEMA, spec, 2);
    for (long id = 0; id < 100; id++) {
      engine.put(id, "first", id < 50 ? "eu" : "us");
    }
    engine.checkpoint();
    for (long id = 0; id < 10; id++) {
      engine.put(id, "second", "eu");
    }
    engine.delete(99L, null, "us").checkpoint();
    new ForeignWriter(engine.load())
        .append(List.of(Records.of(SCHEMA.asStruct(), 1000L, "foreign", "us")));
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private TableShape shape() {
    return ShapeReader.read(engine.load(), "t");
  }

  @Test
  void theTableItselfIsDescribed() {
    TableShape shape = shape();

    assertThat(shape.table()).isEqualTo("t");
    assertThat(shape.formatVersion()).isEqualTo(3);
    assertThat(shape.keyColumns()).containsExactly("id");
    assertThat(shape.rows()).isEqualTo(111);
    assertThat(shape.deletedRows()).isEqualTo(11);
    assertThat(shape.liveRows()).isEqualTo(100);
    assertThat(shape.files()).isEqualTo(shape.dataFiles().size());
    assertThat(shape.bytes())
        .isEqualTo(shape.dataFiles().stream().mapToLong(FileShape::bytes).sum())
        .isPositive();
    assertThat(shape.targetFileBytes()).isEqualTo(512L << 20);
  }

  @Test
  void levelsAddUpAndForeignFilesComeLast() {
    List<LevelShape> levels = shape().levels();

    assertThat(levels).extracting(LevelShape::level).containsExactly(0, null);
    LevelShape zero = levels.get(0);
    assertThat(zero.rows()).isEqualTo(110);
    assertThat(zero.liveRows()).isEqualTo(99);
    assertThat(zero.deletedRows()).isEqualTo(11);
    assertThat(zero.deletedShare()).isEqualTo(0.1);
    assertThat(zero.sizes().min()).isLessThanOrEqualTo(zero.sizes().median());
    assertThat(zero.sizes().median()).isLessThanOrEqualTo(zero.sizes().max());
    assertThat(zero.sizes().buckets().stream().mapToInt(SizeBucket::files).sum())
        .isEqualTo(zero.files());
    assertThat(zero.sizes().buckets())
        .allMatch(bucket -> Long.bitCount(bucket.upToBytes()) == 1)
        .last()
        .matches(bucket -> bucket.upToBytes() >= zero.sizes().max());
    assertThat(levels.get(1).files()).isEqualTo(1);
    assertThat(levels.get(1).deletedShare()).isZero();
  }

  @Test
  void deeperLevelsFollowLevelZero() {
    for (int level : new int[] {2, 1}) {
      String name = "meru-L%d-0000-ffff-d2350556-orders-%032x.parquet".formatted(level, level);
      engine
          .load()
          .newAppend()
          .appendFile(
              DataFiles.builder(engine.load().spec())
                  .withPath(engine.load().locationProvider().newDataLocation(name))
                  .withPartitionPath("region=us")
                  .withFileSizeInBytes(1000 * level)
                  .withRecordCount(10)
                  .withFormat(FileFormat.PARQUET)
                  .build())
          .commit();
    }

    TableShape shape = shape();
    assertThat(shape.levels()).extracting(LevelShape::level).containsExactly(0, 1, 2, null);
    assertThat(shape.levels().get(2).bytes()).isEqualTo(2000);
    assertThat(shape.dataFiles())
        .extracting(file -> file.level() == null ? 3 : file.level())
        .isSorted()
        .contains(1, 2);
    assertThat(shape.dataFiles())
        .filteredOn(file -> Integer.valueOf(1).equals(file.level()))
        .extracting(FileShape::keyMin)
        .allMatch(bounds -> bounds.get(0) == null);
  }

  @Test
  void filesSayTheirHashRangeKeyBoundsAndDeletedRows() {
    List<FileShape> files = shape().dataFiles();

    FileShape foreign = files.get(files.size() - 1);
    assertThat(foreign.level()).isNull();
    assertThat(foreign.firstHash()).isNull();
    assertThat(foreign.sinkId()).isNull();
    assertThat(foreign.presentKey()).isFalse();
    assertThat(foreign.partition()).isEqualTo("region=us");
    assertThat(foreign.keyMin()).containsExactly("1000");
    assertThat(foreign.keyMax()).containsExactly("1000");
    assertThat(foreign.firstRowId()).isEqualTo(110);
    List<FileShape> own = files.subList(0, files.size() - 1);
    assertThat(own)
        .allMatch(file -> file.level() == 0)
        .allMatch(file -> file.sinkId().equals(EngineTable.SINK_ID))
        .allMatch(FileShape::presentKey)
        .allMatch(file -> file.firstHash() <= file.lastHash())
        .allMatch(file -> file.lastHash() < 0x8000 || file.firstHash() >= 0x8000)
        .allMatch(file -> file.liveRows() == file.rows() - file.deletedRows());
    assertThat(own)
        .filteredOn(file -> file.partition().equals("region=eu") && file.deletedRows() > 0)
        .hasSize(2)
        .allMatch(file -> Long.parseLong(file.keyMax().get(0)) < 50)
        .allMatch(file -> file.deletedShare() == (double) file.deletedRows() / file.rows());
  }

  @Test
  void partitionsAddUp() {
    List<PartitionShape> partitions = shape().partitions();

    assertThat(partitions)
        .extracting(PartitionShape::partition)
        .containsExactly("region=eu", "region=us");
    assertThat(partitions.get(0).rows()).isEqualTo(60);
    assertThat(partitions.get(0).liveRows()).isEqualTo(50);
    assertThat(partitions.get(1).liveRows()).isEqualTo(50);
    assertThat(partitions.get(1).files() - partitions.get(1).levelZeroFiles()).isEqualTo(1);
  }

  @Test
  void snapshotsSayWhoMadeThemAndWhatChanged() {
    TableShape shape = shape();

    List<SnapshotShape> snapshots = shape.snapshots();
    assertThat(snapshots)
        .extracting(SnapshotShape::job)
        .containsExactly("claim", "flush", "flush", null);
    assertThat(snapshots)
        .extracting(SnapshotShape::checkpointId)
        .containsExactly(null, 1L, 2L, null);
    assertThat(snapshots.get(1).sinkId()).isEqualTo(EngineTable.SINK_ID);
    assertThat(snapshots.get(1).generation()).isEqualTo(1);
    assertThat(snapshots.get(1).addedRows()).isEqualTo(100);
    assertThat(snapshots.get(1).addedFiles()).isEqualTo(4);
    assertThat(snapshots.get(2).addedRows()).isEqualTo(10);
    assertThat(snapshots.get(2).deletedRows()).isEqualTo(11);
    assertThat(snapshots.get(2).addedVectors()).isEqualTo(3);
    assertThat(snapshots.get(2).liveRows()).isEqualTo(99);
    assertThat(snapshots.get(2).parentId()).isEqualTo(snapshots.get(1).id());
    assertThat(snapshots.get(3).operation()).isEqualTo("append");
    assertThat(snapshots.get(3).liveRows()).isEqualTo(100);
    assertThat(shape.lastCommit()).isEqualTo(snapshots.get(3));
  }

  @Test
  void sinksSayTheirClaimAndWhatEachRunCommittedLast() {
    try (EngineTable next = EngineTable.open(engine.location(), 1)) {
      next.put(5L, "third", "eu").checkpoint();
    }

    List<SinkShape> sinks = shape().sinks();
    assertThat(sinks).hasSize(1);
    SinkShape sink = sinks.get(0);
    assertThat(sink.sinkId()).isEqualTo(EngineTable.SINK_ID);
    assertThat(sink.generation()).isEqualTo(2);
    assertThat(sink.claimOwner()).isNotEmpty();
    assertThat(sink.runs()).extracting(RunShape::lastCheckpointId).containsExactly(2L, 1L);
    assertThat(sink.runs()).extracting(RunShape::generation).containsExactly(1L, 2L);
    assertThat(sink.runs()).noneMatch(RunShape::torn);
  }

  @Test
  void vectorsAreCountedAndMeasured() {
    TableShape.VectorShape vectors = shape().vectors();

    assertThat(vectors.vectors()).isEqualTo(3);
    assertThat(vectors.files()).isEqualTo(1);
    assertThat(vectors.bytes()).isPositive().isLessThan(vectors.fileBytes());
    assertThat(vectors.positionDeleteFiles()).isZero();
    assertThat(vectors.equalityDeleteFiles()).isZero();
  }

  @Test
  void cleanUpCountsWhatTheTablesPropertiesWouldExpire() {
    assertThat(shape().cleanUp().expirableSnapshots()).isZero();
    assertThat(shape().cleanUp().expirableBytes()).isZero();
    assertThat(shape().cleanUp().previousMetadataFiles()).isEqualTo(4);
    assertThat(shape().cleanUp().maxPreviousMetadataFiles()).isEqualTo(100);
    assertThat(shape().cleanUp().deletesOldMetadata()).isFalse();
    assertThat(shape().cleanUp().manifests()).isEqualTo(4);
    assertThat(shape().cleanUp().manifestBytes()).isPositive();

    for (long id = 0; id < 10; id++) {
      engine.put(id, "third", "eu");
    }
    engine.checkpoint();
    long replaced =
        engine.load().currentSnapshot().summary().get("removed-files-size") == null
            ? 0
            : Long.parseLong(engine.load().currentSnapshot().summary().get("removed-files-size"));
    engine.load().updateProperties().set("history.expire.max-snapshot-age-ms", "0").commit();

    assertThat(shape().cleanUp().expirableSnapshots()).isEqualTo(4);
    assertThat(shape().cleanUp().expirableBytes()).isEqualTo(replaced).isPositive();

    engine.load().updateProperties().set("gc.enabled", "false").commit();
    assertThat(shape().cleanUp().expirableSnapshots()).isNull();
    assertThat(shape().cleanUp().expirableBytes()).isNull();
  }

  @Test
  void aTableWithoutSnapshotsHasAnEmptyShape() {
    Table empty =
        new HadoopTables(new Configuration())
            .create(
                SCHEMA,
                PartitionSpec.unpartitioned(),
                Map.of("format-version", "3"),
                folder.resolve("empty").toUri().toString());

    TableShape shape = ShapeReader.read(empty, "empty");
    assertThat(shape.lastCommit()).isNull();
    assertThat(shape.levels()).isEmpty();
    assertThat(shape.snapshots()).isEmpty();
    assertThat(shape.sinks()).isEmpty();
    assertThat(shape.liveRows()).isZero();
  }

  @Test
  void aTableWithoutAPrimaryKeyIsRefused() {
    Table keyless =
        new HadoopTables(new Configuration())
            .create(
                new Schema(required(1, "id", Types.LongType.get())),
                PartitionSpec.unpartitioned(),
                Map.of("format-version", "3"),
                folder.resolve("keyless").toUri().toString());

    assertThatThrownBy(() -> ShapeReader.read(keyless, "keyless"))
        .isInstanceOf(UnsupportedTableException.class)
        .hasMessageStartingWith("Table keyless has no primary key");
  }
}

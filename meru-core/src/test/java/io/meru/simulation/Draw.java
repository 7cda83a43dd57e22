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

package io.meru.simulation;

import io.meru.commit.CommitOptions;
import io.meru.config.CompactionOptions;
import io.meru.config.LevelOptions;
import io.meru.config.WriteOptions;
import io.meru.row.RowKind;
import io.meru.simulation.SimulatedRows.Change;
import io.meru.simulation.SimulatedRows.Row;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;

/**
 * What a schedule draws once, before its first step: the table, the changes, every setting, and
 * which things may happen at all, so that rare combinations are not drowned by all others.
 */
final class Draw {
  /** What may happen in a schedule beside rows, flushes, barriers and commits. */
  enum Feature {
    OTHERS_APPEND,
    OTHERS_DELETE,
    OTHERS_REWRITE,
    EXPIRY,
    ROLLBACK,
    SCHEMA_CHANGE,
    RETYPE,
    CRASH,
    OLDER_RESTORE,
    ZOMBIE,
    CATALOG_FAULT,
    STORAGE_FAULT,
    OVERTAKING_BARRIER,
    INTERLEAVED_COMMIT,
    SECOND_JOB,
    FORK
  }

  private final Random random;

  Draw(Random random) {
    this.random = random;
  }

  /** Two features of five. */
  Set<Feature> features() {
    Set<Feature> features = EnumSet.noneOf(Feature.class);
    for (Feature feature : Feature.values()) {
      if (random.nextInt(5) < 2) {
        features.add(feature);
      }
    }
    return features;
  }

  Schema schema() {
    return SimulatedRows.schema(random.nextInt(4) == 0);
  }

  /** Whether manifests and others' files are written as Iceberg does, which costs more. */
  boolean asIceberg() {
    return random.nextInt(32) == 0;
  }

  /** Few keys, so that all that happens happens to the same. */
  int keys() {
    return 2 + random.nextInt(random.nextInt(4) == 0 ? 40 : 10);
  }

  PartitionSpec spec(Schema schema) {
    return switch (random.nextInt(6)) {
      case 0 -> SimulatedRows.byPart(schema);
      case 1 -> SimulatedRows.byKey(schema);
      default -> PartitionSpec.unpartitioned();
    };
  }

  /**
   * Changes of the keys {@code [0, keys)}, each with a value that no other has.
   *
   * @param times so many times as many as usual
   */
  List<Change> source(String name, int keys, int times) {
    List<Change> source = new ArrayList<>();
    int length = times * (5 + random.nextInt(25));
    for (int i = 0; i < length; i++) {
      long key = random.nextInt(keys);
      Row row = new Row(name + i, random.nextInt(3));
      switch (random.nextInt(8)) {
        case 0, 1 -> source.add(new Change(RowKind.DELETE, key, null));
        case 2 -> {
          source.add(new Change(RowKind.UPDATE_BEFORE, key, null));
          source.add(new Change(RowKind.UPDATE_AFTER, key, row));
        }
        default -> source.add(new Change(RowKind.INSERT, key, row));
      }
    }
    return source;
  }

  /** In some schedules every row is a flush of its own, in others a checkpoint is one. */
  WriteOptions writeOptions(CompactionOptions compaction) {
    long[] caches = {0, 600, 64L << 20};
    LevelOptions defaults = LevelOptions.LEVEL_0_DEFAULTS;
    LevelOptions level0 =
        new LevelOptions(
            random.nextInt(8) == 0 ? defaults.codec() : "uncompressed",
            defaults.codecLevel(),
            1 + random.nextInt(5),
            defaults.pageBytes(),
            defaults.rowGroupBytes(),
            random.nextInt(8) == 0,
            defaults.bloomFilterFpp());
    return new WriteOptions(
        random.nextInt(3) == 0 ? 1 : 1 << 20,
        1 + random.nextInt(2),
        caches[random.nextInt(caches.length)],
        64L << 20,
        level0,
        compaction);
  }

  /**
   * How writers compact.
   *
   * @param own not the one that all else is drawn from, since that would change what seeds mean
   */
  static CompactionOptions compaction(Random own) {
    LevelOptions defaults = LevelOptions.DEEPER_DEFAULTS;
    LevelOptions levels =
        new LevelOptions(
            own.nextInt(8) == 0 ? defaults.codec() : "uncompressed",
            defaults.codecLevel(),
            1 + own.nextInt(5),
            defaults.pageBytes(),
            own.nextInt(4) == 0 ? 1 : defaults.rowGroupBytes(),
            own.nextInt(8) == 0,
            defaults.bloomFilterFpp());
    int trigger = 2 + own.nextInt(2);
    double deletedRatio = own.nextBoolean() ? 1 : 0.05 + own.nextDouble() * 0.7;
    long targetFileBytes = own.nextInt(3) == 0 ? 1 : 1 << (8 + own.nextInt(8));
    long maxBytes = own.nextInt(3) == 0 ? 1 : 1 << 20;
    return new CompactionOptions(
        true,
        trigger,
        deletedRatio,
        targetFileBytes,
        maxBytes,
        own.nextInt(3) == 0 ? trigger : 1_000_000,
        1_000_000,
        0, // a thread that waits is none that merges
        0,
        own.nextBoolean() ? 0 : 1 + own.nextInt(40),
        levels);
  }

  /**
   * The committers' settings.
   *
   * @param emptyCheckpoints not drawn here, since that would change what the seeds after it mean
   */
  CommitOptions commitOptions(boolean emptyCheckpoints) {
    long[] caches = {0, 300, 1 << 20};
    return new CommitOptions(
        random.nextInt(4) == 0 ? 4 : 20,
        0,
        0,
        caches[random.nextInt(caches.length)],
        random.nextBoolean() ? 0 : 1 << 20,
        emptyCheckpoints,
        Map.of());
  }
}

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

package io.meru;

import static org.assertj.core.api.Assertions.assertThat;

import io.meru.SimulatedJob.Change;
import io.meru.config.LevelOptions;
import io.meru.config.WriteOptions;
import io.meru.row.RowKind;
import io.meru.testing.ForeignWriter;
import io.meru.testing.TableChecks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;

/**
 * One schedule drawn from a seed: a table, a job on it and what happens to both. The table's key,
 * partitioning and the writer's settings are drawn as well.
 */
final class SimulatedSchedule {
  private static final long FOREIGN_KEYS = 1_000_000;
  static final int LOG_LENGTH = 600;
  static final TableIdentifier NAME = TableIdentifier.of("db", "t");

  private final long seed;
  private final Random random;
  private final Schema schema;
  private final Supplier<Table> loader;
  final SimulatedJob job;
  private final Map<Long, Record> foreignRows = new HashMap<>();
  private final List<String> trace = new ArrayList<>();

  SimulatedSchedule(long seed, Catalog catalog) {
    this.seed = seed;
    this.random = new Random(seed);
    boolean stringKey = random.nextInt(3) == 0;
    this.schema = schema(stringKey);
    catalog.createTable(NAME, schema, spec(), Map.of("format-version", "3"));
    this.loader = () -> catalog.loadTable(NAME);
    Random idSeed = new Random(seed + 1);
    this.job =
        new SimulatedJob(
            loader,
            options(),
            () -> new UUID(idSeed.nextLong(), idSeed.nextLong()),
            log(),
            1 + random.nextInt(4));
  }

  void run() {
    try {
      while (!job.atEnd()) {
        step();
      }
      job.barrier();
      while (job.pending() > 0) {
        job.commitOldest();
      }
      check();
      assertThat(job.isSettled()).isTrue();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("Seed %d failed after %s".formatted(seed, trace), e);
    } finally {
      job.stop();
    }
  }

  private void step() {
    int action = random.nextInt(100);
    if (action < 45) {
      int rows = 1 + random.nextInt(40);
      trace("read " + rows);
      job.read(rows);
    } else if (action < 65) {
      trace("barrier");
      job.barrier();
    } else if (action < 88) {
      commit();
    } else if (action < 92) {
      int back = job.checkpoints() == 0 ? 0 : random.nextInt(Math.min(4, job.checkpoints()));
      int parallelism = 1 + random.nextInt(5);
      trace("restore " + back + " with " + parallelism);
      job.restore(back, parallelism);
    } else {
      foreignChange();
    }
  }

  private void commit() {
    if (job.pending() > 0) {
      trace("commit");
      job.commitOldest();
      check();
    }
  }

  void check() {
    Table table = loader.get();
    if (table.currentSnapshot() != null) {
      TableChecks.assertInvariants(table, table.currentSnapshot());
    }
    if (job.isSettled()) {
      List<Record> expected = new ArrayList<>(job.model().values());
      expected.addAll(foreignRows.values());
      TableChecks.assertRows(table, expected);
    }
  }

  private void foreignChange() {
    ForeignWriter foreign = new ForeignWriter(loader.get());
    switch (random.nextInt(4)) {
      case 0 -> {
        trace("foreign append");
        foreignAppend(foreign);
      }
      case 1 -> {
        trace("foreign rewrite");
        foreign.rewriteAll();
      }
      case 2 -> {
        trace("foreign delete");
        foreign.delete(row -> row.get(1).equals(FOREIGN_KEYS));
        foreignRows.remove(FOREIGN_KEYS);
      }
      default -> foreignUpsertOfAPendingKey(foreign);
    }
  }

  private void foreignAppend(ForeignWriter foreign) {
    long key = FOREIGN_KEYS + foreignRows.size();
    if (!foreignRows.containsKey(key)) {
      Record row = row(key, "foreign");
      foreign.append(List.of(row));
      foreignRows.put(key, row);
    }
  }

  /** The pending commit, or the replay after a restore, writes the key again: Meru's row stays. */
  private void foreignUpsertOfAPendingKey(ForeignWriter foreign) {
    Change change = job.someUncommittedChange(random.nextInt(1 << 20));
    if (change != null) {
      long key = (Long) change.row().get(1);
      trace("foreign upsert of " + key);
      foreign.delete(row -> row.get(1).equals(key));
      foreign.append(List.of(row(key, "intruder")));
    }
  }

  private void trace(String step) {
    trace.add(step);
  }

  private List<Change> log() {
    List<Change> log = new ArrayList<>();
    int keys = 1 + random.nextInt(300);
    for (int i = 0; i < LOG_LENGTH; i++) {
      long key = random.nextInt(keys);
      switch (random.nextInt(8)) {
        case 0 -> log.add(new Change(RowKind.DELETE, keyOnly(key)));
        case 1 -> {
          log.add(new Change(RowKind.UPDATE_BEFORE, keyOnly(key)));
          log.add(new Change(RowKind.UPDATE_AFTER, row(key, "v" + i)));
        }
        default -> log.add(new Change(RowKind.INSERT, row(key, "v" + i)));
      }
    }
    return log;
  }

  private Record row(long key, String value) {
    Record row = keyOnly(key);
    row.set(2, value);
    row.set(3, (int) (random.nextInt(3)));
    return row;
  }

  private Record keyOnly(long key) {
    Record row = GenericRecord.create(schema);
    row.set(0, "k" + key % 7);
    row.set(1, key);
    return row;
  }

  /**
   * In one schedule of four every row is a flush of its own; in the others, a checkpoint is one.
   */
  private WriteOptions options() {
    long[] caches = {0, 4_000, 64L << 20};
    LevelOptions defaults = LevelOptions.LEVEL_0_DEFAULTS;
    LevelOptions level0 =
        new LevelOptions(
            defaults.codec(),
            defaults.codecLevel(),
            1 + random.nextInt(20),
            defaults.pageBytes(),
            defaults.rowGroupBytes(),
            random.nextBoolean(),
            defaults.bloomFilterFpp());
    return new WriteOptions(
        random.nextInt(4) == 0 ? 1 : 1 << 20,
        2,
        caches[random.nextInt(caches.length)],
        64L << 20,
        level0);
  }

  private PartitionSpec spec() {
    PartitionSpec.Builder builder = PartitionSpec.builderFor(schema);
    return switch (random.nextInt(4)) {
      case 0 -> builder.identity("part").build();
      case 1 -> builder.bucket("id", 3).build();
      default -> builder.build();
    };
  }

  private static Schema schema(boolean stringKey) {
    return new Schema(
        List.of(
            Types.NestedField.required(1, "name", Types.StringType.get()),
            Types.NestedField.required(2, "id", Types.LongType.get()),
            Types.NestedField.optional(3, "value", Types.StringType.get()),
            Types.NestedField.optional(4, "part", Types.IntegerType.get())),
        stringKey ? Set.of(1, 2) : Set.of(2));
  }
}

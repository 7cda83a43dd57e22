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

import io.meru.commit.Faults.Kind;
import io.meru.error.CommitConflictException;
import io.meru.error.FencedException;
import io.meru.key.HashRange;
import io.meru.metrics.CommitMetrics;
import io.meru.version.VersionEdit;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happens, in whatever order: every snapshot holds what a map holds to which the same
 * changes were applied. Writers write, checkpoints complete, commits fail, runs end and are
 * restored, older checkpoints come back, zombies commit late, others append, delete, rewrite,
 * remove files, expire snapshots and roll the table back.
 */
class CommitProtocolTest {
  private static final String SINK = "orders";
  private static final int KEYS = 12;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everySnapshotEqualsTheModel(long seed) {
    new Simulation(seed, false).run(60);
  }

  @ParameterizedTest
  @ValueSource(longs = {101, 102, 103, 104})
  void everySnapshotEqualsTheModelAlsoWhenTheTableIsRolledBack(long seed) {
    new Simulation(seed, true).run(60);
  }

  private static final class Simulation {
    private final long seed;
    private final boolean rollbacks;
    private final Random random;
    private final TestTable test;
    private final Map<String, Map<Long, @Nullable String>> changesByCommit = new HashMap<>();
    private final Map<Long, Consumer<NavigableMap<Long, List<String>>>> foreign = new HashMap<>();
    private final Map<Long, NavigableMap<Long, List<String>>> models = new HashMap<>();
    private final Deque<Committable> completed = new ArrayDeque<>();
    private final List<Committable> committed = new ArrayList<>();
    private final StringBuilder log = new StringBuilder();

    private Map<Long, @Nullable String> written = new HashMap<>();
    private List<NaiveWriter> writers = new ArrayList<>();
    private Faults faults = new Faults();
    private TableCommitter committer;
    private String run = "";
    private long checkpoint;
    private int runs;
    private int values;

    Simulation(long seed, boolean rollbacks) {
      this.seed = seed;
      this.rollbacks = rollbacks;
      this.random = new Random(seed);
      this.test = new TestTable(seed);
      this.committer = newCommitter();
      this.committer.claim(SINK);
      start();
    }

    void run(int steps) {
      try {
        for (int step = 0; step < steps; step++) {
          step();
          check();
        }
        test.checkSnapshots();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("Seed %d failed after:%n%s".formatted(seed, log), e);
      }
    }

    private void step() {
      int dice = random.nextInt(100);
      if (dice < 35) {
        write();
      } else if (dice < 55) {
        barrier();
      } else if (dice < 75) {
        commit();
      } else if (dice < 90) {
        foreignAction();
      } else if (dice < 93) {
        log("expire");
        test.expire();
      } else if (dice < 97) {
        restart();
      } else if (rollbacks) {
        rollback();
      }
    }

    private void write() {
      Map<Long, @Nullable String> changes = new HashMap<>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        changes.put((long) random.nextInt(KEYS), random.nextInt(4) == 0 ? null : "v" + ++values);
      }
      log("write " + changes);
      writers.forEach(writer -> writer.flush(changes));
      written.putAll(changes);
    }

    private void barrier() {
      checkpoint++;
      List<VersionEdit> edits = new ArrayList<>();
      for (NaiveWriter writer : writers) {
        edits.add(writer.barrier(checkpoint));
      }
      Committable committable =
          new Committable(SINK, run, checkpoint, Committable.NO_WATERMARK, edits);
      // as it comes out of checkpoint state
      completed.add(
          CommittableCodec.decode(CommittableCodec.VERSION, CommittableCodec.encode(committable)));
      changesByCommit.put(CommitId.of(committable), written);
      log("barrier " + checkpoint + " of " + run + " " + written);
      written = new HashMap<>();
    }

    private void commit() {
      Committable next = completed.poll();
      if (next != null) {
        int moment = random.nextInt(8);
        if (moment < 3) {
          log("next commit meets others at " + moment);
          faults.at(moment, this::foreignAction);
        }
        Kind[] kinds = {Kind.NONE, Kind.FAIL, Kind.UNKNOWN_DONE, Kind.UNKNOWN_LOST};
        Kind kind = kinds[Math.max(0, random.nextInt(8) - 4)];
        faults.commits(kind);
        log("commit " + next.checkpointId() + " of " + next.runId() + " " + kind);
        log("-> " + committer.commit(next));
        faults.reset();
        committed.add(next);
      }
    }

    private void foreignAction() {
      long before = head();
      int dice = random.nextInt(4);
      if (dice == 0) {
        Map<Long, String> rows = Map.of((long) random.nextInt(KEYS), "f" + ++values);
        log("foreign append " + rows);
        test.appendForeign(rows);
        register(
            model ->
                rows.forEach(
                    (key, value) ->
                        model.computeIfAbsent(key, same -> new ArrayList<>()).add(value)));
      } else if (dice == 1) {
        long key = random.nextInt(KEYS);
        log("foreign delete " + key);
        if (test.deleteForeign(key)) {
          register(model -> model.remove(key));
        }
      } else if (dice == 2) {
        log("foreign rewrite");
        if (test.rewriteForeign()) {
          register(model -> {});
        }
      } else if (before >= 0 && !TestTable.tasks(test.load()).isEmpty()) {
        List<Map.Entry<Long, String>> rows = test.removeForeign(random.nextInt(100));
        log("foreign removal of a file with " + rows);
        register(
            model ->
                rows.forEach(
                    row -> {
                      List<String> left = model.get(row.getKey());
                      left.remove(row.getValue());
                      if (left.isEmpty()) {
                        model.remove(row.getKey());
                      }
                    }));
      }
    }

    private void register(Consumer<NavigableMap<Long, List<String>>> effect) {
      foreign.put(head(), effect);
    }

    private void restart() {
      TableCommitter zombie = committer;
      boolean older = random.nextInt(3) == 0;
      log("restart" + (older ? " from an older checkpoint" : ""));
      if (older && !committed.isEmpty()) {
        // checkpoints from there on are committed again; those completed later never happened
        completed.clear();
        int from = random.nextInt(committed.size());
        completed.addAll(committed.subList(from, committed.size()));
      } else if (!completed.isEmpty() && random.nextBoolean()) {
        Committable late = completed.peek();
        log("zombie -> " + zombie.commit(late));
      }
      TableCommitter sleeper = newCommitter();
      committer = newCommitter();
      committer.claim(SINK);
      start();
      while (!completed.isEmpty() && random.nextInt(3) > 0) {
        commit();
      }
      if (!completed.isEmpty()) {
        Committable late = completed.peek();
        assertThatThrownBy(() -> sleeper.commit(late)).isInstanceOf(CommitConflictException.class);
        if (!CommitMemory.holds(test.load().properties(), late)
            && !late.edits().stream().allMatch(VersionEdit::isEmpty)) {
          log("fenced zombie");
          assertThatThrownBy(() -> zombie.commit(late)).isInstanceOf(FencedException.class);
        }
      }
    }

    private void rollback() {
      Table table = test.load();
      List<Snapshot> history = TestTable.history(table);
      if (history.size() > 1) {
        Snapshot target = history.get(1 + random.nextInt(Math.min(4, history.size() - 1)));
        log(
            "rollback to "
                + target.snapshotId()
                + " "
                + target.summary().get("meru.checkpoint-id"));
        table.manageSnapshots().rollbackTo(target.snapshotId()).commit();
      }
    }

    private void start() {
      run = "run-" + ++runs;
      int parallelism = 1 + random.nextInt(3);
      writers = new ArrayList<>();
      for (int i = 0; i < parallelism; i++) {
        writers.add(new NaiveWriter(test, SINK, HashRange.ofSubtask(i, parallelism)));
      }
      written = new HashMap<>();
      log(run + " with " + parallelism + " writers");
    }

    private TableCommitter newCommitter() {
      faults = new Faults();
      return new TableCommitter(
          test.load(faults),
          TestTable.NAME,
          new CommitOptions(20, 1, 2, random.nextInt(300), 1 << 20, false, Map.of()),
          CommitMetrics.NONE,
          Clock.systemUTC(),
          test.ids());
    }

    private long head() {
      Table table = test.load();
      return table.currentSnapshot() == null ? -1 : table.currentSnapshot().snapshotId();
    }

    private void check() {
      Table table = test.load();
      assertThat(test.rows()).isEqualTo(model(table, table.currentSnapshot()));
    }

    private NavigableMap<Long, List<String>> model(Table table, @Nullable Snapshot snapshot) {
      if (snapshot == null) {
        return new TreeMap<>();
      }
      NavigableMap<Long, List<String>> known = models.get(snapshot.snapshotId());
      if (known != null) {
        return known;
      }
      NavigableMap<Long, List<String>> model = new TreeMap<>();
      Snapshot parent = snapshot.parentId() == null ? null : table.snapshot(snapshot.parentId());
      model(table, parent).forEach((key, rows) -> model.put(key, new ArrayList<>(rows)));
      apply(snapshot, model);
      model.values().forEach(rows -> rows.sort(null));
      models.put(snapshot.snapshotId(), model);
      return model;
    }

    private void apply(Snapshot snapshot, NavigableMap<Long, List<String>> model) {
      Map<Long, @Nullable String> changes =
          changesByCommit.get(snapshot.summary().getOrDefault("meru.commit-id", ""));
      if (changes != null) {
        changes.forEach(
            (key, value) -> {
              model.remove(key);
              if (value != null) {
                model.put(key, new ArrayList<>(List.of(value)));
              }
            });
      } else if (!"claim".equals(snapshot.summary().get("meru.job"))) {
        foreign.get(snapshot.snapshotId()).accept(model);
      }
    }

    private void log(String what) {
      log.append(what).append('\n');
    }
  }
}

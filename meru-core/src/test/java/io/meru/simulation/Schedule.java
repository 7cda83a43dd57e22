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

import io.meru.commit.Faults;
import io.meru.config.CompactionOptions;
import io.meru.error.CommitConflictException;
import io.meru.error.FencedException;
import io.meru.error.ForkRefusedException;
import io.meru.error.UnsupportedTableException;
import io.meru.maintenance.TableCompactionResult;
import io.meru.metrics.WriterMetrics;
import io.meru.simulation.Attempt.Checkpoint;
import io.meru.simulation.Draw.Feature;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import io.meru.writer.VersionSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.apache.iceberg.MemoryManifests;
import org.apache.iceberg.Schema;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.RuntimeIOException;

/**
 * One schedule, drawn from a seed: a table, one job or two on it, everybody else who touches it,
 * and the order in which all of them take their steps. Single-threaded, so that the seed replays
 * it.
 */
final class Schedule {
  static {
    MemoryManifests.register();
  }

  private static final int MAX_STEPS = 400;
  private static final int RESTARTS_TO_FINISH = 10;

  /** Compactions need files that were committed, so that there is something to merge. */
  private static final int LONGER = 3;

  /** Seeds, modulo five, of schedules without compactions. */
  private static final Set<Long> NO_COMPACTION = Set.of(2L, 3L);

  private final long seed;
  private final Random random;

  /** For what came later than the seeds that are kept, which go on meaning what they meant. */
  private final Random ownRandom;

  /** The same for what came after that. */
  private final Random expiryRandom;

  private final boolean compacts;

  /** Whether processes beside the jobs compact the table. */
  private final boolean compactsTable;

  private final Set<Feature> features;
  private final List<String> trace = new ArrayList<>();
  private final FailingFiles files;
  private final MemoryTable table;
  private final StaleReads staleReads;
  private final Oracle oracle;
  private final OtherWriters others;
  private final List<Job> jobs = new ArrayList<>();
  private boolean faultsInStep;
  private int compactions;
  private int compactionsAtRest;
  private int tableCompactions;
  private boolean interleaving;
  private boolean finishing;
  private Throwable violation;
  private final List<Attempt> failed = new ArrayList<>();
  private final List<Attempt> refused = new ArrayList<>();

  Schedule(long seed) {
    this.seed = seed;
    this.random = new Random(seed);
    this.ownRandom = new Random(seed * 31 + 7);
    this.expiryRandom = new Random(seed * 37 + 11);
    this.compacts = !NO_COMPACTION.contains(seed % 5);
    this.compactsTable = compacts && ownRandom.nextInt(4) == 0;
    Draw draw = new Draw(random);
    this.features = draw.features();
    boolean asIceberg = draw.asIceberg();
    Schema schema = draw.schema();
    int keys = draw.keys();
    MemoryFiles memory = new MemoryFiles();
    this.files = new FailingFiles(memory, !asIceberg);
    this.table = new MemoryTable(schema, draw.spec(schema), files, seed);
    this.staleReads = new StaleReads(table::metadata);
    memory.whenMissed(staleReads::missed);
    this.oracle = new Oracle(new SnapshotReader(memory), staleReads, table.metadata());
    table.observe(oracle);
    this.others = new OtherWriters(table, oracle, new ForeignFiles(asIceberg), random, keys);
    Attempt.Setup setup =
        new Attempt.Setup(
            table,
            oracle,
            staleReads,
            draw.writeOptions(
                compacts
                    ? Draw.compaction(ownRandom)
                    : CompactionOptions.DEFAULTS.withEnabled(false)),
            draw.commitOptions(seed % 4 == 0),
            ids(),
            this::interleaved,
            new CompactionCheck());
    jobs.add(
        new Job(
            new Attempt.Name("sink", random.nextBoolean()),
            setup,
            draw.source("a", keys, compacts ? LONGER : 1),
            Checkpoint.NONE,
            1 + random.nextInt(3)));
    if (features.contains(Feature.SECOND_JOB)) {
      jobs.add(
          new Job(
              new Attempt.Name("other", random.nextBoolean()),
              setup,
              draw.source("b", keys, compacts ? LONGER : 1),
              Checkpoint.NONE,
              1 + random.nextInt(2)));
    }
  }

  private Supplier<UUID> ids() {
    Random ids = new Random(~seed);
    return () -> new UUID(ids.nextLong(), ids.nextLong());
  }

  /**
   * What was checked.
   *
   * @param compactions that writers have installed
   * @param compactionsAtRest that writers have written of partitions at rest
   * @param tableCompactions commits that have compacted the table
   */
  record Checked(
      int snapshots,
      int keptRowIds,
      int compactions,
      int compactionsAtRest,
      int tableCompactions) {}

  /** Runs to the end. */
  Checked run() {
    try {
      for (int step = 0; step < MAX_STEPS && !jobs.get(0).current().isAtEnd(); step++) {
        step();
        settle();
        compact();
        settle();
      }
      finish();
      return new Checked(
          oracle.snapshots(),
          oracle.keptRowIds(),
          compactions,
          compactionsAtRest,
          tableCompactions);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "Seed %d (-Dmeru.simulation.seed=%d), with %s, failed after:%n%s%n%s"
              .formatted(seed, seed, features, String.join("\n", trace), rootOf(e)),
          e);
    }
  }

  List<String> trace() {
    return trace;
  }

  // one step of somebody

  private void step() {
    Job job = jobs.get(random.nextInt(jobs.size()));
    Attempt attempt = job.current();
    int dice = random.nextInt(100);
    if (dice < 62) {
      work(job, attempt);
    } else if (dice < 78) {
      commit(job, attempt);
    } else if (dice < 82) {
      crash(job);
    } else if (dice < 88) {
      zombie(job);
    } else if (dice < 90) {
      fork(job);
    } else {
      other();
    }
  }

  /** A compaction that some subtask has started is run, after some steps. */
  private void compact() {
    if (!compacts) {
      return;
    }
    if (compactsTable && ownRandom.nextInt(16) == 0) {
      compactTable();
      return;
    }
    Job job = jobs.get(ownRandom.nextInt(jobs.size()));
    Attempt attempt = job.current();
    if (ownRandom.nextInt(6) == 0) {
      int count = 1 + ownRandom.nextInt(5);
      act(job, attempt, "checkpoint", () -> checkpoint(attempt, count, job::complete));
    } else if (ownRandom.nextInt(2) == 0) {
      int subtask = ownRandom.nextInt(attempt.parallelism());
      attempt.compact(subtask);
      if (ownRandom.nextBoolean()) {
        act(job, attempt, "install of " + subtask, () -> attempt.flush(subtask));
      }
    }
  }

  /** A process that is no job compacts the whole table. */
  private void compactTable() {
    Faults faults = new Faults();
    withCatalogFaults(faults);
    withStorageFaults();
    trace("compaction of the table");
    try {
      TableCompactionResult result =
          others.compact(ownRandom, faults, () -> interleave("while it compacts"));
      tableCompactions += result.snapshots();
      trace("-> " + result);
    } catch (RuntimeException e) {
      trace("-> " + e);
      if (!mayFail(e)) {
        violation = violation == null ? e : violation;
      }
    }
  }

  /** Whether a process that is no job may fail so. */
  private boolean mayFail(RuntimeException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof FailingFiles.StorageFailure
          || cause instanceof UnsupportedTableException && features.contains(Feature.RETYPE)
          || faultsInStep
              && (cause instanceof CommitConflictException
                  || cause instanceof CommitStateUnknownException
                  || cause instanceof RuntimeIOException)) {
        return true;
      }
    }
    return false;
  }

  /** Merges fail of what goes wrong in the schedule, and of nothing else. */
  private final class CompactionCheck implements WriterMetrics {
    @Override
    public void compacted(
        int inputs,
        int outputs,
        long rows,
        long rowsDropped,
        long bytesRead,
        long bytesWritten,
        long nanos) {
      trace("compacted %d files of %d rows into %d".formatted(inputs, rows, outputs));
    }

    @Override
    public void compactedAtRest() {
      compactionsAtRest++;
    }

    @Override
    public void compactionInstalled() {
      compactions++;
      trace("compaction installed");
    }

    @Override
    public void compactionFailed(Throwable cause) {
      trace("compaction failed: " + cause);
      boolean missing = cause instanceof NotFoundException && others.hasExpired(missingFile(cause));
      if (!missing && !(rootOf(cause) instanceof IOException)) {
        violation = violation == null ? cause : violation;
      }
    }
  }

  /** A step from source to checkpoint. */
  private void work(Job job, Attempt attempt) {
    int subtask = random.nextInt(attempt.parallelism());
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3 -> {
        int count = 1 + random.nextInt(5);
        act(job, attempt, "emit " + count, () -> attempt.emit(count));
      }
      case 4, 5, 6, 7, 8 -> {
        int count = 1 + random.nextInt(6);
        withStorageFaults();
        act(
            job,
            attempt,
            "deliver " + count + " to " + subtask,
            () -> {
              for (int i = 0; i < count; i++) {
                attempt.deliver(subtask);
              }
            });
      }
      case 9 -> {
        withStorageFaults();
        act(job, attempt, "flush of " + subtask, () -> attempt.flush(subtask));
      }
      case 10, 11, 12 -> act(job, attempt, "barrier", attempt::trigger);
      case 13 -> {
        if (features.contains(Feature.OVERTAKING_BARRIER)) {
          act(
              job,
              attempt,
              "overtaking barrier to " + subtask,
              () -> attempt.deliverBarrierFirst(subtask));
        }
      }
      default -> {
        if (attempt.aligned() > 0) {
          int count = 1 + random.nextInt(attempt.aligned());
          if (attempt == job.current()) {
            act(job, attempt, "complete " + count, () -> job.complete(count));
          } else {
            act(job, attempt, "complete " + count, () -> attempt.complete(count));
          }
        }
      }
    }
  }

  private void commit(Job job, Attempt attempt) {
    if (!attempt.hasCommits()) {
      return;
    }
    Faults faults = attempt.faults();
    if (!finishing) {
      withCatalogFaults(faults);
      withStorageFaults();
      if (features.contains(Feature.INTERLEAVED_COMMIT) && random.nextBoolean()) {
        int moment = random.nextInt(3);
        faults.at(moment, () -> interleave("at moment " + moment));
      }
    }
    act(job, attempt, "commit", () -> trace("-> " + attempt.commit()));
    faults.reset();
  }

  private void crash(Job job) {
    if (features.contains(Feature.CRASH)) {
      trace(job.sinkId() + ": crash");
      end(job);
      restore(job);
    }
  }

  private void end(Job job) {
    switch (random.nextInt(3)) {
      case 0 -> job.current().close();
      case 1 -> {
        if (features.contains(Feature.ZOMBIE)) {
          trace(job.sinkId() + ": becomes a zombie");
          job.leaveBehind();
        }
      }
      default -> {} // killed
    }
  }

  private void restore(Job job) {
    int back = 0;
    if (features.contains(Feature.OLDER_RESTORE) && random.nextInt(3) == 0) {
      back = random.nextInt(job.retained() + 1);
    }
    int parallelism = 1 + random.nextInt(3);
    trace("%s: restore of %d checkpoints back with %d".formatted(job.sinkId(), back, parallelism));
    job.restore(back, parallelism);
    if (back > 0 && job.retained() > 0 && mayFork(job) && random.nextBoolean()) {
      fork(job, random.nextInt(Math.min(back, job.retained()))); // what has just been left
    }
  }

  /** Somebody starts a checkpoint of the job as a second job, under a sink id of its own. */
  private void fork(Job job) {
    if (mayFork(job)) {
      fork(job, random.nextInt(job.forkable()));
    }
  }

  private boolean mayFork(Job job) {
    return features.contains(Feature.FORK)
        && !finishing // the jobs that are to reach their end are known by then
        && jobs.size() == 1
        && job.forkable() > 0;
  }

  private void fork(Job job, int back) {
    trace("fork of %d checkpoints back".formatted(back));
    Job fork = job.fork(new Attempt.Name("fork", true), back, 1 + random.nextInt(2));
    oracle.forked(fork.sinkId(), fork.current().inherited());
    jobs.add(fork);
  }

  private void zombie(Job job) {
    if (!job.zombies().isEmpty()) {
      Attempt zombie = job.zombies().get(random.nextInt(job.zombies().size()));
      trace("zombie " + zombie.runId());
      int dice = random.nextInt(4);
      if (dice == 0) {
        int count = 1 + random.nextInt(20);
        act(job, zombie, "checkpoint", () -> checkpoint(zombie, count, zombie::complete));
      } else if (zombie.hasCommits() && dice < 3) {
        commit(job, zombie);
      } else {
        work(job, zombie);
      }
    }
  }

  /** Something that no job does. */
  private void other() {
    Feature[] all = {
      Feature.OTHERS_APPEND,
      Feature.OTHERS_DELETE,
      Feature.OTHERS_REWRITE,
      Feature.OTHERS_REWRITE,
      Feature.EXPIRY,
      Feature.ROLLBACK,
      Feature.ROLLBACK,
      Feature.SCHEMA_CHANGE,
      Feature.RETYPE
    };
    Feature feature = all[random.nextInt(all.length)];
    if (!features.contains(feature)) {
      return;
    }
    trace(
        "others: "
            + switch (feature) {
              case OTHERS_APPEND -> random.nextBoolean() ? others.append() : others.upsert();
              case OTHERS_DELETE -> random.nextInt(3) == 0 ? others.drop() : others.delete();
              case OTHERS_REWRITE -> others.rewrite();
              case EXPIRY -> expiryRandom.nextBoolean() ? others.cleanUp() : others.expire();
              case ROLLBACK -> others.rollback();
              case SCHEMA_CHANGE -> others.changeSchema();
              case RETYPE -> others.retype();
              default -> throw new IllegalStateException();
            });
  }

  // between two steps of one party, a step of another

  private VersionSource interleaved(VersionSource source) {
    return new VersionSource() {
      @Override
      public Version load() {
        return source.load();
      }

      @Override
      public Poll poll(long seenSnapshotId, SortedMap<Long, VersionEdit> pending) {
        if (features.contains(Feature.INTERLEAVED_COMMIT) && random.nextBoolean()) {
          interleave("before a poll");
        }
        return source.poll(seenSnapshotId, pending);
      }
    };
  }

  private void interleave(String when) {
    if (interleaving || finishing) {
      return;
    }
    interleaving = true;
    try {
      trace("[" + when);
      files.healthyDuring(() -> staleReads.runUnjudged(this::interleave));
      trace("]");
    } catch (RuntimeException | AssertionError e) {
      violation = violation == null ? e : violation;
      throw e;
    } finally {
      interleaving = false;
    }
  }

  private void interleave() {
    Job job = jobs.get(random.nextInt(jobs.size()));
    if (random.nextBoolean()) {
      other();
    } else if (random.nextBoolean() && !job.zombies().isEmpty()) {
      Attempt zombie = job.zombies().get(random.nextInt(job.zombies().size()));
      if (!oracle.isActing(zombie) && zombie.hasCommits()) {
        trace("zombie");
        act(job, zombie, "commit", () -> trace("-> " + zombie.commit()));
      }
    } else if (!oracle.isActing(job.current()) && job.current().hasCommits()) {
      Attempt attempt = job.current();
      act(job, attempt, "commit", () -> trace("-> " + attempt.commit()));
    }
  }

  // what goes wrong

  private void withCatalogFaults(Faults faults) {
    if (features.contains(Feature.CATALOG_FAULT) && random.nextInt(3) == 0) {
      Faults.Kind[] kinds = Faults.Kind.values();
      for (int i = random.nextInt(2); i >= 0; i--) {
        faults.commits(kinds[random.nextInt(kinds.length)]);
      }
      if (random.nextInt(4) == 0) {
        faults.failRefreshes(1 + random.nextInt(12));
      }
      trace("catalog fails");
      faultsInStep = true;
    }
  }

  private void withStorageFaults() {
    if (features.contains(Feature.STORAGE_FAULT) && !finishing && random.nextInt(8) == 0) {
      int answers = random.nextInt(30);
      trace("storage fails after " + answers);
      files.failAfter(answers);
      faultsInStep = true;
    }
  }

  /** Lets {@code attempt} act; notes it down if that is the end of it. */
  private void act(Job job, Attempt attempt, String what, Runnable action) {
    trace(job.sinkId() + ": " + what);
    try {
      action.run();
    } catch (RuntimeException e) {
      if (!mayFail(attempt, e)) {
        violation = violation == null ? e : violation;
        throw e;
      }
      trace("-> " + e.getClass().getSimpleName());
      failed.add(attempt);
      if (isRefusal(attempt, e)) {
        refused.add(attempt);
      }
    }
  }

  private boolean mayFail(Attempt attempt, Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof FencedException) {
        return !oracle.isNewestClaimant(attempt);
      }
      if (cause instanceof UnsupportedTableException) {
        return table.load().schema().findType(SimulatedRows.PART).typeId()
            != attempt.schema().findType(SimulatedRows.PART).typeId();
      }
      if (cause instanceof NotFoundException && others.hasExpired(missingFile(cause))) {
        return true; // if it may, which is judged when it reads
      }
      if (cause instanceof FailingFiles.StorageFailure) {
        return true; // it was told to; a flush that fails is heard of later
      }
      if (cause instanceof CommitConflictException && attempt.isOvertaken()) {
        return true;
      }
      if (isRefusal(attempt, cause)) {
        return true;
      }
      if (faultsInStep
          && (cause instanceof CommitConflictException
              || cause instanceof CommitStateUnknownException
              || cause instanceof RuntimeIOException)) {
        return true;
      }
    }
    return false;
  }

  /** A fork may not commit what the job that it came from may have left. */
  private static boolean isRefusal(Attempt attempt, Throwable e) {
    return e instanceof ForkRefusedException && attempt.mayBeRefused();
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static String missingFile(Throwable notFound) {
    return notFound.getMessage().substring(MemoryFiles.NO_FILE.length());
  }

  /** After each step: nothing was found wrong, and what failed is over. */
  private void settle() {
    files.heal();
    faultsInStep = false;
    oracle.check();
    staleReads.check();
    if (violation != null) {
      throw new AssertionError("Violation", violation);
    }
    jobs.removeIf(job -> refused.contains(job.current())); // somebody has to fork another one
    for (Job job : List.copyOf(jobs)) {
      job.zombies().removeAll(failed);
      if (failed.contains(job.current())) {
        end(job);
        job.zombies().remove(job.current());
        restore(job);
      }
    }
    failed.clear();
    refused.clear();
  }

  // the end

  /** Nothing goes wrong any more: every job reaches the end of its source and commits all. */
  private void finish() {
    finishing = true;
    trace("finish");
    for (Job job : List.copyOf(jobs)) {
      for (int i = 0; i < RESTARTS_TO_FINISH && jobs.contains(job) && !finish(job); i++) {
        settle();
      }
    }
    for (Job job : jobs) {
      for (Attempt zombie : List.copyOf(job.zombies())) {
        while (zombie.hasCommits() && !failed.contains(zombie)) {
          act(job, zombie, "late commit", () -> trace("-> " + zombie.commit()));
        }
      }
      oracle.check();
      oracle.checkComplete(job.sinkId(), job.source());
    }
    oracle.checkHead();
    staleReads.check();
  }

  private boolean finish(Job job) {
    Attempt attempt = job.current();
    act(job, attempt, "to the end", () -> checkpoint(attempt, job.source().size(), job::complete));
    return !failed.contains(attempt);
  }

  /** A whole checkpoint, from its next {@code count} changes to its commit. */
  private void checkpoint(Attempt attempt, int count, IntConsumer complete) {
    commitAll(attempt);
    attempt.emit(count);
    attempt.trigger();
    attempt.deliverAll();
    complete.accept(attempt.aligned());
    commitAll(attempt);
  }

  private void commitAll(Attempt attempt) {
    while (attempt.hasCommits()) {
      trace("-> " + attempt.commit());
    }
  }

  private void trace(String what) {
    trace.add(what);
  }
}

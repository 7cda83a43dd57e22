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

import io.meru.compaction.CompactionPicker;
import io.meru.compaction.CompactionPicker.Pick;
import io.meru.compaction.InputHeap;
import io.meru.compaction.MergeInput;
import io.meru.compaction.MergeJob;
import io.meru.compaction.MergeResult;
import io.meru.compaction.MergeTarget;
import io.meru.compaction.Throttle;
import io.meru.config.CompactionOptions;
import io.meru.error.CorruptFileException;
import io.meru.error.DuplicateKeyException;
import io.meru.error.UnsupportedTableException;
import io.meru.flush.LevelFileStore;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.metrics.WriterMetrics;
import io.meru.resolve.NewFileIndex;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import io.meru.version.VersionEdit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.apache.iceberg.exceptions.NotFoundException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges level files of one writer in the background, one pick at a time. The writer's flushing
 * thread asks it to start and takes what it has finished; the merge runs on an executor of its own.
 * Merges that are done wait until they are taken, while others go on: between a barrier and the
 * first flush after it, which in a small checkpoint is as long as the checkpoint, none is taken.
 */
final class Compactor {
  private static final Logger LOG = LoggerFactory.getLogger(Compactor.class);
  private static final long CLOSE_TIMEOUT_NANOS = 30_000_000_000L;
  private static final long POLL_MILLIS = 10;
  private static final long WARNING_INTERVAL_NANOS = 60_000_000_000L;

  /** Merges that wait to be taken: what a flush has to install before it can start. */
  private static final int MAX_WAITING = 256;

  /** Starts for which files are set aside, unless there is nothing else to merge before. */
  private static final int STARTS_SET_ASIDE = 64;

  /** Whom it tells of its merges; called by the merging thread. */
  interface Owner {
    /** A merge is done: {@link #take} hands it over. */
    void mergeDone();

    /**
     * Nothing was merged, and the next {@link #start} picks something else: it may come at once.
     */
    void pickIsDue();

    /** The virtual machine failed a merge: nothing that it runs can be relied on any more. */
    void mergeBroke(VirtualMachineError cause);
  }

  /**
   * A merge that is done.
   *
   * @param inputs as they were at the last barrier before it began
   * @param result outputs and where the inputs' rows went
   * @param indexes of the outputs, in their order
   * @param indexBytes of heap that these take
   */
  record Finished(
      List<LiveFile> inputs, MergeResult result, List<NewFileIndex> indexes, long indexBytes) {
    private long inputBytes() {
      return inputs.stream().mapToLong(live -> live.file().fileSizeBytes()).sum();
    }
  }

  /** The merge that runs. */
  private static final class Running {
    /** Whether the input waits for it when level-0 files pile up. */
    private final boolean holdsInput;

    /** Whether it makes way for others that are more urgent. */
    private final boolean makesWay;

    private boolean isGivenUp;

    Running(boolean holdsInput, boolean makesWay) {
      this.holdsInput = holdsInput;
      this.makesWay = makesWay;
    }
  }

  /**
   * Why a merge has not been done.
   *
   * @param isGivenUp since others were more urgent; if not, it failed for a reason that may pass
   */
  private record Failure(Pick pick, boolean isGivenUp) {}

  private final String tableName;
  private final CompactionOptions options;
  private final KeySpec keySpec;
  private final String sinkId;
  private final HashRange range;
  private final CompactionPicker picker;
  private final MergeJob job;
  private final LevelFileStore store;
  private final Executor executor;
  private final Owner owner;
  private final long indexLimitBytes;
  private final StallBudget stallBudget;
  private final LongSupplier nanoClock;
  private final Supplier<UUID> ids;
  private final WriterMetrics metrics;

  // used by the flushing thread alone
  private final Backoff backoff = new Backoff();

  /** Files that no merge takes. */
  private final Set<String> excluded = new HashSet<>();

  /** Files whose merge failed for a reason that may pass: others come first. */
  private final Set<String> setAside = new HashSet<>();

  private int startsSetAside;

  private final RestClock restClock;
  private final RestState rest;

  /** Whether a partition at rest may be merged once it is known that others leave it alone. */
  private boolean wantsLook;

  /** Files with rows of other writers, out of which this one's have been taken. */
  private final Set<String> emptied = new HashSet<>();

  // shared by the flushing thread and the merging one
  private @Nullable Running running;
  private boolean isWaitedFor;

  /** When the input last went on though merges were behind; far back before the first time. */
  private long lastStallWarningNanos;

  private final Deque<Finished> waiting = new ArrayDeque<>();
  private List<String> refusedInputs = List.of();
  private @Nullable Failure failure;
  private boolean isClosed;

  /**
   * A compactor that is idle.
   *
   * @param executor runs merges
   * @param indexLimitBytes of heap for the key indexes of all outputs of a merge
   */
  Compactor(
      LsmWriterSettings settings,
      MergeJob job,
      LevelFileStore store,
      Executor executor,
      Owner owner,
      long indexLimitBytes,
      LongSupplier nanoClock,
      Supplier<UUID> ids,
      WriterMetrics metrics) {
    this.tableName = settings.tableName();
    this.options = settings.options().compaction();
    this.keySpec = settings.keySpec();
    this.sinkId = settings.sinkId();
    this.range = settings.range();
    this.picker =
        new CompactionPicker(
            options,
            settings.range(),
            settings.sinkId(),
            settings.spec().specId(),
            InputHeap.limitBytes(Runtime.getRuntime().maxMemory()));
    this.job = job;
    this.store = store;
    this.executor = executor;
    this.owner = owner;
    this.indexLimitBytes = indexLimitBytes;
    this.stallBudget =
        new StallBudget(
            TimeUnit.MILLISECONDS.toNanos(options.maxStallMillis()), nanoClock.getAsLong());
    this.restClock =
        new RestClock(
            TimeUnit.MILLISECONDS.toNanos(options.restAfterMillis()), nanoClock.getAsLong());
    this.rest = new RestState(restClock);
    this.nanoClock = nanoClock;
    this.lastStallWarningNanos = nanoClock.getAsLong() - WARNING_INTERVAL_NANOS;
    this.ids = ids;
    this.metrics = metrics;
  }

  /** Starts pausing, for longer from one time to the next: a merge was in vain. */
  void setBack() {
    backoff.failed();
    emptied.clear(); // their rows may be back
  }

  /** Ends what {@link #setBack} began: a merge was committed. */
  void succeeded() {
    backoff.succeeded();
  }

  /** A flush makes {@code edit} of {@code before}. */
  void flushed(VersionEdit edit, Version before) {
    restClock.advance(nanoClock.getAsLong());
    restClock.changed(edit, before);
  }

  /** The table was loaded: {@code before} has become {@code after}. */
  void loaded(Version before, Version after) {
    restClock.advance(nanoClock.getAsLong());
    restClock.changedByOthers(before, after);
  }

  /** Level-0 files pile up: a merge at rest makes way. */
  synchronized void makeWay() {
    if (running != null && running.makesWay) {
      running.isGivenUp = true;
    }
  }

  /**
   * Starts the next merge, unless one is on its way, there is nothing to merge, it pauses, or as
   * much waits to be taken as one merge may take. One of a partition at rest is started only when
   * there is no other, level-0 files do not pile up, and the version is fresh; else a look at the
   * table is asked for ({@link #awaitsLook}).
   *
   * @param sinceBarrier what {@code version} says is deleted of a file and no barrier has handed
   *     out: the merge still takes these rows, since its outputs are committed before they are
   *     deleted
   * @param deletedByAll what was deleted of a file when the version was loaded
   * @param isFresh whether the table was looked at since the last barrier
   */
  void start(
      Version version,
      Function<String, DeletionVector> sinceBarrier,
      ToLongFunction<String> deletedByAll,
      boolean isFresh) {
    restClock.advance(nanoClock.getAsLong());
    excludeRefused();
    Set<String> waitingInputs = new HashSet<>();
    Set<PartitionTuple> waitingPartitions = new HashSet<>();
    synchronized (this) {
      if (running != null || isClosed || isFull()) {
        return;
      }
      for (Finished merge : waiting) {
        for (LiveFile live : merge.inputs()) {
          waitingInputs.add(live.file().path());
          waitingPartitions.add(live.file().partition());
        }
      }
    }
    setFailedAside();
    Predicate<String> leftAlone = path -> isLeftAlone(path) || waitingInputs.contains(path);
    boolean isPaused = !backoff.isOver();
    Optional<Pick> pick = isPaused ? Optional.empty() : pick(version, leftAlone, deletedByAll);
    wantsLook = false;
    rest.waiting(waitingPartitions);
    if (pick.isEmpty()
        && rest.isDue()
        && levelZeroFiles(version, deletedByAll) < options.slowdownTrigger()) {
      pick = picker.pickAtRest(version, leftAlone, deletedByAll, rest);
      wantsLook = pick.isPresent() && !isFresh;
    }
    if (pick.isEmpty() && !isPaused && !setAside.isEmpty()) {
      setAside.clear();
      pick = picker.pick(version, leftAlone, deletedByAll);
    }
    if (wantsLook) {
      return;
    }
    if (pick.isEmpty()) {
      excluded.removeIf(path -> version.file(path).isEmpty());
      emptied.removeIf(path -> version.file(path).isEmpty());
      rest.retain(path -> version.file(path).isPresent());
      return;
    }
    start(pick.get(), sinceBarrier);
  }

  private void start(Pick pick, Function<String, DeletionVector> sinceBarrier) {
    List<LiveFile> inputs = new ArrayList<>();
    boolean hasLevelZero = false;
    for (LiveFile live : pick.inputs()) {
      inputs.add(atBarrier(live, sinceBarrier.apply(live.file().path())));
      LevelFileName name = live.file().levelName();
      hasLevelZero |= name != null && name.level() == 0;
    }
    synchronized (this) {
      boolean makesWay = isAtRest(pick) && rest.startsAndMakesWay(pick.partition());
      // level-0 files are known to pile up behind one at rest that does not make way
      running = new Running(hasLevelZero || (isAtRest(pick) && !makesWay), makesWay);
      stallBudget.mergeStarts();
    }
    metrics.compacting(true);
    try {
      executor.execute(() -> run(pick, inputs));
    } catch (RuntimeException | Error e) {
      ended(null);
      throw e;
    }
  }

  private static boolean isAtRest(Pick pick) {
    return pick.reason() == CompactionPicker.Reason.AT_REST;
  }

  /** What is set aside comes after a while, or when there is nothing else at all. */
  private Optional<Pick> pick(
      Version version, Predicate<String> leftAlone, ToLongFunction<String> deletedByAll) {
    if (!setAside.isEmpty() && --startsSetAside <= 0) {
      setAside.clear();
    }
    return picker.pick(version, leftAlone.or(setAside::contains), deletedByAll);
  }

  /** Whether what it has done, or failed to do, is of use only after a look at the table. */
  synchronized boolean awaitsLook() {
    return wantsLook || !waiting.isEmpty() || failure != null;
  }

  private boolean isFull() {
    return waiting.size() >= MAX_WAITING
        || waiting.stream().mapToLong(Finished::inputBytes).sum() >= options.maxBytes();
  }

  /** The most level-0 files of {@code version} that a partition has and that a merge may take. */
  int levelZeroFiles(Version version, ToLongFunction<String> deletedByAll) {
    excludeRefused();
    return picker.levelZeroFiles(version, this::isLeftAlone, deletedByAll);
  }

  private boolean isLeftAlone(String path) {
    return excluded.contains(path) || emptied.contains(path);
  }

  private synchronized void excludeRefused() {
    excluded.addAll(refusedInputs);
    refusedInputs = List.of();
  }

  private synchronized void setFailedAside() {
    if (failure == null) {
      return;
    }
    Pick pick = failure.pick();
    if (failure.isGivenUp()) {
      rest.gaveUp(pick.partition());
    } else if (isAtRest(pick)) {
      rest.failed(pick.partition());
    } else {
      backoff.failed();
      pick.inputs().forEach(live -> setAside.add(live.file().path()));
      startsSetAside = STARTS_SET_ASIDE;
    }
    failure = null;
  }

  private static LiveFile atBarrier(LiveFile live, DeletionVector sinceBarrier) {
    return new LiveFile(live.file(), live.deleted().andNot(sinceBarrier), live.lineage());
  }

  /**
   * Waits while {@code condition} holds and a merge of level-0 files is running, but not when one
   * is done: it may take the input to have it installed. It waits no longer than the {@link
   * StallBudget} lasts, since the barrier of a checkpoint may wait behind the input.
   */
  void awaitWhileMergingLevelZero(BooleanSupplier condition) {
    synchronized (this) {
      isWaitedFor = true;
      try {
        stallBudget.resume(nanoClock.getAsLong());
        while (running != null
            && running.holdsInput
            && waiting.isEmpty()
            && !stallBudget.isSpent()
            && condition.getAsBoolean()) {
          wait(POLL_MILLIS);
          stallBudget.stalledUntil(nanoClock.getAsLong());
          if (stallBudget.isSpent()) {
            warnOfFullStall();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while waiting for a compaction", e);
      } finally {
        isWaitedFor = false;
      }
    }
  }

  private void warnOfFullStall() {
    long now = nanoClock.getAsLong();
    if (now - lastStallWarningNanos < WARNING_INTERVAL_NANOS) {
      return;
    }
    lastStallWarningNanos = now;
    LOG.warn(
        "The input of table {} has waited for compactions as long as compaction.max-stall = {} ms"
            + " lets it, and goes on; level-0 files pile up until the one that runs is done",
        tableName,
        options.maxStallMillis());
  }

  /** Hands over the merges that are done, oldest first. */
  synchronized List<Finished> take() {
    List<Finished> taken = List.copyOf(waiting);
    waiting.clear();
    notifyAll();
    return taken;
  }

  /** The merge is in the writer's version. */
  void installed(Finished merge) {
    rest.succeeded();
    merge.inputs().stream().filter(this::isShared).forEach(this::isEmptied);
    List<TableFile> outputs = merge.result().added().stream().map(AddedFile::file).toList();
    if (picker.areSettled(outputs, merge.inputs(), rest::isSettled)) {
      outputs.forEach(file -> rest.settled(file.path()));
    }
  }

  /** The merge is not to be in the writer's version: deletes its outputs. */
  void discarded(Finished merge) {
    discard(merge);
    for (int i = 0; i < merge.inputs().size(); i++) {
      LiveFile input = merge.inputs().get(i);
      if (isShared(input) && merge.result().positions().get(i).moved().isEmpty()) {
        isEmptied(input); // only others have rows there
      }
    }
  }

  private void discard(Finished merge) {
    merge.result().added().forEach(file -> store.discard(file.file().path()));
  }

  private void isEmptied(LiveFile file) {
    emptied.add(file.file().path());
  }

  /** Whether other writers may have rows in the file, too. */
  private boolean isShared(LiveFile live) {
    return !live.file().isOwnedBy(range);
  }

  /** Ends a merge on its way, and waits until it has, but not for ever: it may hang on storage. */
  void close() {
    synchronized (this) {
      isClosed = true;
      long deadline = nanoClock.getAsLong() + CLOSE_TIMEOUT_NANOS;
      try {
        while (running != null && nanoClock.getAsLong() < deadline) {
          wait(POLL_MILLIS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    take().forEach(this::discard);
  }

  private void run(Pick pick, List<LiveFile> inputs) {
    Finished done = null;
    boolean isNextDue = false;
    try {
      isNextDue = refusesAny(inputs);
      done = isNextDue ? null : merge(pick, inputs);
    } catch (CancellationException e) {
      isNextDue = isGivenUp();
      cancelled(pick, e);
    } catch (VirtualMachineError e) {
      broke(e);
      throw e; // to whoever looks after the thread
    } catch (RuntimeException | Error e) {
      failed(pick, e);
    }
    if (ended(done)) {
      owner.mergeDone();
    } else if (isNextDue) {
      owner.pickIsDue();
    } else if (done != null) {
      discard(done); // nobody takes it any more
    }
  }

  /** Returns whether there is something to be taken. */
  private boolean ended(@Nullable Finished done) {
    metrics.compacting(false);
    synchronized (this) {
      running = null;
      notifyAll();
      if (done == null || isClosed) {
        return false;
      }
      waiting.addLast(done);
      return true;
    }
  }

  /**
   * A merge that ran out of memory, say, is no merge that failed: tried again, it does it again.
   */
  private void broke(VirtualMachineError e) {
    try {
      owner.mergeBroke(e); // first, so that who waits for the merge finds it
    } finally {
      ended(null);
    }
  }

  /** Leaves out those of {@code files} that cannot be merged; returns whether there are some. */
  private boolean refusesAny(List<LiveFile> files) {
    List<String> refused = new ArrayList<>();
    for (LiveFile live : files) {
      if (isToEnd()) {
        throw new CancellationException("Ended before it began");
      }
      TableFile file = live.file();
      try {
        Optional<String> reason = job.refusal(file.path(), file.fileSizeBytes());
        if (reason.isPresent()) {
          refused.add(file.path());
          LOG.warn("A file of table {} is not compacted: {}", tableName, reason.get());
        }
      } catch (CorruptFileException e) {
        refused.add(file.path());
        LOG.error("A file of table {} is not compacted: {}", tableName, file.path(), e);
        metrics.compactionFailed(e);
      }
    }
    synchronized (this) {
      refusedInputs = List.copyOf(refused);
    }
    return !refused.isEmpty();
  }

  private Finished merge(Pick pick, List<LiveFile> files) {
    long start = nanoClock.getAsLong();
    List<MergeInput> inputs = new ArrayList<>();
    long rows = 0;
    for (LiveFile live : files) {
      inputs.add(MergeInput.whole(live).taking(range));
      rows += live.file().recordCount();
    }
    OutputIndexes indexes = new OutputIndexes(keySpec.isFixedLong(), indexBytesLeft());
    MergeTarget target =
        new MergeTarget(pick.level(), options.targetFileBytes(), pick.partition(), this::name);
    Throttle throttle =
        new Throttle(options.maxBytesPerSecond(), nanoClock, this::isWaitedFor, this::isToEnd);
    MergeResult result = job.run(inputs, target, indexes, throttle);
    long nanos = nanoClock.getAsLong() - start;
    metrics.compacted(
        inputs.size(),
        result.added().size(),
        result.rows(),
        rows - result.rows(),
        result.bytesRead(),
        result.bytesWritten(),
        nanos);
    if (isAtRest(pick)) {
      metrics.compactedAtRest();
    }
    LOG.info(
        "Compacted {} files of {} for {} into {} files of level {} with {} rows in {} bytes, {} rows"
            + " dropped, in {} ms",
        inputs.size(),
        tableName,
        pick.reason(),
        result.added().size(),
        pick.level(),
        result.rows(),
        result.bytesWritten(),
        rows - result.rows(),
        nanos / 1_000_000);
    return new Finished(files, result, indexes.indexes(), indexes.memoryBytes());
  }

  private synchronized long indexBytesLeft() {
    return indexLimitBytes - waiting.stream().mapToLong(Finished::indexBytes).sum();
  }

  private LevelFileName name(int level, HashRange hashes) {
    return LevelFileName.of(level, hashes, keySpec.fingerprint(), sinkId, ids.get());
  }

  /** Whether the input waits for the merge: then it is not held to its rate. */
  private synchronized boolean isWaitedFor() {
    return isWaitedFor;
  }

  private synchronized boolean isClosed() {
    return isClosed;
  }

  private synchronized boolean isToEnd() {
    return isClosed || isGivenUp();
  }

  private synchronized boolean isGivenUp() {
    return running != null && running.isGivenUp;
  }

  private void cancelled(Pick pick, CancellationException e) {
    if (isClosed()) {
      LOG.info("Ended a compaction of table {}: its writer was closed", tableName);
    } else if (isGivenUp()) {
      LOG.info(
          "Ended a compaction of {} files of a partition of table {} at rest, since level-0 files"
              + " of another one pile up; the next one of it goes on",
          pick.inputs().size(),
          tableName);
      metrics.compactionGivenUp();
      synchronized (this) {
        failure = new Failure(pick, true);
      }
    } else {
      failed(pick, e);
    }
  }

  /**
   * The job goes on without it. Files that cannot be merged are left out until the job restarts;
   * what may pass, such as a storage that does not answer, is tried again after the others.
   */
  private void failed(Pick pick, Throwable e) {
    boolean lasts =
        e instanceof CorruptFileException
            || e instanceof DuplicateKeyException
            || e instanceof UnsupportedTableException;
    List<String> paths = pick.inputs().stream().map(live -> live.file().path()).toList();
    if (lasts) {
      LOG.error(
          "Cannot compact {} files of table {}, which stay as they are until the job restarts: {}",
          paths.size(),
          tableName,
          paths,
          e);
    } else if (e instanceof NotFoundException) {
      LOG.warn("Cannot compact files of table {} that others removed: {}", tableName, e.toString());
    } else {
      LOG.warn("Compaction of table {} failed and is tried again: {}", tableName, paths, e);
    }
    metrics.compactionFailed(e);
    synchronized (this) {
      refusedInputs = lasts ? paths : List.of();
      failure = lasts ? null : new Failure(pick, false);
    }
  }
}

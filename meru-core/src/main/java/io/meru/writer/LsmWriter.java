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

import io.meru.compaction.MergeJob;
import io.meru.config.CompactionOptions;
import io.meru.config.WriteOptions;
import io.meru.flush.DeletedRows;
import io.meru.flush.FlushJob;
import io.meru.flush.LevelFileStore;
import io.meru.key.HashRange;
import io.meru.key.KeyEncoder;
import io.meru.key.KeyHash;
import io.meru.levelfile.KeyFileOpener;
import io.meru.levelfile.LevelFileWriter;
import io.meru.memtable.Memtable;
import io.meru.memtable.SealedMemtable;
import io.meru.memtable.SegmentPool;
import io.meru.metrics.WriterMetrics;
import io.meru.resolve.Resolver;
import io.meru.row.ByteBuilder;
import io.meru.row.RowEncoder;
import io.meru.row.RowKind;
import io.meru.row.ValueAccessor;
import io.meru.version.Compaction;
import io.meru.version.LevelFileName;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The write path of one hash range: rows in, version edits out. One thread calls {@link #write},
 * {@link #barrier} and {@link #close}; flushes run on the executor that the writer was given, one
 * at a time, while rows keep coming.
 *
 * <p>Invariants: every row taken before a barrier is in the edit which that barrier hands out; a
 * flush resolves against all edits of this writer before it; memory is bounded by the write buffer
 * times ({@code maxSealed} + 1), the keys of sealed buffers once more unless they have eight bytes
 * each, the resolver's cache and the limit on pending edits.
 */
public final class LsmWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LsmWriter.class);

  /** Barriers without rows after which a writer that waits for nothing looks at the table. */
  private static final int IDLE_BARRIERS_PER_LOOK = 64;

  /** Growth of the active memtable at which its size is reported. */
  private static final long REPORT_STEP_BYTES = 64 << 10;

  /**
   * What a writer works with; shared with nobody else but where it says so.
   *
   * @param merges merges level files
   * @param compactionExecutor runs merges, one at a time; null for a writer that does not compact
   * @param ids is called from the threads of both executors
   */
  public record Collaborators(
      VersionSource versions,
      LevelFileStore store,
      KeyFileOpener keyFiles,
      MergeJob merges,
      Executor flushExecutor,
      @Nullable Executor compactionExecutor,
      WriterMetrics metrics,
      LongSupplier nanoClock,
      Supplier<UUID> ids) {}

  private final LsmWriterSettings settings;
  private final WriteOptions options;
  private final HashRange range;
  private final Supplier<UUID> ids;
  private final LongSupplier nanoClock;
  private final WriterMetrics metrics;
  private final LevelFileStore store;

  // the caller's thread
  private final KeyEncoder keyEncoder;
  private final RowEncoder rowEncoder;
  private final ByteBuilder key = new ByteBuilder(64);
  private final ByteBuilder row = new ByteBuilder(512);
  private final Memtable memtable;

  /** Size of the active memtable at which it is sealed, or its size reported. */
  private long nextStepBytes;

  /** Whether the next step is the first one since a barrier. */
  private boolean isFirstStep;

  private final FlushQueue queue;

  // guarded by state: the flushing thread's, the caller's at a barrier and at the end
  private final ReentrantLock state = new ReentrantLock();
  private final Resolver resolver;
  private final FlushJob flushJob;
  private final VersionTracker versions;
  private PendingEdit pending = new PendingEdit();
  private final DeletedRows deletedRows = new DeletedRows();
  private boolean refreshDue;

  /** Barriers in a row after which the table was not looked at. */
  private int barriersSinceLook;

  private final @Nullable Compactor compactor;

  /**
   * Level-0 files that a merge may take, of the partition that has most; for the caller's thread.
   */
  private volatile int levelZeroFiles;

  private volatile long lastFlushNanos;

  private volatile boolean isClosed;

  /** Loads the table's head through {@code with.versions()} and starts empty. */
  public LsmWriter(LsmWriterSettings settings, Collaborators with) {
    this.settings = settings;
    this.options = settings.options();
    this.range = settings.range();
    this.ids = with.ids();
    this.nanoClock = with.nanoClock();
    this.metrics = with.metrics();
    this.store = with.store();
    this.keyEncoder = new KeyEncoder(settings.keySpec());
    this.rowEncoder = new RowEncoder(settings.schema().asStruct());
    this.memtable = new Memtable(new SegmentPool(options.writeBufferBytes()));
    this.queue =
        new FlushQueue(with.flushExecutor(), options.maxSealed(), this::flush, nanoClock, metrics);
    this.resolver =
        Resolver.ofRows(
            settings.keySpec(), with.keyFiles(), options.resolverCacheBytes(), metrics, nanoClock);
    this.flushJob =
        new FlushJob(
            settings.schema(),
            settings.spec(),
            settings.keySpec(),
            range,
            settings.sinkId(),
            resolver,
            new LevelFileWriter(
                settings.schema(),
                settings.keySpec(),
                settings.sortOrder(),
                settings.metricsConfig(),
                options.level0()),
            store,
            ids);
    this.versions = new VersionTracker(with.versions());
    this.compactor = newCompactor(with);
  }

  private @Nullable Compactor newCompactor(Collaborators with) {
    Executor executor = with.compactionExecutor();
    if (executor == null || !options.compaction().enabled()) {
      return null;
    }
    return new Compactor(
        settings,
        with.merges(),
        store,
        executor,
        new MergeOwner(),
        options.resolverCacheBytes() / 2,
        nanoClock,
        ids,
        metrics);
  }

  private final class MergeOwner implements Compactor.Owner {
    @Override
    public void mergeDone() {
      queue.run(LsmWriter.this::installCompaction);
    }

    @Override
    public void pickIsDue() {
      queue.run(() -> exclusively(LsmWriter.this::startCompaction));
    }

    @Override
    public void mergeBroke(VirtualMachineError cause) {
      queue.compactionBroke(cause);
    }
  }

  /**
   * Takes one row. Blocks while too many sealed memtables wait for their flush.
   *
   * @throws io.meru.error.NullKeyException if a key column is NULL; the row is not taken
   * @throws IllegalArgumentException if the key's hash is outside the writer's range, or a required
   *     column is NULL; the row is not taken
   */
  public void write(RowKind kind, ValueAccessor values) {
    key.reset();
    keyEncoder.encode(values, kind, key);
    long hash = KeyHash.hash64(key.array(), 0, key.size());
    if (!range.contains(KeyHash.hash16(hash))) {
      throw new IllegalArgumentException(misrouted(KeyHash.hash16(hash)));
    }
    if (kind.isPut()) {
      row.reset();
      rowEncoder.encode(values, row);
      memtable.put(key, hash, row);
    } else {
      memtable.delete(key, hash);
    }
    metrics.row(kind.isPut());
    long bytes = memtable.memoryBytes();
    if (bytes >= nextStepBytes) {
      step(bytes);
    }
  }

  private void step(long bytes) {
    if (isFirstStep) {
      isFirstStep = false;
      waitForCompaction(); // a checkpoint may be smaller than a buffer
    }
    if (bytes >= options.writeBufferBytes()) {
      waitForCompaction();
      seal();
    } else {
      reportActive(bytes);
    }
  }

  /**
   * Flushes all rows taken so far and hands out what they change, an empty edit if they change
   * nothing. What earlier barriers handed out is taken to be committed before this.
   *
   * @param checkpointId ascending from barrier to barrier
   */
  public VersionEdit barrier(long checkpointId) {
    seal();
    queue.drain();
    state.lock();
    try {
      boolean isIdle = refreshDue;
      VersionEdit edit = pending.build(ids.get(), versions.baseSnapshotId());
      versions.handedOut(checkpointId, edit);
      pending = new PendingEdit();
      deletedRows.clear();
      refreshDue = true;
      isFirstStep = true;
      nextStepBytes = 0; // the first row after it
      barriersSinceLook++;
      if (isIdle && compactor != null) {
        queue.run(this::lookForCompaction); // no flush does
      }
      return edit;
    } finally {
      state.unlock();
    }
  }

  /** Stops flushes and compactions. Files that no barrier has handed out are discarded. */
  @Override
  public void close() {
    queue.close();
    if (compactor != null) {
      compactor.close();
    }
    isClosed = true;
    discardIfClosed(); // or what runs still does it at its end, which may be never if it hangs
  }

  private void discardIfClosed() {
    if (!isClosed || !state.tryLock()) {
      return;
    }
    try {
      pending.added().forEach(file -> store.discard(file.file().path()));
      for (Compaction compaction : pending.compactions()) {
        compaction.outputs().forEach(file -> store.discard(file.file().path()));
      }
      pending = new PendingEdit();
      resolver.close();
    } finally {
      state.unlock();
    }
  }

  /**
   * Slows the input down when level-0 files pile up faster than they are merged, and lets it wait
   * when there are too many, though not for ever. Never where no merge is on its way that would
   * help.
   */
  private void waitForCompaction() {
    CompactionOptions compaction = options.compaction();
    if (compactor == null || levelZeroFiles < compaction.slowdownTrigger()) {
      return;
    }
    long start = nanoClock.getAsLong();
    double fill =
        (levelZeroFiles - compaction.slowdownTrigger() + 1.0)
            / (compaction.stopTrigger() - compaction.slowdownTrigger() + 1.0);
    compactor.awaitWhileMergingLevelZero(
        () -> {
          queue.check();
          return levelZeroFiles >= compaction.stopTrigger()
              || (levelZeroFiles >= compaction.slowdownTrigger()
                  && nanoClock.getAsLong() - start < fill * lastFlushNanos);
        });
    metrics.compactionStalled(nanoClock.getAsLong() - start);
  }

  private void seal() {
    queue.check();
    if (memtable.size() > 0) {
      queue.submit(memtable.seal());
    }
    reportActive(memtable.memoryBytes());
  }

  private void reportActive(long bytes) {
    nextStepBytes = Math.min(bytes + REPORT_STEP_BYTES, options.writeBufferBytes());
    metrics.activeBytes(bytes);
  }

  private void flush(SealedMemtable entries) {
    exclusively(() -> flushNow(entries));
  }

  private void exclusively(Runnable action) {
    state.lock();
    try {
      action.run();
    } finally {
      state.unlock();
      discardIfClosed();
    }
  }

  private void flushNow(SealedMemtable entries) {
    long start = nanoClock.getAsLong();
    if (refreshDue) {
      refresh();
      refreshDue = false;
      barriersSinceLook = 0;
      takeCompactions();
    }
    VersionEdit edit =
        flushJob.run(entries, versions.version(), versions.isUnsettled(), deletedRows);
    metrics.lineagesStarted(flushJob.lineagesStarted(entries, pending::hasAdded));
    pending.add(edit);
    if (compactor != null) {
      compactor.flushed(edit, versions.version());
    }
    versions.apply(edit);
    checkPendingSize();
    lastFlushNanos = nanoClock.getAsLong() - start;
    report(edit, lastFlushNanos);
    startCompaction();
  }

  private void lookForCompaction() {
    exclusively(
        () -> {
          if (refreshDue && isLookDue()) {
            if (!refreshed()) {
              return;
            }
            barriersSinceLook = 0;
            // else the first flush looks again: the last checkpoint may not be committed yet
            refreshDue = !takeCompactions();
          }
          startCompaction();
        });
  }

  /**
   * Whether a writer without rows looks at the table: when it can learn what it waits for, such as
   * what became of its own edits, or of files that could not be merged; when a merge can be
   * installed, or one of a partition at rest started; and now and then for what others have
   * deleted. More often would cost a load of the whole table each time that siblings commit while
   * it does not know yet that they are its own run.
   */
  private boolean isLookDue() {
    return barriersSinceLook >= IDLE_BARRIERS_PER_LOOK
        || versions.awaitsLook()
        || (compactor != null && compactor.awaitsLook());
  }

  /** Whether it could look at the table, on which nothing depends while no rows come. */
  private boolean refreshed() {
    try {
      refresh();
      return true;
    } catch (RuntimeException e) {
      LOG.warn(
          "Cannot look for files of table {} to compact; tried again at the next checkpoint",
          settings.tableName(),
          e);
      return false;
    }
  }

  /**
   * None while much of what a checkpoint may hold is taken by compactions: no flush is to fail for
   * want of what they took.
   */
  private void startCompaction() {
    if (compactor != null && !versions.isUnsettled() && !isFullOfCompactions()) {
      compactor.start(
          versions.version(), pending::deletions, versions::deletedAtLoad, barriersSinceLook == 0);
    }
  }

  /**
   * A merge that ends between a barrier and the first flush waits for that flush: what is installed
   * belongs to the next edit, and then the table must not be loaded any more, which would be too
   * early here to see what the barrier's checkpoint has committed. Others may go on meanwhile.
   */
  private void installCompaction() {
    exclusively(
        () -> {
          if (refreshDue || takeCompactions()) {
            startCompaction();
          }
        });
  }

  /** Whether one that is done is in the version now. */
  private boolean takeCompactions() {
    if (compactor == null) {
      return false;
    }
    boolean isInstalled = false;
    for (Compactor.Finished merge : compactor.take()) {
      isInstalled |= install(compactor, merge);
    }
    if (isInstalled) {
      reportLevels();
    }
    return isInstalled;
  }

  /** Whether it is in the version, and in the next edit. */
  private boolean install(Compactor from, Compactor.Finished merge) {
    Optional<VersionEdit> edit =
        isFullOfCompactions()
            ? Optional.empty()
            : MergeInstall.edit(merge, versions.version(), pending::deletions, range, ids.get());
    if (edit.isEmpty()) {
      from.discarded(merge);
      metrics.compactionDiscarded();
      return false;
    }
    pending.add(edit.get());
    versions.apply(edit.get());
    resolver.retain(versions.version()); // makes room for the outputs' indexes
    for (int i = 0; i < merge.indexes().size(); i++) {
      TableFile output = merge.result().added().get(i).file();
      if (versions.version().file(output.path()).isPresent()) {
        resolver.add(output, merge.indexes().get(i));
      }
    }
    from.installed(merge);
    metrics.compactionInstalled();
    return true;
  }

  private void refresh() {
    Version before = versions.version();
    boolean isLoaded = versions.refresh();
    if (isLoaded && compactor != null) {
      compactor.loaded(before, versions.version());
    }
    resolver.retain(versions.version()); // own commits, too, drop files
    if (compactor != null && versions.hasDroppedCompactions()) {
      compactor.setBack();
    } else if (compactor != null && versions.hasCommittedCompactions()) {
      compactor.succeeded();
    }
  }

  private boolean isFullOfCompactions() {
    return pending.compactionBytes() > options.pendingEditMaxBytes() / 2;
  }

  private void checkPendingSize() {
    long bytes = pending.memoryBytes() + deletedRows.memoryBytes();
    if (bytes > options.pendingEditMaxBytes()) {
      throw new IllegalStateException(
          ("Writer of %s for table %s holds %d bytes of edits since the last checkpoint, more than"
                  + " pending-edit.max-bytes = %d. Checkpoint more often, raise the parallelism, or"
                  + " raise pending-edit.max-bytes and the heap with it.")
              .formatted(range, settings.tableName(), bytes, options.pendingEditMaxBytes()));
    }
  }

  private void report(VersionEdit edit, long nanos) {
    long puts = edit.added().stream().mapToLong(file -> file.file().recordCount()).sum();
    long bytes = edit.added().stream().mapToLong(file -> file.file().fileSizeBytes()).sum();
    int deletes = edit.pureDeletes().size();
    metrics.flushed(puts, deletes, edit.added().size(), bytes, nanos);
    reportLevels();
    LOG.info(
        "Flushed {} rows and {} deletes of {} into {} files of {} bytes in {} ms",
        puts,
        deletes,
        settings.tableName(),
        edit.added().size(),
        bytes,
        nanos / 1_000_000);
  }

  private void reportLevels() {
    Version version = versions.version();
    if (compactor != null) {
      levelZeroFiles = compactor.levelZeroFiles(version, versions::deletedAtLoad);
      if (levelZeroFiles >= options.compaction().slowdownTrigger()) {
        compactor.makeWay();
      }
    }
    int[] files = new int[LevelFileName.LEVELS];
    long[] bytes = new long[LevelFileName.LEVELS];
    for (Version.LiveFile live : version.files()) {
      LevelFileName name = live.file().levelName();
      if (name != null) {
        files[name.level()]++;
        bytes[name.level()] += live.file().fileSizeBytes();
      }
    }
    metrics.level0Files(files[0]);
    metrics.levels(files, bytes);
  }

  private String misrouted(int hash) {
    return ("A row of table %s has key hash %d, outside the range [%d, %d) of this writer. Rows must"
            + " reach the sink through its own routing: do not put a partitioner or a rebalance"
            + " between it and the sink's writers.")
        .formatted(settings.tableName(), hash, range.start(), range.end());
  }
}

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
import io.meru.version.AddedFile;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
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

  /** Growth of the active memtable at which its size is reported. */
  private static final long REPORT_STEP_BYTES = 64 << 10;

  /** What a writer works with; shared with nobody else but where it says so. */
  public record Collaborators(
      VersionSource versions,
      LevelFileStore store,
      KeyFileOpener keyFiles,
      Executor flushExecutor,
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

  private final FlushQueue queue;

  // the flushing thread; the caller's after a drain
  private final Resolver resolver;
  private final FlushJob flushJob;
  private final VersionTracker versions;
  private PendingEdit pending = new PendingEdit();
  private final DeletedRows deletedRows = new DeletedRows();
  private boolean refreshDue;

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
    if (bytes >= options.writeBufferBytes()) {
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
    VersionEdit edit = pending.build(ids.get(), versions.version().snapshotId());
    versions.handedOut(checkpointId, edit);
    pending = new PendingEdit();
    deletedRows.clear();
    refreshDue = true;
    return edit;
  }

  /** Stops the flushes. Files that no barrier has handed out are discarded. */
  @Override
  public void close() {
    queue.close();
    for (AddedFile file : pending.added()) {
      store.discard(file.file().path());
    }
    pending = new PendingEdit();
    resolver.close();
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
    long start = nanoClock.getAsLong();
    if (refreshDue) {
      refresh();
    }
    VersionEdit edit =
        flushJob.run(entries, versions.version(), versions.isUnsettled(), deletedRows);
    metrics.lineagesStarted(flushJob.lineagesStarted(entries, pending::hasAdded));
    pending.add(edit);
    versions.apply(edit);
    checkPendingSize();
    report(edit, nanoClock.getAsLong() - start);
  }

  private void refresh() {
    versions.refresh();
    resolver.retain(versions.version()); // own commits, too, drop files
    refreshDue = false;
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
    metrics.level0Files(levelZeroFiles(versions.version()));
    LOG.info(
        "Flushed {} rows and {} deletes of {} into {} files of {} bytes in {} ms",
        puts,
        deletes,
        settings.tableName(),
        edit.added().size(),
        bytes,
        nanos / 1_000_000);
  }

  private static int levelZeroFiles(Version version) {
    int files = 0;
    for (Version.LiveFile live : version.files()) {
      if (live.file().levelName() != null && live.file().levelName().level() == 0) {
        files++;
      }
    }
    return files;
  }

  private String misrouted(int hash) {
    return ("A row of table %s has key hash %d, outside the range [%d, %d) of this writer. Rows must"
            + " reach the sink through its own routing: do not put a partitioner or a rebalance"
            + " between it and the sink's writers.")
        .formatted(settings.tableName(), hash, range.start(), range.end());
  }
}

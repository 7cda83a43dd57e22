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

package io.meru.maintenance;

import io.meru.io.LocationPath;
import io.meru.maintenance.SnapshotExpiry.Expired;
import io.meru.metrics.CleanUpMetrics;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.exceptions.ValidationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a table clean while a job writes to it. Never fails the job: what goes wrong is logged and
 * counted, and tried again later.
 *
 * <p>The committing thread calls {@link #checkpointDone} after each checkpoint. Snapshots are
 * expired there, right after a commit, where the table's metadata is at hand and no commit of the
 * job's own can be in the way: it costs one more metadata file every interval. Everything that
 * takes long runs in the background: finding and deleting files, and looking for orphans.
 *
 * <p>A snapshot may be expired before its time, since there are too many. Its files stay until it
 * would have been old enough, so that whoever reads it can finish. They are remembered here only:
 * those that wait when the job ends are left to an orphan removal.
 */
public final class TableCleaner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TableCleaner.class);

  /** Files that may wait, some 30 MB of paths; what goes beyond is left to an orphan removal. */
  static final int MAX_WAITING = 200_000;

  private final Table table;
  private final String tableName;
  private final CleanUpOptions options;
  private final Predicate<Map<String, String>> newest;
  private final TableOpener opener;
  private final CleanUpMetrics metrics;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final Executor background;
  private final SnapshotExpiry expiry;
  private final AtomicBoolean working = new AtomicBoolean();

  // of the committing thread
  private long nextExpiryMs;
  private long nextOrphansMs;

  // of the background
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final ExpiredFiles expiredFiles = new ExpiredFiles();
  private int waitingFiles;
  private volatile long nextDueMs = Long.MAX_VALUE;

  private volatile boolean closed;

  /** Opens a handle of its own on the table, for the background. */
  public interface TableOpener {
    /** The table; closed when it is not needed any more. */
    OpenTable open();
  }

  /** A table that was opened for one use. */
  public interface OpenTable extends AutoCloseable {
    /** The table. */
    Table table();

    @Override
    void close();
  }

  private record Waiting(long dueMs, List<String> files) {}

  /**
   * A cleaner that starts its intervals now.
   *
   * @param table the committing thread's handle
   * @param tableName for messages
   * @param newest whether, by the table's properties, this job is the newest run of its sink; no
   *     other one cleans
   * @param opener called on the background's thread
   * @param ids source of chance
   * @param background runs its tasks one at a time; the caller shuts it down after the cleaner
   */
  public TableCleaner(
      Table table,
      String tableName,
      CleanUpOptions options,
      Predicate<Map<String, String>> newest,
      TableOpener opener,
      CleanUpMetrics metrics,
      Clock clock,
      Supplier<UUID> ids,
      Executor background) {
    this.table = table;
    this.tableName = tableName;
    this.options = options;
    this.newest = newest;
    this.opener = opener;
    this.metrics = metrics;
    this.clock = clock;
    this.ids = ids;
    this.background = background;
    this.expiry = new SnapshotExpiry(table, clock);
    long now = clock.millis();
    this.nextExpiryMs = now + options.expireInterval().toMillis();
    this.nextOrphansMs = now + firstOrphansMs();
  }

  /**
   * Does what is due. Called by the committing thread.
   *
   * @param committed whether the checkpoint made a snapshot
   */
  public void checkpointDone(boolean committed) {
    if (closed || !options.enabled() || working.get()) {
      return; // the background is behind
    }
    long now = clock.millis();
    Optional<Expired> expired = committed && now >= nextExpiryMs ? expire(now) : Optional.empty();
    boolean orphans = isOrphanTime(now);
    if (expired.isPresent() || orphans || now >= nextDueMs) {
      inBackground(expired, orphans);
    }
  }

  /** Has the background stop at the next file. Doesn't wait for it. */
  @Override
  public void close() {
    closed = true;
  }

  private Optional<Expired> expire(long now) {
    Instant start = clock.instant();
    try {
      Optional<Expired> expired = expiry.expireOnce(options.retention(), newest);
      nextExpiryMs = now + options.expireInterval().toMillis();
      expired.ifPresent(
          done -> {
            int snapshots = done.snapshots().size();
            metrics.expired(snapshots, nanosSince(start));
            LOG.info("Expired {} snapshots of table {}", snapshots, tableName);
          });
      return expired;
    } catch (ValidationException e) {
      LOG.info("Snapshots of table {} were not expired: {}", tableName, e.getMessage());
      return Optional.empty(); // the next checkpoint tries again
    } catch (RuntimeException e) {
      nextExpiryMs = now + options.expireInterval().toMillis();
      failed("expire snapshots", e);
      return Optional.empty();
    }
  }

  private boolean isOrphanTime(long now) {
    if (options.orphanInterval().isZero() || now < nextOrphansMs) {
      return false;
    }
    nextOrphansMs = now + options.orphanInterval().toMillis();
    return true;
  }

  /**
   * A random part of the interval, so that jobs that start together don't list together. Not before
   * the files that the job before this one left waiting have had their time.
   */
  private long firstOrphansMs() {
    long interval = Math.max(1, options.orphanInterval().toMillis());
    long part = Long.remainderUnsigned(ids.get().getMostSignificantBits(), interval);
    Duration retained = retention(table.properties(), null);
    return Math.max(part, retained.toMillis());
  }

  private Duration retention(Map<String, String> properties, @Nullable SnapshotRef main) {
    return options.retention().settle(properties, main).timeRetained();
  }

  private void inBackground(Optional<Expired> expired, boolean orphans) {
    working.set(true);
    try {
      background.execute(
          () -> {
            try {
              expired.ifPresent(done -> step("find files of expired snapshots", () -> find(done)));
              step("delete files of expired snapshots", this::deleteDue);
              if (orphans) {
                step("remove orphans", this::removeOrphans);
              }
            } finally {
              working.set(false);
            }
          });
    } catch (RejectedExecutionException e) {
      working.set(false);
      LOG.debug("Table {} is not cleaned any more: its executor is shut down", tableName, e);
    }
  }

  private void step(String what, Runnable step) {
    if (closed) {
      return;
    }
    try {
      step.run();
    } catch (RuntimeException e) {
      if (!closed) {
        failed(what, e);
      }
    }
  }

  private void find(Expired expired) {
    TableMetadata after = expired.after();
    List<String> files = expiredFiles.find(expiry.table(), expired);
    long dueMs =
        expired.newestMs()
            + retention(after.properties(), after.ref(SnapshotRef.MAIN_BRANCH)).toMillis();
    if (waitingFiles + files.size() > MAX_WAITING && dueMs > clock.millis()) {
      LOG.warn(
          "{} files of expired snapshots of table {} are left to an orphan removal: {} wait already",
          files.size(),
          tableName,
          waitingFiles);
    } else {
      waiting.add(new Waiting(dueMs, files));
      waitingFiles += files.size();
    }
    metrics.table(after.snapshots().size(), TableMetadataParser.toJson(after).length());
  }

  private void deleteDue() {
    Instant start = clock.instant();
    FileDeletion.Count count = FileDeletion.Count.NONE;
    long now = clock.millis();
    while (!closed && !waiting.isEmpty() && waiting.element().dueMs() <= now) {
      Waiting due = waiting.remove();
      waitingFiles -= due.files().size();
      count = count.plus(FileDeletion.delete(table.io(), due.files(), () -> closed));
    }
    nextDueMs = waiting.isEmpty() ? Long.MAX_VALUE : waiting.element().dueMs();
    metrics.waiting(waitingFiles);
    if (count.deleted() + count.failed() > 0) {
      metrics.deleted(count.deleted(), count.failed(), nanosSince(start));
      LOG.info(
          "Deleted {} files of expired snapshots of table {}, failed to delete {}, {} wait",
          count.deleted(),
          tableName,
          count.failed(),
          waitingFiles);
    }
  }

  private void removeOrphans() {
    Instant start = clock.instant();
    Set<String> needed =
        waiting.stream()
            .flatMap(files -> files.files().stream())
            .map(LocationPath::of)
            .collect(Collectors.toSet());
    try (OpenTable open = opener.open()) {
      OrphanResult result =
          new OrphanRemoval(open.table(), clock)
              .run(
                  options.orphans(),
                  location -> needed.contains(LocationPath.of(location)),
                  newest,
                  () -> closed);
      metrics.orphans(result.orphans().size(), result.deletedFiles(), nanosSince(start));
    }
  }

  private void failed(String what, RuntimeException e) {
    metrics.failed();
    LOG.warn("Cannot {} of table {}; the job goes on and tries again", what, tableName, e);
  }

  private long nanosSince(Instant start) {
    return Duration.between(start, clock.instant()).toNanos();
  }
}

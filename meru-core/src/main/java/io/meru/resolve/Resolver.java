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

package io.meru.resolve;

import io.meru.error.UnsupportedTableException;
import io.meru.key.HashRange;
import io.meru.key.KeySpec;
import io.meru.key.SortedKeys;
import io.meru.levelfile.KeyFileOpener;
import io.meru.metrics.WriterMetrics;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.Version.LiveFile;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the live positions of keys. Used by one thread at a time; memory is bounded by the cache
 * budget.
 *
 * <p>A file's keys are searched in its {@link KeyIndex}, which is kept within the budget. Where
 * there is no room for one, or a batch needs so little of a file that reading it whole would not
 * pay, the pages that may hold a key of the batch are read instead. Indexes of many level files are
 * merged ({@link RunMerges}), so that a key is not looked for in each of them.
 */
public final class Resolver implements AutoCloseable {
  /** Files with most live rows first: they are where most keys are found, and then done with. */
  private static final Comparator<Target> SOONEST_FOUND =
      Comparator.comparingLong(Target::liveCount).reversed().thenComparing(Target::path);

  /** Level files that are searched together. */
  private record Target(@Nullable KeyRun run, List<LiveFile> files) {
    long liveCount() {
      return files.stream().mapToLong(LiveFile::liveCount).sum();
    }

    String path() {
      return files.get(0).file().path();
    }
  }

  private final String fingerprint;
  private final WriterMetrics metrics;
  private final LongSupplier nanoClock;
  private final KeyBatch batch;
  private final KeyIndexCache cache;
  private final FileSearch search;
  private final RunSearch runSearch = new RunSearch();
  private final RunMerges merges;
  private final boolean withRowIds;

  // room for one file's search, kept from file to file
  private int[] ranks = new int[0];
  private long[] rowIds = new long[0];
  private boolean[] stillOpen = new boolean[0];
  private final ForeignHits foreignHits = new ForeignHits();

  /** Gets the ids of the rows of the present resolve; null when nobody asks for them. */
  private @Nullable ReplacedRows replaced;

  /**
   * A resolver of positions with an empty cache of {@code cacheBytes}, that times nothing and
   * cannot be asked for row ids.
   */
  public static Resolver ofPositions(
      KeySpec keySpec, KeyFileOpener opener, long cacheBytes, WriterMetrics metrics) {
    return new Resolver(keySpec, opener, cacheBytes, false, metrics, () -> 0);
  }

  /**
   * A resolver of positions and row ids with an empty cache of {@code cacheBytes}.
   *
   * @param nanoClock for the metrics only
   */
  public static Resolver ofRows(
      KeySpec keySpec,
      KeyFileOpener opener,
      long cacheBytes,
      WriterMetrics metrics,
      LongSupplier nanoClock) {
    return new Resolver(keySpec, opener, cacheBytes, true, metrics, nanoClock);
  }

  private Resolver(
      KeySpec keySpec,
      KeyFileOpener opener,
      long cacheBytes,
      boolean withRowIds,
      WriterMetrics metrics,
      LongSupplier nanoClock) {
    this.fingerprint = keySpec.fingerprint();
    this.metrics = metrics;
    this.nanoClock = nanoClock;
    this.withRowIds = withRowIds;
    this.batch = new KeyBatch(keySpec.isFixedLong());
    this.cache = new KeyIndexCache(cacheBytes, metrics);
    this.search = new FileSearch(opener, cache, batch, withRowIds, metrics, nanoClock);
    this.merges = new RunMerges(keySpec.isFixedLong(), cache, metrics);
  }

  /**
   * Returns the live positions that {@code keys} have in the files of {@code version}, by path. In
   * foreign files every live position of a key counts; among level files there is at most one.
   *
   * @param range hash range that all keys lie in; level files outside are skipped
   * @param candidates further pruning (by partition, by what changed); true to search the file
   */
  public Map<String, DeletionVector> resolve(
      SortedKeys keys, Version version, HashRange range, Predicate<TableFile> candidates) {
    return resolve(keys, version, range, candidates, true, null);
  }

  /**
   * As above, of a resolver of row ids.
   *
   * @param replaced gets the ids of the rows found
   */
  public Map<String, DeletionVector> resolve(
      SortedKeys keys,
      Version version,
      HashRange range,
      Predicate<TableFile> candidates,
      ReplacedRows replaced) {
    return resolve(keys, version, range, candidates, true, replaced);
  }

  /**
   * As {@link #resolve}, but every live position of a key counts in level files too. For versions
   * that may hold a key twice, since a commit that removes one of the two is still under way.
   */
  public Map<String, DeletionVector> resolveEverywhere(
      SortedKeys keys, Version version, HashRange range, Predicate<TableFile> candidates) {
    return resolve(keys, version, range, candidates, false, null);
  }

  /**
   * As above, of a resolver of row ids.
   *
   * @param replaced gets the ids of the rows found
   */
  public Map<String, DeletionVector> resolveEverywhere(
      SortedKeys keys,
      Version version,
      HashRange range,
      Predicate<TableFile> candidates,
      ReplacedRows replaced) {
    return resolve(keys, version, range, candidates, false, replaced);
  }

  /**
   * Resolves.
   *
   * @param closing whether a live position in a level file ends the search for its key
   * @param rows gets the ids of the rows found; null for a resolver of positions
   */
  private Map<String, DeletionVector> resolve(
      SortedKeys keys,
      Version version,
      HashRange range,
      Predicate<TableFile> candidates,
      boolean closing,
      @Nullable ReplacedRows rows) {
    if (rows != null && !withRowIds) {
      throw new IllegalStateException("A resolver of positions does not know row ids");
    }
    long start = nanoClock.getAsLong();
    replaced = rows;
    if (rows != null) {
      rows.reset(keys.size());
    }
    batch.reset(keys);
    cache.startResolve();
    try {
      Map<String, DeletionVector> found =
          searchAll(candidates(version, range, candidates), closing);
      metrics.resolved(keys.size(), positions(found), nanoClock.getAsLong() - start);
      return found;
    } finally {
      batch.clear();
      search.endResolve();
      replaced = null;
    }
  }

  /**
   * Takes in the keys of a level file just written, whose key at rank {@code i} is {@code
   * keys.key(i)}: its index costs no read. Without room for it, nothing happens.
   */
  public void add(TableFile file, SortedKeys keys) {
    add(file, keys, null);
  }

  /** As above, of a file whose rows store the ids {@code rowIds}; null if they store none. */
  public void add(TableFile file, SortedKeys keys, @Nullable RowIdSource rowIds) {
    if (!isLevelFile(file) || keys.size() != file.recordCount() || keys.size() == 0) {
      throw new IllegalArgumentException(
          "Cannot take in %d keys as those of %s: it is %s with %d rows"
              .formatted(
                  keys.size(),
                  file.path(),
                  isLevelFile(file) ? "a level file" : "foreign",
                  file.recordCount()));
    }
    search.add(file, keys, withRowIds ? rowIds : null);
  }

  /** Takes in the index of a level file just written. Without room for it, nothing happens. */
  public void add(TableFile file, NewFileIndex index) {
    search.add(file, index);
  }

  /** Forgets the indexes of files that are not in {@code version}. */
  public void retain(Version version) {
    cache.retain(version);
  }

  @Override
  public void close() {
    cache.clear();
  }

  private List<LiveFile> candidates(
      Version version, HashRange range, Predicate<TableFile> candidates) {
    List<LiveFile> files = new ArrayList<>();
    for (LiveFile live : version.files()) {
      TableFile file = live.file();
      if (mayHoldKeys(file, range) && candidates.test(file)) {
        if (file.recordCount() > DeletionVector.MAX_POSITION) {
          throw new UnsupportedTableException(
              ("Cannot update %s: it has %d rows, and positions above %d cannot be deleted. Rewrite"
                      + " it into smaller files.")
                  .formatted(file.path(), file.recordCount(), DeletionVector.MAX_POSITION));
        }
        files.add(live);
      }
    }
    return files;
  }

  private boolean mayHoldKeys(TableFile file, HashRange range) {
    LevelFileName name = file.levelName();
    if (isLevelFile(file) && name != null && !name.hashRange().overlaps(range)) {
      return false;
    }
    return file.recordCount() > 0 && firstPlace(file) < endPlace(file);
  }

  /** Whether the file is sorted by the present key. */
  private boolean isLevelFile(TableFile file) {
    LevelFileName name = file.levelName();
    return name != null && name.fingerprint().equals(fingerprint);
  }

  private int firstPlace(TableFile file) {
    return batch.firstAtOrAbove(file.minPrefix() ^ Long.MIN_VALUE);
  }

  private int endPlace(TableFile file) {
    return batch.firstAbove(file.maxPrefix() ^ Long.MIN_VALUE);
  }

  private Map<String, DeletionVector> searchAll(List<LiveFile> files, boolean closing) {
    // all before the first search: what this resolve needs must not make room for its own indexes
    files.forEach(live -> cache.use(live.file()));
    Map<String, DeletionVector> found = new HashMap<>();
    for (LiveFile live : files) {
      // foreign files first, while all keys are open
      if (!isLevelFile(live.file())) {
        put(found, live, searchForeignFile(live));
      }
    }
    long searches = 0;
    for (Target target : targets(files)) {
      searches += searchTarget(target, closing, found);
    }
    merges.work(searches - batch.keys().size());
    return found;
  }

  private List<Target> targets(List<LiveFile> files) {
    List<Target> targets = new ArrayList<>();
    Map<KeyRun, Target> byRun = new HashMap<>();
    for (LiveFile live : files) {
      if (!isLevelFile(live.file())) {
        continue;
      }
      KeyRun run = cache.use(live.file()).run();
      Target target = run == null ? null : byRun.get(run);
      if (target == null) {
        target = new Target(run, new ArrayList<>());
        targets.add(target);
        if (run != null) {
          byRun.put(run, target);
        }
      }
      target.files().add(live);
    }
    targets.sort(SOONEST_FOUND);
    return targets;
  }

  private static void put(
      Map<String, DeletionVector> found, LiveFile live, DeletionVector positions) {
    if (!positions.isEmpty()) {
      found.put(live.file().path(), positions);
    }
  }

  /** Finds the open keys in a foreign file; none is closed by that. */
  private DeletionVector searchForeignFile(LiveFile live) {
    int from = firstPlace(live.file());
    int to = endPlace(live.file());
    makeRoom(to - from);
    foreignHits.clear();
    search.findInForeignFile(live.file(), from, to, ranks, foreignHits);
    DeletionVector.Builder positions = new DeletionVector.Builder();
    for (int i = 0; i < foreignHits.size(); i++) {
      int position = foreignHits.position(i);
      if (!live.deleted().contains(position)) {
        positions.add(position);
        if (replaced != null) {
          replaced.found(foreignHits.slot(i), live, position, foreignHits.rowId(i));
        }
      }
    }
    return positions.build();
  }

  /**
   * Finds open keys in level files and, if {@code closing}, closes those that live there.
   *
   * @return number of keys searched for in an index that was there
   */
  private int searchTarget(Target target, boolean closing, Map<String, DeletionVector> found) {
    int from = batch.openCount();
    int to = 0;
    for (LiveFile live : target.files()) {
      int first = firstPlace(live.file());
      int end = endPlace(live.file());
      if (first < end) {
        from = Math.min(from, first);
        to = Math.max(to, end);
      }
    }
    if (from >= to) {
      return 0;
    }
    makeRoom(to - from);
    KeyRun run = target.run();
    if (run != null && !run.isOneFile()) {
      search.findInRun(run, from, to, ranks);
      runSearch.takeLive(
          run, byNumber(target, run), batch, from, ranks, to - from, stillOpen, found, replaced);
      if (closing) {
        batch.keep(from, to, stillOpen);
      }
      return to - from;
    }
    LiveFile live = target.files().get(0);
    if (run != null) {
      search.findInRun(run, from, to, ranks);
      if (replaced != null) {
        search.takeRowIds(run.files().get(0), ranks, to - from, rowIds);
      }
    } else {
      search.findInLevelFile(live.file(), from, to, ranks, rowIds);
    }
    put(found, live, takeLive(live, from, to, closing));
    return run == null ? 0 : to - from;
  }

  /** A target's files by their number in the run; null for files that are no candidates. */
  private @Nullable LiveFile[] byNumber(Target target, KeyRun run) {
    @Nullable LiveFile[] files = new LiveFile[run.files().size()];
    for (LiveFile live : target.files()) {
      files[cache.use(live.file()).number()] = live;
    }
    return files;
  }

  private DeletionVector takeLive(LiveFile live, int from, int to, boolean closing) {
    DeletionVector.Builder builder = new DeletionVector.Builder();
    for (int i = 0; i < to - from; i++) {
      if (ranks[i] != KeyIndex.ABSENT) {
        builder.add(ranks[i]);
      }
    }
    DeletionVector found = builder.build();
    if (found.isEmpty()) {
      return found; // new keys: all stay open
    }
    DeletionVector dead = found.and(live.deleted());
    if (closing || replaced != null) {
      takeAndClose(live, from, to, dead.toArray(), closing);
    }
    return found.andNot(dead);
  }

  /**
   * Takes the rows found at the places {@code [from, to)} but not at {@code dead} positions and, if
   * {@code closing}, closes their keys. Ranks ascend with the keys, so that both are walked once.
   */
  private void takeAndClose(LiveFile live, int from, int to, int[] dead, boolean closing) {
    int next = 0;
    for (int i = 0; i < to - from; i++) {
      boolean isDead = next < dead.length && dead[next] == ranks[i];
      next += isDead ? 1 : 0;
      stillOpen[i] = ranks[i] == KeyIndex.ABSENT || isDead;
      if (replaced != null && !stillOpen[i]) {
        replaced.found(batch.slot(from + i), live, ranks[i], rowIds[i]);
      }
    }
    if (closing) {
      batch.keep(from, to, stillOpen);
    }
  }

  private void makeRoom(int places) {
    if (ranks.length < places) {
      ranks = new int[places];
      rowIds = new long[places];
      stillOpen = new boolean[places];
    }
  }

  private static long positions(Map<String, DeletionVector> found) {
    long positions = 0;
    for (DeletionVector vector : found.values()) {
      positions += vector.cardinality();
    }
    return positions;
  }
}

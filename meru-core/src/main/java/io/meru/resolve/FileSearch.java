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

import io.meru.key.SortedKeys;
import io.meru.levelfile.KeyConsumer;
import io.meru.levelfile.KeyFile;
import io.meru.levelfile.KeyFileOpener;
import io.meru.metrics.WriterMetrics;
import io.meru.version.Lineage;
import io.meru.version.TableFile;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds a batch's keys in one file after the other: by the file's index when there is one, or one
 * can be made and pays, from its pages otherwise.
 */
final class FileSearch {
  /** Row ids of 32 bits, which a table has after some billion rows. */
  private static final long BYTES_PER_ROW_ID = 4;

  private final KeyFiles keyFiles;
  private final IndexSizes sizes;
  private final KeyIndexCache cache;
  private final KeyBatch batch;
  private final boolean withRowIds;
  private final WriterMetrics metrics;
  private final LongSupplier nanoClock;

  // of the present resolve
  private @Nullable BatchHash hash;
  private long pagesRead;
  private long pagesSkipped;

  FileSearch(
      KeyFileOpener opener,
      KeyIndexCache cache,
      KeyBatch batch,
      boolean withRowIds,
      WriterMetrics metrics,
      LongSupplier nanoClock) {
    this.keyFiles = new KeyFiles(batch.isFixedLong(), opener);
    this.sizes = new IndexSizes(batch.isFixedLong());
    this.cache = cache;
    this.batch = batch;
    this.withRowIds = withRowIds;
    this.metrics = metrics;
    this.nanoClock = nanoClock;
  }

  /** Lets go of what the last resolve needed, and reports the pages it read. */
  void endResolve() {
    hash = null;
    if (pagesRead + pagesSkipped > 0) {
      metrics.resolverPages(pagesRead, pagesSkipped);
    }
    pagesRead = 0;
    pagesSkipped = 0;
  }

  /**
   * Sets {@code ranks[place - from]} to the rank that the open key at each place {@code [from, to)}
   * has in {@code run}; {@link KeyIndex#ABSENT} if it isn't there.
   */
  void findInRun(KeyRun run, int from, int to, int[] ranks) {
    run.index().keys().find(batch, from, to, ranks);
  }

  /**
   * Sets {@code ranks[place - from]} to the position of the open key at each place {@code [from,
   * to)} in a level file without an index, {@link KeyIndex#ABSENT} if it isn't there; and {@code
   * rowIds} to the ids stored there, if the resolver is asked for these.
   */
  void findInLevelFile(TableFile file, int from, int to, int[] ranks, long[] rowIds) {
    Arrays.fill(ranks, 0, to - from, KeyIndex.ABSENT);
    FileKeys state = cache.use(file);
    KeyIndex index = readLevelFile(state, from, to, ranks, rowIds);
    if (index != null) {
      index.find(batch, from, to, ranks);
      takeRowIds(state, ranks, to - from, rowIds);
    }
  }

  /** Sets {@code rowIds} to the ids stored at the first {@code count} {@code ranks} of a file. */
  void takeRowIds(FileKeys state, int[] ranks, int count, long[] rowIds) {
    if (withRowIds) {
      for (int i = 0; i < count; i++) {
        rowIds[i] = ranks[i] == KeyIndex.ABSENT ? Lineage.NONE : state.rowIds().get(ranks[i]);
      }
    }
  }

  /**
   * Adds every position that an open key at the places {@code [from, to)} has in a foreign file to
   * {@code rows}, in any order.
   *
   * @param ranks room for {@code to - from} ints
   */
  void findInForeignFile(TableFile file, int from, int to, int[] ranks, ForeignHits rows) {
    FileKeys state = cache.use(file);
    PositionIndex index = state.foreignIndex();
    if (index == null) {
      index = readForeignFile(state, rows);
    }
    if (index == null) {
      return;
    }
    index.keys().find(batch, from, to, ranks);
    for (int i = 0; i < to - from; i++) {
      if (ranks[i] != KeyIndex.ABSENT) {
        int slot = batch.slot(from + i);
        index.forEachPosition(ranks[i], position -> rows.add(slot, (int) position));
      }
    }
    rows.takeRowIds(position -> state.rowIds().get((int) position));
  }

  /**
   * Makes the index of a level file just written, if there is room.
   *
   * @param rowIds the ids that its rows store; null if they store none
   */
  void add(TableFile file, SortedKeys keys, @Nullable RowIdSource rowIds) {
    FileKeys state = cache.use(file);
    long room = cache.roomBytes();
    if (state.hasIndex() || sizes.ofLevelFile(file) + ofRowIds(file, rowIds != null) > room) {
      return;
    }
    try {
      KeyIndex index = KeyFiles.indexOf(batch.isFixedLong(), file, keys, room);
      keep(state, index, packed(file, rowIds, room - index.memoryBytes()));
    } catch (IndexTooLargeException e) {
      state.outgrew(room);
    }
  }

  /** Keeps the index of a level file just written, if there is room. */
  void add(TableFile file, NewFileIndex made) {
    FileKeys state = cache.use(file);
    NewFileIndex.Built index = made.of(file);
    if (index == null || state.hasIndex()) {
      return;
    }
    try {
      keep(state, index.keys(), withRowIds ? index.rowIds() : StoredRowIds.NONE);
    } catch (IndexTooLargeException e) {
      state.outgrew(cache.roomBytes());
    }
  }

  private static StoredRowIds packed(
      TableFile file, @Nullable RowIdSource rowIds, long limitBytes) {
    if (rowIds == null) {
      return StoredRowIds.NONE;
    }
    StoredRowIds.Builder builder = new StoredRowIds.Builder(limitBytes);
    for (int i = 0; i < file.recordCount(); i++) {
      builder.add(rowIds.id(i));
    }
    return builder.build();
  }

  /** Estimated bytes of a file's row ids, if it stores them. */
  private static long ofRowIds(TableFile file, boolean storesRowIds) {
    return storesRowIds ? BYTES_PER_ROW_ID * file.recordCount() : 0;
  }

  /** The row ids of an open file that fit into {@code limitBytes}. */
  private StoredRowIds readRowIds(KeyFile keys, long limitBytes) {
    if (!withRowIds || !keys.storesRowIds()) {
      return StoredRowIds.NONE;
    }
    StoredRowIds.Builder builder = new StoredRowIds.Builder(limitBytes);
    keys.readRowIds(builder::add);
    return builder.build();
  }

  /** Reads the index of a level file; where that can't be or doesn't pay, its pages: then null. */
  private @Nullable KeyIndex readLevelFile(
      FileKeys state, int from, int to, int[] ranks, long[] rowIds) {
    if (isSkippable(state)) {
      return null;
    }
    try (KeyFile keys = keyFiles.open(state.file())) {
      PageDirectory directory = directory(state, keys);
      if (pays(state, directory, sizes.ofLevelFile(state.file()) + ofRowIds(state, keys))) {
        KeyIndex index = makeLevelIndex(state, keys);
        if (index != null) {
          return index;
        }
      }
      searchLevelPages(state.file(), keys, directory, from, ranks);
      readRowIds(keys, ranks, to - from, rowIds);
      return null;
    }
  }

  private long ofRowIds(FileKeys state, KeyFile keys) {
    return ofRowIds(state.file(), withRowIds && keys.storesRowIds());
  }

  private void readRowIds(KeyFile keys, int[] ranks, int count, long[] rowIds) {
    if (withRowIds) {
      for (int i = 0; i < count; i++) {
        rowIds[i] = ranks[i] == KeyIndex.ABSENT ? Lineage.NONE : keys.rowId(ranks[i]);
      }
    }
  }

  private @Nullable KeyIndex makeLevelIndex(FileKeys state, KeyFile keys) {
    long start = nanoClock.getAsLong();
    long room = cache.roomBytes();
    try {
      KeyIndex index = keyFiles.levelIndex(state.file(), keys, room);
      keep(state, index, readRowIds(keys, room - index.memoryBytes()));
      metrics.keyIndexBuilt(index.size(), nanoClock.getAsLong() - start);
      return index;
    } catch (IndexTooLargeException e) {
      state.outgrew(room);
      return null;
    }
  }

  private void keep(FileKeys state, KeyIndex index, StoredRowIds rowIds) {
    sizes.made(index);
    cache.put(state, index, rowIds);
  }

  private void searchLevelPages(
      TableFile file, KeyFile keys, PageDirectory directory, int from, int[] ranks) {
    LevelPages search = new LevelPages(file, batch, from, ranks);
    for (int page = 0; page < directory.pageCount(); page++) {
      int first = directory.firstPlace(page, batch);
      int end = directory.endPlace(page, batch);
      if (first < end) {
        search.startPage(first, end);
        keys.readPage(page, search);
        pagesRead++;
      } else {
        pagesSkipped++;
      }
    }
  }

  /** Likewise of a foreign file. */
  private @Nullable PositionIndex readForeignFile(FileKeys state, ForeignHits rows) {
    if (isSkippable(state)) {
      return null;
    }
    try (KeyFile keys = keyFiles.open(state.file())) {
      PageDirectory directory = directory(state, keys);
      if (pays(state, directory, sizes.ofForeignFile(state.file()) + ofRowIds(state, keys))) {
        PositionIndex index = makeForeignIndex(state, keys);
        if (index != null) {
          return index;
        }
      }
      searchForeignPages(keys, directory, rows);
      if (withRowIds) {
        rows.takeRowIds(keys::rowId);
      }
      return null;
    }
  }

  private @Nullable PositionIndex makeForeignIndex(FileKeys state, KeyFile keys) {
    long start = nanoClock.getAsLong();
    long room = cache.roomBytes();
    try {
      PositionIndex index = keyFiles.foreignIndex(state.file(), keys, room);
      StoredRowIds rowIds = readRowIds(keys, room - index.memoryBytes());
      sizes.made(index.keys());
      cache.put(state, index, rowIds);
      metrics.keyIndexBuilt(state.file().recordCount(), nanoClock.getAsLong() - start);
      return index;
    } catch (IndexTooLargeException e) {
      state.outgrew(room);
      return null;
    }
  }

  private void searchForeignPages(KeyFile keys, PageDirectory directory, ForeignHits rows) {
    if (hash == null) {
      hash = new BatchHash(batch);
    }
    BatchHash table = hash;
    KeyConsumer search =
        (position, array, offset, length) -> {
          long prefix = Bits.ordered(array, offset, offset + length);
          int slot = table.slotOf(prefix, array, offset, length);
          if (slot >= 0) {
            rows.add(slot, (int) position);
          }
        };
    for (int page = 0; page < directory.pageCount(); page++) {
      if (directory.mayHold(page, batch)) {
        keys.readPage(page, search);
        pagesRead++;
      } else {
        pagesSkipped++;
      }
    }
  }

  /** Whether the pages are known and none may hold an open key: the file need not be opened. */
  private boolean isSkippable(FileKeys state) {
    PageDirectory directory = state.directory();
    if (directory == null || directory.rowsToRead(batch) > 0) {
      return false;
    }
    pagesSkipped += directory.pageCount();
    return true;
  }

  private static PageDirectory directory(FileKeys state, KeyFile keys) {
    PageDirectory directory = state.directory();
    if (directory == null) {
      directory = PageDirectory.of(keys);
      state.directory(directory);
    }
    return directory;
  }

  /** Whether an index fits and is worth reading the whole file; counts the pages read otherwise. */
  private boolean pays(FileKeys state, PageDirectory directory, long indexBytes) {
    long rows = directory.rowsToRead(batch);
    boolean fits = Math.max(indexBytes, state.moreThanBytes() + 1) <= cache.roomBytes();
    boolean pays = fits && state.isIndexWorthwhile(rows);
    if (!pays) {
      state.addRowsRead(rows);
    }
    return pays;
  }
}

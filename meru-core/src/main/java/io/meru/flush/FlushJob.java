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

package io.meru.flush;

import io.meru.key.HashRange;
import io.meru.key.KeyHash;
import io.meru.key.KeyList;
import io.meru.key.KeySpec;
import io.meru.key.SortedKeys;
import io.meru.levelfile.LevelFileWriter;
import io.meru.memtable.SortedEntries;
import io.meru.resolve.ReplacedRows;
import io.meru.resolve.Resolver;
import io.meru.version.AddedFile;
import io.meru.version.DeletionVector;
import io.meru.version.LevelFileName;
import io.meru.version.Lineage;
import io.meru.version.PartitionTuple;
import io.meru.version.TableFile;
import io.meru.version.Version;
import io.meru.version.VersionEdit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.io.OutputFile;

/**
 * Turns a sealed memtable into level-0 files and a version edit: resolves every key's live
 * positions, which become deletions, then writes the puts, one file per partition. Deletes leave
 * nothing but positions. Used by one thread at a time.
 */
public final class FlushJob {
  private final EntryPartitioner partitioner;
  private final KeySpec keySpec;
  private final HashRange range;
  private final String sinkId;
  private final Resolver resolver;
  private final LevelFileWriter writer;
  private final LevelFileStore store;
  private final Supplier<UUID> ids;
  private final ReplacedRows replaced = new ReplacedRows();

  /** A job for the writer of {@code range}; collaborators are shared with it. */
  public FlushJob(
      Schema schema,
      PartitionSpec spec,
      KeySpec keySpec,
      HashRange range,
      String sinkId,
      Resolver resolver,
      LevelFileWriter writer,
      LevelFileStore store,
      Supplier<UUID> ids) {
    this.partitioner = new EntryPartitioner(schema, spec, keySpec);
    this.keySpec = keySpec;
    this.range = range;
    this.sinkId = sinkId;
    this.resolver = resolver;
    this.writer = writer;
    this.store = store;
    this.ids = ids;
  }

  /**
   * Flushes {@code entries} against {@code version}.
   *
   * @param everywhere whether to look for every live position of a key in all files, because the
   *     version may hold two (see {@link Resolver#resolveEverywhere})
   * @param deleted of this checkpoint; gets what this flush deletes
   * @return the edit; if writing fails, files written so far are discarded
   */
  public VersionEdit run(
      SortedEntries entries, Version version, boolean everywhere, DeletedRows deleted) {
    PartitionedEntries partitioned = partitioner.partition(entries);
    Map<String, DeletionVector> deletions =
        resolve(entries, version, partitioned.candidates(), everywhere);
    deleted.restore(entries, replaced);
    List<AddedFile> added = write(entries, partitioned);
    KeyList pureDeletes = pureDeletes(entries);
    deleted.add(pureDeletes, entries, replaced);
    return new VersionEdit(ids.get(), version.snapshotId(), added, deletions, pureDeletes);
  }

  /**
   * How many rows that the last run put start a lineage of their own, although they replace one:
   * its id was not known, as the commit that gives it had not been seen.
   *
   * @param unpublished whether no snapshot shows the file before it shows the new row as well
   */
  public long lineagesStarted(SortedEntries entries, Predicate<String> unpublished) {
    long started = 0;
    for (int i = 0; i < entries.size(); i++) {
      String file = entries.isDelete(i) ? null : replaced.unknownFile(i);
      started += file != null && !unpublished.test(file) ? 1 : 0;
    }
    return started;
  }

  private Map<String, DeletionVector> resolve(
      SortedEntries entries, Version version, Predicate<TableFile> candidates, boolean everywhere) {
    return everywhere
        ? resolver.resolveEverywhere(entries, version, range, candidates, replaced)
        : resolver.resolve(entries, version, range, candidates, replaced);
  }

  private List<AddedFile> write(SortedEntries entries, PartitionedEntries partitioned) {
    List<AddedFile> added = new ArrayList<>(partitioned.partitions().size());
    String unfinished = null;
    try {
      for (int p = 0; p < partitioned.partitions().size(); p++) {
        PartitionTuple partition = partitioned.partitions().get(p);
        int from = partitioned.start(p);
        int to = partitioned.ends()[p];
        LevelFileName name = name(entries, partitioned.selection(), from, to);
        OutputFile output = store.create(name, partition);
        unfinished = output.location();
        int[] selection = partitioned.selection();
        boolean storesRowIds = replacesKnownRow(selection, from, to);
        AddedFile file =
            writer.write(
                output,
                entries,
                selection,
                from,
                to,
                storesRowIds ? replaced::id : null,
                name,
                partition);
        unfinished = null;
        added.add(file);
        resolver.add(
            file.file(),
            new SelectedKeys(entries, selection, from, to),
            storesRowIds ? position -> replaced.id(selection[from + position]) : null);
      }
      return added;
    } catch (RuntimeException | Error e) {
      added.forEach(file -> store.discard(file.file().path()));
      if (unfinished != null) {
        store.discard(unfinished);
      }
      throw e;
    }
  }

  private boolean replacesKnownRow(int[] selection, int from, int to) {
    for (int s = from; s < to; s++) {
      if (replaced.id(selection[s]) != Lineage.NONE) {
        return true;
      }
    }
    return false;
  }

  private LevelFileName name(SortedEntries entries, int[] selection, int from, int to) {
    int min = HashRange.SPACE;
    int max = -1;
    for (int s = from; s < to; s++) {
      int hash = KeyHash.hash16(KeyHash.hash64(entries, selection[s]));
      min = Math.min(min, hash);
      max = Math.max(max, hash);
    }
    HashRange hashes = new HashRange(min, max + 1);
    return LevelFileName.of(0, hashes, keySpec.fingerprint(), sinkId, ids.get());
  }

  private static KeyList pureDeletes(SortedEntries entries) {
    int deletes = 0;
    int[] selection = new int[entries.size()];
    for (int i = 0; i < entries.size(); i++) {
      if (entries.isDelete(i)) {
        selection[deletes++] = i;
      }
    }
    return deletes == 0
        ? KeyList.EMPTY
        : KeyList.copyOf(new SelectedKeys(entries, selection, 0, deletes));
  }

  /** Some of another list's keys, in its order. */
  private record SelectedKeys(SortedKeys keys, int[] selection, int from, int to)
      implements SortedKeys {
    @Override
    public int size() {
      return to - from;
    }

    @Override
    public long prefix(int i) {
      return keys.prefix(selection[from + i]);
    }

    @Override
    public byte[] array(int i) {
      return keys.array(selection[from + i]);
    }

    @Override
    public int offset(int i) {
      return keys.offset(selection[from + i]);
    }

    @Override
    public int length(int i) {
      return keys.length(selection[from + i]);
    }
  }
}
